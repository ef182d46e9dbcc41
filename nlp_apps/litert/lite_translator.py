"""Translator over a `.tflite`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from nlp_apps.litert.file_model import FileModel, padded_row
from nlp_apps.litert.lite_constraints import LiteConstrainedTranslator
from nlp_apps.litert.open_model import open_model
from nlp_apps.results import Translation, with_warnings
from nlp_apps.text.glossary import AnyGlossary, to_glossary
from nlp_apps.text.joined_translation import Hypothesis, SentenceTranslation, join_translations
from nlp_apps.text.normalize import normalize_input
from nlp_apps.text.sentences import SentenceSplitter
from nlp_apps.text.target_choice import Into, Tag, targets_of


class LiteTranslator:
    """Translates texts; same interface as `inference.text_translator.TextTranslator`.

    Args:
        path: the `.tflite`.
        beam: use the beam search of the recipe; False: greedy search, which is faster.
        protect: kinds of spans that are copied; default: those of the metadata.
        keeps_markup: keep tags around their words; default: as the metadata says.
        threads: threads of the runtime; default: see `file_model.default_threads`.
    """

    def __init__(
        self,
        path: Path,
        *,
        beam: bool = True,
        protect: Sequence[str] | None = None,
        keeps_markup: bool | None = None,
        threads: int | None = None,
    ):
        self._use(open_model(path, "translation", threads=threads), beam, protect, keeps_markup)

    @classmethod
    def over(
        cls,
        model: FileModel,
        *,
        beam: bool = True,
        protect: Sequence[str] | None = None,
        keeps_markup: bool | None = None,
    ) -> Self:
        """Returns a translator over a loaded file, which several translators may share."""
        translator = cls.__new__(cls)
        translator._use(model, beam, protect, keeps_markup)
        return translator

    def _use(
        self,
        model: FileModel,
        beam: bool,
        protect: Sequence[str] | None,
        keeps_markup: bool | None,
    ) -> None:
        self.model = model
        self._splitter = SentenceSplitter(self.model.metadata.get("sentence_rules", ()))
        self.targets = targets_of(self.model.metadata)
        self._beam = beam and "beam" in self.model.signatures
        self._constrained = LiteConstrainedTranslator(
            self.model, self._encode, self._splitter, beam=self._beam, protect=protect
        )
        if keeps_markup is None:
            keeps_markup = self.model.metadata.get("markup") == "keep"
        self._keeps_markup = keeps_markup and self._constrained.has_attention

    def predict(
        self, texts: Iterable[str], to: Into = None, glossary: AnyGlossary = None
    ) -> list[Translation]:
        """Translates texts, in order; see `translate`."""
        return with_warnings("translation", self.translate(texts, to, glossary))

    def translate(
        self, texts: Iterable[str], to: Into = None, glossary: AnyGlossary = None
    ) -> Iterator[Translation]:
        """Translates texts one by one, in order.

        Args:
            texts: the texts.
            to: the target language: one code, or one for each text; None for the only language.
            glossary: terms and their translations, or the path of a glossary file.

        Raises:
            UsageError: the model does not translate into the language, or has several.
        """
        glossary = to_glossary(glossary)
        for text, code in self.targets.pairs(texts, to):
            tag = self.targets.tag(code)
            if self._keeps_markup and (marked := self._constrained.find_markup(text)):
                yield self._constrained.translate_markup(marked, glossary, tag)
                continue
            if constrained := self._constrained.find(text, glossary):
                found = [self._constrained.translate(one, tag) for one in constrained]
            else:
                sentences = self._splitter.split(normalize_input(text))
                found = [self._translate(sentence, tag) for sentence in sentences]
            yield join_translations(found)

    def _translate(self, sentence: str, tag: Tag) -> SentenceTranslation:
        token_ids, too_long = self._encode(sentence, tag)
        ids = padded_row(token_ids, self.model.max_tokens)
        if self._beam:
            outputs = self.model.run("beam", ids=ids)
            names = ("ids", "counts", "scores")
            rows = zip(*(outputs[name][0] for name in names), strict=True)
        else:
            outputs = self.model.run("greedy", ids=ids)
            rows = zip(*(outputs[name] for name in ("ids", "count", "score")), strict=True)
        hypotheses = [
            Hypothesis(self.model.decode(ids[:count].tolist()), float(score), int(count))
            for ids, count, score in rows
            if count  # a short translation may have fewer alternatives than there are beams
        ]
        return SentenceTranslation(hypotheses, too_long)

    def _encode(self, text: str, tag: Tag = ()) -> tuple[list[int], bool]:
        """Returns the token ids of a text, after the tag, and whether it is too long.

        The ids are truncated at a word to those that the model reads.
        """
        max_tokens, used = self.model.max_tokens - len(tag), text
        # Of the longest training pair, without EOS; version 0.1.0 does not store it.
        max_length = self.model.metadata.get("max_length", self.model.max_tokens + 1) - 1
        max_length -= len(tag)
        while len(token_ids := self.model.encode(used)) > max_tokens:
            end = min(len(used) - 1, len(used) * max_tokens // len(token_ids))
            space = used.rfind(" ", 0, end + 1)
            used = used[: space if space > 0 else end]
        return [*tag, *token_ids], used is not text or len(token_ids) > max_length
