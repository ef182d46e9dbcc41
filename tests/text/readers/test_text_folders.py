"""Tests of nlp_apps.text.readers.text_folders, by the readers of labelled texts and documents."""

import gzip
from pathlib import Path

import pytest

from nlp_apps.errors import WorkError
from nlp_apps.text.corpus import LabelledText
from nlp_apps.text.readers.documents import read_documents
from nlp_apps.text.readers.labelled import read_labelled_texts


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    for name, text in (
        ("pos/2.txt", "Well\r\ndone.\n"),
        ("pos/10.TXT", "Good."),
        ("neg/deep/1.txt", "Not so."),
        ("neg/readme.md", "No text."),
        ("neg/.hidden.txt", "No text."),
        ("empty/readme.md", "No text."),
        ("stray.txt", "No label."),
    ):
        path = tmp_path / "reviews" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (tmp_path / "reviews/neg/2.txt.gz").write_bytes(gzip.compress(b"Bad."))
    return tmp_path / "reviews"


def read(folder: Path, **options: str) -> list[LabelledText]:
    corpus = read_labelled_texts("x", find=lambda _: folder, **options)  # type: ignore[arg-type]
    return [*corpus.examples]


def test_the_folder_of_a_text_is_its_label(reviews: Path) -> None:
    assert read(reviews) == [
        LabelledText("Bad.", "neg"),
        LabelledText("Not so.", "neg"),
        LabelledText("Good.", "pos"),
        LabelledText("Well done.", "pos"),
    ]


def test_the_checksum_is_of_names_and_texts(reviews: Path) -> None:
    def checksum() -> str:
        return read_labelled_texts("x", find=lambda _: reviews).checksum

    first = checksum()
    assert len(first) == 64
    assert first == checksum()
    (reviews / "pos/2.txt").rename(reviews / "neg/3.txt")
    assert checksum() != first


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b" \n", "the text is empty"),
        (b"Good.\ncaf\xe9", "line 2: not UTF-8 at column 4"),
        (b"x" * 200_000, "longer than 100000 characters"),
        (b"x\n" * 60_000, "longer than 100000 characters"),
    ],
)
def test_a_bad_file_is_an_error_or_is_skipped(reviews: Path, content: bytes, words: str) -> None:
    (reviews / "pos/11.txt").write_bytes(content)
    with pytest.raises(WorkError, match=rf"11\.txt: .*{words}.*on_bad_line"):
        read(reviews)
    assert len(read(reviews, on_bad_line="skip")) == 4


def test_another_encoding_is_read(reviews: Path) -> None:
    (reviews / "pos/10.TXT").write_bytes(b"caf\xe9")
    assert LabelledText("café", "pos") in read(reviews, encoding="cp1252")


def test_a_folder_without_labels_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"no folder of \.txt files in it"):
        read(tmp_path)
    (tmp_path / "1.txt").write_text("Good.")
    with pytest.raises(WorkError, match=r"no folder of \.txt files in it"):
        read(tmp_path)


def test_a_folder_of_splits_is_an_error_that_names_the_folder_to_use(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / split / "pos").mkdir(parents=True)
        (tmp_path / split / "pos" / "1.txt").write_text("Good.")
    with pytest.raises(WorkError, match=rf"Set data\.train to '{tmp_path / 'train'}'"):
        read(tmp_path)


def test_every_file_of_a_folder_is_a_document(reviews: Path) -> None:
    corpus = read_documents("x", find=lambda _: reviews)
    assert corpus.examples == ["Bad.", "Not so.", "Good.", "Well\ndone.\n", "No label."]
    with pytest.raises(WorkError, match=r"no \.txt file in this folder"):
        read_documents("x", find=lambda _: reviews / "empty")
