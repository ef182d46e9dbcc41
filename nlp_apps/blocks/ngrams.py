"""The n-gram path: logits of a text as a sum of rows of a hashed table.

Letters in shapes: B batch, S tokens, P characters, F n-grams, R rows of the table, L labels.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nlp_apps.blocks.ngram_rows import NgramRows

MAX_ROWS = 2**19
"""Largest R. Hashes are below 2^20: more rows would hardly be used."""


@keras.saving.register_keras_serializable("nlp_apps")
class Ngrams(keras.layers.Layer):
    """Scores the n-grams of a text: a linear model of TF-IDF over hashed features.

    The features are n-grams of words and of characters: see `NgramRows`. Each row of the table has
    a value for each label and the squared weight of its n-gram. An n-gram that occurs k times has
    the factor 1 + ln k, and both kinds have l2 norm 1:

        logits = bias + sum over both kinds of
                 sum((1 + ln k) row[:L]) / sqrt(sum((1 + ln k)^2 row[L]))

    With idf^2 as squared weights and idf as a factor of the values, this is a linear model
    over the union of two `TfidfVectorizer(sublinear_tf=True)` of scikit-learn, of words and of
    "char_wb".
    The squared weights, initially 1, have no gradient.

    Args:
        vocabulary: the tokens of all ids, U+2581 for a space; the first ones are `special_ids`.
        num_labels: L.
        num_rows: R, from 4 to 2^19. Row 0 is for positions without an n-gram; it stays 0.

    Attributes:
        find: computes the rows of texts.

    Raises:
        ValueError: `num_rows` is out of range.
    """

    def __init__(
        self, vocabulary: Sequence[str], num_labels: int, *, num_rows: int = 2**17, **kwargs: Any
    ):
        super().__init__(**{**kwargs, "dtype": "float32"})  # half precision has too few digits
        if not 4 <= num_rows <= MAX_ROWS:
            raise ValueError(f"num_rows must be from 4 to {MAX_ROWS}; received {num_rows}")
        self.vocabulary = list(vocabulary)
        self.num_labels, self.num_rows = num_labels, num_rows
        self.find = NgramRows(self.vocabulary, num_rows)

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        self.table = self.add_weight(
            (self.num_rows, self.num_labels + 1), name="table", initializer="zeros"
        )
        table = np.zeros((self.num_rows, self.num_labels + 1), np.float32)
        table[1:, -1] = 1.0
        self.table.assign(table)
        self.bias = self.add_weight((self.num_labels,), name="bias", initializer="zeros")

    def call(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Scores texts.

        Args:
            token_ids: <int32>[B, S], each text with EOS, padded on the right with 0.

        Returns:
            logits <float32>[B, L]; the bias alone for a text without n-grams.
        """
        rows, frequencies = distinct(self.find(token_ids))
        factors = self.by_kind(rows, frequencies)  # [B, 2, F]
        values = tf.gather(tf.convert_to_tensor(self.table), rows)  # [B, F, L + 1]
        squared_weights = tf.stop_gradient(values[:, :, -1:])
        return self.combine(factors @ values[:, :, :-1], tf.square(factors) @ squared_weights)

    def by_kind(self, rows: tf.Tensor, frequencies: tf.Tensor) -> tf.Tensor:
        """Returns the factors of the n-grams of each kind.

        Args:
            rows: <int32>[..., F].
            frequencies: <float32>[..., F], how often the n-gram of a row occurs in the text.

        Returns:
            <float32>[..., 2, F], 0 for n-grams of the other kind and where there is none.
        """
        factors = sublinear(frequencies)
        is_word = rows < self.find.first_of_characters
        zero = tf.zeros_like(factors)
        words = tf.where(is_word & (rows > 0), factors, zero)
        return tf.stack([words, tf.where(is_word, zero, factors)], axis=-2)

    def combine(self, totals: tf.Tensor, squared_norms: tf.Tensor) -> tf.Tensor:
        """Returns the logits <float32>[B, L].

        Args:
            totals: <float32>[B, 2, L], the sum of the values of each kind.
            squared_norms: <float32>[B, 2, 1].
        """
        # A kind without n-grams has 0 / 1.
        norms = tf.sqrt(tf.where(squared_norms > 0.0, squared_norms, 1.0))
        return tf.reduce_sum(totals / norms, axis=1) + tf.convert_to_tensor(self.bias)

    def scale(self, factor: float) -> None:
        """Multiplies the logits by a factor; the squared weights stay."""
        self.bias.assign(self.bias * factor)
        table = self.table.numpy()
        table[:, :-1] *= factor
        self.table.assign(table)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Returns the shape of the logits."""
        return (input_shape[0], self.num_labels)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "vocabulary": self.vocabulary,
            "num_labels": self.num_labels,
            "num_rows": self.num_rows,
        }


def sublinear(frequencies: tf.Tensor) -> tf.Tensor:
    """Returns 1 + ln k of frequencies k <float32>, and 0 of 0."""
    return tf.where(frequencies > 0.0, 1.0 + tf.math.log(tf.maximum(frequencies, 1.0)), 0.0)


def distinct(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Counts the n-grams of each text.

    Example: rows 5, 0, 7, 5 become 0, 5, 5, 7 with frequencies 0, 2, 0, 1.

    Args:
        rows: <int32>[B, F], 0 where there is no n-gram.

    Returns:
        The rows in order, and at the first of several equal ones their number, <float32>[B, F];
        0 at the others and for row 0.
    """
    rows = tf.sort(rows, axis=1)
    is_first = tf.concat([tf.ones_like(rows[:, :1], tf.bool), rows[:, 1:] > rows[:, :-1]], axis=1)
    index = tf.cumsum(tf.cast(is_first, tf.int32), axis=1) - 1  # of the distinct row
    shape = tf.shape(rows)
    batch = tf.broadcast_to(tf.range(shape[0])[:, None], shape)
    counts = tf.scatter_nd(tf.stack([batch, index], axis=-1), tf.ones_like(rows), shape)
    counts = tf.gather(counts, index, axis=1, batch_dims=1)
    return rows, tf.cast(tf.where(is_first & (rows > 0), counts, 0), tf.float32)
