"""Result types of every predictor; imports neither TensorFlow nor a model."""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

logger = logging.getLogger(__name__)

TOO_LONG = {
    "translation": "the text is longer than the model accepts (data.max_length, "
    "export.max_tokens). A part of it may be missing in the translation. Split it into sentences.",
    "sentiment": "the text is longer than the model accepts (data.max_length). Only a part of it "
    "was read: see data.truncation.",
}
"""Task -> the warning of a text that is too long."""


LEARNING_RATE = 0.3
"""Default rate of a classifier that learns from single texts."""


class Translation(NamedTuple):
    """A translation.

    Attributes:
        text: the translation.
        score: log probability per token, in nats.
        alternatives: the translations of all beams with their scores, best first.
        too_long: the text has more tokens than the training pairs, or than a `.tflite` reads.
    """

    text: str
    score: float
    alternatives: list[tuple[str, float]]
    too_long: bool = False


class Classification(NamedTuple):
    """A predicted label.

    Attributes:
        label: the most probable label; "" for an empty text.
        probability: probability of the label, from 0 to 1.
        probabilities: probability of every label; 0 for an empty text.
        too_long: only a part of the text was read.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    too_long: bool = False

    @classmethod
    def of(cls, probabilities: Mapping[str, float], *, too_long: bool = False) -> "Classification":
        """Returns the classification with these probabilities of all labels."""
        best = max(probabilities, key=lambda label: probabilities[label])
        probability = probabilities[best]
        return cls(best if probability else "", probability, dict(probabilities), too_long)


class LabelSet(NamedTuple):
    """The predicted labels of a text that may have several, or none (`data.multi_label`).

    Attributes:
        labels: labels whose probability is at least their threshold, the most probable first.
        probabilities: probability of every label, from 0 to 1; 0 for an empty text.
        too_long: only a part of the text was read.
    """

    labels: tuple[str, ...]
    probabilities: dict[str, float]
    too_long: bool = False

    @property
    def label(self) -> str:
        """The most probable label, predicted or not; "" for an empty text."""
        best = max(self.probabilities, key=lambda label: self.probabilities[label])
        return best if self.probabilities[best] else ""

    @property
    def probability(self) -> float:
        """Probability of `label`."""
        return max(self.probabilities.values())

    @classmethod
    def of(
        cls,
        probabilities: Mapping[str, float],
        thresholds: Sequence[float],
        *,
        too_long: bool = False,
    ) -> "LabelSet":
        """Returns the set with these probabilities of all labels, and their thresholds above 0."""
        found = [
            label
            for (label, probability), threshold in zip(
                probabilities.items(), thresholds, strict=True
            )
            if probability >= threshold
        ]
        found.sort(key=lambda label: -probabilities[label])
        return cls(tuple(found), dict(probabilities), too_long)


def classification(
    probabilities: Mapping[str, float],
    thresholds: Sequence[float] | None,
    *,
    too_long: bool = False,
) -> Classification | LabelSet:
    """Returns the prediction of a classifier.

    Args:
        probabilities: probability of every label.
        thresholds: lowest probability of each predicted label; None: one label a text.
        too_long: only a part of the text was read.
    """
    if thresholds is None:
        return Classification.of(probabilities, too_long=too_long)
    return LabelSet.of(probabilities, thresholds, too_long=too_long)


def compared_output(found: Classification | LabelSet) -> str:
    """Returns the label, or the labels in alphabetical order, for comparisons."""
    return "\n".join(sorted(found.labels)) if isinstance(found, LabelSet) else found.label


def require_rate(rate: float) -> None:
    """Checks the rate of a classifier that learns from single texts.

    Raises:
        ValueError: it is not above 0 and finite.
    """
    if not 0 < rate < math.inf:
        raise ValueError(f"rate must be above 0 and finite; got {rate}")


def label_index(label: str, labels: Sequence[str]) -> int:
    """Returns the index of a label.

    Raises:
        ValueError: the label is unknown.
    """
    if label not in labels:
        raise ValueError(f"label must be one of {', '.join(labels)}; got {label!r}")
    return labels.index(label)


Predicted = TypeVar("Predicted", Translation, Classification, LabelSet, Classification | LabelSet)


def with_warnings(task: str, results: Iterable[Predicted]) -> list[Predicted]:
    """Returns results; logs a warning for each text that is too long, counted from 1."""
    found = list(results)
    for number, one in enumerate(found, start=1):
        if one.too_long:
            logger.warning("text %d: %s", number, TOO_LONG[task])
    return found


class GeneratedText(NamedTuple):
    """A generated text.

    Attributes:
        prompt: the prompt.
        continuation: the generated part.
        num_tokens: number of generated tokens, EOS included.
        log_probability: mean log probability per generated token, in nats, without temperature,
            penalties and truncated distributions.
    """

    prompt: str
    continuation: str
    num_tokens: int
    log_probability: float

    @property
    def text(self) -> str:
        """Prompt and continuation."""
        return self.prompt + self.continuation


class Surprisals(NamedTuple):
    """The surprisal of each token of a text.

    Attributes:
        tokens: texts of the tokens. Joined, they are the text, with a space before each line if the
            tokenizer adds one.
        nats: <float64>[len(tokens)], -log p of each token after the tokens before it.
    """

    tokens: list[str]
    nats: np.ndarray

    @property
    def total(self) -> float:
        """-log p of the text, in nats."""
        return float(self.nats.sum())

    @property
    def perplexity(self) -> float:
        """Perplexity per token."""
        return perplexity(self.total / max(len(self.tokens), 1))


class Suggestion(NamedTuple):
    """A word that may come next.

    Attributes:
        word: the whole word, with the characters that are already written.
        probability: from 0 to 1; of the word and its end, after the text before it.
    """

    word: str
    probability: float


def perplexity(loss: float) -> float:
    """Returns exp of a mean cross-entropy in nats; finite for any loss."""
    return math.exp(min(loss, 700.0))
