"""Parquet: a table with named columns, read by pyarrow, the extra `parquet`."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any

from nlp_apps.errors import NlpAppsError, WorkError, first_line
from nlp_apps.text.normalize import LONE_SURROGATE
from nlp_apps.text.readers.columns import Columns, Row
from nlp_apps.text.readers.jsonl_table import as_text, flat_list
from nlp_apps.text.readers.text_file import TextFile, problem_of

_BATCH_ROWS = 1024


def read_parquet(file: TextFile, columns: Columns) -> Iterator[Row]:
    """Reads the rows of a Parquet file; the location of a row is its number.

    Raises:
        WorkError: pyarrow is missing, the file is not Parquet, or a column is missing.
        UsageError: two keys name one column.
    """
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise WorkError(
            f"{file.path}: Parquet needs pyarrow. Run pip install 'nlp-apps[parquet]', or save the "
            "table as CSV."
        ) from error
    if file.path.name.lower().endswith(".gz"):
        raise WorkError(f"{file.path}: unpack it; Parquet is packed already.")
    file.hash_whole()
    with parquet_errors(file.path), parquet.ParquetFile(file.path) as table:
        names = table.schema_arrow.names
        positions = columns.positions_in(names, file.path)
        wanted = [names[position] for position in positions]
        lists = list(itertools.compress(wanted, columns.is_list))
        number = 0
        for batch in table.iter_batches(_BATCH_ROWS, columns=wanted):
            for example in batch.to_pylist():
                number += 1
                for name in lists:
                    example[name] = flat_list(example[name])
                yield _row(example, wanted, number, file)


@contextmanager
def parquet_errors(path: str | PathLike[str]) -> Iterator[None]:
    """Turns every error of a damaged Parquet file into one line.

    Raises:
        WorkError: the file is damaged, or no Parquet.
    """
    try:
        yield
    except NlpAppsError:
        raise
    except Exception as error:  # A damaged file raises many kinds.
        raise WorkError(
            f"{path}: cannot be read as Parquet ({first_line(error)}). Copy it again."
        ) from error


def _row(example: dict[str, Any], names: list[str], number: int, file: TextFile) -> Row:
    values: list[str] = []
    problem = ""
    for name in names:
        value = example[name]
        if isinstance(value, bytes):
            value = value.decode("utf-8", "surrogateescape")
        if not isinstance(value, str | int | float):
            kind = "empty" if value is None else "neither text nor a number"
            problem = f"the value of {name!r} is {kind}"
            break
        text = as_text(value)
        problem = problem_of(text, file.max_line_characters)
        if LONE_SURROGATE.search(text):
            problem = f"the value of {name!r} is not UTF-8"
        if problem:
            break
        values.append(text)
    location = f"{file.path}, row {number}"
    return Row(location, () if problem else tuple(values), problem, number)
