"""Tests of shards of every format: the same rows for any size of a shard."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from nlp_apps.batch_inference import raw_rows, shard_plan
from nlp_apps.batch_inference.input_files import find_inputs
from nlp_apps.batch_inference.input_rows import InputRow, read_shard
from nlp_apps.batch_inference.shard_plan import Plan, plan_shards
from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.text.readers.foreign_formats import HEAD_BYTES

Found = tuple[int, str, str]
"""Line, text and problem."""


def plan(folder: Path, *names: str, column: str = "", shard_rows: int = 3) -> Plan:
    inputs = find_inputs([str(folder / name) for name in names], None, str(folder / "out"))
    return plan_shards(inputs, column, shard_rows)


def rows(folder: Path, name: str, *, column: str = "", shard_rows: int = 3) -> list[InputRow]:
    shards = plan(folder, name, column=column, shard_rows=shard_rows).shards
    return [row for shard in shards for row in read_shard(shard)]


def assert_rows(
    folder: Path, name: str, expected: Sequence[tuple[int, str, str]], column: str = ""
) -> list[InputRow]:
    """Checks line, text and the begin of the problem of every row, for shards of any size."""
    for shard_rows in range(1, len(expected) + 2):
        found = rows(folder, name, column=column, shard_rows=shard_rows)
        assert [(row.line, row.text) for row in found] == [(one[0], one[1]) for one in expected]
        for row, (_, _, problem) in zip(found, expected, strict=True):
            assert problem in row.problem and bool(problem) == bool(row.problem)
    return found


TEXT = b"\xef\xbb\xbfone\r\n\ntwo\rthree\n\xff four\nnul \0\nlast"
TEXT_ROWS = [
    *((1, "one", ""), (2, "", ""), (3, "two\rthree", ""), (4, "", "not UTF-8 at column 1")),
    *((5, "", "NUL"), (6, "last", "")),
]


def test_each_line_of_plain_text_is_a_row(tmp_path: Path):
    (tmp_path / "in.txt").write_bytes(TEXT)
    found = assert_rows(tmp_path, "in.txt", TEXT_ROWS)
    assert found[3].shown == "\\xff four"


def test_a_packed_file_has_the_rows_of_the_file(tmp_path: Path):
    (tmp_path / "in.txt.gz").write_bytes(gzip.compress(TEXT))
    assert_rows(tmp_path, "in.txt.gz", TEXT_ROWS)


CSV = (
    b"\xef\xbb\xbfid,text,label\r\n"
    b'1,"a ""b"",\r\nc",x\r\n'
    b"\r\n"
    b'2,"\xff\nd",y\n'
    b'3,"f"g,z\n'
    b"4,e\n"
    b"5,last,w"
)
CSV_ROWS = [
    *((2, 'a "b",\nc', ""), (5, "", "not UTF-8"), (7, "", "not valid CSV"), (8, "", "2 values")),
    (9, "last", ""),
]


def test_a_row_of_a_csv_may_have_several_lines(tmp_path: Path):
    (tmp_path / "in.csv").write_bytes(CSV)
    found = assert_rows(tmp_path, "in.csv", CSV_ROWS)
    assert found[-1].fields == {"id": "5", "text": "last", "label": "w"}
    assert [row.text for row in rows(tmp_path, "in.csv", column="label") if row.text] == ["x", "w"]


def test_the_separator_of_a_csv_is_found(tmp_path: Path):
    (tmp_path / "in.csv").write_bytes(b"sep=;\nid;text\n1;a,b\n2;c\n")
    assert_rows(tmp_path, "in.csv", [(3, "a,b", ""), (4, "c", "")])


def test_an_open_quote_is_an_error_before_the_run(tmp_path: Path):
    (tmp_path / "in.csv").write_bytes(b'id,text\n1,a\n2,"b\n3,c\n')
    with pytest.raises(WorkError, match=r"in\.csv, line 3: not valid CSV \(a quote opens"):
        plan(tmp_path, "in.csv")


def test_a_quote_of_more_bytes_than_a_row_may_have_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(raw_rows, "MAX_ROW_BYTES", 30)
    (tmp_path / "in.csv").write_bytes(b'id,text\n1,"b\n' + b"line\n" * 10 + b'"\n')
    with pytest.raises(WorkError, match="line 2: not valid CSV"):
        plan(tmp_path, "in.csv")


def test_a_csv_line_of_too_many_bytes_ends_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(raw_rows, "MAX_ROW_BYTES", 20)
    long = b"l" * 70
    lines = [b"id,text", b'1,"' + long + b'"', b"2,b", b"3," + long, b'4,"d', long + b'"', b'5,"e"']
    (tmp_path / "in.csv").write_bytes(b"\n".join(lines) + b"\n")
    problem = "longer than 20 bytes"
    expected = [(2, "", problem), (3, "b", ""), (4, "", problem), (5, "", problem), (7, "e", "")]
    assert_rows(tmp_path, "in.csv", expected)


def test_a_number_is_the_column_of_a_table_without_header_line(tmp_path: Path):
    (tmp_path / "in.tsv").write_bytes(b'a\t"one"\nb\ttwo\n\nc\nd\tfour\tx\n')
    expected = [
        (1, '"one"', ""),
        (2, "two", ""),
        (4, "", "1 value, the table has 2"),
        (5, "", "3 values"),
    ]
    found = assert_rows(tmp_path, "in.tsv", expected, column="2")
    assert found[1].fields == {"1": "b", "2": "two"}


def test_columns_are_those_of_the_first_good_row(tmp_path: Path):
    (tmp_path / "in.tsv").write_bytes(b"\xff\n1\tone\n2\n")
    expected = [(1, "", "not UTF-8"), (2, "one", ""), (3, "", "1 value, the table has 2")]
    assert_rows(tmp_path, "in.tsv", expected, column="2")
    (tmp_path / "in.csv").write_bytes(b'"a"b,x\n1,one\n')
    assert_rows(tmp_path, "in.csv", [(1, "", "not valid CSV"), (2, "one", "")], column="2")


def test_json_lines_may_begin_with_many_bad_rows(tmp_path: Path):
    (tmp_path / "in.jsonl").write_bytes(b"{broken\n" * 100 + b'{"text": "one"}\n')
    found = rows(tmp_path, "in.jsonl", shard_rows=200)
    assert len(found) == 101 and all("not valid JSON" in row.problem for row in found[:100])
    assert (found[100].line, found[100].text, found[100].problem) == (101, "one", "")


def test_a_text_of_empty_lines_has_rows(tmp_path: Path):
    (tmp_path / "in.txt").write_bytes(b"\n\r\n\n")
    assert_rows(tmp_path, "in.txt", [(1, "", ""), (2, "", ""), (3, "", "")])


def test_empty_lines_before_a_table_are_skipped(tmp_path: Path):
    empty = b"\n" * (HEAD_BYTES + 1)
    first = HEAD_BYTES + 2
    (tmp_path / "in.csv").write_bytes(empty + b"sep=;\nid;text\n1;one\n")
    (tmp_path / "in.jsonl").write_bytes(empty + b'{"text": "one"}\n')
    assert_rows(tmp_path, "in.csv", [(first + 2, "one", "")])
    assert_rows(tmp_path, "in.jsonl", [(first, "one", "")])


def test_a_row_of_json_lines_has_all_fields(tmp_path: Path):
    lines = [
        '{"id": 1, "text": "one", "more": [1, {"a": null}]}',
        '{"id": 2}',
        "",
        '{"id": 3, "text": null}',
        "{broken",
        "[1]",
        '{"text": "\\ud800"}',
        '{"text": 4.0, "text2": "x"}',
        '{"text": "a", "text": "b"}',
        '{"text": ["a"]}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    expected = [
        *((1, "one", ""), (2, "", "'text' is missing"), (4, "", "missing"), (5, "", "not valid")),
        *((6, "", "not a JSON object"), (7, "", "not UTF-8"), (8, "4", ""), (9, "", "twice")),
        (10, "", "neither text nor a number"),
    ]
    found = assert_rows(tmp_path, "in.jsonl", expected)
    assert found[0].fields == json.loads(lines[0])


def test_rows_of_parquet_are_read_across_row_groups(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"text": ["a", None, "c", "d", "", "f", "g"], "n": list(range(7))})
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=3)
    texts = ["a", "", "c", "d", "", "f", "g"]
    expected = [(index + 1, text, "missing" * (index == 1)) for index, text in enumerate(texts)]
    found = assert_rows(tmp_path, "in.parquet", expected)
    assert found[5].fields == {"text": "f", "n": 5}


def test_a_line_of_too_many_bytes_is_a_bad_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(raw_rows, "MAX_ROW_BYTES", 20)
    (tmp_path / "in.txt").write_bytes(b"a\n" + b"b" * 70 + b"\nc" + b"d" * 18 + b"\n")
    expected = [(1, "a", ""), (2, "", "longer than 20 bytes"), (3, "c" + "d" * 18, "")]
    assert_rows(tmp_path, "in.txt", expected)


def test_a_text_of_too_many_characters_is_a_bad_row(tmp_path: Path):
    (tmp_path / "in.txt").write_text("a" * 50_000 + "\n" + "b" * 50_001 + "\n", encoding="utf-8")
    first, second = rows(tmp_path, "in.txt")
    assert not first.problem and "longer than 50,000 characters" in second.problem
    assert len(second.shown) == 1000


def test_a_shard_ends_early_when_its_text_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shard_plan, "SHARD_BYTES", 10)
    (tmp_path / "in.txt").write_bytes(b"aaaa\nbbbb\ncccc\n" + b"d" * 20 + b"\ne\n")
    found = plan(tmp_path, "in.txt", shard_rows=100).shards
    assert [shard.num_rows for shard in found] == [2, 1, 1, 1]
    assert [shard.first_row for shard in found] == [0, 2, 3, 4]


def test_a_changed_file_is_an_error(tmp_path: Path):
    (tmp_path / "in.txt").write_bytes(b"a\nb\n")
    (shard,) = plan(tmp_path, "in.txt").shards
    (tmp_path / "in.txt").write_bytes(b"a\nb\nc\n")
    with pytest.raises(WorkError, match=r"in\.txt: changed since the run began"):
        read_shard(shard)


# Names -------------------------------------------------------------------------------------------


def names(folder: Path, *inputs: str) -> list[str]:
    found = find_inputs([str(folder / one) for one in inputs], None, str(folder / "out"))
    return [Path(file.path).relative_to(folder).as_posix() for file in found]


def test_folders_and_globs_are_sorted_and_files_are_read_once(tmp_path: Path):
    for name in ("b.txt", "a.csv", "sub/c.tsv.gz", "_x.txt", ".y.txt", "z.png", "odd[1].txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"text\n")
    everything = ["in/a.csv", "in/b.txt", "in/odd[1].txt", "in/sub/c.tsv.gz"]
    assert names(tmp_path, "in") == everything
    assert names(tmp_path, "in/b.txt", "in") == ["in/b.txt", *everything[:1], *everything[2:]]
    assert names(tmp_path, "in/*.txt") == ["in/_x.txt", "in/b.txt", "in/odd[1].txt"]
    assert names(tmp_path, "in/odd[1].txt") == ["in/odd[1].txt"]
    assert names(tmp_path, "in/**/*.gz") == ["in/sub/c.tsv.gz"]


def test_a_url_is_read_with_fsspec(tmp_path: Path):
    pytest.importorskip("fsspec")
    (tmp_path / "in.txt").write_bytes(TEXT)
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(CSV))
    for name, expected in (("in.txt", TEXT_ROWS), ("*.csv.gz", CSV_ROWS)):
        files = find_inputs([f"file://{tmp_path}/{name}"], None, "out")
        assert all(file.path.startswith("file:///") for file in files)
        shards = plan_shards(files, "", 2).shards
        found = [(row.line, row.text) for shard in shards for row in read_shard(shard)]
        assert found == [(one[0], one[1]) for one in expected]


@pytest.mark.parametrize(
    ("name", "content", "column", "message"),
    [
        ("in.txt", b"", "", "the input has no rows"),
        ("in.csv", b"\r\n\n", "", "the input has no rows"),
        ("in.csv", b"\xff,text\n1,a\n", "", r"in\.csv, line 1: not UTF-8 .*Fix the line"),
        ("in.tsv", b"\xff\n\xff\n", "1", r"in\.tsv, line 1: not UTF-8 .*Fix the line"),
        ("in.txt", b"a\n", "text", "--column text: .*in.txt is plain text"),
        ("in.csv", b"a,b\n1,2\n", "", "pass --column NAME, one of 'a', 'b'"),
        ("in.csv", b"a,b\n1,2\n", "c", "--column c: .*no such column. It has: 'a', 'b'"),
        ("in.tsv", b"a\tb\n1\t2\n", "3", "--column 3: .*no such column. It has: '1', '2'"),
        ("in.csv", b"a,a\n1,2\n", "a", "two columns are named 'a'"),
        ("in.jsonl", b'{"a": 1, "b": 2}\n', "c", "--column c: .*It has: 'a', 'b'"),
        ("in.jsonl", b"text\n", "", "none of its lines is a JSON object"),
        ("in.json", b"[]", "", "Save it as .jsonl"),
        ("in.txt", b"%PDF-1.4\n", "", "a PDF"),
        ("in.txt.gz", b"text\n", "", "not a gzip file"),
        ("in.parquet", b"text\n", "", "cannot be read as Parquet"),
    ],
)
def test_a_file_that_does_not_fit_is_an_error_before_the_run(
    name: str, content: bytes, column: str, message: str, tmp_path: Path
):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NlpAppsError, match=message):
        plan(tmp_path, name, column=column)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.txt", "no such file"),
        ("*.txt", "no file matches"),
        ("empty", "no file of this folder has a known suffix"),
        ("full", "the output is in the input folder"),
    ],
)
def test_a_name_without_a_file_is_an_error(name: str, message: str, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_bytes(b"a\n")
    with pytest.raises(UsageError, match=message):
        find_inputs([str(tmp_path / name)], None, str(tmp_path / "full" / "out"))


def test_a_url_of_an_unknown_protocol_or_without_a_file_is_an_error(tmp_path: Path):
    pytest.importorskip("fsspec")
    with pytest.raises(UsageError, match="no-protocol://a"):
        find_inputs(["no-protocol://a"], None, "out")
    with pytest.raises(UsageError, match="no file matches"):
        find_inputs([f"file://{tmp_path}/missing.txt"], None, "out")
