"""JSON Lines: a JSON object a line; a column is a field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError
from nlp_apps.text.label_sets import list_value
from nlp_apps.text.normalize import LONE_SURROGATE
from nlp_apps.text.readers.columns import Columns, Row
from nlp_apps.text.readers.text_file import TextFile, problem_of, without_empty_end


class Fields(dict[str, Any]):
    """The fields of a JSON object.

    Attributes:
        repeated: a key that the object has twice; empty otherwise.
    """

    repeated: str = ""

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> "Fields":
        """Makes the fields of an object from its keys and values; the hook of `json`."""
        fields = cls(pairs)
        if len(fields) < len(pairs):
            keys = [key for key, _ in pairs]
            fields.repeated = next(key for key in keys if keys.count(key) > 1)
        return fields


def read_jsonl(file: TextFile, columns: Columns) -> Iterator[Row]:
    """Reads the rows of a JSON Lines file.

    Raises:
        UsageError: a column is a number.
    """
    rows = JsonRows(file, columns)
    for line in without_empty_end(file):
        problem, found = line.problem, None
        if not problem and not line.text.strip():
            problem = f"an empty line; a line is {rows.form}"
        if not problem:
            try:
                found = json.loads(line.text, object_pairs_hook=Fields.of)
            except (ValueError, RecursionError) as error:
                problem = f"not valid JSON ({error})"
                if line.number == 1 and line.text.strip() == "[":
                    problem += "; a JSON array is a .json file"
        yield rows.row(found, line.number, problem)


class JsonRows:
    """Rows from JSON objects.

    Args:
        file: the file.
        columns: the requested fields.

    Attributes:
        form: the form of an object, for messages.

    Raises:
        UsageError: a column is a number.
    """

    def __init__(self, file: TextFile, columns: Columns) -> None:
        for key, column in columns:
            if isinstance(column, int):
                suffix = Path(columns.source.lower().removesuffix(".gz")).suffix
                raise UsageError(
                    f"{columns.source}: fields of a {suffix} file have names; {key} = {column} is "
                    "a number."
                )
        columns.require_distinct(columns.columns, "field")
        self._file, self._columns = file, columns
        self._names: list[str] = []  # chosen in the first object
        self.form = "{" + ", ".join(f'"{column}": ...' for column in columns.columns) + "}"

    def row(self, found: Any, line: int, problem: str = "") -> Row:
        """Returns the row of an object.

        Args:
            found: the object, parsed with `Fields.of`.
            line: number of its line.
            problem: a rule that the line breaks, or an empty string.
        """
        values: list[str] = []
        if not problem and not isinstance(found, Fields):
            problem = f"not a JSON object; a line is {self.form}"
        elif not problem and found.repeated:
            problem = f"the key {found.repeated!r} is in the object twice"
        if not problem:
            self._names = self._names or self._columns.names_in(list(found), self._file.path)
            columns = zip(self._columns.keys, self._names, self._columns.is_list, strict=True)
            for key, name, is_list in columns:
                if is_list and name in found:
                    found[name] = flat_list(found[name])
                value, problem = _value(found, key, name, self._file.max_line_characters)
                if problem:
                    break
                values.append(value)
        return Row(self._file.location(line), () if problem else tuple(values), problem, line)


def _value(fields: Fields, key: str, column: str, max_characters: int) -> tuple[str, str]:
    """Returns a field as text, and the problem or an empty string."""
    if column not in fields:
        names = ", ".join(map(repr, fields)) or "no field"
        advice = f"; set {key} to one of these names" if fields else ""
        return "", f"no field {column!r} ({key}); it has {names}"[:300] + advice
    if not isinstance(fields[column], str | int | float):
        hint = ""
        if key == "data.label_column" and isinstance(fields[column], list):
            hint = "; a list of labels needs data.multi_label = true"
        return "", f"the field {column!r} is neither text nor a number{hint}"
    text = as_text(fields[column])
    # An escape can encode characters that no line of UTF-8 has.
    if surrogate := LONE_SURROGATE.search(text):
        return "", f"a lone surrogate (\\u{ord(surrogate[0]):04x}) in the field {column!r}"
    return text, problem_of(text, max_characters)


def flat_list(value: Any) -> Any:
    """Returns a list of texts and numbers as `label_sets.list_value`, null as an empty list.

    Other values are returned unchanged.
    """
    if value is None:
        return list_value([])
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return list_value(map(as_text, value))
    return value


def as_text(value: Any) -> str:
    """Returns a value as text; an integer in floating point loses its `.0`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
