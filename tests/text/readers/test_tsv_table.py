"""Tests of nlp_apps.text.readers.tsv_table."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.readers.folder import GOOD, VALUES, TableFolder

GOOD_TSV = "pos\tWell done.\nneg\tNot so.\n"


@pytest.mark.parametrize("name", ["a.tsv", "a.txt", "a.tsv.gz"])
def test_the_default_is_label_first_and_text_second(folder: TableFolder, name: str) -> None:
    assert folder.read(name, GOOD_TSV) == GOOD


def test_the_last_column_by_number_is_the_rest_of_its_line(folder: TableFolder) -> None:
    line = "pos\ttrain/1.txt\t9\tIt has\ta TAB.\t\n"
    assert folder.read("a.tsv", line, (1, 4)) == [("pos", "It has\ta TAB.\t")]
    assert folder.read("a.tsv", line, (3, 1)) == [("9\tIt has\ta TAB.\t", "pos")]


def test_one_column_by_number_can_be_the_whole_line(folder: TableFolder) -> None:
    assert folder.read("a.tsv", "a\tb\n", (1,)) == [("a\tb",)]


def test_a_header_line_names_the_columns_and_its_last_one_is_the_rest_of_a_line(
    folder: TableFolder,
) -> None:
    content = "id\tstars\treview\n1\t5\tFine\tindeed\n"
    assert folder.read("a.tsv", content, ("stars", "review")) == [("5", "Fine\tindeed")]
    assert folder.read("a.tsv", content, ("id", "stars")) == [("1", "5")]


def test_name_and_number_can_be_mixed_with_a_header_line(folder: TableFolder) -> None:
    assert folder.read("a.tsv", "stars\treview\n5\tFine.\n", ("stars", 2)) == [("5", "Fine.")]


def test_quotes_are_text(folder: TableFolder) -> None:
    assert folder.read("a.tsv", '"pos"\t"a ""b"""\n') == [('"pos"', '"a ""b"""')]


def test_carriage_returns_and_a_byte_order_mark_are_dropped(folder: TableFolder) -> None:
    content = "\ufefflabel\ttext\r\npos\tFine.\r\n"
    assert folder.read("a.tsv", content, ("label", "text")) == [("pos", "Fine.")]


PLAIN = VALUES.map(lambda text: text.translate({9: " ", 10: " "})).filter(
    lambda text: text == text.strip() and text and not text.startswith("\ufeff")
)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(PLAIN, PLAIN), min_size=1, max_size=8), named=st.booleans())
def test_good_rows_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], named: bool
) -> None:
    folder = TableFolder(tmp_path_factory.getbasetemp())
    header = "label\ttext\n" if named else ""
    content = header + "".join(f"{label}\t{text}\n" for label, text in rows)
    assert folder.read("r.tsv", content, ("label", "text") if named else ("", "")) == rows
