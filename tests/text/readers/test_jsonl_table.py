"""Tests of nlp_apps.text.readers.jsonl_table."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import UsageError, WorkError
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


def test_a_key_twice_in_an_object_is_a_bad_line(folder: TableFolder) -> None:
    good = '{"label": "pos", "text": "Fine."}\n'
    content = good + '{"label": "pos", "text": "a", "label": "neg"}\n' + good
    with pytest.raises(WorkError, match=r"line 2: the key 'label' is in the object twice"):
        folder.read("a.jsonl", content)
    assert folder.read("a.jsonl", content, policy="skip") == [("pos", "Fine.")] * 2


def test_an_array_in_a_jsonl_file_is_an_error_with_the_right_suffix(folder: TableFolder) -> None:
    with pytest.raises(WorkError, match=r"line 1: not valid JSON .*a JSON array is a \.json file"):
        folder.read("a.jsonl", '[\n{"label": "pos", "text": "Fine."}\n]\n')


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
