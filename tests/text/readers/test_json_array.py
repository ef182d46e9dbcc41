"""Tests of nlp_apps.text.readers.json_array."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from tests.text.readers.folder import GOOD, VALUES, TableFolder

ARRAY = json.dumps([{"label": label, "text": text} for label, text in GOOD])
LINES = "".join(f'{{"label": "{label}", "text": "{text}"}}\n' for label, text in GOOD)


@pytest.mark.parametrize("name", ["a.json", "a.JSON.gz"])
@pytest.mark.parametrize(
    "content", [ARRAY, f"\ufeff \n{ARRAY}\n\n", ARRAY.replace("},", "}\n,"), LINES]
)
def test_an_array_and_lines_are_read(folder: TableFolder, name: str, content: str) -> None:
    folder.write(name.replace(".GZ", ".gz"), content)
    if name == "a.JSON.gz":
        (folder.path / "a.JSON.gz").rename(folder.path / name)
    assert [row.values for row in folder.table(name)] == GOOD


def test_the_location_of_a_row_is_the_line_of_its_object(folder: TableFolder) -> None:
    content = json.dumps(json.loads(ARRAY), indent=2)
    table = folder.table(folder.write("a.json", content))
    assert [row.line for row in table] == [2, 6]
    assert len(table.checksum) == 64


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("1", "not a JSON object"),
        ('{"label": "a"}', r"no field 'text' \(data.text_column\)"),
        ('{"label": "a", "text": null}', "the field 'text' is neither text nor a number"),
        ('{"label": "a", "text": "b", "text": "c"}', "the key 'text' is in the object twice"),
        ('{"label": "a", "text": "\\ud800"}', "a lone surrogate"),
        ('{"label": "a", "text": "' + "x" * 60 + '"}', "longer than 50 characters"),
    ],
)
def test_a_bad_object_is_an_error_with_its_line_or_is_skipped(
    folder: TableFolder, item: str, words: str
) -> None:
    content = ARRAY.replace("}, {", f"}},\n{item},\n{{")
    with pytest.raises(WorkError, match=rf"a\.json, line 2: {words}.*on_bad_line"):
        folder.read("a.json", content, max_line_characters=50)
    assert folder.read("a.json", content, policy="skip", max_line_characters=50) == GOOD


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ('[\n{"label": 1,\n "text" 2}]', r"line 3, column 9: not valid JSON \(Expecting ':'"),
        ('[{"label": 1, "text": 2} {}]', r"line 1, column 26: not valid JSON \(expected a comma"),
        ('[{"label": 1, "text": 2}', r"not valid JSON \(expected a comma or \]\)"),
        ("[" * 100_000, r"not valid JSON \("),
        ('[{"label": 1, "text": 2}] x', r"not valid JSON \(text after the array"),
        (
            '{\n"version": 1,\n"data": []\n}',
            r"an object of 'version', 'data'\. It must be an array",
        ),
        ("3\n", "a value. It must be an array"),
        ('{"label": 1\n', r"line 1: not valid JSON"),
    ],
)
@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_other_json_is_an_error(folder: TableFolder, content: str, words: str, policy: str) -> None:
    if policy == "skip" and words.startswith("line 1: "):
        return
    with pytest.raises(WorkError, match=words):
        folder.read("a.json", content, policy=policy)


def test_a_number_is_no_field(folder: TableFolder) -> None:
    with pytest.raises(UsageError, match=r"a\.json: fields of a \.json file have names"):
        folder.read("a.json", ARRAY, ("label", 2))


def test_usual_names_of_fields_are_found(folder: TableFolder) -> None:
    with pytest.raises(WorkError, match="no field 'label'"):
        folder.read("a.json", '[{"mood": "pos", "text": "Fine."}]')


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(VALUES, VALUES), max_size=8), indent=st.none() | st.integers(0, 3))
def test_good_rows_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], indent: int | None
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    content = json.dumps([{"label": a, "text": b} for a, b in rows], indent=indent)
    assert folder.read("r.json", content) == rows


PARTS = ["[", "]", "{", "}", ",", ":", '"label"', '"text"', '"a"', "1", "\n", "null", "\\u", '"']


@settings(max_examples=150)
@given(
    content=st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=25).map("".join)
    | st.binary(max_size=40),
    policy=st.sampled_from(["stop", "skip"]),
)
def test_any_content_is_read_or_is_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes, policy: str
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    try:
        folder.read("f.json", content, policy=policy)
    except NlpAppsError as error:
        assert "f.json" in str(error)
