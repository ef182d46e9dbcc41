"""Labelled texts as token ids; truncation of long texts.

Letters in shapes: B batch, S length.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from nlp_apps.text.batches.buckets import Batch, Bucket
from nlp_apps.text.special_ids import EOS, PAD
from nlp_apps.text.storage.stored_tokens import lengths_of, select_tokens


def truncate(token_ids: Sequence[int], max_length: int, truncation: str) -> list[np.ndarray]:
    """Truncates token ids to `max_length`, or splits them into windows.

    Example: tokens 1 to 8 with `max_length=5`, EOS written as |: head 1234|, tail 5678|, both
    1278|, windows 1234| and 5678|.

    Args:
        token_ids: the text, without EOS.
        max_length: tokens of a sequence, EOS included, at least 2.
        truncation: `"head"`, `"tail"`, `"both"` or `"windows"`; see the recipe's `data.truncation`.

    Returns:
        Sequences <int32>[at most max_length], each ending in EOS; several only for `"windows"`.

    Raises:
        ValueError: another `truncation`.
    """
    limit = max_length - 1
    token_ids = list(token_ids)
    if truncation not in ("head", "tail", "both", "windows"):
        raise ValueError(f"truncation must be head, tail, both or windows, received {truncation!r}")
    if len(token_ids) <= limit:
        parts = [token_ids]
    elif truncation == "windows":
        count = -(-len(token_ids) // limit)
        bounds = [len(token_ids) * index // count for index in range(count + 1)]
        parts = [token_ids[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]
    else:
        head = {"head": limit, "tail": 0, "both": limit // 2}[truncation]
        tail = limit - head
        parts = [token_ids[:head] + (token_ids[-tail:] if tail else [])]
    return [np.array([*part, EOS], np.int32) for part in parts]


@dataclass(frozen=True)
class TokenTexts:
    """Sequences of token ids with the numbers of their labels.

    Attributes:
        sources: each <int32>[length], ending in EOS.
        labels: <int32>[N], counted from 1; 0: no label.
    """

    sources: Sequence[np.ndarray]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def lengths(self) -> np.ndarray:
        """Number of tokens, EOS included, <int>[N, 1]."""
        return lengths_of(self.sources).reshape(-1, 1)

    def select(self, positions: np.ndarray) -> "TokenTexts":
        """Returns the sequences at these positions, <int>[n]."""
        return TokenTexts(select_tokens(self.sources, positions), self.labels[positions])

    def plus(self, other: "TokenTexts") -> "TokenTexts":
        """Returns these sequences and then others, in memory."""
        return TokenTexts(
            [*self.sources, *other.sources], np.concatenate([self.labels, other.labels])
        )

    @property
    def signature(self) -> tuple[dict[str, tf.TensorSpec], tf.TensorSpec]:
        """Specification of a batch."""
        return (
            {"source": tf.TensorSpec((None, None), tf.int32)},
            tf.TensorSpec((None,), tf.int32),
        )

    def batch(self, bucket: Bucket, members: np.ndarray) -> Batch:
        """Pads texts to the shape of their bucket.

        Args:
            bucket: the shape.
            members: positions of the texts, <int>[at most B].

        Returns:
            `({"source": <int32>[B, S]}, labels <int32>[B])`; rows past the members are PAD, with
            label 0.
        """
        source = np.full((bucket.batch_size, bucket.source_length), PAD, np.int32)
        labels = np.zeros((bucket.batch_size,), np.int32)
        for row, member in enumerate(members):
            token_ids = self.sources[member]
            source[row, : len(token_ids)] = token_ids
            labels[row] = self.labels[member]
        return {"source": source}, labels
