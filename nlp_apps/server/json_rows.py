"""Streaming reader of a JSON object: the items of one list are counted before they are made.

The syntax is that of `json.loads`, whose C scanner reads every value. `json.loads` itself would
make the objects of a million rows before the limit of rows is checked.
"""

from json import JSONDecodeError, JSONDecoder
from json.decoder import WHITESPACE, scanstring  # type: ignore[attr-defined]
from typing import Any

MAX_NAMES = 100
"""Maximum names of the object. A predict request has three."""


class TooManyRowsError(Exception):
    """The list has more items than allowed."""


class TooManyNamesError(Exception):
    """The object has more than `MAX_NAMES` names."""


def loads(text: str, decoder: JSONDecoder, key: str, max_rows: int) -> Any:
    """Parses JSON as `decoder` does, and counts the items of the list at `key` of an object.

    Args:
        text: the JSON.
        decoder: reads values.
        key: the key of the list.
        max_rows: maximum items of the list.

    Raises:
        TooManyRowsError: the list has more than `max_rows` items. The rest is not read.
        TooManyNamesError: the object has more than `MAX_NAMES` names.
        json.JSONDecodeError: the text is not JSON.
        RecursionError: it is nested too deeply.
        ValueError: a number has too many digits.
    """
    start = _skip(text, 0)
    if text[start : start + 1] != "{":
        return decoder.decode(text)
    found: dict[str, Any] = {}
    place = _skip(text, start + 1)
    if text[place : place + 1] == "}":
        return _end(text, place + 1, found)
    for _ in range(MAX_NAMES):
        if text[place : place + 1] != '"':
            raise JSONDecodeError("Expecting property name", text, place)
        name, place = scanstring(text, place + 1)
        place = _expect(text, _skip(text, place), ":")
        # An earlier value of the same name is dropped before the next is made.
        found[name] = None
        if name == key and text[place : place + 1] == "[":
            found[name], place = _rows(text, place, decoder, max_rows)
        else:
            found[name], place = decoder.raw_decode(text, place)
        place = _skip(text, place)
        if text[place : place + 1] == "}":
            return _end(text, place + 1, found)
        place = _expect(text, place, ",")
    raise TooManyNamesError


def _rows(text: str, place: int, decoder: JSONDecoder, max_rows: int) -> tuple[list[Any], int]:
    """Returns the list that begins at a character, and the character after it."""
    rows: list[Any] = []
    place = _skip(text, place + 1)
    if text[place : place + 1] == "]":
        return rows, place + 1
    while True:
        if len(rows) == max_rows:
            raise TooManyRowsError
        row, place = decoder.raw_decode(text, place)
        rows.append(row)
        place = _skip(text, place)
        if text[place : place + 1] == "]":
            return rows, place + 1
        place = _expect(text, place, ",")


def _skip(text: str, place: int) -> int:
    """Returns the next character that is not a space, tab or newline."""
    found: int = WHITESPACE.match(text, place).end()
    return found


def _expect(text: str, place: int, delimiter: str) -> int:
    """Returns the start of the value after a delimiter."""
    if text[place : place + 1] != delimiter:
        raise JSONDecodeError(f"Expecting {delimiter!r} delimiter", text, place)
    return _skip(text, place + 1)


def _end(text: str, place: int, found: dict[str, Any]) -> dict[str, Any]:
    """Returns the object if the text ends after it."""
    place = _skip(text, place)
    if place != len(text):
        raise JSONDecodeError("Extra data", text, place)
    return found
