"""Sentence pairs as token ids.

Letters in shapes: B batch, S source length, T target length.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import tensorflow as tf

from nlp_apps.text.batches.buckets import Batch, Bucket
from nlp_apps.text.corpus import Pair
from nlp_apps.text.special_ids import BOS, EOS, PAD
from nlp_apps.text.storage.corpus_cache import key_of
from nlp_apps.text.storage.stored_examples import StoredExamples
from nlp_apps.text.storage.stored_tokens import (
    StoredTokens,
    TokenWriter,
    lengths_of,
    select_tokens,
)
from nlp_apps.text.storage.written_once import written_once
from nlp_apps.text.tokenizer import Tokenizer

SOURCE, TARGET = "source", "target"
"""Folders of the token ids of the two sides."""

ENCODED_AT_ONCE = 50_000
"""Stored pairs that are encoded at once."""


@dataclass(frozen=True)
class TokenPairs:
    """Sentence pairs as token ids; every sequence ends in EOS."""

    sources: Sequence[np.ndarray]
    targets: Sequence[np.ndarray]

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def lengths(self) -> np.ndarray:
        """Number of tokens of source and target, EOS included, <int>[N, 2]."""
        return np.stack([lengths_of(self.sources), lengths_of(self.targets)], axis=1)

    @property
    def signature(self) -> tuple[dict[str, tf.TensorSpec], tf.TensorSpec]:
        """Specification of a batch."""
        matrix = tf.TensorSpec((None, None), tf.int32)
        return {"source": matrix, "target_in": matrix}, matrix

    def batch(self, bucket: Bucket, members: np.ndarray) -> Batch:
        """Pads pairs to the shape of their bucket.

        Args:
            bucket: the shape.
            members: positions of the pairs, <int>[at most B].

        Returns:
            `({"source": <int32>[B, S], "target_in": <int32>[B, T]}, target_out <int32>[B, T])`;
            rows past the members are PAD. `target_in` is BOS and the target without its EOS.
        """
        source = np.full((bucket.batch_size, bucket.source_length), PAD, np.int32)
        target_in = np.full((bucket.batch_size, bucket.target_length), PAD, np.int32)
        target_out = np.full((bucket.batch_size, bucket.target_length), PAD, np.int32)
        for row, member in enumerate(members):
            source_ids, target_ids = self.sources[member], self.targets[member]
            source[row, : len(source_ids)] = source_ids
            target_out[row, : len(target_ids)] = target_ids
            target_in[row, 0] = BOS
            target_in[row, 1 : len(target_ids)] = target_ids[:-1]
        return {"source": source, "target_in": target_in}, target_out

    def select(self, positions: np.ndarray) -> "TokenPairs":
        """Returns the pairs at these positions, <int>[n]; stored ones are not read."""
        shared = positions.astype(np.uint32, copy=False)
        return TokenPairs(select_tokens(self.sources, shared), select_tokens(self.targets, shared))

    def plus(self, other: "TokenPairs") -> "TokenPairs":
        """Returns these pairs and then others, in memory."""
        return TokenPairs(
            [*self.sources, *other.sources],
            [*self.targets, *other.targets],
        )

    @classmethod
    def stored(cls, folder: Path) -> "TokenPairs":
        """Returns the pairs in the files of a folder; see `PairEncoder.writer`.

        Raises:
            WorkError: a file is missing.
        """
        return cls(StoredTokens(folder / SOURCE), StoredTokens(folder / TARGET))

    def replace(self, positions: Sequence[int], other: "TokenPairs") -> "TokenPairs":
        """Returns these pairs; those at `positions` are, in order, those of `other`."""
        sources, targets = list(self.sources), list(self.targets)
        for index, position in enumerate(positions):
            sources[position], targets[position] = other.sources[index], other.targets[index]
        return TokenPairs(sources, targets)

    def replace_long(self, limit: int, other: "TokenPairs") -> "TokenPairs":
        """Returns these pairs; those with a side of more than `limit` tokens are from `other`."""
        too_long = self.lengths.max(axis=1, initial=0) > limit
        pick = [other if bad else self for bad in too_long]
        return TokenPairs(
            [pairs.sources[index] for index, pairs in enumerate(pick)],
            [pairs.targets[index] for index, pairs in enumerate(pick)],
        )


class PairEncoder:
    """Encodes text pairs as token ids.

    Args:
        source_tokenizer, target_tokenizer: the tokenizers; may be the same.
        subword_regularization: alpha of subword regularization; 0: the most probable segmentation.
        tag: token id before each source, that of the target language; None: no tag.
    """

    def __init__(
        self,
        source_tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        *,
        subword_regularization: float = 0.0,
        tag: int | None = None,
    ):
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.alpha = subword_regularization
        self._first = () if tag is None else (tag,)

    def encode(self, pairs: Sequence[tuple[str, str]]) -> TokenPairs:
        """Returns the most probable segmentation of each pair."""
        return TokenPairs(
            _with_eos(self.source_tokenizer.encode([source for source, _ in pairs]), self._first),
            _with_eos(self.target_tokenizer.encode([target for _, target in pairs])),
        )

    def encode_corpus(self, pairs: Sequence[Pair]) -> TokenPairs:
        """Returns `encode`; the token ids of stored pairs are in files beside them, written once.

        Raises:
            WorkError: the files cannot be written.
        """
        if not isinstance(pairs, StoredExamples):
            return self.encode(pairs)
        models = hashlib.sha256(self.source_tokenizer.model + self.target_tokenizer.model)
        tag = {"tag": self._first} if self._first else {}
        folder = pairs.folder / f"tokens-{key_of(pairs.digest, models.hexdigest(), tag)}"

        def write(temporary: Path) -> None:
            with self.writer(temporary) as add:
                for start in range(0, len(pairs), ENCODED_AT_ONCE):
                    add(self.encode(pairs[start : start + ENCODED_AT_ONCE]))

        return written_once(folder, write, TokenPairs.stored)

    @contextlib.contextmanager
    def writer(self, folder: Path) -> Iterator[Callable[[TokenPairs], None]]:
        """Yields a function that writes token ids to the files of a folder.

        Raises:
            WorkError: the files cannot be written.
        """
        with (
            TokenWriter(folder / SOURCE, self.source_tokenizer.vocabulary_size) as sources,
            TokenWriter(folder / TARGET, self.target_tokenizer.vocabulary_size) as targets,
        ):

            def add(pairs: TokenPairs) -> None:
                sources.extend(pairs.sources)
                targets.extend(pairs.targets)

            yield add

    def sample(self, pairs: Sequence[tuple[str, str]], *, seed: int) -> TokenPairs:
        """Returns a random segmentation of each pair; the most probable one if alpha is 0."""
        if not self.alpha:
            return self.encode(pairs)
        alpha = self.alpha
        sources = [source for source, _ in pairs]
        targets = [target for _, target in pairs]
        return TokenPairs(
            _with_eos(
                self.source_tokenizer.sample(sources, alpha=alpha, seed=2 * seed), self._first
            ),
            _with_eos(self.target_tokenizer.sample(targets, alpha=alpha, seed=2 * seed + 1)),
        )


def _with_eos(token_ids: Sequence[Sequence[int]], first: tuple[int, ...] = ()) -> list[np.ndarray]:
    """Returns the token ids between `first` and EOS, each <int32>[length], parts of one array."""
    lengths = np.fromiter(map(len, token_ids), np.int64, len(token_ids)) + len(first) + 1
    with_eos = chain.from_iterable(part for ids in token_ids for part in (first, ids, (EOS,)))
    flat = np.fromiter(with_eos, np.int32, int(lengths.sum()))
    return [flat[start:end] for start, end in pairwise([0, *np.cumsum(lengths).tolist()])]
