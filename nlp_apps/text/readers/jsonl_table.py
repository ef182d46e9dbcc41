"""JSON Lines: a JSON object a line; a column is a field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError
from nlp_apps.text.normalize import LONE_SURROGATE
from nlp_apps.text.readers.columns import Column, Columns, Row
from nlp_apps.text.readers.text_file import TextFile, problem_of, without_empty_end


def read_jsonl(file: TextFile, columns: Columns) -> Iterator[Row]:
    """Reads the rows of a JSON Lines file.

    Raises:
        UsageError: a column is a number.
    """
    for key, column in columns:
        if isinstance(column, int):
            suffix = Path(columns.source.lower().removesuffix(".gz")).suffix
            raise UsageError(
                f"{columns.source}: fields of a {suffix} file have names; {key} = {column} is a "
                "number."
            )
    columns.require_distinct(columns.columns, "field")
    form = "{" + ", ".join(f'"{column}": ...' for column in columns.columns) + "}"
    for line in without_empty_end(file):
        values: list[str] = []
        problem = line.problem
        if not problem and not line.text.strip():
            problem = f"an empty line; a line is {form}"
        if not problem:
            problem, fields = _parse(line.text, form)
            for key, column in columns if not problem else ():
                value, problem = _value(fields, key, column, file.max_line_characters)
                if problem:
                    break
                values.append(value)
        found = () if problem else tuple(values)
        yield Row(file.location(line.number), found, problem, line.number)


def _parse(line: str, form: str) -> tuple[str, dict[Any, Any]]:
    """Parses a line; returns the problem, or an empty string, and the fields."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not valid JSON ({error})", {}
    if not isinstance(found, dict):
        return f"not a JSON object; a line is {form}", {}
    return "", found


def _value(
    fields: dict[Any, Any], key: str, column: Column, max_characters: int
) -> tuple[str, str]:
    """Returns a field as text, and the problem or an empty string."""
    if column not in fields:
        names = ", ".join(map(repr, fields)) or "no field"
        return "", f"no field {column!r} ({key}); it has {names}"[:300]
    if not isinstance(fields[column], str | int | float):
        return "", f"the field {column!r} is neither text nor a number"
    text = as_text(fields[column])
    # An escape can encode characters that no line of UTF-8 has.
    if surrogate := LONE_SURROGATE.search(text):
        return "", f"a lone surrogate (\\u{ord(surrogate[0]):04x}) in the field {column!r}"
    return text, problem_of(text, max_characters)


def as_text(value: Any) -> str:
    """Returns a value as text; an integer in floating point loses its `.0`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
