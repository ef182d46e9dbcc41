"""What the predictors of every artefact answer; needs neither TensorFlow nor a model."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class Translation(NamedTuple):
    """An answer.

    Attributes:
        text: the translation.
        score: log probability per token, in nats.
        alternatives: all the beams' translations, the best first, with their scores.
    """

    text: str
    score: float
    alternatives: list[tuple[str, float]]


class Classification(NamedTuple):
    """An answer.

    Attributes:
        label: the likeliest; of a blank text none: "".
        probability: of it, from 0 to 1.
        probabilities: of every label; of a blank text 0.
    """

    label: str
    probability: float
    probabilities: dict[str, float]

    @classmethod
    def of(cls, probabilities: Mapping[str, float]) -> "Classification":
        """The answer that the probabilities of all labels make."""
        best = max(probabilities, key=lambda label: probabilities[label])
        probability = probabilities[best]
        return cls(best if probability else "", probability, dict(probabilities))


class GeneratedText(NamedTuple):
    """A text.

    Attributes:
        prompt: what it begins with.
        continuation: what the model wrote.
        num_tokens: drawn, the end included.
        log_probability: mean of a drawn token, in nats, under the model as it is.
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
    """What a model thought of a text.

    Attributes:
        tokens: the pieces of the text, which joined give it again, with a blank before each line
            where the tokenizer wants one there.
        nats: <float64>[len(tokens)], -log p of each after those before it.
    """

    tokens: list[str]
    nats: np.ndarray

    @property
    def total(self) -> float:
        """-log p of the text, in nats."""
        return float(self.nats.sum())

    @property
    def perplexity(self) -> float:
        """Of a token."""
        return perplexity(self.total / max(len(self.tokens), 1))


def perplexity(loss: float) -> float:
    """Exp of a mean cross-entropy in nats; finite for any loss."""
    return math.exp(min(loss, 700.0))
