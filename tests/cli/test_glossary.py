"""`translation predict --glossary`, with the shipped `.tflite`."""

import json

import pytest

from nlp_apps.translation import APP
from tests.commands import run

TERMS = "# places\nstation\tgare ferroviaire\nbeach\tgrève\n"


def test_terms_and_spans_are_in_the_translations(tmp_path):
    (tmp_path / "terms.tsv").write_text(TERMS, encoding="utf-8")
    texts = ["Where is the station?", "The beach is at {place}.", "<keep>A  B</keep> is here."]
    done = run(APP, ["predict", *texts, "--glossary", "terms.tsv", "--json"], tmp_path)
    assert done.code == 0, done.err
    found = [json.loads(line) for line in done.out.splitlines()]
    for one, wanted in zip(
        found, (["gare ferroviaire"], ["grève", "{place}"], ["A  B"]), strict=True
    ):
        for other in (one, *one["alternatives"]):
            assert all(other["translation"].count(word) == 1 for word in wanted)


def test_a_text_without_terms_is_translated_as_without_a_glossary(tmp_path):
    (tmp_path / "terms.tsv").write_text(TERMS, encoding="utf-8")
    plain = run(APP, ["predict", "I am tired.", "--json"], tmp_path)
    assert run(
        APP, ["predict", "I am tired.", "--json", "--glossary", "terms.tsv"], tmp_path
    ).out == (plain.out)


def test_files_without_content_are_reported(tmp_path):
    (tmp_path / "terms.tsv").write_text("# no term yet\n", encoding="utf-8")
    (tmp_path / "none.txt").touch()
    words = ["predict", "--input", "none.txt", "--glossary", "terms.tsv"]
    done = run(APP, words, tmp_path)
    assert done.code == 0 and done.out == ""
    assert "--glossary terms.tsv: has no term" in done.err
    assert "--input none.txt: is empty" in done.err


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("a\tb\na\tc\n", "terms.tsv, lines 1 and 2:"),
        ("a b\n", "terms.tsv, line 1:"),
        (None, "terms.tsv"),
    ],
)
def test_a_bad_glossary_is_one_line_and_code_2(tmp_path, content, place):
    if content is not None:
        (tmp_path / "terms.tsv").write_text(content, encoding="utf-8")
    done = run(APP, ["predict", "x", "--glossary", "terms.tsv"], tmp_path)
    assert done.code == 2 and place in done.err and len(done.err.splitlines()) == 1
