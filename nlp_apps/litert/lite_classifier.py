"""Classifier over a `.tflite`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from nlp_apps.errors import UsageError
from nlp_apps.litert.file_model import padded_row
from nlp_apps.litert.open_model import open_model
from nlp_apps.results import (
    LEARNING_RATE,
    Classification,
    LabelSet,
    classification,
    label_index,
    require_rate,
    with_warnings,
)
from nlp_apps.text.normalize import is_empty, normalize_input


class LiteClassifier:
    """Classifies texts; same interface as `inference.text_classifier.TextClassifier`.

    Args:
        path: the `.tflite`.
        threads: threads of the runtime; default: see `file_model.default_threads`.

    Attributes:
        learned: the matrix of `learn`, <float32>[1, F + 1, L] for F features and L labels; None
            before its first call. A host may store it, and set it again.
    """

    def __init__(self, path: Path, *, threads: int | None = None):
        self.model = open_model(path, "sentiment", threads=threads)
        self.learned: np.ndarray | None = None

    def predict(self, texts: Iterable[str]) -> list[Classification | LabelSet]:
        """Classifies texts, in order."""
        return with_warnings("sentiment", self.classify(texts))

    def classify(self, texts: Iterable[str]) -> Iterator[Classification | LabelSet]:
        """Classifies texts one by one, in order."""
        metadata = self.model.metadata
        thresholds = metadata.get("thresholds")  # of a model with several labels a text
        for text in texts:
            text = normalize_input(text, clean_html=bool(metadata.get("clean_html")))
            if is_empty(text):
                yield classification(dict.fromkeys(metadata["labels"], 0.0), thresholds)
                continue
            token_ids = self.model.encode(text)
            ids = padded_row(self._truncate(token_ids), self.model.max_tokens)
            outputs = (
                self.model.run("classify", ids=ids)
                if self.learned is None
                else self.model.run("classify_learned", ids=ids, learned=self.learned)
            )
            probabilities = outputs["probabilities"][0].tolist()
            yield classification(
                dict(zip(metadata["labels"], probabilities, strict=True)),
                thresholds,
                too_long=len(token_ids) > self._num_read(),
            )

    def learn(self, text: str, label: str, *, rate: float = LEARNING_RATE) -> float:
        """Learns from one text: see `inference.learning_classifier.LearningClassifier.learn`.

        Raises:
            ValueError: the label is unknown, or the rate is out of range.
            UsageError: the `.tflite` is older than this signature.
        """
        metadata = self.model.metadata
        if "thresholds" in metadata:
            raise UsageError(
                f"{self.model.path}: predicts several labels a text, and learns nothing; only a "
                "classifier of one label a text learns."
            )
        if "learn" not in self.model.signatures:
            raise UsageError(
                f"{self.model.path}: has no signature learn. Export the run again with this "
                "version."
            )
        require_rate(rate)
        index = label_index(label, metadata["labels"])
        text = normalize_input(text, clean_html=bool(metadata.get("clean_html")))
        if is_empty(text):
            return 0.0
        if self.learned is None:
            self.learned = self.model.zero_inputs("learn")["learned"]
        outputs = self.model.run(
            "learn",
            ids=padded_row(self._truncate(self.model.encode(text)), self.model.max_tokens),
            label=np.array([index], np.int32),
            rate=np.array([rate], np.float32),
            learned=self.learned,
        )
        self.learned = outputs["learned"]
        return float(outputs["loss"][0])

    def forget(self) -> None:
        """Forgets all texts that it has learned from."""
        self.learned = None

    def _num_read(self) -> int:
        """Returns the number of tokens that the model reads of a long text."""
        max_tokens, metadata = self.model.max_tokens, self.model.metadata
        if metadata["truncation"] == "windows":
            return max_tokens
        # EOS is one of them; version 0.1.0 does not store the length.
        return min(max_tokens, metadata.get("max_length", max_tokens + 1) - 1)

    def _truncate(self, token_ids: Sequence[int]) -> Sequence[int]:
        """Returns the token ids of a long text that the run would read, at most `max_tokens`."""
        max_tokens, truncation = self.model.max_tokens, self.model.metadata["truncation"]
        if len(token_ids) <= max_tokens:
            return token_ids
        head = {"tail": 0, "both": max_tokens // 2}.get(truncation, max_tokens)
        return [*token_ids[:head], *token_ids[len(token_ids) - (max_tokens - head) :]]
