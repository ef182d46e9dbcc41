"""A long text as batches that follow each other, for a state that is carried from one to the next.

Letters in shapes: B rows that are read side by side, T tokens of a batch's row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from nlp_apps.text.pipeline import Batch, batches_of
from nlp_apps.text.tokenizer import BOS, EOS, PAD, Tokenizer


def encode_pieces(tokenizer: Tokenizer, pieces: Sequence[str]) -> np.ndarray:
    """Token ids of a text, <int32>[N]; each of several pieces ends in EOS.

    A single piece has no end: it may be the beginning of a book whose rest is held out.
    """
    encoded = tokenizer.encode_prose(pieces)
    if len(encoded) > 1:
        encoded = [[*token_ids, EOS] for token_ids in encoded]
    return np.array([index for token_ids in encoded for index in token_ids], np.int32)


@dataclass(frozen=True)
class Stream:
    """A text that is read in B rows at once, each from its own place on.

    Row r reads positions r * L to (r + 1) * L, where L is the row length; every token is read once.
    A row begins with BOS, as does every piece of the text, for that is how generation begins.

    Attributes:
        token_ids: <int32>[N].
        rows: B, fewer where the text is short.
        sequence_length: T.
        shift: the first row's first position; the text is taken as a ring.
    """

    token_ids: np.ndarray
    rows: int
    sequence_length: int
    shift: int = 0

    @property
    def row_length(self) -> int:
        """L, tokens that a row reads."""
        return -(-len(self.token_ids) // self.rows)

    def __len__(self) -> int:
        """Batches."""
        return -(-self.row_length // self.sequence_length)

    def batch(self, index: int) -> Batch:
        """Batch number `index`.

        Returns:
            `({"target_in": <int32>[B, T]}, target_out <int32>[B, T])`; past a row's end both are
            PAD.
        """
        total, length = len(self.token_ids), self.row_length
        within = index * self.sequence_length + np.arange(self.sequence_length)  # [T]
        places = np.arange(self.rows)[:, None] * length + within[None, :]  # [B, T]
        real = (within[None, :] < length) & (places < total)
        ring = (places + self.shift) % total
        target_out = self.token_ids[ring]
        before = self.token_ids[ring - 1]
        begins = (within[None, :] == 0) | (before == EOS) | (ring == 0)
        target_in = np.where(begins, BOS, before)
        return (
            {"target_in": np.where(real, target_in, PAD).astype(np.int32)},
            np.where(real, target_out, PAD).astype(np.int32),
        )

    def batches(self, start: int = 0) -> tf.data.Dataset:
        """A `tf.data` pipeline from batch `start` on."""

        def generate() -> Iterator[Batch]:
            for index in range(start, len(self)):
                yield self.batch(index)

        matrix = tf.TensorSpec((self.rows, self.sequence_length), tf.int32)
        return batches_of(generate, ({"target_in": matrix}, matrix), len(self) - start)


def make_stream(
    token_ids: np.ndarray, *, batch_tokens: int, sequence_length: int, shift: int = 0
) -> Stream:
    """A stream of about `batch_tokens` positions a batch; short texts get fewer rows.

    Args:
        token_ids: <int32>[N], N at least 1.
        batch_tokens: B * T at most, at least T.
        sequence_length: T.
        shift: where the first row begins, taken modulo N.

    Raises:
        ValueError: there is no token.
    """
    if len(token_ids) == 0:
        raise ValueError("a stream needs at least one token; got none")
    rows = max(1, min(batch_tokens // sequence_length, len(token_ids) // sequence_length))
    return Stream(token_ids, rows, sequence_length, shift % len(token_ids))
