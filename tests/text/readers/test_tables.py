"""Columns are read exactly from every kind of file, and a bad row is told by file and line."""

import csv
import gzip
import hashlib
import io
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.text.readers.lines import BadLinePolicy
from nlp_apps.text.readers.tables import Column, TableReader, kind_of

KEYS = ("data.label_column", "data.text_column")
USUAL = ((1, "label"), (2, "text"))


class Folder:
    """A folder of files to read columns from."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: bytes | str) -> str:
        data = content.encode() if isinstance(content, str) else content
        (self.path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return name

    def columns(
        self,
        name: str,
        columns: Sequence[Column] = ("", ""),
        *,
        policy: str = "stop",
        max_line_characters: int = 100_000,
        tfds_dir: Path | None = None,
    ) -> TableReader:
        return TableReader(
            name,
            columns,
            keys=KEYS[-len(columns) :],
            usual=USUAL[-len(columns) :],
            find=lambda found: self.path / found,
            bad_lines=BadLinePolicy(policy),
            max_line_characters=max_line_characters,
            tfds_dir=tfds_dir,
        )

    def read(
        self, name: str, content: bytes | str, columns: Sequence[Column] = ("", ""), **options: Any
    ) -> list[tuple[str, ...]]:
        rows = self.columns(self.write(name, content), columns, **options)
        return [row.values for row in rows]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.tsv", "tsv"),
        ("a.TSV.gz", "tsv"),
        ("dir.csv/a.CSV", "csv"),
        ("a.jsonl.gz", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.NDJSON.GZ", "jsonl"),
        ("a.Csv.Gz", "csv"),
        ("a.txt", "text"),
        ("a.gz", "text"),
        ("a", "text"),
        ("tfds:imdb_reviews:train", "tfds"),
    ],
)
def test_the_name_tells_the_kind_of_source(name: str, kind: str) -> None:
    assert kind_of(name) == kind


# TSV

GOOD_TSV = "pos\tWell done.\nneg\tNot so.\n"
GOOD = [("pos", "Well done."), ("neg", "Not so.")]


@pytest.mark.parametrize("name", ["a.tsv", "a.txt", "a.tsv.gz"])
def test_a_tsv_without_names_has_its_label_first_and_its_text_second(
    folder: Folder, name: str
) -> None:
    assert folder.read(name, GOOD_TSV) == GOOD


def test_the_last_numbered_column_of_a_tsv_takes_the_rest_of_its_line(folder: Folder) -> None:
    line = "pos\ttrain/1.txt\t9\tIt has\ta TAB.\t\n"
    assert folder.read("a.tsv", line, (1, 4)) == [("pos", "It has\ta TAB.\t")]
    assert folder.read("a.tsv", line, (3, 1)) == [("9\tIt has\ta TAB.\t", "pos")]


def test_one_numbered_column_of_a_tsv_can_be_the_whole_line(folder: Folder) -> None:
    assert folder.read("a.tsv", "a\tb\n", (1,)) == [("a\tb",)]


def test_a_header_line_names_the_columns_of_a_tsv_and_its_last_one_takes_the_rest(
    folder: Folder,
) -> None:
    content = "id\tstars\treview\n1\t5\tFine\tindeed\n"
    assert folder.read("a.tsv", content, ("stars", "review")) == [("5", "Fine\tindeed")]
    assert folder.read("a.tsv", content, ("id", "stars")) == [("1", "5")]


def test_a_name_and_a_number_can_be_mixed_where_there_is_a_header_line(folder: Folder) -> None:
    assert folder.read("a.tsv", "stars\treview\n5\tFine.\n", ("stars", 2)) == [("5", "Fine.")]


def test_quotes_mean_nothing_in_a_tsv(folder: Folder) -> None:
    assert folder.read("a.tsv", '"pos"\t"a ""b"""\n') == [('"pos"', '"a ""b"""')]


def test_carriage_returns_and_a_byte_order_mark_are_no_part_of_a_value(folder: Folder) -> None:
    content = "\ufefflabel\ttext\r\npos\tFine.\r\n"
    assert folder.read("a.tsv", content, ("label", "text")) == [("pos", "Fine.")]


ENDINGS = {
    "a.tsv": GOOD_TSV,
    "a.txt": GOOD_TSV,
    "a.csv": "label,text\npos,Well done.\nneg,Not so.\n",
    "a.jsonl": '{"label": "pos", "text": "Well done."}\n{"label": "neg", "text": "Not so."}\n',
}


@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n\r\n", " \n\t\n", " "])
def test_blank_lines_at_the_end_of_a_file_are_no_lines(folder: Folder, name: str, end: str) -> None:
    columns = folder.columns(folder.write(name, ENDINGS[name] + end))
    assert [row.values for row in columns] == GOOD
    assert columns.bad_lines.skipped == 0


@pytest.mark.parametrize("name", ENDINGS)
def test_lines_after_blank_ones_in_the_middle_keep_their_numbers(
    folder: Folder, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    content = ENDINGS[name] + "\n\n" + ENDINGS[name].splitlines()[-1] + "\n\n"
    columns = folder.columns(folder.write(name, content), policy="skip")
    with caplog.at_level(logging.WARNING):
        *_, last = columns
    first_blank = ENDINGS[name].count("\n") + 1
    assert last == (f"{folder.path / name}, line {first_blank + 2}", ("neg", "Not so."))
    assert [message.split(": ")[0] for message in caplog.messages] == [
        f"{folder.path / name}, line {first_blank + index}" for index in range(2)
    ]


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize("name", ENDINGS)
def test_a_file_of_blank_lines_is_an_error(folder: Folder, name: str, policy: str) -> None:
    with pytest.raises(WorkError, match=rf"{name}: all lines are blank\. Give a file with text\."):
        folder.read(name, "\n \n\n", policy=policy)


def test_a_gzip_file_may_have_its_name_in_capitals(folder: Folder) -> None:
    (folder.path / "A.TSV.GZ").write_bytes(gzip.compress(GOOD_TSV.encode()))
    assert [row.values for row in folder.columns("A.TSV.GZ")] == GOOD


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl"])
def test_only_a_line_feed_ends_a_line(folder: Folder, name: str) -> None:
    odd = "a\u0085b\u2028c\x0bd\x1ce"
    content = {
        "a.tsv": f"label\ttext\npos\t{odd}\n",
        "a.csv": f"label,text\npos,{odd}\n",
        "a.jsonl": json.dumps({"label": "pos", "text": odd}, ensure_ascii=False),
    }[name]
    assert folder.read(name, content, ("label", "text")) == [("pos", odd)]


# CSV


def test_a_csv_has_its_columns_named_by_its_first_line(folder: Folder) -> None:
    assert folder.read("a.csv", "text,id,label\nFine.,1,pos\nBad.,2,neg\n") == [
        ("pos", "Fine."),
        ("neg", "Bad."),
    ]
    assert folder.read("a.csv", "stars,body\n5,Fine.\n", ("stars", "body")) == [("5", "Fine.")]


def test_numbers_read_a_csv_without_a_header_line(folder: Folder) -> None:
    assert folder.read("a.csv", "1,pos,Fine.\n2,neg,Bad.\n", (2, 3)) == [
        ("pos", "Fine."),
        ("neg", "Bad."),
    ]


def test_a_quoted_value_holds_commas_quotes_and_line_ends(folder: Folder) -> None:
    content = 'label,text\r\npos,"Fine, ""really"",\r\n\r\nfine."\r\nneg,No.\r\n'
    assert folder.read("a.csv", content) == [("pos", 'Fine, "really",\n\nfine.'), ("neg", "No.")]


def test_a_value_of_many_lines_is_a_row_that_begins_at_its_first_line(folder: Folder) -> None:
    name = folder.write("a.csv", 'label,text\npos,"one\ntwo\nthree"\nneg,No.\n')
    assert [row.where.rpartition("line ")[2] for row in folder.columns(name)] == ["2", "5"]


def test_a_value_may_be_longer_than_python_reads_at_first(folder: Folder) -> None:
    long = "x" * 400_000
    content = f"label,text\npos,{long}\n"
    assert folder.read("a.csv", content, max_line_characters=500_000) == [("pos", long)]


def test_reading_a_csv_leaves_the_limit_of_the_process_as_it_was(folder: Folder) -> None:
    before = csv.field_size_limit()
    folder.read("a.csv", "label,text\npos,Fine.\n", max_line_characters=10_000_000)
    assert csv.field_size_limit() == before


# JSON Lines


def test_a_jsonl_has_its_columns_named_by_its_fields(folder: Folder) -> None:
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
def test_numbers_and_booleans_of_a_jsonl_become_labels(
    folder: Folder, value: str, label: str
) -> None:
    assert folder.read("a.jsonl", f'{{"label": {value}, "text": "x"}}\n') == [(label, "x")]


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson"])
def test_a_number_names_no_field_of_a_jsonl(folder: Folder, suffix: str) -> None:
    with pytest.raises(UsageError) as caught:
        folder.read(f"a.{suffix}", '{"text": "x"}\n', ("text", 2))
    assert str(caught.value) == (
        f"a.{suffix}: a .{suffix} file has fields with names; data.text_column = 2 is a number."
    )


def test_an_ndjson_file_is_a_jsonl_file(folder: Folder) -> None:
    assert folder.read("a.ndjson", '{"text": "Fine.", "label": "pos"}\n') == [("pos", "Fine.")]


@pytest.mark.parametrize("name", ["a.json", "a.JSON.gz"])
@pytest.mark.parametrize("columns", [("", ""), ("label", "text"), (1, 2)])
def test_a_json_file_is_an_error_that_says_what_to_name_it(
    folder: Folder, name: str, columns: tuple[Column, Column]
) -> None:
    with pytest.raises(UsageError) as caught:
        folder.read(name, '{"label": "pos", "text": "Fine."}\n', columns, policy="skip")
    assert str(caught.value) == (
        f"{name}: a .json file is not read. Where every line is one object, name it .jsonl; else "
        "write it so, or as .csv."
    )


# Bad rows


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("a.tsv", b"no tab here", r"1 of the columns; a line is LABEL<TAB>TEXT"),
        ("a.tsv", b" ", r"a blank line; a line is LABEL<TAB>TEXT"),
        ("a.tsv", b"pos\tcaf\xe9", r"not UTF-8 at column 8 \(byte 8 of the line is 0xE9\)"),
        ("a.tsv", b"pos\ta\0b", "a NUL character at column 6"),
        ("a.tsv", b"pos\t" + b"x" * 40_000, r"longer than 20000 characters \(data.max_line_ch"),
        ("a.csv", b"pos", "1 of the columns, column 2 is missing"),
        ("a.csv", b"", "a blank line"),
        ("a.csv", b'pos,"a" b', r"not valid CSV \('.*' expected after '\"'\)"),
        ("a.csv", b"pos,a\rb", r"a carriage return \(CR\) outside of quotes; save the file with"),
        ("a.csv", b"pos,caf\xe9", "not UTF-8 at column 8"),
        ("a.csv", b"pos,a\0b", "a NUL character at column 6"),
        ("a.csv", b"pos," + b"x" * 40_000, "longer than 20000 characters"),
        ("a.csv", b'pos,"' + b"x" * 15_000 + b"\n" + b"x" * 15_000 + b'"', "longer than 20000"),
        ("a.jsonl", b"label: pos", r"not valid JSON \(Expecting value"),
        ("a.jsonl", b" ", r'a blank line; a line is \{"label": \.\.\., "text": \.\.\.\}'),
        ("a.jsonl", b"[" * 9_000, r"not valid JSON \("),
        ("a.jsonl", b'{"label": ' + b"1" * 9_000 + b', "text": "x"}', r"not valid JSON \("),
        ("a.jsonl", b"[1]", r'not a JSON object; a line is \{"label": \.\.\., "text": \.\.\.\}'),
        ("a.jsonl", b'{"label": 1, "txt": ""}', r"no field 'text' \(data.text_column\); it has 'l"),
        ("a.jsonl", b"{}", r"no field 'label' \(data.label_column\); it has no field"),
        ("a.jsonl", b'{"label": 1, "text": null}', "the field 'text' is neither text nor a number"),
        ("a.jsonl", b'{"label": [1], "text": "x"}', "the field 'label' is neither text nor a num"),
        ("a.jsonl", b'{"label": 1, "text": "a\\u0000"}', "a NUL character at column 2"),
        ("a.jsonl", b'{"label": 1, "text": "\\ud83d!"}', r"half a character \(\\ud83d\), which"),
        ("a.jsonl", b'{"label": "caf\xe9"}', "not UTF-8 at column 15"),
        ("a.jsonl", b'{"text": "' + b"x" * 40_000 + b'"}', "longer than 20000 characters"),
    ],
)
def test_a_bad_row_is_an_error_that_names_file_and_line_or_is_skipped_and_counted(
    folder: Folder, caplog: pytest.LogCaptureFixture, name: str, line: bytes, words: str
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


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('neg,"No.\npos,Fine.\n', 3),
        ('neg,"No. ""Never""\npos,""Fine"".\n', 3),
        ('"n\neg","No.\npos,Fine.\n', 4),
        ('6" of ""rain"",",No ""y"",\n,z', 3),
        ('neg,"', 3),
    ],
)
def test_a_quote_that_never_closes_stops_the_reading_and_is_told_by_the_line_where_it_opens(
    folder: Folder, policy: str, rows: str, line: int
) -> None:
    with pytest.raises(WorkError) as caught:
        folder.read("a.csv", f"label,text\npos,Fine.\n{rows}", policy=policy)
    assert str(caught.value) == (
        f"{folder.path / 'a.csv'}, line {line}: not valid CSV (a quote opens that never closes, "
        "and takes the rest of the file). Close it; a quote that is part of a text is doubled."
    )


@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_a_bad_line_without_which_a_quote_never_closes_stops_the_reading(
    folder: Folder, policy: str
) -> None:
    content = b'label,text\npos,"one\ntw\xff"\nneg,No.\n'
    words = r"line 3: not UTF-8 at column 3 .* the quote that opens in line 2 never closes\. Mend"
    with pytest.raises(WorkError, match=words):
        folder.read("a.csv", content, policy=policy)


@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_a_bad_line_before_a_quote_that_never_closes_is_not_to_blame(
    folder: Folder, policy: str
) -> None:
    content = b'label,text\n"a\n\xff\nb","never closes\nx\n'
    with pytest.raises(WorkError, match=r"line 4: not valid CSV \(a quote opens that never closes"):
        folder.read("a.csv", content, policy=policy)


@pytest.mark.parametrize(
    ("content", "columns", "words"),
    [
        ("label,text\npos,Well done.\n%s\n", ("", ""), "the header names 2"),
        ("pos,Well done.\n%s\n", (1, 2), "the first row has 2"),
    ],
)
def test_a_csv_row_with_too_many_values_is_bad(
    folder: Folder, content: str, columns: tuple[Column, Column], words: str
) -> None:
    whole = content % "pos,Good, but late" + "neg,Not so.\n"
    advice = "put quotes around a text with commas"
    with pytest.raises(WorkError, match=rf"line \d: 3 values, {words}; {advice}\. Mend the line"):
        folder.read("a.csv", whole, columns)
    assert folder.read("a.csv", whole, columns, policy="skip") == GOOD
    quoted = content % 'pos,"Good, but late"'
    assert folder.read("a.csv", quoted, columns)[1] == ("pos", "Good, but late")


def test_a_csv_row_with_too_few_values_is_bad_though_the_columns_are_there(folder: Folder) -> None:
    content = "label,text,id\npos,Fine.,1\nneg,Not so.\n"
    with pytest.raises(WorkError, match=r"line 3: 2 values, the header names 3\. Mend the line"):
        folder.read("a.csv", content)


def test_a_row_after_a_skipped_line_keeps_its_own_line_number(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    content = b"label,text\npos,\xff\npos\nneg,No.\n"
    with caplog.at_level(logging.WARNING):
        assert folder.read("a.csv", content, policy="skip") == [("neg", "No.")]
    assert "line 2: not UTF-8" in caplog.messages[0]
    assert "line 3: 1 of the columns" in caplog.messages[1]


def test_a_bad_line_inside_a_quoted_value_spoils_its_whole_row(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    content = b'label,text\npos,"one\ntw\xff\nthree"\nneg,No.\n'
    with pytest.raises(WorkError, match=r"a\.csv, line 3: not UTF-8 at column 3"):
        folder.read("a.csv", content)
    with caplog.at_level(logging.WARNING):
        assert folder.read("a.csv", content, policy="skip") == [("neg", "No.")]
    assert len(caplog.messages) == 1


# Bad columns


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
def test_two_keys_may_not_name_the_same_column(
    folder: Folder, name: str, content: str, columns: tuple[Column, Column], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        folder.read(name, content, columns)
    assert str(caught.value) == f"data.text_column and data.label_column are both {words}"


@pytest.mark.parametrize(
    ("name", "content"), [("a.tsv", "id\tstars\n1\t2\n"), ("a.csv", "id,stars\n1,2\n")]
)
def test_a_header_line_without_the_column_is_an_error_that_says_what_it_has(
    folder: Folder, name: str, content: str
) -> None:
    with pytest.raises(WorkError) as caught:
        folder.read(name, content, ("stars", "review"), policy="skip")
    assert str(caught.value) == (
        f"{folder.path / name}: no column 'review' (data.text_column). "
        "Its first line names: 'id', 'stars'."
    )


@pytest.mark.parametrize("name", ["a.tsv", "a.csv"])
def test_a_blank_in_a_header_line_is_seen(folder: Folder, name: str) -> None:
    header = {"a.tsv": "label\t text\n", "a.csv": "label, text\n"}[name]
    with pytest.raises(WorkError, match=r"no column 'text' .* names: 'label', ' text'\."):
        folder.read(name, header, ("label", "text"))


LONE = "\rpos,Fine." * 3 + "\r"


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("label,text" + LONE, ("label", "text")),
        ('"label","text"' + LONE, ("label", "text")),
        ("pos,Fine." + LONE, (1, 2)),
    ],
)
@pytest.mark.parametrize(
    ("length", "words"),
    [
        (1000, r"line 1: a carriage return \(CR\) outside of quotes; save the file with LF"),
        (20, "line 1: longer than 20 char.*; if its lines end in CR alone, save the file with LF"),
        (5, "line 1: longer than 5 char.*; if its lines end in CR alone, save the file with LF"),
    ],
)
def test_a_csv_whose_lines_end_in_a_carriage_return_is_an_error_that_says_how_to_save_it(
    folder: Folder, content: str, columns: tuple[Column, Column], length: int, words: str
) -> None:
    with pytest.raises(WorkError, match=words) as caught:
        folder.read("a.csv", content, columns, max_line_characters=length)
    assert "universal" not in str(caught.value)
    assert "new-line" not in str(caught.value)


def test_a_number_past_the_header_line_is_an_error(folder: Folder) -> None:
    with pytest.raises(WorkError, match=r"data\.text_column = 3, but there are 2 columns"):
        folder.read("a.tsv", "stars\treview\n5\tFine.\n", ("stars", 3))


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize(
    ("name", "header", "words"),
    [
        ("a.tsv", b"label\tt\xff", r"not UTF-8 at column 8"),
        ("a.csv", b"label,t\xff", r"not UTF-8 at column 8"),
        ("a.csv", b"", "a blank line"),
        ("a.csv", b'label,"text" x', r"not valid CSV \("),
    ],
)
def test_a_bad_header_line_is_an_error_even_where_bad_lines_are_skipped(
    folder: Folder, name: str, header: bytes, words: str, policy: str
) -> None:
    with pytest.raises(WorkError, match=rf"line 1: {words}.*\. The first line has to name the co"):
        folder.read(name, header + b"\npos\tFine.\npos,Fine.\n", ("label", "text"), policy=policy)


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl", "a.tsv.gz", "a.csv.gz"])
@pytest.mark.parametrize("columns", [(1, 2), ("label", "text")])
def test_an_empty_file_is_an_error(
    folder: Folder, name: str, policy: str, columns: tuple[Column, Column]
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
    folder: Folder, name: str, row: str
) -> None:
    columns: tuple[Column, Column] = ("label", "text") if "jsonl" in name else (1, 2)
    assert folder.read(name, row * 50, columns) == [("pos", "Fine.")] * 50
    path = folder.path / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(WorkError, match=f"{name}: the gzip file is truncated"):
        list(folder.columns(name, columns, policy="skip"))


def test_the_checksum_is_of_the_bytes_on_disk(folder: Folder) -> None:
    name = folder.write("a.csv.gz", "label,text\npos,Fine.\n")
    columns = folder.columns(name)
    list(columns)
    packed = (folder.path / name).read_bytes()
    assert columns.checksum == hashlib.sha256(packed).hexdigest()


# Any bytes at all

# Pieces that make trouble, more often than chance would.
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
def test_any_bytes_are_read_or_refused_and_never_break(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    content: bytes,
    columns: tuple[Column, Column],
    policy: str,
) -> None:
    folder = Folder(tmp_path_factory.getbasetemp())
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


VALUES = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)
PLAIN = VALUES.map(lambda text: text.translate({9: " ", 10: " "})).filter(
    lambda text: text == text.strip() and text and not text.startswith("\ufeff")
)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(PLAIN, PLAIN), min_size=1, max_size=8), named=st.booleans())
def test_good_rows_of_a_tsv_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], named: bool
) -> None:
    folder = Folder(tmp_path_factory.getbasetemp())
    header = "label\ttext\n" if named else ""
    content = header + "".join(f"{label}\t{text}\n" for label, text in rows)
    assert folder.read("r.tsv", content, ("label", "text") if named else ("", "")) == rows


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8), quoting=st.booleans())
def test_good_rows_of_a_csv_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], quoting: bool
) -> None:
    folder = Folder(tmp_path_factory.getbasetemp())
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL if quoting else csv.QUOTE_MINIMAL)
    writer.writerows([("label", "text"), *rows])
    found = folder.read("r.csv", written.getvalue())
    assert found == [
        tuple(value.replace("\r\n", "\n") for value in row)  # as every line end is read
        for row in rows
    ]


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8), ascii_only=st.booleans())
def test_good_rows_of_a_jsonl_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], ascii_only: bool
) -> None:
    folder = Folder(tmp_path_factory.getbasetemp())
    content = "".join(
        json.dumps({"label": label, "text": text}, ensure_ascii=ascii_only) + "\n"
        for label, text in rows
    )
    assert folder.read("r.jsonl", content) == rows


# TFDS


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TFDS folder with a data set of labelled texts, one of whose labels is missing."""
    tfds = pytest.importorskip("tensorflow_datasets")
    folder = tmp_path_factory.mktemp("tfds")

    def example(number: int, label: int, text: str) -> tuple[int, dict[str, Any]]:
        values = np.array([1, 2], np.int64)
        return number, {"label": label, "text": text, "stars": number + 1, "values": values}

    tfds.dataset_builders.store_as_tfds_dataset(
        name="opinions",
        version="1.0.0",
        features=tfds.features.FeaturesDict(
            {
                "label": tfds.features.ClassLabel(names=["neg", "pos"]),
                "text": tfds.features.Text(),
                "stars": np.int64,
                "values": tfds.features.Tensor(shape=(2,), dtype=np.int64),
            }
        ),
        split_datasets={
            "train": [example(0, 1, "Fine."), example(1, 0, "Bad.\r\nSo bad.")],
            "unlabelled": [example(0, 1, "Fine."), example(1, -1, "Who knows?")],
        },
        data_dir=folder,
        disable_shuffling=True,
    )
    return folder


def test_a_class_of_a_tfds_data_set_is_told_by_its_name(folder: Folder, prepared: Path) -> None:
    columns = folder.columns("tfds:opinions:train", tfds_dir=prepared)
    assert [row.values for row in columns] == [("pos", "Fine."), ("neg", "Bad.\r\nSo bad.")]
    assert columns.checksum == "tfds:opinions:1.0.0:train"


def test_a_number_of_a_tfds_data_set_becomes_text(folder: Folder, prepared: Path) -> None:
    rows = folder.columns("tfds:opinions:train[:1]", ("stars", "text"), tfds_dir=prepared)
    assert [row.values for row in rows] == [("1", "Fine.")]


def test_the_only_text_of_a_tfds_data_set_is_its_usual_one(folder: Folder, prepared: Path) -> None:
    rows = folder.columns("tfds:opinions:train[:1]", ("",), tfds_dir=prepared)
    assert [row.values for row in rows] == [("Fine.",)]


def test_two_keys_may_not_name_the_same_feature(folder: Folder, prepared: Path) -> None:
    words = "both feature 'text' of tfds:opinions:train; set data.text_column"
    with pytest.raises(UsageError, match=words):
        list(folder.columns("tfds:opinions:train", ("text", ""), tfds_dir=prepared))


def test_an_example_without_a_label_is_bad(folder: Folder, prepared: Path) -> None:
    source = "tfds:opinions:unlabelled"
    with pytest.raises(WorkError, match=rf"{source}, example 2: no label \(-1\)"):
        list(folder.columns(source, tfds_dir=prepared))
    rows = list(folder.columns(source, policy="skip", tfds_dir=prepared))
    assert [row.values for row in rows] == [("pos", "Fine.")]


@pytest.mark.parametrize("column", ["review", 2])
def test_a_feature_that_a_tfds_data_set_lacks_is_an_error_that_says_what_it_has(
    folder: Folder, prepared: Path, column: Column
) -> None:
    with pytest.raises(WorkError) as caught:
        list(folder.columns("tfds:opinions:train", ("label", column), tfds_dir=prepared))
    assert str(caught.value) == (
        f"tfds:opinions:train: no feature {column!r} (data.text_column). "
        "It has: label, stars, text, values."
    )


def test_a_feature_that_is_neither_text_nor_a_number_is_an_error(
    folder: Folder, prepared: Path
) -> None:
    words = "tfds:opinions:train: the feature 'values' is neither text nor a number. Name another."
    with pytest.raises(WorkError, match=words):
        list(folder.columns("tfds:opinions:train", ("values", "text"), tfds_dir=prepared))
