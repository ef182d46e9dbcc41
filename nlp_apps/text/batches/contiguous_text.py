"""A long text as batches that follow each other, for a state that is carried from one to the next.

Letters in shapes: B rows that are read side by side, T tokens of a batch's row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from nlp_apps.text.batches.buckets import Batch, batches_of
from nlp_apps.text.special_ids import BOS, EOS, PAD
from nlp_apps.text.tokenizer import Tokenizer


def encode_corpus(tokenizer: Tokenizer, pieces: Sequence[str]) -> np.ndarray:
    """Token ids of a text, <int32>[N]; each of several pieces ends in EOS.

    A single piece has no end: it may be the beginning of a book whose rest is held out.
    """
    encoded = tokenizer.encode_documents(pieces)
    if len(encoded) > 1:
        encoded = [[*token_ids, EOS] for token_ids in encoded]
    return np.array([index for token_ids in encoded for index in token_ids], np.int32)


@dataclass(frozen=True)
class ContiguousText:
    """A text that is read in B rows at once, each from its own place on.

    Row r reads positions starts[r] to starts[r + 1]; every token is read once. A piece of the text
    begins with BOS, for that is how generation begins, and so does a row that is told to.

    Attributes:
        token_ids: <int32>[N].
        starts: <int64>[B + 1], positions in the text, which is taken as a ring: the last is the
            first and N.
        begins: <bool>[B], which rows begin with BOS; the others with the token before.
        sequence_length: T.
        num_batches: enough of them for the longest row.
    """

    token_ids: np.ndarray
    starts: np.ndarray
    begins: np.ndarray
    sequence_length: int
    num_batches: int

    @property
    def rows(self) -> int:
        """B."""
        return len(self.starts) - 1

    def __len__(self) -> int:
        """Batches."""
        return self.num_batches

    def batch(self, index: int) -> Batch:
        """Batch number `index`.

        Returns:
            `({"target_in": <int32>[B, T]}, target_out <int32>[B, T])`; past a row's end both are
            PAD.
        """
        within = index * self.sequence_length + np.arange(self.sequence_length)  # [T]
        places = self.starts[:-1, None] + within  # [B, T]
        real = places < self.starts[1:, None]
        ring = places % len(self.token_ids)
        target_out = self.token_ids[ring]
        before = self.token_ids[ring - 1]
        begins = ((within == 0) & self.begins[:, None]) | (before == EOS) | (ring == 0)
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


def split_rows(
    token_ids: np.ndarray,
    *,
    batch_tokens: int,
    sequence_length: int,
    shift: int = 0,
    newline_id: int | None = None,
) -> ContiguousText:
    """A stream of about `batch_tokens` positions a batch; short texts get fewer rows.

    Rows are about as long as each other. Where a line begins soon after a row's place, the row
    begins there, and with BOS: what follows it is then what a text may begin with.

    Args:
        token_ids: <int32>[N], N at least 1.
        batch_tokens: B * T at most, at least T.
        sequence_length: T.
        shift: the first row's place, taken modulo N.
        newline_id: the id of a line end; None, or of no line: rows begin where they fall, with BOS.

    Raises:
        ValueError: there is no token.
    """
    total = len(token_ids)
    if total == 0:
        raise ValueError("a stream needs at least one token; got none")
    rows = max(1, min(batch_tokens // sequence_length, total // sequence_length))
    length = -(-total // rows)
    num_batches = -(-length // sequence_length)
    starts, with_bos = shift % total + length * np.arange(rows + 1), np.ones(rows, bool)
    begins = _line_begins(token_ids, newline_id)
    if begins[1:].any():
        if rows > 1 and num_batches * sequence_length < length + sequence_length // 4:
            num_batches += 1  # else there is hardly a line that a row could begin with
        starts += _next(begins, starts[0], sequence_length) - starts[0]
        room = min(num_batches * sequence_length - length, sequence_length - 1)
        starts[1:] = [_next(begins, start, room) for start in starts[1:]]
        with_bos = begins[starts[:-1] % total]
    starts[-1] = starts[0] + total
    return ContiguousText(
        token_ids, np.minimum(starts, starts[-1]), with_bos, sequence_length, num_batches
    )


def _line_begins(token_ids: np.ndarray, newline_id: int | None) -> np.ndarray:
    """Where a line or a piece begins that is not empty, <bool>[N]; of no line end, nowhere."""
    if newline_id is None:
        return np.zeros(len(token_ids), bool)
    before = np.roll(token_ids, 1)
    begins = ((before == newline_id) | (before == EOS)) & (token_ids != newline_id)
    begins[0] = True
    return begins


def _next(begins: np.ndarray, place: int, room: int) -> int:
    """The first beginning from a place on, or the place if there is none within so many tokens."""
    near = begins[(place + np.arange(room + 1)) % len(begins)]
    return int(place + near.argmax())  # of no True at all: 0
