"""Translator over a `.tflite`."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from nlp_apps.litert.lite_model import LiteModel, padded_row
from nlp_apps.results import Translation
from nlp_apps.text.normalize import normalize_input

logger = logging.getLogger(__name__)


class LiteTranslator:
    """Translates texts; same interface as `inference.text_translator.TextTranslator`.

    Args:
        path: the `.tflite`.
        beam: use the beam search of the recipe; False: greedy search, which is faster.
    """

    def __init__(self, path: Path, *, beam: bool = True):
        self.model = LiteModel(path, "translation")
        self._beam = beam and "beam" in self.model.signatures

    def predict(self, texts: Iterable[str]) -> list[Translation]:
        """Translates texts, in order."""
        return list(self.translate(texts))

    def translate(self, texts: Iterable[str]) -> Iterator[Translation]:
        """Translates texts one by one, in order."""
        for text in texts:
            ids = padded_row(self._encode(normalize_input(text)), self.model.max_tokens)
            if self._beam:
                outputs = self.model.run("beam", ids=ids)
                names = ("ids", "counts", "scores")
                rows = zip(*(outputs[name][0] for name in names), strict=True)
            else:
                outputs = self.model.run("greedy", ids=ids)
                rows = zip(*(outputs[name] for name in ("ids", "count", "score")), strict=True)
            alternatives = [
                (self.model.decode(ids[:count].tolist()), float(score))
                for ids, count, score in rows
                if count  # a short translation may have fewer alternatives than there are beams
            ]
            yield Translation(*alternatives[0], alternatives)

    def _encode(self, text: str) -> list[int]:
        """Returns the token ids of a text, truncated at a word to those that the model accepts."""
        max_tokens, used = self.model.max_tokens, text
        while len(token_ids := self.model.encode(used)) > max_tokens:
            end = min(len(used) - 1, len(used) * max_tokens // len(token_ids))
            space = used.rfind(" ", 0, end + 1)
            used = used[: space if space > 0 else end]
        if used is not text:
            logger.warning(
                "a text of %d characters exceeds the %d tokens that this model accepts; only its "
                "first %d characters are translated",
                len(text),
                max_tokens,
                len(used),
            )
        return token_ids
