"""Tests of sentence pairs in tables: header lines, columns, the files of Tatoeba and ManyThings."""

import logging

import pytest

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.corpus import Pair
from nlp_apps.text.readers.pairs import read_pairs
from tests.text.readers.folder import TableFolder

PAIRS = [Pair("Hello you.", "Bonjour."), Pair("Thanks.", "Merci.")]
TATOEBA = "1276\tHello you.\t3091\tBonjour.\n1277\tThanks.\t3092\tMerci.\n"


def read(folder: TableFolder, name: str, content: str, **options: object) -> list[Pair]:
    folder.write(name, content)
    return [*read_pairs(name, find=folder.find, **options).examples]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.tsv", "en\tfr\nHello you.\tBonjour.\nThanks.\tMerci.\n", "source_column = 'en'"),
        ("a.tsv", "English\tFrench\r\nHello you.\tBonjour.\r\nThanks.\tMerci.\r\n", "= 'French'"),
        ("a.tsv", "id\tsource\ttarget\n1\tHello you.\tBonjour.\n2\tThanks.\tMerci.\n", "'target'"),
        ("a.tsv", "target\tsource\nBonjour.\tHello you.\nMerci.\tThanks.\n", "= 'source'"),
        ("a.tsv", "\ufeff" + TATOEBA, "columns 1 and 3 are numbers as in Tatoeba's export"),
        ("a.csv", "en,fr\nHello you.,Bonjour.\nThanks.,Merci.\n", "data.target_column = 'fr'"),
        ("a.csv", "id,en,de\n1,Hello you.,Bonjour.\n2,Thanks.,Merci.\n", "= 'de'"),
        ("a.jsonl", '{"en":"Hello you.","de":"Bonjour."}\n{"en":"Thanks.","de":"Merci."}', "'de'"),
        ("a.csv", "id;fr;en\n1;Bonjour.;Hello you.\n2;Merci.;Thanks.\n", "separated by semic"),
        (
            "a.jsonl",
            '{"en": "Hello you.", "fr": "Bonjour."}\n{"fr":"Merci.","en":"Thanks."}',
            "'en'",
        ),
        (
            "a.json",
            '[{"src":"Hello you.","tgt":"Bonjour."},{"src":"Thanks.","tgt":"Merci."}]',
            "src",
        ),
    ],
)
def test_columns_are_recognised_and_logged(
    folder: TableFolder,
    caplog: pytest.LogCaptureFixture,
    name: str,
    content: str,
    words: str,
) -> None:
    options = {"languages": ("en", "fr")} if ";fr;en" in content else {}
    with caplog.at_level(logging.INFO):
        assert read(folder, name, content, **options) == PAIRS
    assert words in caplog.text
    assert name in caplog.text


def test_the_languages_of_the_recipe_select_the_columns(folder: TableFolder) -> None:
    content = "fr\ten\tde\nBonjour.\tHello you.\tHallo.\nMerci.\tThanks.\tDanke.\n"
    assert read(folder, "a.tsv", content, languages=("en", "fr")) == PAIRS


@pytest.mark.parametrize("columns", [("from", "to"), (2, 3), ("from", 3)])
@pytest.mark.parametrize("separator", ["\t", ",", ";", "|"])
def test_columns_can_be_chosen(
    folder: TableFolder, columns: tuple[str | int, str | int], separator: str
) -> None:
    rows = [("id", "from", "to"), *((str(i), *pair) for i, pair in enumerate(PAIRS))]
    content = "".join(f"{separator.join(row)}\n" for row in rows)
    name = "a.tsv" if separator == "\t" else "a.csv"
    if columns == (2, 3):
        content = content.partition("\n")[2]
    source, target = columns
    found = read(folder, name, content, source_column=source, target_column=target)
    assert found == PAIRS
    swapped = read(folder, name, content, source_column=target, target_column=source)
    assert swapped == [Pair(t, s) for s, t in PAIRS]


def test_chosen_numbers_read_tatoebas_export_as_they_say(folder: TableFolder) -> None:
    found = read(folder, "a.tsv", TATOEBA, source_column=1, target_column=2)
    assert found[0] == Pair("1276", "Hello you.")


def test_the_third_column_of_manythings_is_not_read(folder: TableFolder) -> None:
    license_of = "CC-BY 2.0 (France) Attribution: tatoeba.org #1276 (CK)"
    content = "".join(f"{source}\t{target}\t{license_of}\n" for source, target in PAIRS)
    assert read(folder, "fra.txt", content) == PAIRS


def test_a_header_line_inside_the_file_is_skipped_with_a_warning(
    folder: TableFolder, caplog: pytest.LogCaptureFixture
) -> None:
    for name, mark in (("a.tsv", "\t"), ("a.csv", ",")):
        part = f"source{mark}target\nHello you.{mark}Bonjour.\nThanks.{mark}Merci.\n"
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert read(folder, name, part * 3) == PAIRS * 3
        assert caplog.messages == [
            f"{folder.path / name}, line 4: the header line again; skipped (2 in the file)."
        ]


def test_a_csv_without_known_columns_is_an_error_that_names_the_keys(folder: TableFolder) -> None:
    with pytest.raises(WorkError) as error:
        read(folder, "a.csv", "Hello,Bonjour\nThanks,Merci\n")
    for words in ("'Hello', 'Bonjour'", "data.source_column = 1 and data.target_column = 2"):
        assert words in str(error.value)
    with pytest.raises(UsageError, match=r"data\.target_column and data\.source_column are both"):
        read(folder, "a.csv", "a,b\nx,y\n", source_column="a", target_column=1)


def test_two_columns_of_the_requested_name_are_an_error(folder: TableFolder) -> None:
    for name, content in (("a.tsv", "en\tfr\ten\nx\ty\tz\n"), ("a.csv", "en,fr,en\nx,y,z\n")):
        with pytest.raises(WorkError, match=r"columns 1 and 3 are both named 'en'.* to a number"):
            read(folder, name, content, source_column="en", target_column="fr")
