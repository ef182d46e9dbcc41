"""TOML files, read with bounds of size and nesting: a recipe may come from a stranger."""

import re
import tomllib
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, first_line
from nlp_apps.io.bounded_files import read_bytes, require_depth

MAX_DOTS = 1000
"""Maximum number of dots in one line of a recipe."""


def read_toml(path: Path) -> dict[str, Any]:
    """Parses the file to plain dictionaries; errors have file, line and column.

    Raises:
        UsageError: the file cannot be read, is too large, is not TOML, or is nested deeply.
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
        _require_short_keys(path, text)
        settings = tomllib.loads(text)
        require_depth(settings)
        return settings
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such recipe.") from error
    except IsADirectoryError as error:
        raise UsageError(f"{path}: a folder, not a file. A recipe is a .toml file.") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        byte = error.object[error.start]
        raise UsageError(
            f"{path}, line {line}: not UTF-8 (byte 0x{byte:02x}). Save it as UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_syntax_message(path, text, str(error))) from error
    except RecursionError:
        raise UsageError(f"{path}: lists or tables are nested too deeply.") from None
    except ValueError as error:  # a number of thousands of digits, or nesting
        raise UsageError(f"{path}: not a recipe: {first_line(error)}.") from None


def _require_short_keys(path: Path, text: str) -> None:
    """Checks the dots of each line: the time of `tomllib` grows with their square in one key."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MAX_DOTS:
            raise UsageError(
                f"{path}, line {number}: more than {MAX_DOTS:,} dots. Write each file name on its "
                "own line."
            )


def _syntax_message(path: Path, text: str, message: str) -> str:
    """Returns `FILE, line L, column C: ...`, from the end of a message of tomllib."""
    place = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if place:
        line, column = place.group(1), place.group(2)
        message = message[: place.start()]
    else:  # "(at end of document)"
        message = re.sub(r" \(at end of document\)$", " before the end of the file", message)
        rows = text.splitlines() or [""]
        line, column = str(len(rows)), str(len(rows[-1]) + 1)
    return f"{path}, line {line}, column {column}: not valid TOML: {message}."
