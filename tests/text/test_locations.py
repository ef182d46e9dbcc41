"""Tests of `Corpus.locations`, which every reader fills and every split keeps."""

from pathlib import Path

import pytest

from nlp_apps.text.corpora import read_generation, read_sentiment, read_translation
from tests.text.test_corpora import Folder, section


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_pair_is_located_by_the_line_of_its_file_after_skipped_lines(folder: Folder):
    folder.write("pairs.tsv", "one\tun\nno tab\ntwo\tdeux\n")
    data = section(train="pairs.tsv", validation="none", test="none", on_bad_line="skip")
    corpus = read_translation(data, folder.find)["train"]
    assert corpus.locations == [(0, 1), (0, 3)]


def test_aligned_files_share_the_line_number(folder: Folder):
    folder.write("a.en", "one\ntwo\n")
    folder.write("a.fr", "un\ndeux\n")
    data = section(train=["a.en", "a.fr"], validation="none", test="none")
    assert read_translation(data, folder.find)["train"].locations == [(0, 1), (0, 2)]


def test_a_row_of_csv_is_located_by_its_first_line(folder: Folder):
    folder.write("a.csv", 'label,text\np,"one\ntwo"\nn,three\n')
    folder.write("b.jsonl", '{"label": "p", "text": "four"}\n')
    data = section(train=["a.csv", "b.jsonl"], validation="none", test="none")
    assert read_sentiment(data, folder.find)["train"].locations == [(0, 2), (0, 4), (1, 1)]


def test_held_out_examples_keep_their_lines_also_when_texts_are_equal(folder: Folder):
    rows = [f"{'ab'[i % 2]}\ttext {i // 2}" for i in range(40)]
    folder.write("labelled.tsv", "\n".join(rows) + "\n")
    splits = read_sentiment(section(train="labelled.tsv"), folder.find)
    found = {}
    for corpus in splits.values():
        for example, location in zip(corpus.examples, corpus.locations, strict=True):
            found[location.line] = f"{example.label}\t{example.source}"
    assert [found[line] for line in range(1, 41)] == rows


def test_documents_are_located_by_their_first_line(folder: Folder):
    folder.write("tales.txt", "\none\n\n\ntwo\ntwo\n\n\n\nthree")
    data = section(train="tales.txt", validation="none", test="none", document_separator="\n\n\n")
    corpus = read_generation(data, folder.find)["train"]
    assert (corpus.examples, corpus.locations) == (
        ["one", "two\ntwo", "three"],
        [(0, 2), (0, 5), (0, 10)],
    )


def test_parts_of_one_document_are_located_where_they_begin(folder: Folder):
    folder.write("book.txt", "x\n" * 500)
    splits = read_generation(section(train="book.txt"), folder.find)
    found = {split: corpus.locations for split, corpus in splits.items()}
    assert found == {"train": [(0, 1)], "validation": [(0, 401)], "test": [(0, 451)]}
