"""Judges with a `.tflite`."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nlp_apps.litert.lite_model import LiteModel, row
from nlp_apps.results import Classification
from nlp_apps.text.normalize import is_empty, normalize

logger = logging.getLogger(__name__)


class LiteClassifier:
    """Text in, label out; as `TextClassifier.classify`.

    Args:
        path: the `.tflite`.
    """

    def __init__(self, path: Path):
        self.model = LiteModel(path, "sentiment")

    def classify(self, texts: Iterable[str]) -> Iterator[Classification]:
        """Judges texts of any number, in order."""
        labels = self.model.card["labels"]
        for text in texts:
            text = normalize(text, clean_html=bool(self.model.card.get("clean_html")))
            if is_empty(text):
                yield Classification.of(dict.fromkeys(labels, 0.0))
                continue
            token_ids = self._within(self.model.encode(text))
            outputs = self.model.run("classify", ids=row(token_ids, self.model.card["tokens"]))
            probabilities = outputs["probabilities"][0].tolist()
            yield Classification.of(dict(zip(labels, probabilities, strict=True)))

    def _within(self, token_ids: Sequence[int]) -> Sequence[int]:
        """What there is room for: of a long text what the model would have read of all of it."""
        room, how = self.model.card["tokens"], self.model.card["truncation"]
        if len(token_ids) <= room:
            return token_ids
        if how == "windows":
            logger.warning(
                "a text of %d tokens is longer than this model has room for: judged are its "
                "first %d",
                len(token_ids),
                room,
            )
        head = {"tail": 0, "both": room // 2}.get(how, room)
        return [*token_ids[:head], *token_ids[len(token_ids) - (room - head) :]]
