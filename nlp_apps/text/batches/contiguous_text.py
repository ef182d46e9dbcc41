"""Contiguous text: batches that continue each other, for states carried from batch to batch.

Letters in shapes: B rows read in parallel, T tokens of a row in a batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

import numpy as np
import tensorflow as tf

from nlp_apps.text.batches.buckets import Batch, batches_of
from nlp_apps.text.batches.row_share import WHOLE, RowShare
from nlp_apps.text.special_ids import BOS, EOS, PAD
from nlp_apps.text.tokenizer import Tokenizer

ENCODED_AT_ONCE = 10_000
"""Lines that are encoded at once, so that few lists of Python integers are in memory."""


def encode_corpus(tokenizer: Tokenizer, documents: Sequence[str]) -> np.ndarray:
    """Returns the token ids of all documents, <int32>[N]; each of several documents ends in EOS.

    A single document has no EOS: it may be the start of a book whose rest is held out.
    """
    parts = [np.zeros(0, np.int32)]
    lines = _lines(documents, tokenizer.newline_id)
    while some := list(islice(lines, ENCODED_AT_ONCE)):
        encoded = tokenizer.encode([line for line, _ in some])
        with_ends = (
            (*token_ids, *ends) for token_ids, (_, ends) in zip(encoded, some, strict=True)
        )
        parts.append(np.fromiter(chain.from_iterable(with_ends), np.int32))
    return np.concatenate(parts)


def _lines(documents: Sequence[str], newline_id: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yields each line and the ids after it: that of a newline, EOS of a document, or none."""
    last = (EOS,) if len(documents) > 1 else ()
    for document in documents:
        line, *others = document.split("\n")
        for following in others:
            yield line, (newline_id,)
            line = following
        yield line, last


@dataclass(frozen=True)
class ContiguousText:
    """A text read in B rows in parallel.

    Row r reads positions starts[r] to starts[r + 1]; every token is read once. Documents start with
    BOS, because generation starts with BOS; so do the rows of `with_bos`.

    Attributes:
        token_ids: <int32>[N].
        starts: <int64>[B + 1], positions in the text, which is a ring: the last is the first plus
            N.
        with_bos: <bool>[B], rows that start with BOS; the others start with the token before.
        sequence_length: T.
        num_batches: number of batches that the longest row needs.
    """

    token_ids: np.ndarray
    starts: np.ndarray
    with_bos: np.ndarray
    sequence_length: int
    num_batches: int

    @property
    def num_rows(self) -> int:
        """B."""
        return len(self.starts) - 1

    def __len__(self) -> int:
        """Number of batches."""
        return self.num_batches

    def batch(self, index: int) -> Batch:
        """Returns a batch.

        Args:
            index: number of the batch.

        Returns:
            `({"target_in": <int32>[B, T]}, target_out <int32>[B, T])`; PAD past the end of a row.
        """
        offsets = index * self.sequence_length + np.arange(self.sequence_length)  # [T]
        positions = self.starts[:-1, None] + offsets  # [B, T]
        real = positions < self.starts[1:, None]
        ring = positions % len(self.token_ids)
        target_out = self.token_ids[ring]
        before = self.token_ids[ring - 1]
        is_start = ((offsets == 0) & self.with_bos[:, None]) | (before == EOS) | (ring == 0)
        target_in = np.where(is_start, BOS, before)
        return (
            {"target_in": np.where(real, target_in, PAD).astype(np.int32)},
            np.where(real, target_out, PAD).astype(np.int32),
        )

    def rows_of(self, share: RowShare) -> "ContiguousText":
        """Returns the rows of a worker; rows of padding have no token."""
        block = share.block(self.num_rows)
        rows = np.minimum(np.arange(block.start, block.stop + 1), self.num_rows)
        with_bos = share.rows_of(self.with_bos)
        return replace(self, starts=self.starts[rows], with_bos=with_bos)

    def batches(self, start: int = 0, share: RowShare = WHOLE) -> tf.data.Dataset:
        """Returns a `tf.data` pipeline of the batches from number `start` on."""
        part = self.rows_of(share)

        def generate() -> Iterator[Batch]:
            for index in range(start, len(self)):
                yield part.batch(index)

        matrix = tf.TensorSpec((part.num_rows, self.sequence_length), tf.int32)
        return batches_of(generate, ({"target_in": matrix}, matrix), len(self) - start)


def split_rows(
    token_ids: np.ndarray,
    *,
    batch_tokens: int,
    sequence_length: int,
    offset: int = 0,
    newline_id: int | None = None,
) -> ContiguousText:
    """Splits a text into rows of about the same length.

    Short texts have fewer rows. If a line starts soon after the start of a row, the row starts
    there, with BOS: the model learns how a text starts.

    Args:
        token_ids: <int32>[N], N at least 1.
        batch_tokens: B * T at most, at least T.
        sequence_length: T.
        offset: start of the first row, modulo N.
        newline_id: id of a newline. None, or an id that the text does not have: rows start at any
            token, with BOS.

    Raises:
        ValueError: the text has no token.
    """
    total = len(token_ids)
    if total == 0:
        raise ValueError("token_ids must have at least one token, received none")
    num_rows = max(1, min(batch_tokens // sequence_length, total // sequence_length))
    length = -(-total // num_rows)
    num_batches = -(-length // sequence_length)
    starts = offset % total + length * np.arange(num_rows + 1)
    with_bos = np.ones(num_rows, bool)
    is_start = _line_starts(token_ids, newline_id)
    if is_start[1:].any():
        if num_rows > 1 and num_batches * sequence_length < length + sequence_length // 4:
            num_batches += 1  # otherwise few lines start within a row's free positions
        starts += _next(is_start, starts[0], sequence_length) - starts[0]
        max_delay = min(num_batches * sequence_length - length, sequence_length - 1)
        starts[1:] = [_next(is_start, start, max_delay) for start in starts[1:]]
        with_bos = is_start[starts[:-1] % total]
    starts[-1] = starts[0] + total
    return ContiguousText(
        token_ids, np.minimum(starts, starts[-1]), with_bos, sequence_length, num_batches
    )


def _line_starts(token_ids: np.ndarray, newline_id: int | None) -> np.ndarray:
    """Returns the starts of lines and documents that are not empty, <bool>[N]."""
    if newline_id is None:
        return np.zeros(len(token_ids), bool)
    before = np.roll(token_ids, 1)
    is_start = ((before == newline_id) | (before == EOS)) & (token_ids != newline_id)
    is_start[0] = True
    return is_start


def _next(is_start: np.ndarray, position: int, max_delay: int) -> int:
    """Returns the first start within `max_delay` tokens, or the position itself."""
    near = is_start[(position + np.arange(max_delay + 1)) % len(is_start)]
    return int(position + near.argmax())  # 0 if there is no True
