r"""Lines of text files, plain or gzip, decoded strictly as UTF-8.

Only "\n" ends a line: U+0085, U+2028 and a lone "\r" are characters of the text. One "\r" before
the "\n" is dropped, and so is a byte order mark at the start of the file. A line that breaks a rule
does not stop the reading: it is returned with its problem, and a `BadLinePolicy` decides.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nlp_apps.errors import WorkError

_BOM = b"\xef\xbb\xbf"
_MAX_BYTES_PER_CHARACTER = 4  # of UTF-8

SAVE_WITH_NEWLINES = "save the file with LF or CRLF newlines"
"""Advice for a file with other newlines."""

_LOOKS_LIKE = {
    b"\x1f\x8b": "it looks like gzip: rename the file so that its name ends in .gz",
    b"\xff\xfe": "it looks like UTF-16: save the file as UTF-8",
    b"\xfe\xff": "it looks like UTF-16: save the file as UTF-8",
    b"PK\x03\x04": "it looks like a zip archive: unpack it",
}


class Line(NamedTuple):
    """A line of a file.

    Attributes:
        number: counted from 1.
        text: the line without its newline; empty if there is a problem.
        problem: the rule that the line breaks; empty for a good line.
    """

    number: int
    text: str
    problem: str


class TextFile:
    """The lines of one file, read once from the first to the last.

    A file whose name ends in `.gz` or `.GZ` is unpacked while it is read. Memory holds one line
    at most, also of a large file.

    Args:
        path: the file.
        max_line_characters: a longer line is a bad line.

    Attributes:
        checksum: SHA-256 of the bytes on disk (packed, for `.gz`) as 64 hexadecimal digits;
            complete after the last line.
        num_lines: lines read so far.
        ends_in_newline: whether the line read last ends in a newline.
    """

    def __init__(self, path: Path, *, max_line_characters: int = 10_000) -> None:
        self.path = path
        self.max_line_characters = max_line_characters
        self.num_lines = 0
        self.ends_in_newline = False
        self._hash = hashlib.sha256()

    @property
    def checksum(self) -> str:
        """SHA-256 of the bytes read so far."""
        return self._hash.hexdigest()

    def location(self, number: int) -> str:
        """Returns file and line for a message: `train.tsv, line 17`."""
        return f"{self.path}, line {number}"

    def __iter__(self) -> Iterator[Line]:
        """Reads the lines.

        Yields:
            Every line, a bad one with its problem.

        Raises:
            WorkError: the file is empty, a folder, unreadable, a damaged gzip file, or a truncated
                one.
        """
        try:
            yield from self._lines()
        except EOFError as error:
            raise WorkError(
                f"{self.path}: the gzip file is truncated (it ends after line {self.num_lines} of "
                "the text). Copy or download it again."
            ) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise WorkError(
                f"{self.path}: not a gzip file, or a damaged one ({error}). Copy or download it "
                "again, or drop .gz from its name if it is plain text."
            ) from error
        except IsADirectoryError as error:
            raise WorkError(f"{self.path}: a folder, not a file. Name a file in it.") from error
        except OSError as error:
            raise WorkError(
                f"{self.path}: cannot be read ({error.strerror or error}). Check that the file "
                "exists and is readable."
            ) from error
        if not self.num_lines:
            raise WorkError(f"{self.path}: the file is empty. Name a file with text.")

    def _lines(self) -> Iterator[Line]:
        # The longest good line, the byte order mark before it and "\r\n" after it.
        limit = self.max_line_characters * _MAX_BYTES_PER_CHARACTER + len(_BOM) + 2
        if self.path.is_dir():  # Windows reports a lack of permission
            raise IsADirectoryError(self.path)
        with (
            open(self.path, "rb", buffering=0) as raw,
            io.BufferedReader(_Hashed(raw, self._hash)) as packed,
        ):
            stream = (
                io.BufferedReader(gzip.GzipFile(fileobj=packed, mode="rb"))
                if self.path.name.lower().endswith(".gz")
                else packed
            )
            while line := stream.readline(limit):
                size, rest = len(line), b""
                if size == limit and not line.endswith(b"\n"):
                    while rest := stream.readline(limit):
                        size += len(rest)
                        if rest.endswith(b"\n"):
                            break
                if self.num_lines == 0 and line.startswith(_BOM):
                    line = line[len(_BOM) :]
                    if not line:
                        return  # a byte order mark alone is an empty file
                self.num_lines += 1
                self.ends_in_newline = (rest or line).endswith(b"\n")
                if line.endswith(b"\n"):
                    line = line[:-1].removesuffix(b"\r")
                if size > limit:
                    text, problem = "", _too_long(self.max_line_characters)
                else:
                    text, problem = decode(line, max_characters=self.max_line_characters)
                if problem and self.num_lines == 1:
                    problem += _advice(line)
                yield Line(self.num_lines, text, problem)


def without_empty_end(file: TextFile) -> Iterator[Line]:
    """Yields the lines of a file up to its last line with text.

    Editors and programs leave empty lines at the end of a file. Memory holds the longest run of
    empty lines.

    Raises:
        WorkError: as `TextFile`; or all lines are empty.
    """
    empty: list[Line] = []
    for line in file:
        if line.problem or line.text.strip():
            yield from empty
            yield line
            empty = []
        else:
            empty.append(line)
    if len(empty) == file.num_lines:
        raise WorkError(f"{file.path}: all lines are empty. Name a file with text.")


def decode(data: bytes, *, max_characters: int) -> tuple[str, str]:
    """Decodes UTF-8 and checks the text.

    Args:
        data: a line or another part of a text.
        max_characters: longer text is a problem.

    Returns:
        The text and an empty string, or an empty string and the problem.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        column = len(data[: error.start].decode("utf-8")) + 1
        return "", (
            f"not UTF-8 at column {column} (byte {error.start + 1} of the line is "
            f"0x{data[error.start]:02X})"
        )
    problem = problem_of(text, max_characters)
    return ("", problem) if problem else (text, "")


def problem_of(text: str, max_characters: int) -> str:
    """Returns the rule that a decoded text breaks, or an empty string."""
    if len(text) > max_characters:
        return _too_long(max_characters)
    if "\0" in text:
        return f"a NUL character at column {text.index(chr(0)) + 1}"
    return ""


def _too_long(max_characters: int) -> str:
    return f"longer than {max_characters} characters (data.max_line_characters)"


class _Hashed(io.RawIOBase):
    """A raw stream that hashes the bytes read through it."""

    def __init__(self, raw: io.FileIO, digest: "hashlib._Hash") -> None:
        self._raw = raw
        self._digest = digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        count = self._raw.readinto(buffer)
        self._digest.update(memoryview(buffer)[:count])
        return count


def _advice(first_line: bytes) -> str:
    """Returns advice for a file whose first line is bad, from its first bytes."""
    for magic, advice in _LOOKS_LIKE.items():
        if first_line.startswith(magic):
            return f"; {advice}"
    return f"; if its newlines are CR alone, {SAVE_WITH_NEWLINES}" if b"\r" in first_line else ""
