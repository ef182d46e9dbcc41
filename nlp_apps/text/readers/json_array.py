"""JSON: an array of objects; a column is a field.

The whole file is in memory while it is read. A `.json` file with an object a line is read as JSON
Lines.
"""

import json
import re
from collections.abc import Iterator

from nlp_apps.errors import WorkError
from nlp_apps.io.machine_memory import machine_bytes
from nlp_apps.text.readers.columns import Columns, Row
from nlp_apps.text.readers.jsonl_table import Fields, JsonRows, read_jsonl
from nlp_apps.text.readers.text_file import TextFile

_SPACE = re.compile(r"[ \t\n\r]*")


def read_json(file: TextFile, columns: Columns) -> Iterator[Row]:
    """Reads the objects of an array, or those of JSON Lines.

    Raises:
        UsageError: a column is a number.
        WorkError: the file is not UTF-8, not valid JSON, or no array of objects.
    """
    rows = JsonRows(file, columns)
    text = _read(file)
    if not text.strip():
        raise WorkError(f"{file.path}: the file is empty. Name a file with text.")
    if not text.lstrip().startswith("["):
        _require_lines(text, file)
        yield from read_jsonl(file, columns)
        return
    decoder = json.JSONDecoder(object_pairs_hook=Fields.of)
    position, line, counted = text.index("[") + 1, 1, 0
    is_first = True
    while True:
        position = _skip_space(text, position)
        if text[position : position + 1] == "]":
            break
        if not is_first:
            if text[position : position + 1] != ",":
                raise _invalid(text, position, file, "expected a comma or ]")
            position = _skip_space(text, position + 1)
        is_first = False
        line, counted = line + text.count("\n", counted, position), position
        try:
            found, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise _invalid(text, error.pos, file, error.msg) from None
        except (ValueError, RecursionError) as error:
            raise _invalid(text, position, file, str(error)) from None
        yield rows.row(found, line)
    if text[position + 1 :].strip():
        raise _invalid(text, position + 1, file, "text after the array")


def _read(file: TextFile) -> str:
    with file.open() as stream:
        limit = machine_bytes() // 16  # its objects need several times as much
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise WorkError(
            f"{file.path}: larger than {limit:,} bytes, too much to read as one array. Save it as "
            ".jsonl, an object a line."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WorkError(
            f"{file.location(line)}: not {file.encoding} (data.encoding). Save the file as UTF-8, "
            "or set data.encoding."
        ) from None


def _require_lines(text: str, file: TextFile) -> None:
    """Checks that a text is not one object over several lines, or another value."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return  # It may be JSON Lines; their reader names the bad line.
    if isinstance(found, dict) and "\n" not in text.strip():
        return
    kind = f"an object of {', '.join(map(repr, found))}" if isinstance(found, dict) else "a value"
    raise WorkError(
        f"{file.path}: {kind[:200]}. It must be an array of objects, or an object a line. Save the "
        "list of the texts as a file of its own."
    )


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _invalid(text: str, position: int, file: TextFile, reason: str) -> WorkError:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return WorkError(
        f"{file.location(line)}, column {column}: not valid JSON ({reason}). Fix the file, or save "
        "it as .jsonl, an object a line, to skip bad lines."
    )
