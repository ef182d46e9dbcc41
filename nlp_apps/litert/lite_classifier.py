"""Classifier over a `.tflite`."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nlp_apps.litert.lite_model import LiteModel, padded_row
from nlp_apps.results import Classification
from nlp_apps.text.normalize import is_empty, normalize_input

logger = logging.getLogger(__name__)


class LiteClassifier:
    """Classifies texts; same interface as `inference.text_classifier.TextClassifier`.

    Args:
        path: the `.tflite`.
    """

    def __init__(self, path: Path):
        self.model = LiteModel(path, "sentiment")

    def predict(self, texts: Iterable[str]) -> list[Classification]:
        """Classifies texts, in order."""
        return list(self.classify(texts))

    def classify(self, texts: Iterable[str]) -> Iterator[Classification]:
        """Classifies texts one by one, in order."""
        metadata = self.model.metadata
        for text in texts:
            text = normalize_input(text, clean_html=bool(metadata.get("clean_html")))
            if is_empty(text):
                yield Classification.of(dict.fromkeys(metadata["labels"], 0.0))
                continue
            ids = padded_row(self._truncate(self.model.encode(text)), self.model.max_tokens)
            probabilities = self.model.run("classify", ids=ids)["probabilities"][0].tolist()
            yield Classification.of(dict(zip(metadata["labels"], probabilities, strict=True)))

    def _truncate(self, token_ids: Sequence[int]) -> Sequence[int]:
        """Returns the token ids of a long text that the run would read, at most `max_tokens`."""
        max_tokens, truncation = self.model.max_tokens, self.model.metadata["truncation"]
        if len(token_ids) <= max_tokens:
            return token_ids
        if truncation == "windows":
            logger.warning(
                "a text of %d tokens exceeds the %d that this model accepts; only the first %d "
                "are classified",
                len(token_ids),
                max_tokens,
                max_tokens,
            )
        head = {"tail": 0, "both": max_tokens // 2}.get(truncation, max_tokens)
        return [*token_ids[:head], *token_ids[len(token_ids) - (max_tokens - head) :]]
