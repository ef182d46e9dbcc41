"""Examples in files, for a corpus that is larger than memory.

A folder has three files: `text`, the fields of all examples in UTF-8, separated by NUL, which no
text has; `offsets`, <uint64>[N + 1], the first byte of each example and the end of the last; and
`locations`, <int64>[N, 2], file and line of each example.
"""

import copy
import hashlib
import operator
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np

from nlp_apps.text.corpus import Location
from nlp_apps.text.storage.array_file import ArrayFile
from nlp_apps.text.storage.positional_file import PositionalFile

Example = TypeVar("Example")
Other = TypeVar("Other")
Make = Callable[[list[str]], Example]
"""Makes an example of its fields, such as `Pair._make`."""

TEXT, OFFSETS, LOCATIONS = "text", "offsets", "locations"

SEPARATOR = "\0"
"""Separates the fields of an example. A line with NUL is a bad line of every reader."""

READ_AT_ONCE = 1_000
"""Examples that iteration reads at once."""

MAX_BYTES_AT_ONCE = 16 << 20
"""Bytes of text that are read at once, at most."""

MAX_GAP = 8
"""Examples are read one by one if iteration would read more than this factor of their bytes."""


class StoredExamples(Sequence[Example]):
    """Examples in the files of a folder; see `ExampleStore`, which writes them.

    Args:
        folder: the folder.
        make: makes an example of its fields.

    Attributes:
        rows: <uint32>[n], the examples of this sequence, in its order; None: all.
        owner: an object that deletes the files with itself; None: they stay.

    Raises:
        WorkError: a file is missing.
    """

    def __init__(self, folder: Path, make: Make[Example]):
        self.folder, self._make = folder, make
        self.rows: np.ndarray | None = None
        self.owner: object = None
        self._file = PositionalFile(folder / TEXT)
        self._offsets = ArrayFile(folder / OFFSETS, np.uint64)

    def __len__(self) -> int:
        return len(self._offsets) - 1 if self.rows is None else len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...

    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return self.gather(np.arange(*index.indices(len(self))))
        position = operator.index(index)
        if not -len(self) <= position < len(self):
            raise IndexError(f"index {position} of {len(self)} examples")
        position %= len(self)
        return self._read(position if self.rows is None else int(self.rows[position]))

    def __iter__(self) -> Iterator[Example]:
        for start in range(0, len(self), READ_AT_ONCE):
            yield from self.gather(np.arange(start, min(start + READ_AT_ONCE, len(self))))

    def gather(self, positions: np.ndarray) -> list[Example]:
        """Returns the examples at these positions, <int>[n]; neighbours are read together."""
        rows = positions if self.rows is None else self.rows[positions]
        found: list[Example] = []
        for start in range(0, len(rows), READ_AT_ONCE):
            found += self._read_rows(rows[start : start + READ_AT_ONCE])
        return found

    def _read_rows(self, rows: np.ndarray) -> list[Example]:
        first, last = int(rows.min()), int(rows.max()) + 1
        if last - first > MAX_GAP * len(rows):
            return [self._read(int(row)) for row in rows]
        offsets = self._offsets.read(first, last + 1)
        start = int(offsets[0])
        offsets = (offsets - offsets[0]).astype(np.int64)
        if offsets[-1] > MAX_BYTES_AT_ONCE:
            return [self._read(int(row)) for row in rows]
        content = self._file.read(start, int(offsets[-1]))
        starts, ends = offsets[rows - first].tolist(), offsets[rows - first + 1].tolist()
        return [self._example(content[start:end]) for start, end in zip(starts, ends, strict=True)]

    def _read(self, row: int) -> Example:
        start, end = self._offsets.read(row, row + 2).tolist()
        return self._example(self._file.read(start, end - start))

    def _example(self, content: bytes) -> Example:
        try:
            return self._make(content.decode().split(SEPARATOR))
        except (UnicodeDecodeError, TypeError):
            raise self._file.unreadable("it is damaged") from None

    @property
    def digest(self) -> str:
        """A hash of the folder's name and of `rows`."""
        return digest_of(self.folder, self.rows)

    @property
    def bytes_per_example(self) -> float:
        """Mean size of all examples in the file."""
        return self._file.size / max(len(self._offsets) - 1, 1)

    def is_whole(self) -> bool:
        """Checks whether the offsets are those of the text."""
        offsets = self._offsets
        return (
            offsets.read(0, 1)[0] == 0
            and offsets.read(len(offsets) - 1, len(offsets))[0] == self._file.size
            and offsets.is_ascending()
        )

    def made_by(self, make: "Make[Other]") -> "StoredExamples[Other]":
        """Returns the sequence of these examples as another function makes them."""
        found: Any = copy.copy(self)
        found._make = make
        return found

    def select(self, positions: np.ndarray) -> "StoredExamples[Example]":
        """Returns the sequence of the examples at these positions, <int>[n]; reads no text."""
        return _with_rows(self, positions)


def digest_of(folder: Path, rows: np.ndarray | None) -> str:
    """Returns a hash of the name of a folder and of the rows of it, hexadecimal digits."""
    found = hashlib.sha256(folder.name.encode())
    if rows is not None:
        found.update(np.ascontiguousarray(rows).data)
    return found.hexdigest()


class StoredLocations(Sequence[Location]):
    """Locations of the examples in a folder.

    Args:
        folder: the folder.

    Attributes:
        rows: as in `StoredExamples`.
    """

    def __init__(self, folder: Path):
        self.rows: np.ndarray | None = None
        self._locations = ArrayFile(folder / LOCATIONS, np.int64)

    def __len__(self) -> int:
        return len(self._locations) // 2 if self.rows is None else len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        row = position if self.rows is None else int(self.rows[position])
        return Location(*self._locations.read(2 * row, 2 * row + 2).tolist())

    def select(self, positions: np.ndarray) -> "StoredLocations":
        """Returns the locations at these positions, <int>[n]."""
        return _with_rows(self, positions)


Stored = TypeVar("Stored", StoredExamples[Any], StoredLocations)


def _with_rows(stored: Stored, positions: np.ndarray) -> Stored:
    found = copy.copy(stored)
    found.rows = rows_at(stored.rows, positions)
    return found


def rows_at(rows: np.ndarray | None, positions: np.ndarray) -> np.ndarray:
    """Returns the rows at these positions, <uint32>[n]; of all rows, the array itself if it may.

    Selections of several files by one array of <uint32> share its memory.

    Args:
        rows: <uint32>[N]; None: all rows.
        positions: <int>[n].
    """
    found = positions if rows is None else rows[positions]
    return found.astype(np.uint32, copy=False)


def select(examples: Sequence[Example], positions: np.ndarray) -> Sequence[Example]:
    """Returns the examples at these positions, <int>[n]; stored ones are not read."""
    if isinstance(examples, StoredExamples | StoredLocations):
        return examples.select(positions)
    return [examples[position] for position in positions.tolist()]
