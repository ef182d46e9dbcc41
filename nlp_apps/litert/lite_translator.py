"""Translates with a `.tflite`."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from nlp_apps.litert.lite_model import LiteModel, row
from nlp_apps.results import Translation
from nlp_apps.text.normalize import normalize

logger = logging.getLogger(__name__)


class LiteTranslator:
    """Text in, text out; as `TextTranslator.translate`.

    Args:
        path: the `.tflite`.
        beam: search with the recipe's beam; False: greedily, which is faster.
    """

    def __init__(self, path: Path, *, beam: bool = True):
        self.model = LiteModel(path, "translation")
        self._beam = beam and "beam" in self.model.signatures

    def translate(self, texts: Iterable[str]) -> Iterator[Translation]:
        """Translates texts of any number, in order."""
        for text in texts:
            outputs = self.model.run(
                "beam" if self._beam else "greedy", ids=self._read(normalize(text))
            )
            if self._beam:
                rows = zip(
                    outputs["ids"][0], outputs["counts"][0], outputs["scores"][0], strict=True
                )
            else:
                rows = zip(outputs["ids"], outputs["count"], outputs["score"], strict=True)
            alternatives = [
                (self.model.decode(ids[:count].tolist()), float(score))
                for ids, count, score in rows
                if count  # a short answer may have fewer alternatives than there are beams
            ]
            yield Translation(*alternatives[0], alternatives)

    def _read(self, text: str) -> np.ndarray:
        """The tokens of a text, of a long one those of as many words as there is room for."""
        room, begin = self.model.card["tokens"], text
        while len(token_ids := self.model.encode(begin)) > room:
            end = min(len(begin) - 1, len(begin) * room // len(token_ids))
            blank = begin.rfind(" ", 0, end + 1)
            begin = begin[: blank if blank > 0 else end]
        if begin is not text:
            logger.warning(
                "a text of %d characters is longer than this model has room for (%d tokens): "
                "translated are its first %d",
                len(text),
                room,
                len(begin),
            )
        return row(token_ids, room)
