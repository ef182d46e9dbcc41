"""Sequences of token ids in files, for a corpus that is larger than memory.

A folder has two files: `ids`, the ids of all sequences, <uint16> or <int32>; and `ends`, <uint64>
[N], the position in `ids` after each sequence.
"""

import copy
import operator
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.io.atomic_files import convert_write_errors
from nlp_apps.text.storage.array_file import ArrayFile
from nlp_apps.text.storage.concatenated import Concatenated
from nlp_apps.text.storage.positional_file import PositionalFile
from nlp_apps.text.storage.stored_examples import (
    MAX_BYTES_AT_ONCE,
    MAX_GAP,
    digest_of,
    rows_at,
)

IDS, ENDS = "ids", "ends"

READ_AT_ONCE = 2_000
"""Sequences that iteration reads at once."""


class StoredTokens(Sequence[np.ndarray]):
    """Sequences of token ids in the files of a folder; see `TokenWriter`, which writes them.

    Items are <int32>[length].

    Args:
        folder: the folder.

    Attributes:
        rows: <uint32>[n], the sequences of this one, in its order; None: all.

    Raises:
        WorkError: a file is missing.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.rows: np.ndarray | None = None
        self._file = PositionalFile(folder / IDS)
        self._ends = ArrayFile(folder / ENDS, np.uint64)
        total = int(self._ends.read(len(self._ends) - 1, len(self._ends))[0])
        if self._file.size not in (2 * total, 4 * total) or not self._ends.is_ascending():
            raise self._file.unreadable("it is damaged or truncated")
        self._type = np.dtype(np.uint16 if self._file.size == 2 * total else np.int32)

    def __len__(self) -> int:
        return len(self._ends) if self.rows is None else len(self.rows)

    @property
    def lengths(self) -> np.ndarray:
        """Number of tokens of each sequence, <uint16>[n], or <int32>[n] if one has 65,536."""
        found = np.empty(len(self._ends), np.uint16)
        start, end = 0, np.uint64(0)
        for part in self._ends.parts():
            lengths = np.diff(part, prepend=end)
            if lengths.max() > np.iinfo(found.dtype).max:
                found = found.astype(np.int32, copy=False)
            found[start : start + len(part)] = lengths
            start, end = start + len(part), part[-1]
        return found if self.rows is None else found[self.rows]

    @property
    def digest(self) -> str:
        """A hash of the folder's name and of `rows`."""
        return digest_of(self.folder, self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.gather(np.arange(*index.indices(len(self))))
        position = range(len(self))[operator.index(index)]
        return self._read(position if self.rows is None else int(self.rows[position]))

    def __iter__(self) -> Iterator[np.ndarray]:
        for start in range(0, len(self), READ_AT_ONCE):
            yield from self.gather(np.arange(start, min(start + READ_AT_ONCE, len(self))))

    def gather(self, positions: np.ndarray) -> list[np.ndarray]:
        """Returns the sequences at these positions, <int>[n]; neighbours are read together."""
        rows = positions if self.rows is None else self.rows[positions]
        found: list[np.ndarray] = []
        for start in range(0, len(rows), READ_AT_ONCE):
            found += self._read_rows(rows[start : start + READ_AT_ONCE])
        return found

    def _read_rows(self, rows: np.ndarray) -> list[np.ndarray]:
        first, last = int(rows.min()), int(rows.max())
        if last - first > MAX_GAP * len(rows):
            return [self._read(int(row)) for row in rows]
        starts = self._starts(first, last)
        start = int(starts[0])
        starts = (starts - starts[0]).astype(np.int64)
        if starts[-1] * self._type.itemsize > MAX_BYTES_AT_ONCE:
            return [self._read(int(row)) for row in rows]
        ids = self._ids(start, int(starts[-1]))
        bounds = zip(starts[rows - first].tolist(), starts[rows - first + 1].tolist(), strict=True)
        return [ids[start:end] for start, end in bounds]

    def _read(self, row: int) -> np.ndarray:
        """Returns the ids of a row, <int32>[n]."""
        start, end = self._starts(row, row).tolist()
        return self._ids(start, end - start)

    def _ids(self, start: int, count: int) -> np.ndarray:
        """Returns ids from a position on, <int32>[count]."""
        size = self._type.itemsize
        content = self._file.read(size * start, size * count)
        return np.frombuffer(content, self._type).astype(np.int32)

    def _starts(self, first: int, last: int) -> np.ndarray:
        """Returns the starts of the rows from `first` to `last`, and the end of the last one.

        The type is <uint64>[last - first + 2].
        """
        if first:
            return self._ends.read(first - 1, last + 1)
        return np.concatenate([np.zeros(1, np.uint64), self._ends.read(0, last + 1)])

    def select(self, positions: np.ndarray) -> "StoredTokens":
        """Returns the sequences at these positions, <int>[n]; reads none of them."""
        found = copy.copy(self)
        found.rows = rows_at(self.rows, positions)
        return found


class TokenWriter:
    """Writes sequences of token ids to a folder.

    Args:
        folder: the folder, which is created.
        vocabulary_size: ids are below it.

    Raises:
        WorkError: the folder cannot be written.
    """

    def __init__(self, folder: Path, vocabulary_size: int):
        self._folder = folder
        self._type = np.uint16 if vocabulary_size <= 2**16 else np.int32
        self._total = 0
        with convert_write_errors(folder):
            folder.mkdir()
            self._ids, self._ends = open(folder / IDS, "wb"), open(folder / ENDS, "wb")  # noqa: SIM115

    def extend(self, sequences: Iterable[np.ndarray]) -> None:
        """Writes sequences, each <int>[length].

        Raises:
            WorkError: the disk is full.
        """
        sequences = list(sequences)
        if not sequences:
            return
        lengths = np.fromiter(map(len, sequences), np.uint64, len(sequences))
        ends = self._total + np.cumsum(lengths).astype(np.uint64)
        self._total = int(ends[-1])
        with convert_write_errors(self._folder):
            self._ids.write(np.concatenate(sequences).astype(self._type).tobytes())
            self._ends.write(ends.astype(np.uint64).tobytes())

    def __enter__(self) -> "TokenWriter":
        return self

    def __exit__(self, *_: object) -> None:
        with convert_write_errors(self._folder):
            self._ids.close()
            self._ends.close()


def lengths_of(sequences: Sequence[np.ndarray]) -> np.ndarray:
    """Returns the number of tokens of each sequence, <int>[N]."""
    if isinstance(sequences, StoredTokens):
        return sequences.lengths
    if isinstance(sequences, Concatenated):
        return np.concatenate([lengths_of(part) for part in sequences.parts])
    return np.fromiter(map(len, sequences), np.int64, len(sequences))


def select_tokens(sequences: Sequence[np.ndarray], positions: np.ndarray) -> Sequence[np.ndarray]:
    """Returns the sequences at these positions, <int>[n]; stored ones are not read."""
    if isinstance(sequences, StoredTokens):
        return sequences.select(positions)
    return [sequences[position] for position in positions.tolist()]
