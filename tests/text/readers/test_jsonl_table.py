"""Tests of nlp_apps.text.readers.jsonl_table."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import UsageError
from nlp_apps.text.readers.columns import Column
from tests.text.readers.folder import VALUES, TableFolder


def test_a_column_is_a_field(folder: TableFolder) -> None:
    content = '{"text": "Fine.", "label": "pos", "id": 1}\n{"label": "neg", "text": "B\\tad."}\n'
    assert folder.read("a.jsonl", content) == [("pos", "Fine."), ("neg", "B\tad.")]
    assert folder.read("a.jsonl", '{"a": "x", "b": "y"}', ("b", "a")) == [("y", "x")]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("1", "1"),
        ("-2", "-2"),
        ("1.0", "1"),
        ("0.5", "0.5"),
        ("true", "true"),
        ("false", "false"),
        ("1e400", "inf"),
    ],
)
def test_numbers_and_booleans_become_text(folder: TableFolder, value: str, label: str) -> None:
    assert folder.read("a.jsonl", f'{{"label": {value}, "text": "x"}}\n') == [(label, "x")]


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson"])
def test_a_number_is_no_field(folder: TableFolder, suffix: str) -> None:
    words = rf"a\.{suffix}: .* \.{suffix} .*data\.text_column = 2"
    with pytest.raises(UsageError, match=words):
        folder.read(f"a.{suffix}", '{"text": "x"}\n', ("text", 2))


def test_an_ndjson_file_is_read_too(folder: TableFolder) -> None:
    assert folder.read("a.ndjson", '{"text": "Fine.", "label": "pos"}\n') == [("pos", "Fine.")]


@pytest.mark.parametrize("name", ["a.json", "a.JSON.gz"])
@pytest.mark.parametrize("columns", [("", ""), ("label", "text"), (1, 2)])
def test_a_json_file_is_an_error_that_names_the_suffix_to_use(
    folder: TableFolder, name: str, columns: tuple[Column, Column]
) -> None:
    with pytest.raises(UsageError, match=rf"{name}: .*\.json .*\.jsonl"):
        folder.read(name, '{"label": "pos", "text": "Fine."}\n', columns, policy="skip")


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8), ascii_only=st.booleans())
def test_good_rows_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], ascii_only: bool
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    content = "".join(
        json.dumps({"label": label, "text": text}, ensure_ascii=ascii_only) + "\n"
        for label, text in rows
    )
    assert folder.read("r.jsonl", content) == rows
