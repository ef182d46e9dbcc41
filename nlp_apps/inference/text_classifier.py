"""Judges text with a classifier in memory: tokenize, read, pool, calibrate.

Letters in shapes: B batch, S length, L labels.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.metrics.classification import Calibration, softmax
from nlp_apps.networks.classifier import Classifier
from nlp_apps.results import Classification
from nlp_apps.text.batches.token_texts import truncate
from nlp_apps.text.normalize import is_empty, normalize
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import Tokenizer

CHUNK = 1024
"""Texts read ahead, to be sorted by length."""


class Look(NamedTuple):
    """Where the pooling looked.

    Attributes:
        token_ids: of the text, EOS included.
        weights: <float>[len(token_ids)], summing to 1.
        logits: <float>[L].
    """

    token_ids: np.ndarray
    weights: np.ndarray
    logits: np.ndarray


class TextClassifier:
    """Text in, label out.

    Args:
        model: the classifier.
        tokenizer: its tokenizer.
        labels: the names of the labels.
        calibration: what makes probabilities of logits; default: nothing but softmax.
        max_length: tokens read at once.
        truncation: what happens to longer texts; see `text.token_texts.cut`.
        clean_html: whether texts are cleaned as those of the training were; see `html.clean`.
        batch_size: sequences read together.
    """

    def __init__(
        self,
        model: Classifier,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        *,
        calibration: Calibration | None = None,
        max_length: int = 256,
        truncation: str = "both",
        clean_html: bool = False,
        batch_size: int = 64,
    ):
        self.model, self.tokenizer, self.labels = model, tokenizer, tuple(labels)
        self.calibration = calibration or Calibration.none(len(self.labels))
        self.batch_size = batch_size
        self.max_length, self.truncation = max_length, truncation
        self.clean_html = clean_html
        self._look = tf.function(
            model.logits_and_weights,
            autograph=False,
            input_signature=[tf.TensorSpec((None, None), tf.int32)],
        )

    def classify(self, texts: Iterable[str]) -> Iterator[Classification]:
        """Judges texts of any number, in order; reads a chunk ahead of what it gives."""
        texts = iter(texts)
        while chunk := [self.plain(text) for text in islice(texts, CHUNK)]:
            found = softmax(self.calibration.apply(self.logits(chunk)))
            found[[is_empty(text) for text in chunk]] = 0.0
            for row in found.tolist():
                yield Classification.of(dict(zip(self.labels, row, strict=True)))

    def plain(self, text: str) -> str:
        """A text as the training had it."""
        return normalize(text, clean_html=self.clean_html)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Logits <float64>[N, L], not calibrated, of texts that are `plain`.

        Of a text in several windows it is their mean.
        """
        cuts = [
            truncate(token_ids, self.max_length, self.truncation)
            for token_ids in self.tokenizer.encode(texts)
        ]
        owners = np.repeat(np.arange(len(cuts)), [len(windows) for windows in cuts])
        found = self.read([window for windows in cuts for window in windows])
        total = np.zeros((len(cuts), len(self.labels)))
        np.add.at(total, owners, np.stack([look.logits for look in found]))
        return total / np.bincount(owners, minlength=len(cuts))[:, None]

    def read(self, sequences: Sequence[np.ndarray]) -> list[Look]:
        """Reads sequences of token ids, in order, sorted by length on the way."""
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")[::-1]
        found: dict[int, Look] = {}
        for start in range(0, len(order), self.batch_size):
            members = order[start : start + self.batch_size]
            batch = np.full((len(members), len(sequences[members[0]])), PAD, np.int32)
            for row, member in enumerate(members):
                batch[row, : len(sequences[member])] = sequences[member]
            logits, weights = (value.numpy() for value in self._look(batch))
            for row, member in enumerate(members):
                sequence = sequences[member]
                found[int(member)] = Look(sequence, weights[row, : len(sequence)], logits[row])
        return [found[index] for index in range(len(sequences))]
