"""Result types of every predictor; imports neither TensorFlow nor a model."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class Translation(NamedTuple):
    """A translation.

    Attributes:
        text: the translation.
        score: log probability per token, in nats.
        alternatives: the translations of all beams with their scores, best first.
    """

    text: str
    score: float
    alternatives: list[tuple[str, float]]


class Classification(NamedTuple):
    """A predicted label.

    Attributes:
        label: the most probable label; "" for an empty text.
        probability: probability of the label, from 0 to 1.
        probabilities: probability of every label; 0 for an empty text.
    """

    label: str
    probability: float
    probabilities: dict[str, float]

    @classmethod
    def of(cls, probabilities: Mapping[str, float]) -> "Classification":
        """Returns the classification with these probabilities of all labels."""
        best = max(probabilities, key=lambda label: probabilities[label])
        probability = probabilities[best]
        return cls(best if probability else "", probability, dict(probabilities))


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


def perplexity(loss: float) -> float:
    """Returns exp of a mean cross-entropy in nats; finite for any loss."""
    return math.exp(min(loss, 700.0))
