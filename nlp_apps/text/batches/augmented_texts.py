"""The training texts of each epoch as token ids: augmented, truncated, with their labels.

Texts in memory are augmented all at once. Stored texts are augmented part by part, each part with
random numbers of its own, and their token ids go to files.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.io.npz_files import read_npz, write_npz
from nlp_apps.io.stages import stage
from nlp_apps.text.augmentation.augmenter import Augmenter
from nlp_apps.text.batches.token_texts import TokenTexts, truncate
from nlp_apps.text.corpus import LabelledText
from nlp_apps.text.storage.corpus_cache import key_of
from nlp_apps.text.storage.stored_examples import StoredExamples
from nlp_apps.text.storage.stored_tokens import StoredTokens, TokenWriter
from nlp_apps.text.storage.written_once import written_once
from nlp_apps.text.tokenizer import Tokenizer

PART = 20_000
"""Stored texts that are encoded at once."""

SOURCES, LABELS = "sources", "labels.npz"

MakeAugmenter = Callable[[Sequence[LabelledText], int], Augmenter]
"""Makes the augmenter of texts with a seed."""


class AugmentedTexts:
    """The training texts of each epoch as token ids.

    Args:
        texts: the texts.
        labels: the labels; a label's number is its position, counted from 1.
        tokenizer: encodes the texts.
        make_augmenter: makes the augmenter of texts with a seed.
        seed: seed of all random numbers.
        subword_regularization: alpha; 0: the most probable segmentation.
        max_length: tokens of a sequence, EOS included.
        truncation: as in `truncate`.
        settings: all other values that the token ids depend on.
    """

    def __init__(
        self,
        texts: Sequence[LabelledText],
        labels: Sequence[str],
        tokenizer: Tokenizer,
        make_augmenter: MakeAugmenter,
        *,
        seed: int,
        subword_regularization: float,
        max_length: int,
        truncation: str,
        settings: Mapping[str, Any],
    ):
        self.texts, self.tokenizer, self.seed = texts, tokenizer, seed
        self.alpha, self.truncation = subword_regularization, truncation
        self._label_ids = {label: number for number, label in enumerate(labels, start=1)}
        self._make_augmenter, self._settings = make_augmenter, settings
        self._is_stored = isinstance(texts, StoredExamples)
        self._augmenter = make_augmenter([] if self._is_stored else texts, seed)
        self._encoded: list[list[int]] = []
        if self._is_stored:
            self.base = self._stored("tokens", None, max_length)
        else:
            self._encoded = tokenizer.encode([text.source for text in texts])
            self.base = self._truncate(texts, self._encoded, max_length)

    def planning_lengths(self, max_length: int) -> np.ndarray:
        """Returns lengths from which buckets are planned, <int>[n, 1].

        They are those of all texts, changed in the first epoch and not; of stored texts, unchanged.
        """
        if self._is_stored:
            return self.base.lengths
        changed = self._encode_changed(self._augmenter, 0).values()
        lengths = [min(len(token_ids) + 1, max_length) for token_ids in changed]
        return np.concatenate([self.base.lengths, np.array(lengths, int).reshape(-1, 1)])

    def encode(self, epoch: int, max_length: int) -> TokenTexts:
        """Returns the sequences of an epoch, counted from 0, of at most `max_length` tokens."""
        if self._is_stored:
            has_changes = self._augmenter.changes or self.alpha
            return self._stored("epoch", epoch, max_length) if has_changes else self.base
        encoded = self._encode_part(self._augmenter, self._encoded, self.seed, epoch)
        return self._truncate(self.texts, encoded, max_length)

    def _encode_part(
        self, augmenter: Augmenter, encoded: Sequence[Sequence[int]], seed: int, epoch: int
    ) -> Sequence[Sequence[int]]:
        """Returns the token ids of each text in an epoch."""
        if self.alpha:
            sources = [text.source for text in augmenter.examples(epoch)]
            return self.tokenizer.sample(sources, alpha=self.alpha, seed=seed * 100_003 + epoch)
        changed = self._encode_changed(augmenter, epoch)
        return [changed.get(position, ids) for position, ids in enumerate(encoded)]

    def _encode_changed(self, augmenter: Augmenter, epoch: int) -> dict[int, list[int]]:
        """Returns the token ids of the augmented texts of an epoch, by position."""
        changed = augmenter.changed(epoch)
        token_ids = self.tokenizer.encode([text.source for text in changed.values()])
        return dict(zip(changed, token_ids, strict=True))

    def _truncate(
        self, texts: Sequence[LabelledText], encoded: Sequence[Sequence[int]], max_length: int
    ) -> TokenTexts:
        """Returns the texts at most `max_length` tokens long; labels count from 1."""
        sources: list[np.ndarray] = []
        labels: list[int] = []
        for text, token_ids in zip(texts, encoded, strict=True):
            windows = truncate(token_ids, max_length, self.truncation)
            sources += windows
            labels += [self._label_ids[text.label]] * len(windows)
        return TokenTexts(sources, np.array(labels, np.int32))

    def _stored(self, name: str, epoch: int | None, max_length: int) -> TokenTexts:
        """Returns the sequences of an epoch, unchanged ones for None, from files written once."""
        assert isinstance(self.texts, StoredExamples)
        model = hashlib.sha256(self.tokenizer.model).hexdigest()
        key = key_of(
            self.texts.digest,
            f"{model} {self.seed} {epoch} {max_length}",
            {**self._settings, "labels": list(self._label_ids)},
        )
        return written_once(
            self.texts.folder / f"{name}-{key}",
            lambda folder: self._write(folder, epoch, max_length),
            _load,
        )

    def _write(self, folder: Path, epoch: int | None, max_length: int) -> None:
        labels: list[np.ndarray] = []
        name = "tokenizing" if epoch is None else f"augmenting epoch {epoch + 1}"
        with (
            stage(name, total=len(self.texts), unit="labelled texts") as progress,
            TokenWriter(folder / SOURCES, self.tokenizer.vocabulary_size) as sources,
        ):
            for number, start in enumerate(range(0, len(self.texts), PART)):
                texts = self.texts[start : start + PART]
                encoded: Sequence[Sequence[int]] = []
                if epoch is None or not self.alpha:
                    encoded = self.tokenizer.encode([text.source for text in texts])
                if epoch is not None:
                    seed = self.seed * 1_000_003 + number + 1
                    augmenter = self._make_augmenter(texts, seed)
                    encoded = self._encode_part(augmenter, encoded, seed, epoch)
                found = self._truncate(texts, encoded, max_length)
                sources.extend(found.sources)
                labels.append(found.labels)
                progress.advance(len(texts))
        write_npz(folder / LABELS, {"labels": np.concatenate(labels)})


def _load(folder: Path) -> TokenTexts:
    """Loads stored sequences.

    Raises:
        WorkError, OSError, ValueError: a file is missing or damaged.
    """
    sources, labels = StoredTokens(folder / SOURCES), read_npz(folder / LABELS).get("labels")
    if labels is None or labels.shape != (len(sources),):
        raise ValueError("labels and sequences differ")
    return TokenTexts(sources, labels)
