"""Tests of nlp_apps.text.readers.tables: rules for every format."""

import gzip
import hashlib
import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.text.readers.columns import Column
from nlp_apps.text.readers.tables import is_table
from tests.text.readers.folder import GOOD, TableFolder


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.tsv", True),
        ("a.TSV.gz", True),
        ("dir.csv/a.CSV", True),
        ("a.jsonl.gz", True),
        ("a.ndjson", True),
        ("a.NDJSON.GZ", True),
        ("a.Csv.Gz", True),
        ("tfds:imdb_reviews:train", True),
        ("dir.csv/a.txt", False),
        ("a.gz", False),
        ("a", False),
    ],
)
def test_a_table_has_a_known_suffix(name: str, expected: bool) -> None:
    assert is_table(name) is expected


GOOD_TSV = "pos\tWell done.\nneg\tNot so.\n"

ENDINGS = {
    "a.tsv": GOOD_TSV,
    "a.txt": GOOD_TSV,
    "a.csv": "label,text\npos,Well done.\nneg,Not so.\n",
    "a.jsonl": '{"label": "pos", "text": "Well done."}\n{"label": "neg", "text": "Not so."}\n',
}


@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n\r\n", " \n\t\n", " "])
def test_empty_lines_at_the_end_of_a_file_are_ignored(
    folder: TableFolder, name: str, end: str
) -> None:
    table = folder.table(folder.write(name, ENDINGS[name] + end))
    assert [row.values for row in table] == GOOD
    assert table.bad_lines.skipped == 0


@pytest.mark.parametrize("name", ENDINGS)
def test_lines_after_empty_ones_keep_their_numbers(
    folder: TableFolder, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    content = ENDINGS[name] + "\n\n" + ENDINGS[name].splitlines()[-1] + "\n\n"
    table = folder.table(folder.write(name, content), policy="skip")
    with caplog.at_level(logging.WARNING):
        *_, last = table
    first_empty = ENDINGS[name].count("\n") + 1
    assert last.location == f"{folder.path / name}, line {first_empty + 2}"
    assert last.values == GOOD[1]
    assert [message.split(": ")[0] for message in caplog.messages] == [
        f"{folder.path / name}, line {first_empty + index}" for index in range(2)
    ]


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize("name", ENDINGS)
def test_a_file_of_empty_lines_is_an_error(folder: TableFolder, name: str, policy: str) -> None:
    with pytest.raises(WorkError, match=rf"{name}: all lines are empty"):
        folder.read(name, "\n \n\n", policy=policy)


def test_a_suffix_may_be_in_upper_case(folder: TableFolder) -> None:
    (folder.path / "A.TSV.GZ").write_bytes(gzip.compress(GOOD_TSV.encode()))
    assert [row.values for row in folder.table("A.TSV.GZ")] == GOOD


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl"])
def test_only_a_line_feed_ends_a_line(folder: TableFolder, name: str) -> None:
    odd = "a\u0085b\u2028c\x0bd\x1ce"
    content = {
        "a.tsv": f"label\ttext\npos\t{odd}\n",
        "a.csv": f"label,text\npos,{odd}\n",
        "a.jsonl": json.dumps({"label": "pos", "text": odd}, ensure_ascii=False),
    }[name]
    assert folder.read(name, content, ("label", "text")) == [("pos", odd)]


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("a.tsv", b"no tab here", r"no TAB; a line is LABEL<TAB>TEXT"),
        ("a.tsv", b" ", r"an empty line; a line is LABEL<TAB>TEXT"),
        ("a.tsv", b"pos\tcaf\xe9", r"not UTF-8 at column 8 \(byte 8 of the line is 0xE9\)"),
        ("a.tsv", b"pos\ta\0b", "a NUL character at column 6"),
        ("a.tsv", b"pos\t" + b"x" * 40_000, r"longer than 20000 characters \(data.max_line_ch"),
        ("a.csv", b"pos", "1 of the columns, column 2 is missing"),
        ("a.csv", b"", "an empty line"),
        ("a.csv", b'pos,"a" b', r"not valid CSV \('.*' expected after '\"'\)"),
        ("a.csv", b"pos,a\rb", r"a carriage return \(CR\) outside of quotes; save the file with"),
        ("a.csv", b"pos,caf\xe9", "not UTF-8 at column 8"),
        ("a.csv", b"pos,a\0b", "a NUL character at column 6"),
        ("a.csv", b"pos," + b"x" * 40_000, "longer than 20000 characters"),
        ("a.csv", b'pos,"' + b"x" * 15_000 + b"\n" + b"x" * 15_000 + b'"', "longer than 20000"),
        ("a.jsonl", b"label: pos", r"not valid JSON \(Expecting value"),
        ("a.jsonl", b" ", r'an empty line; a line is \{"label": \.\.\., "text": \.\.\.\}'),
        ("a.jsonl", b"[" * 9_000, r"not valid JSON \("),
        ("a.jsonl", b'{"label": ' + b"1" * 9_000 + b', "text": "x"}', r"not valid JSON \("),
        ("a.jsonl", b"[1]", r'not a JSON object; a line is \{"label": \.\.\., "text": \.\.\.\}'),
        (
            "a.jsonl",
            b'{"label": 1, "txt": ""}',
            r"no field 'text' \(data.text_column\); it has 'l.*; set data.text_c",
        ),
        ("a.jsonl", b"{}", r"no field 'label' \(data.label_column\); it has no field"),
        ("a.jsonl", b'{"label": 1, "text": null}', "the field 'text' is neither text nor a number"),
        ("a.jsonl", b'{"label": [1], "text": "x"}', "the field 'label' is neither text nor a num"),
        ("a.jsonl", b'{"label": 1, "text": "a\\u0000"}', "a NUL character at column 2"),
        (
            "a.jsonl",
            b'{"label": 1, "text": "\\ud83d!"}',
            r"a lone surrogate \(\\ud83d\) in the",
        ),
        ("a.jsonl", b'{"label": "caf\xe9"}', "not UTF-8 at column 15"),
        ("a.jsonl", b'{"text": "' + b"x" * 40_000 + b'"}', "longer than 20000 characters"),
    ],
)
def test_a_bad_row_is_an_error_with_file_and_line_or_is_skipped_and_counted(
    folder: TableFolder, caplog: pytest.LogCaptureFixture, name: str, line: bytes, words: str
) -> None:
    content = {
        "a.tsv": b"pos\tWell done.\n%s\nneg\tNot so.\n",
        "a.csv": b"pos,Well done.\n%s\nneg,Not so.\n",
        "a.jsonl": b'{"label":"pos","text":"Well done."}\n%s\n{"label":"neg","text":"Not so."}',
    }[name] % line
    columns: tuple[Column, Column] = ("label", "text") if name == "a.jsonl" else (1, 2)
    with pytest.raises(WorkError, match=rf"{name}, line 2: {words}.*on_bad_line"):
        folder.read(name, content, columns, max_line_characters=20_000)
    with caplog.at_level(logging.WARNING):
        rows = folder.read(name, content, columns, policy="skip", max_line_characters=20_000)
    assert rows == GOOD
    assert len(caplog.messages) == 1
    assert f"{name}, line 2: " in caplog.messages[0]


@pytest.mark.parametrize(
    ("name", "content", "columns", "words"),
    [
        ("a.tsv", GOOD_TSV, (2, ""), "column 2 of a.tsv; set data.text_column."),
        ("a.tsv", GOOD_TSV, ("", 1), "column 1 of a.tsv; set data.label_column."),
        ("a.tsv", GOOD_TSV, (2, 2), "column 2 of a.tsv; set one of them to another column."),
        ("a.tsv", "words\tmood\nx\ty\n", ("mood", ""), "column 2 of a.tsv; set data.text_column."),
        ("a.csv", "id,text\n1,2\n", ("text", ""), "column 2 of a.csv; set data.text_column."),
        ("a.jsonl", "{}", ("", "label"), "field 'label' of a.jsonl; set data.label_column."),
    ],
)
def test_two_keys_of_one_column_are_an_error(
    folder: TableFolder, name: str, content: str, columns: tuple[Column, Column], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        folder.read(name, content, columns)
    assert str(caught.value) == f"data.text_column and data.label_column are both {words}"


@pytest.mark.parametrize(
    ("name", "content"), [("a.tsv", "id\tstars\n1\t2\n"), ("a.csv", "id,stars\n1,2\n")]
)
def test_a_missing_column_is_an_error_with_the_existing_ones(
    folder: TableFolder, name: str, content: str
) -> None:
    with pytest.raises(WorkError) as caught:
        folder.read(name, content, ("stars", "review"), policy="skip")
    assert str(caught.value) == (
        f"{folder.path / name}: no column 'review' (data.text_column). "
        "Its first line names: 'id', 'stars'."
    )


@pytest.mark.parametrize("name", ["a.tsv", "a.csv"])
def test_a_space_in_a_header_line_is_part_of_the_name(folder: TableFolder, name: str) -> None:
    header = {"a.tsv": "label\t text\n", "a.csv": "label, text\n"}[name]
    with pytest.raises(WorkError, match=r"no column 'text' .* names: 'label', ' text'\."):
        folder.read(name, header, ("label", "text"))


def test_a_number_past_the_header_line_is_an_error(folder: TableFolder) -> None:
    with pytest.raises(WorkError, match=r"data\.text_column = 3, .* 2 columns"):
        folder.read("a.tsv", "stars\treview\n5\tFine.\n", ("stars", 3))


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize(
    ("name", "header", "words"),
    [
        ("a.tsv", b"label\tt\xff", r"not UTF-8 at column 8"),
        ("a.csv", b"label,t\xff", r"not UTF-8 at column 8"),
        ("a.csv", b"", "an empty line"),
        ("a.csv", b'label,"text" x', r"not valid CSV \("),
    ],
)
def test_a_bad_header_line_is_an_error_under_the_policy_skip_too(
    folder: TableFolder, name: str, header: bytes, words: str, policy: str
) -> None:
    with pytest.raises(WorkError, match=rf"line 1: {words}.* name the columns"):
        folder.read(name, header + b"\npos\tFine.\npos,Fine.\n", ("label", "text"), policy=policy)


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl", "a.tsv.gz", "a.csv.gz"])
@pytest.mark.parametrize("columns", [(1, 2), ("label", "text")])
def test_an_empty_file_is_an_error(
    folder: TableFolder, name: str, policy: str, columns: tuple[Column, Column]
) -> None:
    if name == "a.jsonl":
        columns = ("label", "text")
    with pytest.raises(WorkError, match=f"{name}: the file is empty"):
        folder.read(name, "", columns, policy=policy)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("a.tsv.gz", "pos\tFine.\n"),
        ("a.csv.gz", "pos,Fine.\n"),
        ("a.jsonl.gz", '{"label": "pos", "text": "Fine."}\n'),
    ],
)
def test_a_gzip_file_is_read_and_a_truncated_one_is_an_error(
    folder: TableFolder, name: str, row: str
) -> None:
    columns: tuple[Column, Column] = ("label", "text") if "jsonl" in name else (1, 2)
    assert folder.read(name, row * 50, columns) == [("pos", "Fine.")] * 50
    path = folder.path / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(WorkError, match=f"{name}: the gzip file is truncated"):
        list(folder.table(name, columns, policy="skip"))


def test_the_checksum_is_of_the_bytes_on_disk(folder: TableFolder) -> None:
    name = folder.write("a.csv.gz", "label,text\npos,Fine.\n")
    table = folder.table(name)
    list(table)
    packed = (folder.path / name).read_bytes()
    assert table.checksum == hashlib.sha256(packed).hexdigest()


# Parts that cause problems, more often than in random bytes.
BYTES = st.one_of(
    st.binary(max_size=100),
    st.lists(
        st.sampled_from([b"a", b"\t", b",", b"\n", b"\r", b'"', b'"', b'""', b"\0"])
        | st.sampled_from([b"\xff", b"\xc3\xa9", b"{", b"}", b":", b'{"label": 1, "text": "a"}'])
        | st.sampled_from([b"\xef\xbb\xbf", b"\xc2\x85", b"\\ud800", b"x" * 60, b"[" * 50]),
        max_size=30,
    ).map(b"".join),
)
HEADERS = st.sampled_from([b"", b"", b"label\ttext\n", b"label,text\n", b'"', b"\xff\n"])
COLUMNS = st.sampled_from([("", ""), (1, 2), (2, 1), (1, 4), ("label", "text"), ("text", 1)])


@pytest.mark.parametrize("name", ["f.tsv", "f.csv", "f.jsonl", "f.txt.gz"])
@settings(max_examples=80)
@given(
    content=st.tuples(HEADERS, BYTES).map(b"".join),
    columns=COLUMNS,
    policy=st.sampled_from(["stop", "skip"]),
)
def test_any_bytes_are_read_or_are_an_error(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    content: bytes,
    columns: tuple[Column, Column],
    policy: str,
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    try:
        rows = folder.read(name, content, columns, policy=policy, max_line_characters=50)
    except NlpAppsError as error:
        assert name in str(error)
        return
    for row in rows:
        assert len(row) == 2
        for value in row:
            assert len(value) <= 50
            assert "\0" not in value
            value.encode()  # no lone surrogate
