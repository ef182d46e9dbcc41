r"""Lines of text files, plain or gzip, read strictly and told by number.

Lines end at the byte "\n" and nowhere else: U+0085, U+2028 and a lone "\r" are characters of the
text. One "\r" before the "\n" is dropped, and so is a byte order mark at the start of the file. The
encoding is UTF-8 and nothing else. A line that cannot be used does not end the reading: it comes
with its problem, and a `BadLinePolicy` decides what happens.
"""

import gzip
import hashlib
import io
import logging
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nlp_apps.errors import UsageError, WorkError

logger = logging.getLogger(__name__)

_BOM = b"\xef\xbb\xbf"
_MAX_BYTES_PER_CHARACTER = 4  # of UTF-8
_MAX_LOGGED = 5  # bad lines told one by one; the rest is only counted

SAVE_WITH_LINE_FEEDS = "save the file with LF or CRLF line ends"
"""What to do with a file whose lines end in another way."""

_LOOKS_LIKE = {
    b"\x1f\x8b": "it looks like gzip: give the file a name that ends in .gz",
    b"\xff\xfe": "it looks like UTF-16: save the file as UTF-8",
    b"\xfe\xff": "it looks like UTF-16: save the file as UTF-8",
    b"PK\x03\x04": "it looks like a zip archive: unpack it",
}


class Line(NamedTuple):
    """One line of a file.

    Attributes:
        number: counted from 1.
        text: the line without its end; empty when there is a problem.
        problem: why the line cannot be used; empty when it can.
    """

    number: int
    text: str
    problem: str


class BadLinePolicy:
    """Decides what a bad line does: it stops the work, or it is skipped and counted.

    Args:
        policy: `"stop"` or `"skip"`, the recipe's `data.on_bad_line`.

    Attributes:
        skipped: how many bad lines were skipped so far.

    Raises:
        UsageError: another policy.
    """

    def __init__(self, policy: str = "stop") -> None:
        if policy not in ("stop", "skip"):
            raise UsageError(f'data.on_bad_line must be "stop" or "skip", not {policy!r}.')
        self.policy = policy
        self.skipped = 0

    def report(self, where: str, problem: str) -> None:
        """Takes note of a bad line.

        Args:
            where: file and line, such as `train.tsv, line 17`.
            problem: what is wrong and what to do, without a full stop at its end.

        Raises:
            WorkError: the policy is to stop.
        """
        if self.policy == "stop":
            raise WorkError(
                f'{where}: {problem}. Mend the line, or set data.on_bad_line = "skip" to go on '
                "without such lines."
            )
        self.skipped += 1
        if self.skipped <= _MAX_LOGGED:
            logger.warning("%s: %s. Skipped.", where, problem)

    def close(self, source: str, kept: int) -> None:
        """Tells the total once a source is read.

        Args:
            source: what was read, for the messages.
            kept: how many good lines there were.

        Raises:
            WorkError: none was good.
        """
        if self.skipped and not kept:
            raise WorkError(
                f"{source}: all {self.skipped} lines are bad, nothing is left to work with. "
                'Set data.on_bad_line = "stop" to see why.'
            )
        if self.skipped > _MAX_LOGGED:
            logger.warning("%s: skipped %d bad lines in all, kept %d.", source, self.skipped, kept)


class TextFile:
    """The lines of one file, read once from the first to the last.

    A name that ends in `.gz`, or `.GZ`, is unpacked on the way. Memory holds one line, however long
    the file or the line.

    Args:
        path: the file.
        max_line_characters: a longer line is a bad line.

    Attributes:
        checksum: SHA-256 of the bytes on disk (packed, for `.gz`) as 64 hexadecimal digits;
            complete once every line has been read.
        num_lines: lines read so far.
        ends_in_line_end: whether the line that was read last has an end.
    """

    def __init__(self, path: Path, *, max_line_characters: int = 10_000) -> None:
        self.path = path
        self.max_line_characters = max_line_characters
        self.num_lines = 0
        self.ends_in_line_end = False
        self._hash = hashlib.sha256()

    @property
    def checksum(self) -> str:
        """The SHA-256, see above."""
        return self._hash.hexdigest()

    def where(self, number: int) -> str:
        """Names a line for a message: `train.tsv, line 17`."""
        return f"{self.path}, line {number}"

    def __iter__(self) -> Iterator[Line]:
        """Reads the lines.

        Yields:
            Every line, the bad ones with their problem.

        Raises:
            WorkError: the file is empty, is a folder, cannot be read, or is not the gzip file that
                its name says, or only the beginning of one.
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
                f"{self.path}: cannot be read ({error.strerror or error}). Check that it exists "
                "and that you may read it."
            ) from error
        if not self.num_lines:
            raise WorkError(f"{self.path}: the file is empty. Give a file with text.")

    def _lines(self) -> Iterator[Line]:
        # Room for the longest good line, for the mark at its start and for "\r\n" at its end.
        limit = self.max_line_characters * _MAX_BYTES_PER_CHARACTER + len(_BOM) + 2
        if self.path.is_dir():  # Windows calls this a lack of permission
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
                        return  # the mark alone is an empty file
                self.num_lines += 1
                self.ends_in_line_end = (rest or line).endswith(b"\n")
                if line.endswith(b"\n"):
                    line = line[:-1].removesuffix(b"\r")
                if size > limit:
                    text, problem = "", _too_long(self.max_line_characters)
                else:
                    text, problem = decode(line, max_characters=self.max_line_characters)
                if problem and self.num_lines == 1:
                    problem += _hint(line)
                yield Line(self.num_lines, text, problem)


def without_blank_end(file: TextFile) -> Iterator[Line]:
    """The lines of a file but for the blank ones at its end, which editors and programs leave.

    Memory holds as many lines as are blank one after the other.

    Raises:
        WorkError: as `TextFile`; or all lines are blank.
    """
    blank: list[Line] = []
    for line in file:
        if line.problem or line.text.strip():
            yield from blank
            yield line
            blank = []
        else:
            blank.append(line)
    if len(blank) == file.num_lines:
        raise WorkError(f"{file.path}: all lines are blank. Give a file with text.")


def decode(data: bytes, *, max_characters: int) -> tuple[str, str]:
    """Turns bytes into text where they are good text.

    Args:
        data: a line or another piece of text.
        max_characters: longer text is not good.

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
    """Why decoded text cannot be used; empty when it can."""
    if len(text) > max_characters:
        return _too_long(max_characters)
    if "\0" in text:
        return f"a NUL character at column {text.index(chr(0)) + 1}, which no text has"
    return ""


def _too_long(max_characters: int) -> str:
    return f"longer than {max_characters} characters (data.max_line_characters)"


class _Hashed(io.RawIOBase):
    """A raw stream that hashes what is read through it."""

    def __init__(self, raw: io.FileIO, digest: "hashlib._Hash") -> None:
        self._raw = raw
        self._digest = digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        count = self._raw.readinto(buffer)
        self._digest.update(memoryview(buffer)[:count])
        return count


def _hint(data: bytes) -> str:
    for magic, hint in _LOOKS_LIKE.items():
        if data.startswith(magic):
            return f"; {hint}"
    return f"; if its lines end in CR alone, {SAVE_WITH_LINE_FEEDS}" if b"\r" in data else ""
