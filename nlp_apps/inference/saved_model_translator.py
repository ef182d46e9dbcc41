"""Translator over a SavedModel."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np

from nlp_apps.errors import UsageError
from nlp_apps.inference import saved_model
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.litert.metadata import METADATA_FILE
from nlp_apps.litert.metadata_checks import problem_of
from nlp_apps.results import Translation, with_warnings
from nlp_apps.text.glossary import AnyGlossary, Glossary, to_glossary
from nlp_apps.text.normalize import normalize_input
from nlp_apps.text.protected_spans import SpanFinder
from nlp_apps.text.saved_markup import ALIGN_CONSTRAINED, SavedMarkup
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
        self._use(SavedModel(folder, "translation", trust=trust))

    @classmethod
    def over(cls, model: SavedModel) -> Self:
        """Returns the translator of a loaded SavedModel."""
        translator = cls.__new__(cls)
        translator._use(model)
        return translator

    def _use(self, model: SavedModel) -> None:
        self.model = model
        self.targets = targets_of(model.metadata)
        self._has_constraints = CONSTRAINED in model.loaded.signatures
        self._finder = SpanFinder(model.metadata.get("protect", ()))
        self._markup: SavedMarkup | None = None
        if model.metadata.get("markup") == "keep" and ALIGN_CONSTRAINED in model.loaded.signatures:
            if problem := problem_of(model.metadata):
                raise UsageError(f"{model.folder}: {METADATA_FILE}: {problem}")
            self._markup = SavedMarkup(model.metadata, self._run)

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
                f"{self.model.folder}: a glossary needs the signature {CONSTRAINED}, which the "
                "model lacks. Export it again."
            )
        while chunk := list(islice(pairs, saved_model.CHUNK)):
            with_markup, left = self._translate_markup(chunk, glossary)
            terms = [self._terms(text, glossary) for text, _ in left]
            # Without constraints, the shorter graph.
            plain = self._rows("nbest", left, [one is None for one in terms])
            constrained = self._rows(CONSTRAINED, left, [one is not None for one in terms], terms)
            others = iter(terms)
            for done in with_markup:
                yield done or next(plain if next(others) is None else constrained)

    def _translate_markup(
        self, chunk: Sequence[tuple[str, str]], glossary: Glossary | None
    ) -> tuple[list[Translation | None], list[tuple[str, str]]]:
        """Returns the translation of each text with markup, None for others; and the others."""
        found = [self._markup.find(text) if self._markup else None for text, _ in chunk]
        texts = [one for one in found if one]
        to = [code for (_, code), one in zip(chunk, found, strict=True) if one]
        done: list[Translation] = []
        if self._markup and texts:
            languages = to if self.targets.tags else None
            done = self._markup.translate(texts, [glossary] * len(texts), languages)
        results = iter(done)
        others = [pair for pair, one in zip(chunk, found, strict=True) if not one]
        return [next(results) if one else None for one in found], others

    def _run(self, signature: str, inputs: dict[str, list[str]]) -> Mapping[str, np.ndarray]:
        texts = inputs.pop("text")
        return self.model.run(signature, texts, inputs)

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
