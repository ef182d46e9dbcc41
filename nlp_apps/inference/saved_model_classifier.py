"""Classifier over a SavedModel."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.results import Classification, LabelSet, classification, with_warnings


class SavedModelClassifier:
    """Classifies texts; same interface as `inference.text_classifier.TextClassifier`.

    Args:
        folder: the folder of a version, which contains `saved_model.pb`.
        trust: load it without a check of its operations.
    """

    def __init__(self, folder: Path, *, trust: bool = False):
        self.model = SavedModel(folder, "sentiment", trust=trust)

    def predict(self, texts: Iterable[str]) -> list[Classification | LabelSet]:
        """Classifies texts, in order."""
        return with_warnings("sentiment", self.classify(texts))

    def classify(self, texts: Iterable[str]) -> Iterator[Classification | LabelSet]:
        """Classifies any number of texts, in order."""
        for row in self.model.rows("probabilities", texts):
            yield classification(
                dict(zip(row["labels"], row["probabilities"], strict=True)),
                row.get("thresholds"),  # of a model with several labels a text
                too_long=row.get("too_long", False),  # version 0.1.0 has no such output
            )
