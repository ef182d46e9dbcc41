"""Tests of nlp_apps.text.readers.quoted_columns, by the reader of TSV."""

import csv
import io
import logging
from typing import Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.text.readers.folder import TableFolder
from tests.text.readers.test_tsv_table import PLAIN


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('"pos"\t"Fine."\n"neg"\t"So ""so""."\n', [("pos", "Fine."), ("neg", 'So "so".')]),
        ('1\t"Fine."\n0\t"Bad."\n', [("1", "Fine."), ("0", "Bad.")]),
        ('pos\tFine.\nneg\t"So ""so""."\n', [("pos", "Fine."), ("neg", 'So "so".')]),
        ('pos\tFine.\nneg\t"So, so."\n', [("pos", "Fine."), ("neg", "So, so.")]),
        ('"label"\t"text"\n"pos"\t"Fine."\n"neg"\t"Bad."\n', [("pos", "Fine."), ("neg", "Bad.")]),
    ],
    ids=["all", "one column", "where needed", "where needed, commas too", "header line"],
)
def test_a_column_quoted_as_in_csv_loses_its_quotes(
    folder: TableFolder,
    caplog: pytest.LogCaptureFixture,
    content: str,
    rows: list[tuple[str, str]],
) -> None:
    with caplog.at_level(logging.INFO):
        assert folder.read("a.tsv", content) == rows
    assert "column 2 is in quotes as in CSV" in caplog.text


@pytest.mark.parametrize(
    "texts",
    [
        ['"Well."', "So so."],
        ['"Well," he said.', '"Bad."', '"Good."'],
        ['"Yes, sir."', "No, sir.", "Yes."],
        ['"Yes, sir."', '"No."', "Yes."],
        ['"a" or "b"', '"c"'],
        ['"', '"x"'],
        ['He said "yes".', '"x ""y"""'],
        ['"Alone."'],
    ],
)
def test_quotes_of_a_text_stay(folder: TableFolder, texts: list[str]) -> None:
    content = "".join(f"pos\t{text}\n" for text in texts)
    assert [text for _, text in folder.read("a.tsv", content)] == texts


def test_bad_lines_and_the_order_of_rows_stay(folder: TableFolder) -> None:
    content = 'pos\tOne.\nneg\t"Two ""2""."\nbad\nneg\t"Three ""3""."\npos\tFour.\n'
    table = folder.table(folder.write("a.tsv", content), policy="skip")
    assert [(row.line, row.values[1]) for row in table] == [
        *((1, "One."), (2, 'Two "2".'), (4, 'Three "3".'), (5, "Four.")),
    ]
    assert table.bad_lines.skipped == 1


@settings(max_examples=100)
@given(
    rows=st.lists(st.tuples(PLAIN, PLAIN), min_size=2, max_size=8),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_rows_of_a_csv_writer_with_tabs_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], quoting: Literal[0, 1]
) -> None:
    assume(not any("\r" in value for row in rows for value in row))
    folder = TableFolder(tmp_path_factory.getbasetemp())
    written = io.StringIO()
    csv.writer(written, delimiter="\t", quoting=quoting, lineterminator="\n").writerows(rows)
    assert folder.read("q.tsv", written.getvalue()) == rows


@settings(max_examples=100)
@given(st.lists(st.text(st.sampled_from('"a,b '), min_size=1).filter(str.strip), min_size=1))
def test_a_text_is_unchanged_or_loses_exactly_the_quotes_of_csv(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    found = [text for _, text in folder.read("t.tsv", "".join(f"x\t{one}\n" for one in texts))]
    assert found == texts or found == [
        next(csv.reader([text], delimiter="\t"))[0] if text.startswith('"') else text
        for text in texts
    ]
