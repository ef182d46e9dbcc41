"""Tests of nlp_apps.text.readers.documents."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.readers.documents import read_documents
from tests.text.readers.folder import Folder


class DocumentFolder(Folder):
    """A folder of documents."""

    def read(self, source: str | list[str], **options: Any) -> Corpus[str]:
        return read_documents(source, find=self.find, **options)

    def documents(self, name: str, content: bytes | str, **options: Any) -> list[str]:
        return [*self.read(self.write(name, content), **options).examples]


@pytest.fixture
def folder(tmp_path: Path) -> DocumentFolder:
    return DocumentFolder(tmp_path)


# A plain file


@pytest.mark.parametrize("end", ["", "\n", "\n\n", " "])
@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a"])
def test_a_plain_file_is_one_document_to_its_last_character(
    folder: DocumentFolder, name: str, end: str
) -> None:
    text = f"\n  ROMEO:\n\tAy, \u0085me!\u2028\n\n\nTwo  blanks\rhere.{end}"
    corpus = folder.read(folder.write(name, text))
    assert corpus.examples == [text]
    assert corpus.names == [name]
    packed = (folder.path / name).read_bytes()
    assert corpus.checksum == hashlib.sha256(packed).hexdigest()


@settings(max_examples=60)
@given(
    text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).filter(
        lambda text: text.strip() and not text.startswith("\ufeff")
    )
)
def test_any_text_comes_back_except_carriage_returns_before_newlines(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = DocumentFolder(tmp_path_factory.getbasetemp())
    assert folder.documents("round.txt", text) == [text.replace("\r\n", "\n")]


def test_carriage_returns_of_windows_and_a_byte_order_mark_are_dropped(
    folder: DocumentFolder,
) -> None:
    assert folder.documents("a.txt", "\ufeffone\r\n\r\ntwo\r\n") == ["one\n\ntwo\n"]


def test_a_line_of_40_000_characters_is_read_unless_the_recipe_limits_it(
    folder: DocumentFolder,
) -> None:
    line = "x" * 40_000
    assert folder.documents("a.txt", line) == [line]
    with pytest.raises(
        WorkError, match=r"line 1: longer than 30000 char.*; .* raise data.max_line"
    ):
        folder.documents("a.txt", line, max_line_characters=30_000)


def test_a_separator_splits_a_file_into_documents(folder: DocumentFolder) -> None:
    text = "One\n  is here.\n\n---\n\nTwo.\n---\n\n---\nThree.\n"
    assert folder.documents("a.txt", text, separator="---") == ["One\n  is here.", "Two.", "Three."]


def test_empty_lines_can_be_the_separator_with_newlines_of_windows_too(
    folder: DocumentFolder,
) -> None:
    text = "One.\r\nStill one.\r\n\r\n\r\nTwo.\r\n"
    assert folder.documents("a.txt", text, separator="\n\n\n") == ["One.\nStill one.", "Two."]


def test_several_files_are_several_documents(folder: DocumentFolder) -> None:
    names = [folder.write("a.txt", "One.\n"), folder.write("b.txt.gz", "Two.\n")]
    corpus = folder.read(names)
    assert corpus.examples == ["One.\n", "Two.\n"]
    assert len(corpus.checksum.split(" ")) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"one\ntw\xff\nthree\n", r"a\.txt, line 2: not UTF-8 at column 3"),
        (b"one\nt\0o\nthree\n", r"a\.txt, line 2: a NUL character at column 2"),
    ],
)
def test_a_bad_line_is_an_error_or_is_skipped(
    folder: DocumentFolder, content: bytes, words: str
) -> None:
    with pytest.raises(WorkError, match=words):
        folder.documents("a.txt", content)
    corpus = folder.read("a.txt", on_bad_line="skip")
    assert corpus.examples == ["one\nthree\n"]
    assert corpus.skipped == 1


def test_a_truncated_gzip_file_is_an_error(folder: DocumentFolder) -> None:
    path = folder.path / folder.write("a.txt.gz", "One two three.\n" * 50)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(WorkError, match=r"a\.txt\.gz: the gzip file is truncated"):
        folder.read("a.txt.gz", on_bad_line="skip")


def test_an_empty_file_is_an_error(folder: DocumentFolder) -> None:
    with pytest.raises(WorkError, match=r"a\.txt: the file is empty"):
        folder.documents("a.txt", "")


def test_a_file_of_white_space_is_an_error(folder: DocumentFolder) -> None:
    with pytest.raises(WorkError, match=r"^a\.txt: only white space"):
        folder.documents("a.txt", "\n \n\t\n")


def test_a_file_of_bad_lines_is_an_error_under_the_policy_skip_too(folder: DocumentFolder) -> None:
    with pytest.raises(WorkError, match=r"a\.txt: all 2 lines are bad"):
        folder.documents("a.txt", b"\xff\n\xff\n", on_bad_line="skip")


# Columns


@pytest.mark.parametrize(
    ("name", "content", "column"),
    [
        ("a.tsv", "One.\tx\nTwo.\n", ""),
        ("a.txt", "One.\tx\nTwo.\n", 1),
        ("a.tsv", "id\tbody\n1\tOne.\tx\n2\tTwo.\n", "body"),
        ("a.csv", 'text,id\n"One.\tx",1\nTwo.,2\n', ""),
        ("a.csv.gz", "1,One.\tx\n2,Two.\n", 2),
        ("a.jsonl", '{"text": "One.\\tx"}\n{"text": "Two."}\n', ""),
        ("a.jsonl", '{"body": "One.\\tx"}\n{"body": "Two."}\n', "body"),
    ],
)
def test_every_row_of_a_column_is_a_document(
    folder: DocumentFolder, name: str, content: str, column: str | int
) -> None:
    assert folder.documents(name, content, text_column=column) == ["One.\tx", "Two."]


def test_a_document_in_a_column_keeps_its_newlines(folder: DocumentFolder) -> None:
    assert folder.documents("a.csv", 'text\n"One\n\ntwo\n"\n') == ["One\n\ntwo\n"]


def test_a_number_is_no_field_of_a_jsonl(folder: DocumentFolder) -> None:
    with pytest.raises(UsageError, match=r"data\.text_column = 1 is a number"):
        folder.documents("a.jsonl", '{"text": "One."}\n', text_column=1)


def test_rows_without_text_are_no_documents(folder: DocumentFolder) -> None:
    assert folder.documents("a.csv", "text,id\n ,1\nOne.,2\n") == ["One."]


def test_html_is_cleaned_on_request_and_empty_rows_are_no_documents(folder: DocumentFolder) -> None:
    content = "One.<br />&amp; two.\n<br />\n&nbsp;\n"
    assert folder.documents("a.tsv", content, clean_html=True) == ["One. & two."]


@settings(max_examples=100)
@given(
    content=st.lists(
        st.sampled_from([b"a", b"\n", b"\r", b" ", b"\0", b"\xff", b"\xc3\xa9", b"x" * 60, b"---"])
        | st.sampled_from([b"\xef\xbb\xbf", b"\xc2\x85", b"<br>", b"&#0;", b"&#xd800;"])
        | st.binary(max_size=10),
        max_size=20,
    ).map(b"".join),
    separator=st.sampled_from(["", "---", "\n\n"]),
    policy=st.sampled_from(["stop", "skip"]),
    clean_html=st.booleans(),
)
def test_any_bytes_are_read_or_are_an_error(
    tmp_path_factory: pytest.TempPathFactory,
    content: bytes,
    separator: str,
    policy: str,
    clean_html: bool,
) -> None:
    folder = DocumentFolder(tmp_path_factory.getbasetemp())
    name = folder.write("fuzz.txt", content)
    try:
        corpus = folder.read(
            name,
            separator=separator,
            on_bad_line=policy,
            clean_html=clean_html,
            max_line_characters=50,
        )
    except NlpAppsError as error:
        assert name in str(error)
        return
    assert corpus.examples
    for document in corpus.examples:
        assert document.strip()
        assert not separator or separator not in document
        document.encode()
