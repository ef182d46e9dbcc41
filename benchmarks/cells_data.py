"""Batches of `cells.py`, all of one shape, so that each model is compiled once.

Letters in shapes: N rows, T tokens of a row.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlp_apps.text.special_ids import BOS, EOS, PAD
from nlp_apps.text.tokenizer import train_tokenizer

CHARACTERS, ROWS = 64, 32
"""Length of a window of characters, and rows of a batch."""
VALIDATION_LENGTH, VALIDATION_ROWS = 512, 64
PAIRS, MAX_TOKENS, PAIR_ROWS, VOCABULARY = 10_000, 24, 32, 3000
FIRST_ID = 4

Batch = dict[str, np.ndarray]


class Data(NamedTuple):
    """A corpus as token ids.

    Attributes:
        vocabulary_size: number of token ids.
        train: inputs and targets by name, each <int32>[N, T].
        validation: likewise.
        rows: rows of a batch.
    """

    vocabulary_size: int
    train: Batch
    validation: Batch
    rows: int

    def batches(self, seed: int) -> Iterator[Batch]:
        """Yields training batches without end, in a new order in every epoch."""
        random = np.random.default_rng(seed)
        while True:
            order = random.permutation(len(self.train["target_out"]))
            for start in range(0, len(order) - self.rows + 1, self.rows):
                chosen = order[start : start + self.rows]
                yield {name: values[chosen] for name, values in self.train.items()}

    def validation_batches(self) -> Iterator[Batch]:
        """Yields the validation rows once, without an incomplete last batch."""
        count = len(self.validation["target_out"])
        for start in range(0, count - self.rows + 1, self.rows):
            chosen = slice(start, start + self.rows)
            yield {name: values[chosen] for name, values in self.validation.items()}


def read_shakespeare(folder: Path) -> Data:
    """Reads `input.txt`: the first 90% in windows, the head of the last 10% in longer ones."""
    text = (folder / "input.txt").read_text(encoding="utf-8")
    ids = {character: FIRST_ID + index for index, character in enumerate(sorted(set(text)))}
    token_ids = np.array([ids[character] for character in text], np.int32)
    bound = len(text) * 9 // 10
    validation = _windows(token_ids[bound:], VALIDATION_LENGTH)
    validation = {name: values[:VALIDATION_ROWS] for name, values in validation.items()}
    return Data(FIRST_ID + len(ids), _windows(token_ids[:bound], CHARACTERS), validation, ROWS)


def _windows(token_ids: np.ndarray, length: int) -> Batch:
    """Windows next to each other, with the tokens that follow each position."""
    count = (len(token_ids) - 1) // length
    return {
        "target_in": token_ids[: count * length].reshape(count, length),
        "target_out": token_ids[1 : count * length + 1].reshape(count, length),
    }


def read_multi30k(folder: Path) -> Data:
    """Reads the first pairs of German and English, without those of many tokens."""
    train, validation = _read_pairs(folder, "train", PAIRS), _read_pairs(folder, "val", PAIRS)
    tokenizer = train_tokenizer(
        [line for pair in train for line in pair], vocabulary_size=VOCABULARY
    )

    def encode(pairs: list[tuple[str, str]]) -> Batch:
        sources, targets = (tokenizer.encode(list(side)) for side in zip(*pairs, strict=True))
        fitting = [
            (source, target)
            for source, target in zip(sources, targets, strict=True)
            if max(len(source), len(target)) < MAX_TOKENS
        ]
        return {
            "source": _padded([[*source, EOS] for source, _ in fitting]),
            "target_in": _padded([[BOS, *target] for _, target in fitting]),
            "target_out": _padded([[*target, EOS] for _, target in fitting]),
        }

    return Data(tokenizer.vocabulary_size, encode(train), encode(validation), PAIR_ROWS)


def _read_pairs(folder: Path, split: str, limit: int) -> list[tuple[str, str]]:
    sides = []
    for language in ("de", "en"):
        with gzip.open(folder / f"{split}.{language}.gz", "rt", encoding="utf-8") as file:
            sides.append(file.read().splitlines()[:limit])
    return list(zip(*sides, strict=True))


def _padded(rows: list[list[int]]) -> np.ndarray:
    """Rows of `MAX_TOKENS` ids, padded on the right."""
    found = np.full((len(rows), MAX_TOKENS), PAD, np.int32)
    for index, row in enumerate(rows):
        found[index, : len(row)] = row
    return found


def random_data() -> Data:
    """Returns one batch of random characters, of the shape of `read_shakespeare`."""
    token_ids = np.random.default_rng(1).integers(FIRST_ID, FIRST_ID + 65, ROWS * CHARACTERS + 1)
    rows = _windows(token_ids.astype(np.int32), CHARACTERS)
    return Data(FIRST_ID + 65, rows, rows, ROWS)
