"""Tests of nlp_apps.text.readers.csv_table."""

import csv
import io
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import WorkError
from nlp_apps.text.readers.columns import Column
from tests.text.readers.folder import GOOD, VALUES, TableFolder


def test_the_first_line_names_the_columns(folder: TableFolder) -> None:
    assert folder.read("a.csv", "text,id,label\nFine.,1,pos\nBad.,2,neg\n") == [
        ("pos", "Fine."),
        ("neg", "Bad."),
    ]
    assert folder.read("a.csv", "stars,body\n5,Fine.\n", ("stars", "body")) == [("5", "Fine.")]


def test_columns_by_number_need_no_header_line(folder: TableFolder) -> None:
    assert folder.read("a.csv", "1,pos,Fine.\n2,neg,Bad.\n", (2, 3)) == [
        ("pos", "Fine."),
        ("neg", "Bad."),
    ]


def test_a_file_that_begins_with_many_blank_lines_is_an_error(folder: TableFolder) -> None:
    with pytest.raises(WorkError, match="line 1: an empty line"):
        folder.read("a.csv", "\n" * 200 + "label,text\npos,Fine.\n")


def test_a_quoted_value_holds_commas_quotes_and_newlines(folder: TableFolder) -> None:
    content = 'label,text\r\npos,"Fine, ""really"",\r\n\r\nfine."\r\nneg,No.\r\n'
    assert folder.read("a.csv", content) == [("pos", 'Fine, "really",\n\nfine.'), ("neg", "No.")]


def test_the_location_of_a_row_is_its_first_line(folder: TableFolder) -> None:
    name = folder.write("a.csv", 'label,text\npos,"one\ntwo\nthree"\nneg,No.\n')
    assert [row.location.rpartition("line ")[2] for row in folder.table(name)] == ["2", "5"]


def test_a_value_may_be_longer_than_the_default_limit_of_python(folder: TableFolder) -> None:
    long = "x" * 400_000
    content = f"label,text\npos,{long}\n"
    assert folder.read("a.csv", content, max_line_characters=500_000) == [("pos", long)]


def test_reading_keeps_the_limit_of_the_process(folder: TableFolder) -> None:
    before = csv.field_size_limit()
    folder.read("a.csv", "label,text\npos,Fine.\n", max_line_characters=10_000_000)
    assert csv.field_size_limit() == before


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
def test_an_open_quote_is_an_error_with_the_line_where_it_opens(
    folder: TableFolder, policy: str, rows: str, line: int
) -> None:
    with pytest.raises(WorkError, match=rf"a\.csv, line {line}: not valid CSV .*never closes"):
        folder.read("a.csv", f"label,text\npos,Fine.\n{rows}", policy=policy)


@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_an_open_quote_after_a_bad_line_is_an_error_with_both_lines(
    folder: TableFolder, policy: str
) -> None:
    content = b'label,text\npos,"one\ntw\xff"\nneg,No.\n'
    words = r"line 3: not UTF-8 at column 3 .* the quote opened in line 2 never closes"
    with pytest.raises(WorkError, match=words):
        folder.read("a.csv", content, policy=policy)


@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_an_open_quote_after_the_bad_line_is_reported_without_it(
    folder: TableFolder, policy: str
) -> None:
    content = b'label,text\n"a\n\xff\nb","never closes\nx\n'
    with pytest.raises(WorkError, match=r"line 4: not valid CSV .*never closes"):
        folder.read("a.csv", content, policy=policy)


@pytest.mark.parametrize(
    ("content", "columns", "words"),
    [
        ("label,text\npos,Well done.\n%s\n", ("", ""), "the header names 2"),
        ("pos,Well done.\n%s\n", (1, 2), "the first row has 2"),
    ],
)
def test_a_row_with_too_many_values_is_bad(
    folder: TableFolder, content: str, columns: tuple[Column, Column], words: str
) -> None:
    whole = content % "pos,Good, but late" + "neg,Not so.\n"
    advice = "put quotes around a text with commas"
    with pytest.raises(WorkError, match=rf"line \d: 3 values, {words}; {advice}"):
        folder.read("a.csv", whole, columns)
    assert folder.read("a.csv", whole, columns, policy="skip") == GOOD
    quoted = content % 'pos,"Good, but late"'
    assert folder.read("a.csv", quoted, columns)[1] == ("pos", "Good, but late")


def test_a_row_with_too_few_values_is_bad_even_with_the_requested_columns(
    folder: TableFolder,
) -> None:
    content = "label,text,id\npos,Fine.,1\nneg,Not so.\n"
    with pytest.raises(WorkError, match=r"line 3: 2 values, the header names 3"):
        folder.read("a.csv", content)


def test_a_row_after_a_skipped_line_keeps_its_own_line_number(
    folder: TableFolder, caplog: pytest.LogCaptureFixture
) -> None:
    content = b"label,text\npos,\xff\npos\nneg,No.\n"
    with caplog.at_level(logging.WARNING):
        assert folder.read("a.csv", content, policy="skip") == [("neg", "No.")]
    assert "line 2: not UTF-8" in caplog.messages[0]
    assert "line 3: 1 of the columns" in caplog.messages[1]


def test_a_bad_line_inside_a_quoted_value_makes_its_whole_row_bad(
    folder: TableFolder, caplog: pytest.LogCaptureFixture
) -> None:
    content = b'label,text\npos,"one\ntw\xff\nthree"\nneg,No.\n'
    with pytest.raises(WorkError, match=r"a\.csv, line 3: not UTF-8 at column 3"):
        folder.read("a.csv", content)
    with caplog.at_level(logging.WARNING):
        assert folder.read("a.csv", content, policy="skip") == [("neg", "No.")]
    assert len(caplog.messages) == 1


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
        (20, "line 1: longer than 20 char.*; .*CR alone, save the file with LF"),
        (5, "line 1: longer than 5 char.*; .*CR alone, save the file with LF"),
    ],
)
def test_newlines_of_carriage_returns_alone_are_an_error_with_advice(
    folder: TableFolder, content: str, columns: tuple[Column, Column], length: int, words: str
) -> None:
    with pytest.raises(WorkError, match=words) as caught:
        folder.read("a.csv", content, columns, max_line_characters=length)
    assert "universal" not in str(caught.value)
    assert "new-line" not in str(caught.value)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8), quoting=st.booleans())
def test_good_rows_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], quoting: bool
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL if quoting else csv.QUOTE_MINIMAL)
    writer.writerows([("label", "text"), *rows])
    found = folder.read("r.csv", written.getvalue())
    assert found == [
        tuple(value.replace("\r\n", "\n") for value in row)  # newlines of Windows are read as \n
        for row in rows
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("label;text\npos;Well, done.\nneg;Not so.\n", "separated by semicolons"),
        ("label\ttext\npos\tWell, done.\nneg\tNot so.\n", "separated by TABs"),
        ("label|text\npos|Well, done.\nneg|Not so.\n", "separated by bars"),
        ("sep=;\nlabel;text\npos;Well, done.\nneg;Not so.\n", "separated by semicolons"),
        ('sep=#\n"label"#text\npos#"Well, done."\nneg#Not so.\n', "separated by '#'"),
        ('label;text\npos;"Well, done."\nneg;"Not so."\n', "separated by semicolons"),
    ],
)
def test_the_separator_is_found_and_logged(
    folder: TableFolder, caplog: pytest.LogCaptureFixture, content: str, words: str
) -> None:
    with caplog.at_level(logging.INFO):
        assert folder.read("a.csv", content) == [("pos", "Well, done."), ("neg", "Not so.")]
    assert words in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        'label,text\npos,"a; b"\nneg,"c; d"\n',
        "label,text\npos,a;b\nneg,c;d\n",
        'label,text\npos,"a\n;b"\n',
    ],
)
def test_a_comma_has_priority(
    folder: TableFolder, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    with caplog.at_level(logging.INFO):
        assert len(folder.read("a.csv", content)) == content.count("\n", 11) - content.count("\n;")
    assert not caplog.messages


def test_the_separator_of_long_files_is_found_in_their_first_lines(folder: TableFolder) -> None:
    rows = [("pos", f"Text, {number}\nof two lines; no more") for number in range(99)]
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\n")
    writer.writerows([("label", "text"), *rows])
    assert folder.read("a.csv", written.getvalue()) == rows


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8),
    separator=st.sampled_from([";", "\t", "|"]),
)
def test_good_rows_with_another_separator_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], separator: str
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([("label", "text"), *rows])
    found = folder.read("s.csv", written.getvalue())
    assert found == [tuple(value.replace("\r\n", "\n") for value in row) for row in rows]
