"""The training pairs of each epoch as token ids: augmented, with subword regularization.

Pairs in memory are augmented all at once. Stored pairs are augmented part by part, each part with
random numbers of its own, and their token ids go to files.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.io.stages import stage
from nlp_apps.text.augmentation.augmenter import Augmenter
from nlp_apps.text.batches.token_pairs import PairEncoder, TokenPairs
from nlp_apps.text.corpus import Pair
from nlp_apps.text.storage.corpus_cache import key_of
from nlp_apps.text.storage.stored_examples import select
from nlp_apps.text.storage.stored_tokens import StoredTokens
from nlp_apps.text.storage.written_once import written_once

PART = 100_000
"""Stored pairs that are augmented at once."""

PLANNED = 100_000
"""Stored pairs of which the lengths are planned, changed and not."""

MakeAugmenter = Callable[[Sequence[Pair], int], Augmenter]
"""Makes the augmenter of pairs with a seed."""


class AugmentedPairs:
    """The training pairs of each epoch as token ids.

    Args:
        pairs: the pairs.
        tokens: their token ids.
        encoder: encodes changed pairs.
        make_augmenter: makes the augmenter of pairs with a seed.
        seed: seed of all random numbers.
        settings: all other values that the token ids of an epoch depend on.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        tokens: TokenPairs,
        encoder: PairEncoder,
        make_augmenter: MakeAugmenter,
        seed: int,
        settings: Mapping[str, Any],
    ):
        self.pairs, self.tokens, self.encoder, self.seed = pairs, tokens, encoder, seed
        self._make_augmenter, self._settings = make_augmenter, settings
        self._is_stored = isinstance(tokens.sources, StoredTokens)
        self._augmenter = make_augmenter([] if self._is_stored else pairs, seed)

    def planning_lengths(self) -> np.ndarray:
        """Returns lengths from which buckets are planned, <int>[n, 2].

        They are those of all pairs, changed in the first epoch and not; of many stored pairs, those
        of a random part, and the largest of all.
        """
        if not self._is_stored:
            changed = self.encoder.encode(list(self._augmenter.changed(0).values()))
            return np.concatenate([self.tokens.lengths, changed.lengths])
        lengths = self.tokens.lengths
        generator = np.random.default_rng(self.seed)
        count = min(PLANNED, len(lengths))
        positions = np.sort(generator.choice(len(lengths), count, replace=False, shuffle=False))
        pairs = [*select(self.pairs, positions)]
        changed = self.encoder.encode(
            list(self._make_augmenter(pairs, self.seed).changed(0).values())
        )
        largest = lengths.max(axis=0, keepdims=True)[: count < len(lengths)]
        return np.concatenate([lengths[positions], changed.lengths, largest])

    def encode(self, epoch: int, max_length: int) -> TokenPairs:
        """Returns the token ids of the pairs of an epoch, in the order of the pairs.

        Args:
            epoch: counted from 0.
            max_length: a pair that is changed to more tokens stays unchanged.
        """
        if not self._is_stored:
            return self._encode_part(self._augmenter, self.tokens, self.seed, epoch, max_length)
        if not (self._augmenter.changes or self.encoder.alpha):
            return self.tokens
        return self._stored_epoch(epoch, max_length)

    def _encode_part(
        self, augmenter: Augmenter, tokens: TokenPairs, seed: int, epoch: int, max_length: int
    ) -> TokenPairs:
        if self.encoder.alpha:
            pairs = augmenter.examples(epoch)
            encoded = self.encoder.sample(pairs, seed=seed * 100_003 + epoch)
        else:
            changed = augmenter.changed(epoch)
            encoded = tokens.replace(list(changed), self.encoder.encode(list(changed.values())))
        return encoded.replace_long(max_length, tokens)

    def _stored_epoch(self, epoch: int, max_length: int) -> TokenPairs:
        """Returns the token ids of an epoch from its files, which are written once."""
        assert isinstance(self.tokens.sources, StoredTokens)
        tokens = self.tokens.sources.folder.parent
        rows = self.tokens.sources.digest
        key = key_of(rows, f"{self.seed} {epoch} {max_length}", self._settings)
        return written_once(
            tokens / f"epoch-{key}",
            lambda folder: self._write_epoch(folder, epoch, max_length),
            TokenPairs.stored,
        )

    def _write_epoch(self, folder: Path, epoch: int, max_length: int) -> None:
        with (
            stage(f"augmenting epoch {epoch + 1}", total=len(self.pairs), unit="pairs") as progress,
            self.encoder.writer(folder) as add,
        ):
            for number, part, tokens in self._parts():
                seed = self.seed * 1_000_003 + number + 1
                augmenter = self._make_augmenter(part, seed)
                add(self._encode_part(augmenter, tokens, seed, epoch, max_length))
                progress.advance(len(part))

    def _parts(self) -> Iterator[tuple[int, Sequence[Pair], TokenPairs]]:
        """Yields the number of each part, its pairs and their token ids, in memory."""
        for number, start in enumerate(range(0, len(self.pairs), PART)):
            part = slice(start, start + PART)
            tokens = TokenPairs(self.tokens.sources[part], self.tokens.targets[part])
            yield number, self.pairs[part], tokens
