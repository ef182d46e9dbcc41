"""Tests of nlp_apps.text.readers.parquet_table."""

import builtins
import hashlib
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from nlp_apps.errors import NlpAppsError, WorkError
from tests.text.readers.folder import GOOD, VALUES, TableFolder


def write(path: Path, columns: dict[str, Any]) -> str:
    """Writes a table and returns its name."""
    parquet.write_table(pyarrow.table(columns), path)
    return path.name


def test_columns_are_found_by_name_and_by_number(folder: TableFolder) -> None:
    columns = {"id": [1, 2], "text": ["Well done.", "Not so."], "label": ["pos", "neg"]}
    name = write(folder.path / "a.parquet", columns)
    for chosen in (("", ""), ("label", "text"), (3, 2)):
        table = folder.table(name, chosen)
        assert [row.values for row in table] == GOOD
    assert [row.line for row in folder.table(name)] == [1, 2]
    assert table.checksum == hashlib.sha256((folder.path / name).read_bytes()).hexdigest()


def test_numbers_dictionaries_and_bytes_become_text(folder: TableFolder) -> None:
    columns = {
        "label": pyarrow.array([1.0, 2.5]),
        "text": pyarrow.array([b"Fine.", b"Bad."]).dictionary_encode(),
    }
    name = write(folder.path / "a.parquet", columns)
    assert [row.values for row in folder.table(name)] == [("1", "Fine."), ("2.5", "Bad.")]


def test_a_bad_value_is_an_error_with_its_row_or_is_skipped(folder: TableFolder) -> None:
    for value, words in (
        (None, "the value of 'text' is empty"),
        ("a\0b", "a NUL character"),
        ("x" * 60, "longer than 50 characters"),
    ):
        columns = {"label": ["pos", "pos", "neg"], "text": [GOOD[0][1], value, GOOD[1][1]]}
        name = write(folder.path / "a.parquet", columns)
        with pytest.raises(WorkError, match=rf"a\.parquet, row 2: {words}.*on_bad_line"):
            list(folder.table(name, max_line_characters=50))
        table = folder.table(name, policy="skip", max_line_characters=50)
        assert [row.values for row in table] == GOOD
    name = write(folder.path / "b.parquet", {"label": ["pos"], "text": [b"\xff"]})
    with pytest.raises(WorkError, match="row 1: the value of 'text' is not UTF-8"):
        list(folder.table(name))
    name = write(folder.path / "c.parquet", {"label": ["pos"], "text": [["a", "b"]]})
    with pytest.raises(WorkError, match="row 1: the value of 'text' is neither text nor a number"):
        list(folder.table(name))


@pytest.mark.parametrize("chosen", [("mood", ""), (4, 1)])
def test_a_missing_column_is_an_error(folder: TableFolder, chosen: tuple[Any, Any]) -> None:
    name = write(folder.path / "a.parquet", {"id": [1], "text": ["a"], "label": ["b"]})
    with pytest.raises(WorkError, match=r"a\.parquet: .*data\.label_column"):
        list(folder.table(name, chosen))


def test_a_file_that_is_no_parquet_is_an_error(folder: TableFolder) -> None:
    with pytest.raises(WorkError, match=r"a\.parquet: cannot be read as Parquet \("):
        folder.read("a.parquet", "label,text\npos,Fine.\n")
    with pytest.raises(WorkError, match=r"a\.parquet: the file is empty"):
        folder.read("a.parquet", "")
    with pytest.raises(WorkError, match=r"gone\.parquet: cannot be read"):
        list(folder.table("gone.parquet"))
    with pytest.raises(WorkError, match=r"a\.parquet\.gz: unpack it"):
        folder.read("a.parquet.gz", "x")


def test_without_pyarrow_the_error_names_the_extra(
    folder: TableFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = builtins.__import__

    def without_pyarrow(name: str, *details: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return imported(name, *details)

    name = write(folder.path / "a.parquet", {"text": ["a"], "label": ["b"]})
    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(WorkError, match=r"pip install 'nlp-apps\[parquet\]'"):
        list(folder.table(name))


@settings(max_examples=20)
@given(rows=st.lists(st.tuples(VALUES, VALUES), max_size=8))
def test_good_rows_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    columns = {
        "label": pyarrow.array([label for label, _ in rows], pyarrow.string()),
        "text": pyarrow.array([text for _, text in rows], pyarrow.large_string()),
    }
    name = write(folder.path / "r.parquet", columns)
    assert [row.values for row in folder.table(name)] == rows


@settings(max_examples=60)
@given(position=st.integers(0, 400), value=st.integers(0, 255), end=st.integers(0, 400))
def test_a_damaged_file_is_read_or_is_an_error(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int, end: int
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    name = write(folder.path / "d.parquet", {"label": ["a", "b"], "text": ["c", "d"]})
    data = bytearray((folder.path / name).read_bytes())
    data[position % len(data)] = value
    (folder.path / name).write_bytes(data[: len(data) - end % 4])
    try:
        list(folder.table(name, policy="skip"))
    except NlpAppsError as error:
        assert name in str(error)
