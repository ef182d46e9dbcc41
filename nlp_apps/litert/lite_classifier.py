"""Classifier over a `.tflite`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nlp_apps.litert.lite_model import LiteModel, padded_row
from nlp_apps.results import Classification, with_warnings
from nlp_apps.text.normalize import is_empty, normalize_input


class LiteClassifier:
    """Classifies texts; same interface as `inference.text_classifier.TextClassifier`.

    Args:
        path: the `.tflite`.
        threads: threads of the runtime; default: see `lite_model.default_threads`.
    """

    def __init__(self, path: Path, *, threads: int | None = None):
        self.model = LiteModel(path, "sentiment", threads=threads)

    def predict(self, texts: Iterable[str]) -> list[Classification]:
        """Classifies texts, in order."""
        return with_warnings("sentiment", self.classify(texts))

    def classify(self, texts: Iterable[str]) -> Iterator[Classification]:
        """Classifies texts one by one, in order."""
        metadata = self.model.metadata
        for text in texts:
            text = normalize_input(text, clean_html=bool(metadata.get("clean_html")))
            if is_empty(text):
                yield Classification.of(dict.fromkeys(metadata["labels"], 0.0))
                continue
            token_ids = self.model.encode(text)
            ids = padded_row(self._truncate(token_ids), self.model.max_tokens)
            probabilities = self.model.run("classify", ids=ids)["probabilities"][0].tolist()
            yield Classification.of(
                dict(zip(metadata["labels"], probabilities, strict=True)),
                too_long=len(token_ids) > self._num_read(),
            )

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
