"""Tests of nlp_apps.text.corpora."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nlp_apps.errors import WorkError
from nlp_apps.text.corpora import read_generation, read_sentiment, read_translation
from nlp_apps.text.corpus import LabelledText, Pair


class Folder:
    """A folder with files, and the names of those that were opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened: list[str] = []

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def find(self, name: str) -> Path:
        self.opened.append(name)
        return self.path / name


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    found = Folder(tmp_path)
    found.write("pairs.tsv", "".join(f"source {i}\ttarget {i}\n" for i in range(40)))
    found.write("test.tsv", "one\tun\ntwo\tdeux\n")
    found.write("labelled.tsv", "".join(f"{'ab'[i % 2]}\ttext {i}\n" for i in range(40)))
    found.write("book.txt", "x" * 1000)
    return found


def section(**keys: Any) -> SimpleNamespace:
    """A recipe's [data] with every key that a reader uses."""
    return SimpleNamespace(
        **{
            "validation": "split:10%",
            "test": "split:10%",
            "on_bad_line": "stop",
            "max_line_characters": 1000,
            "tfds_dir": "",
            "encoding": "utf-8",
            "source_column": "",
            "target_column": "",
            "source_language": "",
            "target_language": "",
            "reverse": False,
            "sentence_case": True,
            "label_column": "",
            "text_column": "",
            "clean_html": False,
            "language_column": "",
            "multi_label": False,
            "label_separator": ",",
            "stratify": True,
            "document_separator": "",
            **keys,
        }
    )


def test_splits_held_out_of_train_share_its_file_and_checksum(folder: Folder):
    found = read_translation(section(train="pairs.tsv"), folder.find)
    assert list(found) == ["train", "validation", "test"]
    assert [len(corpus.examples) for corpus in found.values()] == [32, 4, 4]
    assert {pair for corpus in found.values() for pair in corpus.examples} == {
        Pair(f"source {i}", f"target {i}") for i in range(40)
    }
    assert {corpus.checksum for corpus in found.values()} == {found["train"].checksum}
    assert all(corpus.names == ["pairs.tsv"] for corpus in found.values())
    assert folder.opened == ["pairs.tsv"]


def test_a_split_with_a_file_of_its_own_leaves_train_whole(folder: Folder):
    found = read_translation(section(train="pairs.tsv", test="test.tsv"), folder.find)
    assert found["test"].examples == [Pair("one", "un"), Pair("two", "deux")]
    assert len(found["train"].examples) == 36


def test_train_is_not_read_when_only_a_file_of_its_own_is_wanted(folder: Folder):
    data = section(train="pairs.tsv", validation="test.tsv", test="test.tsv")
    assert list(read_translation(data, folder.find, ["test"])) == ["test"]
    assert folder.opened == ["test.tsv"]


def test_a_held_out_split_is_the_same_alone_as_with_the_others(folder: Folder):
    data = section(train="pairs.tsv")
    alone = read_translation(data, folder.find, ["test"])
    assert alone == {"test": read_translation(data, folder.find)["test"]}


@pytest.mark.parametrize(("reads", "source"), [(True, "Where is it?"), (False, "WHERE IS IT?")])
def test_a_source_in_capitals_is_read_as_a_sentence(folder: Folder, reads: bool, source: str):
    folder.write("capitals.tsv", "WHERE IS IT?\tOÙ EST-CE ?\n")
    data = section(train="pairs.tsv", test="capitals.tsv", sentence_case=reads)
    found = read_translation(data, folder.find, ["test"])
    assert found["test"].examples == [Pair(source, "OÙ EST-CE ?")]


def test_reversed_pairs_are_held_out_by_their_new_source(folder: Folder):
    found = read_translation(section(train="pairs.tsv", reverse=True), folder.find)
    assert all(pair.source.startswith("target") for pair in found["test"].examples)


def test_labelled_texts_keep_a_text_of_each_label_in_train(folder: Folder):
    folder.write("labelled.tsv", "".join(f"label {i}\ttext {i}\n" for i in range(10)))
    found = read_sentiment(section(train="labelled.tsv"), folder.find)
    assert len(found["train"].examples) == 10
    assert found["test"].examples == []


def test_labelled_texts_come_from_the_columns_that_data_names(folder: Folder):
    folder.write("swapped.tsv", "good\tpos\nbad\tneg\n")
    files = dict.fromkeys(("train", "validation", "test"), "swapped.tsv")
    data = section(**files, label_column=2, text_column=1)
    found = read_sentiment(data, folder.find, ["train"])
    assert found["train"].examples == [LabelledText("good", "pos"), LabelledText("bad", "neg")]


def test_documents_are_held_out_of_the_end_validation_before_test(folder: Folder):
    folder.write("book.txt", "".join(chr(0x4E00 + i) for i in range(100)))
    found = read_generation(section(train="book.txt"), folder.find)
    whole = "".join(found[split].examples[0] for split in ("train", "validation", "test"))
    assert whole == (folder.path / "book.txt").read_text(encoding="utf-8")
    assert [len(corpus.examples[0]) for corpus in found.values()] == [80, 10, 10]


def test_generation_without_test_text_has_no_test_split(folder: Folder):
    found = read_generation(section(train="book.txt", test="none"), folder.find)
    assert list(found) == ["train", "validation"]


def test_a_bad_line_names_its_file_and_number(folder: Folder):
    folder.write("pairs.tsv", "one\tun\ntwo\n")
    with pytest.raises(WorkError, match=r"pairs\.tsv, line 2"):
        read_translation(section(train="pairs.tsv"), folder.find)


def test_bad_lines_are_skipped_where_data_says_so(folder: Folder):
    folder.write("pairs.tsv", "one\tun\ntwo\nthree\ttrois\n")
    files = dict.fromkeys(("train", "validation", "test"), "pairs.tsv")
    found = read_translation(section(**files, on_bad_line="skip"), folder.find, ["train"])
    assert (len(found["train"].examples), found["train"].skipped) == (2, 1)


@pytest.mark.parametrize("reverse", [False, True])
def test_sources_are_normalized_as_inputs_and_targets_keep_full_width(
    folder: Folder, reverse: bool
) -> None:
    folder.write("wide.tsv", "\ufeff\uff21\uff01\tcafe\u0301\uff01\u200f\n")
    data = section(train="wide.tsv", validation="test.tsv", test="test.tsv", reverse=reverse)
    (pair,) = read_translation(data, folder.find)["train"].examples
    forward, backward = Pair("A!", "caf\u00e9\uff01"), Pair("caf\u00e9!", "\uff21\uff01")
    assert pair == (backward if reverse else forward)


def test_texts_of_labels_and_documents_are_normalized(folder: Folder) -> None:
    folder.write("labelled.tsv", "a\te\u0301\uff01\nb\tTEA\n")
    folder.write("book.txt", "\ufeffe\u0301\uff01 \n")
    held = {"validation": "test.tsv", "test": "test.tsv"}
    labelled = read_sentiment(section(train="labelled.tsv", **held), folder.find, ["train"])
    assert [one.source for one in labelled["train"].examples] == ["\u00e9!", "TEA"]
    documents = read_generation(section(train="book.txt", **held), folder.find, ["train"])
    assert documents["train"].examples == ["\u00e9\uff01 \n"]
