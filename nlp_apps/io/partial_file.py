"""A long output under construction: its finished lines survive every kind of end.

While `OUT` is written, its lines are in `OUT.partial`, and `OUT.partial.json` has their origin. At
the end, the partial file is renamed to `OUT`. A writer marks the points from which it can continue;
the lines after the last stored mark are dropped when the work is resumed.
"""

import contextlib
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nlp_apps.errors import UsageError, WorkError, first_line
from nlp_apps.io.atomic_files import atomic_write_text, convert_write_errors, make_folder
from nlp_apps.io.bounded_files import read_json
from nlp_apps.io.folder_lock import open_locked

STATE_SECONDS = 2.0
"""Seconds between two stored marks: work that `kill -9` or a power failure may cost."""

BLOCK_BYTES = 1 << 20
"""Bytes read at a time."""


@dataclass(frozen=True)
class Mark:
    """A point from which the work can continue.

    Attributes:
        lines: lines of the input so far, which are as many lines of the output.
        texts: the texts among them that were predicted.
        input_bytes: size of these lines in the input.
        input_sha256: checksum of these bytes.
        output_bytes: size of their predictions.
        output_sha256: checksum of these bytes.
    """

    lines: int = 0
    texts: int = 0
    input_bytes: int = 0
    input_sha256: str = hashlib.sha256().hexdigest()
    output_bytes: int = 0
    output_sha256: str = hashlib.sha256().hexdigest()


class PartialFile:
    """The partial file of an output; see `partial_file`.

    Attributes:
        path: its path.
        start: the mark from which the work continues.
        stored: the last mark that is on the disk.
    """

    def __init__(self, final: Path, stream: io.BufferedRandom, settings: Mapping[str, Any]):
        self.path, self.state_path = partial_path(final), state_path(final)
        self.start = self.stored = self._mark = Mark()
        self._stream, self._settings = stream, settings
        self._sha256, self._bytes = hashlib.sha256(), 0
        self._stored_at = float("-inf")
        self._is_changed = False

    def resume(self) -> None:
        """Continues the lines of an earlier process.

        Raises:
            UsageError: they are of other settings, or the file was changed.
        """
        settings, mark = _read_state(self.path, self.state_path)
        for name, value in self._settings.items():
            if settings.get(name) != value:
                raise UsageError(
                    f"--resume: {self.path} was made with other settings: {name} was "
                    f"{_show(settings, name)} and is now {_show(self._settings, name)}. Pass the "
                    "same, or replace it with --overwrite."
                )
        self._sha256 = read_checksum(self._stream, mark.output_bytes)
        if self._sha256.hexdigest() != mark.output_sha256:
            raise UsageError(
                f"--resume: {self.path} was changed since it was written. Replace it with "
                "--overwrite."
            )
        self._bytes = mark.output_bytes
        self.start = self.stored = self._mark = mark

    def truncate(self) -> None:
        """Drops everything after the start."""
        self._is_changed = True
        self._stream.seek(self.start.output_bytes)
        self._stream.truncate()

    def write(self, line: str) -> None:
        """Writes a line, which has no newline."""
        content = f"{line}\n".encode()
        self._stream.write(content)
        self._sha256.update(content)
        self._bytes += len(content)

    def mark(self, lines: int, texts: int, input_bytes: int, input_sha256: str) -> None:
        """Marks the end of the lines so far as a point to continue from; see `Mark`."""
        output_sha256 = self._sha256.hexdigest()
        self._mark = Mark(lines, texts, input_bytes, input_sha256, self._bytes, output_sha256)
        if time.monotonic() - self._stored_at >= STATE_SECONDS:
            self.store()

    def store(self) -> None:
        """Stores the last mark on the disk, after the lines before it."""
        mark = self._mark
        self._flush()
        state = {"process": os.getpid(), "settings": self._settings, "mark": asdict(mark)}
        atomic_write_text(self.state_path, json.dumps(state, indent=2, ensure_ascii=False) + "\n")
        self.stored, self._stored_at = mark, time.monotonic()

    def finish(self, final: Path) -> None:
        """Renames the file to its final path."""
        self._flush()
        if sys.platform == "win32":  # It renames no open file.
            self._stream.close()
        os.replace(self.path, final)
        self.state_path.unlink(missing_ok=True)

    def keep(self) -> None:
        """Stores the last mark after an error; deletes a file without finished lines."""
        if not self._is_changed:
            return
        with contextlib.suppress(OSError, WorkError):  # A full disk
            if self._mark != self.stored:
                self.store()
        if not self.stored.lines:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
                self.state_path.unlink(missing_ok=True)

    def _flush(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())


@contextlib.contextmanager
def partial_file(
    final: Path, settings: Mapping[str, Any], *, resume: bool = False, overwrite: bool = False
) -> Iterator[PartialFile]:
    """Opens and locks the partial file of an output for the block.

    The block writes lines, marks them, and ends with `finish`. With `resume` it first calls
    `resume` and, if its input is the same too, `truncate`. If it raises, the finished lines stay.

    Args:
        final: the path of the output.
        settings: values, in the types of JSON, on which the output depends.
        resume: the block continues the lines of an earlier process.
        overwrite: the lines of an earlier process are replaced.

    Yields:
        The file, at its first byte.

    Raises:
        UsageError: another process writes it; it holds finished lines, and neither `resume` nor
            `overwrite` is true.
        WorkError: as `convert_write_errors`.
    """
    path = partial_path(final)
    make_folder(final.parent)
    stream = os.fdopen(open_locked(path, lambda: _in_use(final)), "r+b")
    try:
        file = PartialFile(final, stream, settings)
        if not resume:
            if not overwrite:
                _require_free(path, state_path(final))
            file.truncate()
        try:
            with convert_write_errors(final):
                yield file
        except BaseException:
            file.keep()
            raise
    finally:
        with contextlib.suppress(OSError, ValueError):  # `finish` has flushed it.
            stream.close()


def count_lines(count: int) -> str:
    """Returns a number of finished lines in words."""
    return f"{count:,} finished line{'s' if count != 1 else ''}"


def partial_path(final: Path) -> Path:
    """Returns the path of the finished lines of an output."""
    return final.with_name(f"{final.name}.partial")


def state_path(final: Path) -> Path:
    """Returns the path of the file with the origin of the finished lines."""
    return final.with_name(f"{final.name}.partial.json")


def read_checksum(stream: BinaryIO, size: int) -> "hashlib._Hash":
    """Reads bytes of a stream; returns their SHA-256, which can be updated."""
    found = hashlib.sha256()
    while size > 0 and (block := stream.read(min(size, BLOCK_BYTES))):
        found.update(block)
        size -= len(block)
    return found


def _read_state(path: Path, state: Path) -> tuple[dict[str, Any], Mark]:
    """Returns the settings and the last stored mark of a partial file.

    Raises:
        UsageError: the state is missing or damaged.
    """
    try:
        content = read_json(state)
        mark = Mark(**content["mark"])
        numbers = (mark.lines, mark.texts, mark.input_bytes, mark.output_bytes)
        if any(type(number) is not int or number < 0 for number in numbers):
            raise ValueError("a negative size")
        return dict(content["settings"]), mark
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: cannot be continued, because {state} is missing or damaged "
            f"({first_line(error)}). Move it away, or replace it with --overwrite."
        ) from None


def _require_free(path: Path, state: Path) -> None:
    """Checks that a partial file holds no finished lines."""
    if not path.stat().st_size:
        return
    _, mark = _read_state(path, state)
    if mark.lines:
        raise UsageError(
            f"{path}: holds {count_lines(mark.lines)}. Continue with --resume, replace them "
            "with --overwrite, or choose another --output."
        )


def _in_use(final: Path) -> str:
    """Returns the message of a partial file that another process has."""
    process = "another process"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        process = f"process {int(read_json(state_path(final))['process'])}"
    return f"{final}: {process} is writing it. Wait for its end, or choose another --output."


def _show(settings: Mapping[str, Any], name: str) -> str:
    return json.dumps(settings.get(name), ensure_ascii=False)[:200]
