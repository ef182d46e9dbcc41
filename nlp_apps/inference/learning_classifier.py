"""A classifier that learns from single texts: steps of its last layer, in NumPy.

The network stays unchanged. A further matrix is added to the calibrated logits; it starts at zeros,
and each labelled text changes it by one normalized gradient step (Nagumo & Noda 1967) of the
cross-entropy. `export.tflite.lite_sentiment` has the same steps for phones.

Letters in shapes: F features of a text, L labels.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from nlp_apps.errors import UsageError
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.metrics.calibration import softmax
from nlp_apps.results import (
    LEARNING_RATE,
    Classification,
    label_index,
    require_rate,
    with_warnings,
)
from nlp_apps.text.batches.token_texts import truncate
from nlp_apps.text.normalize import is_empty


class LearningClassifier:
    """Classifies texts, and learns from labelled ones.

    Args:
        classifier: the classifier; it is not changed.

    Attributes:
        learned: <float64>[F + 1, L]; the last row is a bias.

    Raises:
        UsageError: the classifier predicts several labels a text.
    """

    def __init__(self, classifier: TextClassifier):
        if classifier.calibration.thresholds is not None:
            raise UsageError("a classifier of several labels a text does not learn from texts.")
        self.classifier = classifier
        self._read = tf.function(
            classifier.model.logits_and_features,
            autograph=False,
            input_signature=[tf.TensorSpec((None, None), tf.int32)],
        )
        self.forget()

    def forget(self) -> None:
        """Forgets all texts that it has learned from."""
        width = self.classifier.model.pooling.width
        self.learned = np.zeros((width + 1, len(self.classifier.labels)))

    def learn(self, text: str, label: str, *, rate: float = LEARNING_RATE) -> float:
        """Learns from one text.

        Args:
            text: the text; an empty one changes nothing.
            label: its label.
            rate: above 0. The logits of this text change by `rate` times the difference between
                the label and the probabilities.

        Returns:
            The cross-entropy of the label before the step, in nats; 0 for an empty text.

        Raises:
            ValueError: the label is unknown, or the rate is out of range.
        """
        require_rate(rate)
        target = label_index(label, self.classifier.labels)
        text = self.classifier.normalize(text)
        if is_empty(text):
            return 0.0
        (token_ids,) = self.classifier.tokenizer.encode([text])
        logits, features = self._logits_and_features(token_ids)
        probabilities = softmax(logits[None])[0]
        error = -probabilities
        error[target] += 1.0
        self.learned += rate * np.outer(features, error) / (features @ features)
        return float(-np.log(max(probabilities[target], 1e-37)))

    def predict(self, texts: Iterable[str]) -> list[Classification]:
        """Classifies texts, in order."""
        return with_warnings("sentiment", self.classify(texts))

    def classify(self, texts: Iterable[str]) -> Iterator[Classification]:
        """Classifies texts one by one, in order."""
        labels = self.classifier.labels
        for text in texts:
            text = self.classifier.normalize(text)
            if is_empty(text):
                yield Classification.of(dict.fromkeys(labels, 0.0))
                continue
            (token_ids,) = self.classifier.tokenizer.encode([text])
            logits, _ = self._logits_and_features(token_ids)
            yield Classification.of(
                dict(zip(labels, softmax(logits[None])[0], strict=True)),
                too_long=self.classifier.truncation != "windows"
                and len(token_ids) >= self.classifier.max_length,
            )

    def _logits_and_features(self, token_ids: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Calibrated and learned logits <float64>[L]; features and 1, <float64>[F + 1]."""
        classifier = self.classifier
        windows = truncate(token_ids, classifier.max_length, classifier.truncation)
        read = [self._read(np.array(window, np.int32)[None]) for window in windows]
        logits, features = (
            np.mean([one.numpy()[0].astype(np.float64) for one in parts], axis=0)
            for parts in zip(*read, strict=True)
        )
        features = np.append(features, 1.0)
        return classifier.calibration.apply(logits) + features @ self.learned, features
