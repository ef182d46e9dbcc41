"""Collects the examples of a source: in memory, and in files if they are many."""

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

import numpy as np

from nlp_apps.io.atomic_files import convert_write_errors
from nlp_apps.text.corpus import Location
from nlp_apps.text.storage.stored_examples import (
    LOCATIONS,
    OFFSETS,
    SEPARATOR,
    TEXT,
    Make,
    StoredExamples,
    StoredLocations,
)

Example = TypeVar("Example")

MAX_BYTES = 256 << 20
"""Memory of examples beyond which they go to files: about a million sentence pairs."""

BYTES_PER_EXAMPLE = 300
"""Memory of an example beside its characters: its strings, its location and their tuples."""

WRITTEN_AT_ONCE = 8 << 20
"""Memory of examples beyond which they are written, once there are files."""

ENCODED_AT_ONCE = 10_000
"""Examples that are encoded at once."""


class ExampleStore(Generic[Example]):
    """Collects the examples of a source and their locations.

    Args:
        make: makes an example of its fields.
        new_folder: makes the folder of the files when memory does not suffice; None: memory only.
        max_bytes: memory of examples beyond which they go to files.
    """

    def __init__(
        self,
        make: Make[Example],
        new_folder: Callable[[], Path] | None = None,
        *,
        max_bytes: int | None = None,
    ):
        self._make, self._new_folder = make, new_folder
        self._max_bytes = MAX_BYTES if max_bytes is None else max_bytes
        self._examples: list[Example] = []
        self._locations: list[Location] = []
        self._num_written = self._size = 0
        self._folder: Path | None = None
        self._files: list[BinaryIO] = []
        self._end = 0

    @property
    def may_use_files(self) -> bool:
        """True if the examples go to files where memory does not suffice."""
        return self._new_folder is not None

    def __len__(self) -> int:
        return self._num_written + len(self._examples)

    def add(self, example: Example, location: Location) -> None:
        """Adds an example.

        Raises:
            WorkError: the files cannot be written.
        """
        self._examples.append(example)
        self._locations.append(location)
        if self._new_folder is None:
            return
        self._size += sum(map(len, _fields(example))) + BYTES_PER_EXAMPLE
        if self._folder is not None:
            if self._size > WRITTEN_AT_ONCE:
                self._write()
        elif self._size > self._max_bytes:
            self._open(self._new_folder())

    def _open(self, folder: Path) -> None:
        """Opens the files, and writes the examples so far."""
        self._folder = folder
        with convert_write_errors(folder):
            for name in (TEXT, OFFSETS, LOCATIONS):
                self._files.append(open(folder / name, "wb"))  # noqa: SIM115 (close)
            self._files[1].write(np.uint64(0).tobytes())
        self._write()

    def discard(self) -> None:
        """Deletes the files, after an error."""
        for file in self._files:
            with contextlib.suppress(OSError):
                file.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> tuple[Sequence[Example], Sequence[Location]]:
        """Returns all examples and their locations, in the order of `add`.

        Raises:
            WorkError: the files cannot be written.
        """
        if self._folder is None:
            return self._examples, self._locations
        self._write()
        with convert_write_errors(self._folder):
            for file in self._files:
                file.flush()
                os.fsync(file.fileno())
                file.close()
        return StoredExamples(self._folder, self._make), StoredLocations(self._folder)

    def _write(self) -> None:
        """Writes the examples in memory."""
        for start in range(0, len(self._examples), ENCODED_AT_ONCE):
            part = slice(start, start + ENCODED_AT_ONCE)
            self._write_part(self._examples[part], self._locations[part])
        self._examples, self._locations, self._size = [], [], 0

    def _write_part(self, examples: Sequence[Example], locations: Sequence[Location]) -> None:
        assert self._folder is not None
        rows = [SEPARATOR.join(_fields(example)).encode() for example in examples]
        ends = self._end + np.cumsum(np.fromiter(map(len, rows), np.uint64, len(rows)))
        with convert_write_errors(self._folder):
            self._files[0].write(b"".join(rows))
            self._files[1].write(ends.astype(np.uint64).tobytes())
            self._files[2].write(np.array(locations, np.int64).tobytes())
        self._end = int(ends[-1])
        self._num_written += len(rows)


def _fields(example: object) -> tuple[str, ...]:
    return example if isinstance(example, tuple) else (str(example),)
