r"""Lines of text files, plain or gzip, decoded strictly as UTF-8 or another encoding.

Only "\n" ends a line: U+0085, U+2028 and a lone "\r" are characters of the text. One "\r" before
the "\n" is dropped, and so is a byte order mark at the start of the file. A line that breaks a rule
does not stop the reading: it is returned with its problem, and a `BadLinePolicy` decides.
"""

import contextlib
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from nlp_apps.errors import WorkError
from nlp_apps.io import stages
from nlp_apps.io.bounded_files import MAX_LINE_BYTES, open_regular
from nlp_apps.io.machine_memory import machine_bytes
from nlp_apps.text.readers.foreign_formats import HEAD_BYTES, foreign_format
from nlp_apps.text.readers.transcoded import Transcoded, is_utf8

_BOM = b"\xef\xbb\xbf"
_MAX_BYTES_PER_CHARACTER = 4  # of UTF-8

MAX_EMPTY_LINES = 100_000
"""Maximum number of empty lines after each other."""

BYTES_PER_LINE = 150
"""Memory of a line beside its characters, at least, once it is an example."""

SAVE_WITH_NEWLINES = "save the file with LF or CRLF newlines"
"""Advice for a file with other newlines."""

_UTF16 = 'it looks like UTF-16: set data.encoding = "utf-16"'
_LOOKS_LIKE = {
    b"\x1f\x8b": "it looks like gzip: rename the file so that its name ends in .gz",
    b"\xff\xfe": _UTF16,
    b"\xfe\xff": _UTF16,
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
        encoding: a text encoding that Python knows.
        is_kept: all lines will be in memory, so that reading stops where memory would be full.

    Attributes:
        checksum: SHA-256 of the bytes on disk (packed, for `.gz`) as 64 hexadecimal digits;
            complete after the last line.
        num_lines: lines read so far.
        ends_in_newline: whether the line read last ends in a newline.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_line_characters: int = 10_000,
        encoding: str = "utf-8",
        is_kept: bool = True,
    ) -> None:
        self.path = path
        self.max_line_characters, self.is_kept = max_line_characters, is_kept
        self.encoding = "UTF-8" if is_utf8(encoding) else encoding
        self.num_lines = 0
        self.ends_in_newline = False
        self._has_advice = False
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
            WorkError: the file is empty, a folder, a pipe, a device, unreadable, a damaged gzip
                file or a truncated one; a line is longer than `MAX_LINE_BYTES`; or the text needs
                half of the memory.
        """
        with self.open() as stream:
            yield from self._lines(stream)
        if not self.num_lines:
            raise WorkError(f"{self.path}: the file is empty. Name a file with text.")

    @contextlib.contextmanager
    def open(self, *, decoded: bool = True) -> Iterator["io.BufferedReader[Any]"]:
        """Opens the file, unpacked and as UTF-8; `checksum` then begins again.

        Args:
            decoded: False for the bytes of the file's own encoding.

        Raises:
            WorkError: as iterating, also while the block reads; or the file is no text.
        """
        self._hash = hashlib.sha256()
        with (
            self._named_errors(),
            open_regular(self.path) as raw,
            io.BufferedReader(_Hashed(raw, self._hash), HEAD_BYTES) as packed,
        ):
            stream: io.BufferedReader[Any] = packed
            if self.path.name.lower().endswith(".gz"):
                unpacked = gzip.GzipFile(fileobj=packed, mode="rb")
                stream = io.BufferedReader(unpacked, HEAD_BYTES)
            if problem := foreign_format(stream.peek(HEAD_BYTES)):
                raise WorkError(f"{self.path}: {problem}")
            if decoded and self.encoding != "UTF-8":
                stream = io.BufferedReader(Transcoded(stream, self.encoding))
            yield stream

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Converts the errors of reading the file to a `WorkError` that names it."""
        try:
            if self.path.is_dir():  # Windows reports a lack of permission
                raise IsADirectoryError(self.path)
            yield
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
        except UnicodeError as error:  # of a whole stream, such as UTF-16 without its mark
            raise WorkError(
                f"{self.path}: not {self.encoding} (data.encoding): {error}. Set data.encoding to "
                "another one, such as utf-16-le."
            ) from error
        except OSError as error:
            raise WorkError(
                f"{self.path}: cannot be read ({error.strerror or error}). Check that the file "
                "exists and is readable."
            ) from error

    def hash_whole(self) -> None:
        """Reads the whole file for `checksum`, for a reader that opens the file itself.

        Raises:
            WorkError: the file is empty, or cannot be read.
        """
        size = 0
        self._hash = hashlib.sha256()
        with self._named_errors(), open_regular(self.path) as stream:
            while data := stream.read(1 << 20):
                self._hash.update(data)
                size += len(data)
        if not size:
            raise WorkError(f"{self.path}: the file is empty. Name a file with text.")

    def _lines(self, stream: IO[bytes]) -> Iterator[Line]:
        # The longest good line, the byte order mark before it and "\r\n" after it.
        limit = self.max_line_characters * _MAX_BYTES_PER_CHARACTER + len(_BOM) + 2
        most_memory, memory = machine_bytes() // 2, 0
        while line := stream.readline(limit):
            size, rest = len(line), b""
            memory += size + BYTES_PER_LINE
            if self.is_kept and memory > most_memory:
                raise WorkError(
                    f"{self.location(self.num_lines + 1)}: the text so far needs half of the "
                    "memory of this machine. Use a part of the text, or a machine with more memory."
                )
            if size == limit and not line.endswith(b"\n"):
                while rest := stream.readline(limit):
                    size += len(rest)
                    if rest.endswith(b"\n"):
                        break
                    if size > MAX_LINE_BYTES:
                        raise WorkError(
                            f"{self.location(self.num_lines + 1)}: longer than {MAX_LINE_BYTES:,} "
                            "bytes: not a line of text. Remove it, or name another file."
                        )
            if self.num_lines == 0 and line.startswith(_BOM):
                line = line[len(_BOM) :]
                if not line:
                    return  # a byte order mark alone is an empty file
            self.num_lines += 1
            stages.advance("lines")
            self.ends_in_newline = (rest or line).endswith(b"\n")
            if line.endswith(b"\n"):
                line = line[:-1].removesuffix(b"\r")
            if size > limit:
                text, problem = "", too_long(self.max_line_characters)
            else:
                text, problem = decode(
                    line, max_characters=self.max_line_characters, encoding=self.encoding
                )
            yield Line(self.num_lines, text, problem + self._advice(line, problem))

    def _advice(self, line: bytes, problem: str) -> str:
        """Returns advice about the file from its first bad lines; an empty string after it."""
        advice = ""
        if problem and self.num_lines == 1:
            advice = _advice_on_first_line(line)
        if problem.startswith("not UTF-8") and not advice and not self._has_advice:
            advice = _advice_on_encoding(line)
            self._has_advice = True
        return advice


def without_empty_end(file: TextFile) -> Iterator[Line]:
    """Yields the lines of a file up to its last line with text.

    Editors and programs leave empty lines at the end of a file. Memory holds the longest run of
    empty lines, at most `MAX_EMPTY_LINES`.

    Raises:
        WorkError: as `TextFile`; or all lines are empty, or too many after each other.
    """
    empty: list[Line] = []
    for line in file:
        if line.problem or line.text.strip():
            yield from empty
            yield line
            empty = []
        else:
            empty.append(line)
            if len(empty) > MAX_EMPTY_LINES:
                raise WorkError(
                    f"{file.location(line.number)}: more than {MAX_EMPTY_LINES:,} empty lines "
                    "after each other. Remove them."
                )
    if len(empty) == file.num_lines:
        raise WorkError(f"{file.path}: all lines are empty. Name a file with text.")


def decode(data: bytes, *, max_characters: int, encoding: str = "UTF-8") -> tuple[str, str]:
    """Decodes UTF-8 and checks the text.

    Args:
        data: a line or another part of a text.
        max_characters: longer text is a problem.
        encoding: the encoding of the file, for messages; the text may be transcoded.

    Returns:
        The text and an empty string, or an empty string and the problem.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        column = len(data[: error.start].decode("utf-8")) + 1
        if encoding != "UTF-8":
            return "", f"not {encoding} at column {column} (data.encoding)"
        return "", (
            f"not UTF-8 at column {column} (byte {error.start + 1} of the line is "
            f"0x{data[error.start]:02X})"
        )
    problem = problem_of(text, max_characters)
    return ("", problem) if problem else (text, "")


def problem_of(text: str, max_characters: int) -> str:
    """Returns the rule that a decoded text breaks, or an empty string."""
    if len(text) > max_characters:
        return too_long(max_characters)
    if "\0" in text:
        return f"a NUL character at column {text.index(chr(0)) + 1}"
    return ""


def too_long(max_characters: int) -> str:
    """Returns the rule that a line of more characters breaks, and the key that allows it."""
    return (
        f"longer than {max_characters} characters (data.max_line_characters); if it is one text, "
        "raise data.max_line_characters"
    )


class _Hashed(io.RawIOBase):
    """A raw stream that hashes the bytes read through it."""

    def __init__(self, raw: io.BufferedReader, digest: "hashlib._Hash") -> None:
        self._raw = raw
        self._digest = digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        count = self._raw.readinto(buffer)
        self._digest.update(memoryview(buffer)[:count])
        return count


def _advice_on_first_line(line: bytes) -> str:
    """Returns advice for a file whose first line is bad, from its first bytes."""
    for magic, advice in _LOOKS_LIKE.items():
        if line.startswith(magic):
            return f"; {advice}"
    if line.count(0) > len(line) // 4:
        return f"; {_UTF16}"
    return f"; if its newlines are CR alone, {SAVE_WITH_NEWLINES}" if b"\r" in line else ""


def _advice_on_encoding(line: bytes) -> str:
    """Returns the words around the first byte that is not UTF-8, as Windows-1252 has them."""
    try:
        line.decode("utf-8")
        return ""
    except UnicodeDecodeError as error:
        start, end = max(0, error.start - 12), error.start + 12
        words = line[start:end].decode("cp1252", "replace").split()
        # The first and the last word may be parts.
        shown = " ".join(words[start > 0 and len(words) > 1 : len(words) - (end < len(line))])
    return (
        f'; in cp1252 (Windows) it reads "{shown}": if that is right, set data.encoding = '
        '"cp1252", otherwise name its encoding or save it as UTF-8'
    )
