"""Translator over a SavedModel."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError
from nlp_apps.inference import saved_model
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.results import Translation, with_warnings
from nlp_apps.text.glossary import AnyGlossary, Glossary, to_glossary
from nlp_apps.text.normalize import normalize_input
from nlp_apps.text.protected_spans import SpanFinder
from nlp_apps.text.special_ids import NEG_INF
from nlp_apps.text.target_choice import Into, targets_of

CONSTRAINED = "constrained"
"""The signature of texts with protected spans or glossary terms."""


class SavedModelTranslator:
    """Translates texts; same interface as `inference.text_translator.TextTranslator`.

    Args:
        folder: the folder of a version, which contains `saved_model.pb`.
        trust: load it without a check of its operations.
    """

    def __init__(self, folder: Path, *, trust: bool = False):
        self.model = SavedModel(folder, "translation", trust=trust)
        self.targets = targets_of(self.model.metadata)
        self._folder = folder
        self._has_constraints = CONSTRAINED in self.model.loaded.signatures
        self._finder = SpanFinder(self.model.metadata.get("protect", ()))

    def predict(
        self, texts: Iterable[str], to: Into = None, glossary: AnyGlossary = None
    ) -> list[Translation]:
        """Translates texts, in order; see `translate`."""
        return with_warnings("translation", self.translate(texts, to, glossary))

    def translate(
        self, texts: Iterable[str], to: Into = None, glossary: AnyGlossary = None
    ) -> Iterator[Translation]:
        """Translates any number of texts, in order.

        Args: as `TextTranslator.translate`.

        Raises:
            UsageError: as `TextTranslator.translate`; or there is a glossary, and the model is
                older than glossaries.
        """
        pairs, glossary = self.targets.pairs(texts, to), to_glossary(glossary)
        if glossary and not self._has_constraints:
            raise UsageError(
                f"{self._folder}: a glossary needs the signature {CONSTRAINED}, which the model "
                "lacks. Export it again."
            )
        while chunk := list(islice(pairs, saved_model.CHUNK)):
            terms = [self._terms(text, glossary) for text, _ in chunk]
            # Without constraints, the shorter graph.
            plain = self._rows("nbest", chunk, [one is None for one in terms])
            constrained = self._rows(CONSTRAINED, chunk, [one is not None for one in terms], terms)
            for one in terms:
                yield next(plain if one is None else constrained)

    def _terms(self, text: str, glossary: Glossary | None) -> str | None:
        """Returns the lines of a glossary that a text needs; None without constraints."""
        marked = self._finder.mark(text)
        line = normalize_input(marked.text if marked else text)
        found = glossary.of(line) if glossary else {}
        lines = "\n".join(f"{source}\t{target}" for source, target in found.items())
        return lines if found or marked else None

    def _rows(
        self,
        signature: str,
        chunk: Sequence[tuple[str, str]],
        chosen: Sequence[bool],
        glossaries: Sequence[str | None] = (),
    ) -> Iterator[Translation]:
        """Translates the chosen texts of a chunk of texts with language codes."""
        members = [index for index, is_chosen in enumerate(chosen) if is_chosen]
        inputs: dict[str, list[Any]] = {}
        if self.targets.tags:
            inputs["to"] = [chunk[index][1] for index in members]
        if glossaries:
            inputs["glossary"] = [glossaries[index] for index in members]
        for row in self.model.rows(signature, [chunk[index][0] for index in members], inputs):
            alternatives = [
                (text, score)
                for text, score in zip(row["translations"], row["scores"], strict=True)
                if score > NEG_INF / 2  # a short translation may have fewer than there are beams
            ]
            # Version 0.1.0 has no such output.
            yield Translation(*alternatives[0], alternatives, row.get("too_long", False))
