"""The predictor of a classifier: texts in, labels out.

Letters in shapes: B batch, S length, L labels.
"""

import copy
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.io import stages
from nlp_apps.metrics.calibration import Calibration
from nlp_apps.metrics.label_set_calibration import LabelSetCalibration
from nlp_apps.networks.classifier import Classifier
from nlp_apps.recipe.schema import SentimentRecipe
from nlp_apps.results import Classification, LabelSet, classification, with_warnings
from nlp_apps.text.batches.token_texts import truncate
from nlp_apps.text.normalize import is_empty, normalize_input
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import Tokenizer

CHUNK = 1024
"""Texts read ahead, to be sorted by length."""

MAX_CELLS = 64 * 1024 * 10
"""Letters in the grids of a batch at most, for a classifier that reads letters: 64 texts of the
default `max_length` in rows of 10 letters, if every token began a row."""


class PooledText(NamedTuple):
    """Output of the network for one sequence.

    Attributes:
        token_ids: <int32>[S], EOS included.
        weights: <float>[S], attention weights of the pooling, which sum to 1.
        logits: <float>[L], without calibration.
    """

    token_ids: np.ndarray
    weights: np.ndarray
    logits: np.ndarray


class TextClassifier:
    """Classifies texts.

    Args:
        model: the classifier.
        tokenizer: its tokenizer.
        labels: label names.
        calibration: turns logits into calibrated ones; default: unchanged. With thresholds, a text
            has several labels.
        max_length: tokens of a sequence.
        truncation: handling of longer texts; see `token_texts.truncate`.
        clean_html: whether to clean texts as in training; see `html.clean`.
        batch_size: sequences of a batch; fewer of long ones of a classifier that reads letters.
        recipe: the recipe, for users of the predictor.
    """

    def __init__(
        self,
        model: Classifier,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        *,
        calibration: Calibration | LabelSetCalibration | None = None,
        max_length: int = 256,
        truncation: str = "both",
        clean_html: bool = False,
        batch_size: int = 64,
        recipe: SentimentRecipe | None = None,
    ):
        self.model, self.tokenizer, self.labels = model, tokenizer, tuple(labels)
        self.recipe = recipe
        self.calibration: Calibration | LabelSetCalibration = calibration or Calibration.identity(
            len(self.labels)
        )
        self.batch_size = batch_size
        self.max_length, self.truncation = max_length, truncation
        self.clean_html = clean_html
        self._pool = tf.function(
            model.logits_and_weights,
            autograph=False,
            input_signature=[tf.TensorSpec((None, None), tf.int32)],
        )

    def with_calibration(self, calibration: Calibration | LabelSetCalibration) -> "TextClassifier":
        """Returns a copy with another calibration, which shares model and compiled network."""
        other = copy.copy(self)
        other.calibration = calibration
        return other

    def predict(self, texts: Iterable[str]) -> list[Classification | LabelSet]:
        """Classifies texts, in order."""
        return with_warnings("sentiment", self.classify(texts))

    def classify(self, texts: Iterable[str]) -> Iterator[Classification | LabelSet]:
        """Classifies any number of texts, in order; reads up to `CHUNK` texts ahead."""
        texts = iter(texts)
        while chunk := [self.normalize(text) for text in islice(texts, CHUNK)]:
            encoded = self.tokenizer.encode(chunk)
            probabilities = self.calibration.probabilities(self._logits(encoded))
            probabilities[[is_empty(text) for text in chunk]] = 0.0
            for row, token_ids in zip(probabilities.tolist(), encoded, strict=True):
                yield classification(
                    dict(zip(self.labels, row, strict=True)),
                    self.calibration.thresholds,
                    too_long=self.truncation != "windows" and len(token_ids) >= self.max_length,
                )

    def normalize(self, text: str) -> str:
        """Normalizes a text as in training."""
        return normalize_input(text, clean_html=self.clean_html)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Computes logits <float64>[N, L], without calibration, of normalized texts.

        The logits of a text in several windows are the mean over its windows.
        """
        return self._logits(self.tokenizer.encode(texts))

    def _logits(self, encoded: Sequence[Sequence[int]]) -> np.ndarray:
        windows_of = [truncate(ids, self.max_length, self.truncation) for ids in encoded]
        counts = [len(windows) for windows in windows_of]
        owners = np.repeat(np.arange(len(encoded)), counts)
        pooled = self.pool([window for windows in windows_of for window in windows])
        total = np.zeros((len(encoded), len(self.labels)))
        np.add.at(total, owners, np.stack([one.logits for one in pooled]))
        return total / np.array(counts)[:, None]

    def pool(self, sequences: Sequence[np.ndarray]) -> list[PooledText]:
        """Runs the network on sequences of token ids, in batches sorted by length.

        Args:
            sequences: each <int32>[S], EOS included.

        Returns:
            The outputs in the order of the sequences.
        """
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")[::-1]
        pooled: dict[int, PooledText] = {}
        start = 0
        while start < len(order):
            length = len(sequences[order[start]])
            members = order[start : start + self._batch_size(length)]
            batch = np.full((len(members), length), PAD, np.int32)
            for row, member in enumerate(members):
                batch[row, : len(sequences[member])] = sequences[member]
            logits, weights = (value.numpy() for value in self._pool(batch))
            for row, member in enumerate(members):
                sequence = sequences[member]
                pooled[int(member)] = PooledText(
                    sequence, weights[row, : len(sequence)], logits[row]
                )
            start += len(members)
            stages.report_part(start, len(order))
        return [pooled[index] for index in range(len(sequences))]

    def _batch_size(self, length: int) -> int:
        """Returns the sequences of a batch whose longest one has `length` tokens."""
        if self.model.num_letters is None:
            return self.batch_size
        most = MAX_CELLS // (length * self.model.num_letters)
        return max(1, min(self.batch_size, most))
