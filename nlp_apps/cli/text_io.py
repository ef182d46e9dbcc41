"""Text input and output of commands, one text a line."""

import codecs
import contextlib
import itertools
import logging
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from nlp_apps.cli.formatting import to_json
from nlp_apps.cli.input_position import CountedStream, InputPosition
from nlp_apps.cli.line_warnings import LineWarnings
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io.bounded_files import MAX_LINE_BYTES
from nlp_apps.io.machine_memory import machine_bytes
from nlp_apps.text.normalize import LONE_SURROGATE, is_empty, one_line

logger = logging.getLogger(__name__)

MAX_CHARACTERS = 50_000
"""Maximum number of characters of one text."""

NO_TEXT = "no text to read: pass TEXT, --input FILE, or --input - for stdin."
"""The error of a command without text."""


def input_texts(
    words: Sequence[str],
    path: str | None,
    files: contextlib.ExitStack,
    position: InputPosition | None = None,
) -> Iterable[str]:
    """Returns the texts of a command: its arguments, or the lines of `--input`.

    Args:
        words: TEXT arguments.
        path: `--input`, as in `read_texts`; None: absent.
        files: As in `read_texts`.
        position: As in `read_texts`.

    Raises:
        UsageError: both or neither are present, or a word is not UTF-8.
        WorkError: the file cannot be read.
    """
    if words and path is not None:
        raise UsageError("pass TEXT or --input FILE, not both.")
    if not words and path is None:
        raise UsageError(NO_TEXT)
    for number, text in enumerate(words, start=1):
        if LONE_SURROGATE.search(text):
            raise UsageError(f"TEXT {number} is not valid UTF-8.")
    first = position.lines + 1 if position else 1
    texts = words or read_texts(
        str(path), files, max_characters=MAX_CHARACTERS + 1, position=position
    )
    found = _truncated(texts, "line" if path is not None else "TEXT", first)
    return found if path is None else _with_empty_warning(found, path, first)


def _with_empty_warning(texts: Iterable[str], path: str, first: int) -> Iterator[str]:
    """Yields the lines of a file, with a warning if it has none."""
    is_empty_file = first == 1
    for text in texts:
        is_empty_file = False
        yield text
    if is_empty_file:
        logger.warning("--input %s: is empty", path)


def _truncated(texts: Iterable[str], place: str, first: int) -> Iterator[str]:
    """Truncates texts to `MAX_CHARACTERS`, with a warning; `first` is the number of the first."""
    message = f"only the first {MAX_CHARACTERS:,} characters are read; split the text to use all"
    with contextlib.closing(LineWarnings(place, f"{message} of it")) as warnings:
        for number, text in enumerate(texts, start=first):
            if len(text) > MAX_CHARACTERS:
                warnings.add(number)
                text = text[:MAX_CHARACTERS]
            yield text


def read_texts(
    path: str,
    files: contextlib.ExitStack,
    flag: str = "--input",
    *,
    max_characters: int = MAX_LINE_BYTES,
    position: InputPosition | None = None,
) -> Iterator[str]:
    """Reads one text a line, lazily.

    Args:
        path: A UTF-8 file, or `-` for standard input.
        files: Closes the file.
        flag: Name of the flag, for errors.
        max_characters: A line is truncated after them.
        position: Start of the reading; it follows the lines that are read.

    Returns:
        The lines without newlines. Only LF and CRLF end a line.

    Raises:
        UsageError: the file does not begin with the lines of `position`.
        WorkError: the file cannot be opened (at once), or a line is not UTF-8 or longer than
            `MAX_LINE_BYTES` (when it is read).
    """
    if path == "-":
        if sys.stdin is None:
            raise WorkError("standard input is closed.")
        return _decoded(sys.stdin.buffer, "standard input", max_characters, position)
    try:
        stream = files.enter_context(open(path, "rb"))  # noqa: SIM115 (files closes it)
    except OSError as error:
        raise WorkError(f"{flag} {path}: cannot be read: {error.strerror}.") from error
    if position:
        position.skip_to(stream, path)
    return _decoded(stream, path, max_characters, position)


def read_all(path: str, files: contextlib.ExitStack, flag: str = "--input") -> list[str]:
    """Reads one text a line into memory; see `read_texts`.

    Raises:
        WorkError: as `read_texts`; or the texts are too large for this machine.
    """
    limit, size, found = machine_bytes() // 16, 0, []
    for text in read_texts(path, files, flag):
        size += len(text) + 100
        if size > limit:
            raise WorkError(f"{flag} {path}: larger than {limit:,} bytes. Split it.")
        found.append(text)
    return found


def read_document(path: str, flag: str) -> str:
    """Reads a file as one text.

    Raises:
        UsageError: it has no text.
        WorkError: as `read_all`.
    """
    with contextlib.ExitStack() as files:
        lines = read_all(path, files, flag)
    if all(is_empty(line) for line in lines):
        raise UsageError(f"{flag} {path}: contains no text.")
    return "\n".join([*lines, ""])


def _decoded(
    stream: BinaryIO, name: str, max_characters: int, position: InputPosition | None
) -> Iterator[str]:
    """Yields the lines of a byte stream as text, truncated to `max_characters`."""
    position = position or InputPosition()
    lines = CountedStream(stream, position)
    # Bytes of UTF-8, of its mark and of a newline.
    limit = min(4 * max_characters + 5, MAX_LINE_BYTES)
    for number in itertools.count(position.lines + 1):
        line = lines.readline(limit)
        if not line:
            return
        is_long = len(line) == limit and not line.endswith(b"\n")
        if is_long:
            _skip_line(lines, name, number, len(line))
        try:
            decoder = codecs.getincrementaldecoder("utf-8-sig" if number == 1 else "utf-8")()
            text = decoder.decode(line, final=not is_long)
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise WorkError(
                f"{name}, line {number}: is not valid UTF-8 (byte 0x{byte:02x})."
            ) from error
        position.lines = number
        yield text.removesuffix("\n").removesuffix("\r")[:max_characters]


def _skip_line(stream: CountedStream, name: str, number: int, size: int) -> None:
    """Reads to the end of a line of `size` bytes so far, if it has at most `MAX_LINE_BYTES`."""
    while rest := stream.readline(1 << 16):
        size += len(rest)
        if size > MAX_LINE_BYTES:
            raise WorkError(f"{name}, line {number}: longer than {MAX_LINE_BYTES:,} bytes.")
        if rest.endswith(b"\n"):
            return


def require_list(texts: Iterable[str]) -> None:
    """Raises UsageError if `texts` is a single text: it would be read character by character."""
    if isinstance(texts, str | bytes):
        raise UsageError("texts must be a list of texts, received one text. Write [text].")


def prediction_lines(
    predict: Callable[[Iterable[str]], Iterable[Mapping[str, Any]]],
    texts: Iterable[str],
    *,
    key: str,
    as_json: bool,
    format_line: Callable[[Mapping[str, Any]], str] | None = None,
    predicts_empty_text: bool = False,
    empty_prediction: Callable[[Mapping[str, Any] | None], Mapping[str, Any]] | None = None,
    too_long: tuple[str, str] | None = None,
    first_number: int = 1,
    at_mark: Callable[[int], object] = lambda num_texts: None,
) -> Generator[str, None, None]:
    """Yields one line for each text, in order.

    An empty text is not predicted. Its line is empty, or with `as_json` an object whose prediction
    is empty. Line breaks inside a line become spaces.

    Args:
        predict: Yields one mapping for each text, in order.
        texts: The texts.
        key: Key of the prediction in a mapping.
        as_json: Whether a line is the whole mapping as JSON instead of the prediction.
        format_line: Formats a mapping as a line. Default: the prediction.
        predicts_empty_text: Whether empty texts are predicted too.
        empty_prediction: Returns the mapping of an empty text, from the latest other one, or from
            that of "a" if all are empty. Default: an empty prediction.
        too_long: The place and the warning of a mapping with a true "too_long".
        first_number: Number of the first text in warnings.
        at_mark: Called with the number of texts that were predicted, before a text is read when
            every text before it has its line, and at the end. The predictor waits for no other text
            then, so that another process could continue from here.

    Yields:
        The lines, without newlines.

    Raises:
        RuntimeError: `predict` yielded fewer or more mappings than there are texts.
    """
    waiting: deque[int] = deque()  # Number of empty texts before each text without a line.
    num_empty = num_texts = 0  # Empty texts after the last text; texts that were read.
    latest: Mapping[str, Any] | None = None
    number = first_number - 1

    def empty() -> str:
        nonlocal latest
        if not as_json:
            return ""
        if empty_prediction is None:
            return to_json({key: ""})
        if latest is None:  # All texts are empty.
            latest = next(iter(predict(["a"])), None)
        return to_json(empty_prediction(latest))

    def texts_to_predict() -> Iterator[str]:
        nonlocal num_empty, num_texts
        remaining = iter(texts)
        while True:
            if not waiting and not num_empty:
                at_mark(num_texts)
            try:
                text = next(remaining)
            except StopIteration:
                return
            if is_empty(text) and not predicts_empty_text:
                num_empty += 1
                continue
            waiting.append(num_empty)
            num_empty = 0
            num_texts += 1
            yield text

    with contextlib.closing(LineWarnings(*too_long or ("", ""))) as warnings:
        for prediction in predict(texts_to_predict()):
            if not waiting:
                raise RuntimeError("more predictions than texts")
            num_before, latest = waiting.popleft(), prediction
            for _ in range(num_before):
                yield empty()
            number += num_before + 1
            if too_long and prediction.get("too_long"):
                warnings.add(number)
            if as_json:
                yield to_json(prediction)
            else:
                yield one_line(format_line(prediction) if format_line else str(prediction[key]))
    if waiting:
        raise RuntimeError("fewer predictions than texts")
    for _ in range(num_empty):
        yield empty()
    at_mark(num_texts)
