"""Prose comes back to the last character, and what is held out of its end follows the rest."""

import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.readers.documents import hold_out_end, read_documents


class Folder:
    """A folder of files to read from."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: bytes | str) -> str:
        data = content.encode() if isinstance(content, str) else content
        (self.path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return name

    def read(self, source: str | list[str], **options: Any) -> Corpus[str]:
        return read_documents(source, find=lambda name: self.path / name, **options)

    def pieces(self, name: str, content: bytes | str, **options: Any) -> list[str]:
        return self.read(self.write(name, content), **options).examples


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


# A plain file


@pytest.mark.parametrize("end", ["", "\n", "\n\n", " "])
@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a"])
def test_a_plain_file_is_one_piece_to_its_last_character(
    folder: Folder, name: str, end: str
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
def test_any_text_comes_back_but_for_carriage_returns_before_line_ends(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = Folder(tmp_path_factory.getbasetemp())
    assert folder.pieces("round.txt", text) == [text.replace("\r\n", "\n")]


def test_line_ends_of_windows_and_a_byte_order_mark_are_dropped(folder: Folder) -> None:
    assert folder.pieces("a.txt", "\ufeffone\r\n\r\ntwo\r\n") == ["one\n\ntwo\n"]


def test_a_line_of_40_000_characters_is_read_and_a_longer_limit_is_the_recipes(
    folder: Folder,
) -> None:
    line = "x" * 40_000
    assert folder.pieces("a.txt", line) == [line]
    with pytest.raises(WorkError, match=r"a\.txt, line 1: longer than 30000 characters"):
        folder.pieces("a.txt", line, max_line_characters=30_000)


def test_a_separator_cuts_a_file_into_pieces_without_the_lines_around_it(folder: Folder) -> None:
    text = "One\n  is here.\n\n---\n\nTwo.\n---\n\n---\nThree.\n"
    assert folder.pieces("a.txt", text, separator="---") == ["One\n  is here.", "Two.", "Three."]


def test_blank_lines_can_be_the_separator_in_a_file_of_windows_too(folder: Folder) -> None:
    text = "One.\r\nStill one.\r\n\r\n\r\nTwo.\r\n"
    assert folder.pieces("a.txt", text, separator="\n\n\n") == ["One.\nStill one.", "Two."]


def test_several_files_are_several_pieces(folder: Folder) -> None:
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
def test_a_bad_line_is_an_error_or_is_left_out(folder: Folder, content: bytes, words: str) -> None:
    with pytest.raises(WorkError, match=words):
        folder.pieces("a.txt", content)
    corpus = folder.read("a.txt", on_bad_line="skip")
    assert corpus.examples == ["one\nthree\n"]
    assert corpus.skipped == 1


def test_a_truncated_gzip_file_is_an_error(folder: Folder) -> None:
    path = folder.path / folder.write("a.txt.gz", "One two three.\n" * 50)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(WorkError, match=r"a\.txt\.gz: the gzip file is truncated"):
        folder.read("a.txt.gz", on_bad_line="skip")


def test_an_empty_file_is_an_error(folder: Folder) -> None:
    with pytest.raises(WorkError, match=r"a\.txt: the file is empty"):
        folder.pieces("a.txt", "")


def test_a_file_of_blanks_is_an_error(folder: Folder) -> None:
    with pytest.raises(WorkError, match=r"^a\.txt: holds nothing but blanks\. Give a file with te"):
        folder.pieces("a.txt", "\n \n\t\n")


def test_a_file_of_bad_lines_is_an_error_even_when_they_may_be_skipped(folder: Folder) -> None:
    with pytest.raises(WorkError, match=r"a\.txt: all 2 lines are bad"):
        folder.pieces("a.txt", b"\xff\n\xff\n", on_bad_line="skip")


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
def test_every_row_of_a_column_is_a_piece(
    folder: Folder, name: str, content: str, column: str | int
) -> None:
    assert folder.pieces(name, content, text_column=column) == ["One.\tx", "Two."]


def test_a_piece_of_a_column_keeps_its_line_ends(folder: Folder) -> None:
    assert folder.pieces("a.csv", 'text\n"One\n\ntwo\n"\n') == ["One\n\ntwo\n"]


def test_a_number_names_no_field_of_a_jsonl(folder: Folder) -> None:
    with pytest.raises(UsageError, match=r"data\.text_column = 1 is a number"):
        folder.pieces("a.jsonl", '{"text": "One."}\n', text_column=1)


def test_blank_rows_are_no_pieces(folder: Folder) -> None:
    assert folder.pieces("a.csv", "text,id\n ,1\nOne.,2\n") == ["One."]


def test_html_is_cleaned_where_asked_and_what_it_leaves_blank_is_no_piece(folder: Folder) -> None:
    content = "One.<br />&amp; two.\n<br />\n&nbsp;\n"
    assert folder.pieces("a.tsv", content, clean_html=True) == ["One. & two."]


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
def test_any_bytes_are_read_or_refused_and_never_break(
    tmp_path_factory: pytest.TempPathFactory,
    content: bytes,
    separator: str,
    policy: str,
    clean_html: bool,
) -> None:
    folder = Folder(tmp_path_factory.getbasetemp())
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
    for piece in corpus.examples:
        assert piece.strip()
        assert not separator or separator not in piece
        piece.encode()


# Held out of the end


@settings(max_examples=50)
@given(total=st.integers(10, 2_000_000))
def test_a_tenth_of_one_piece_leaves_nine_tenths_rounded_down(total: int) -> None:
    # int(0.9 * n) is how the usual split of Tiny Shakespeare is made.
    text = "x" * total
    rest, held = hold_out_end([text], {"validation": "split:10%"})
    assert len(rest[0]) == int(0.9 * total) == total * 9 // 10
    assert rest[0] + held["validation"][0] == text


def test_one_piece_is_cut_at_a_character_and_validation_comes_before_test() -> None:
    rest, held = hold_out_end(
        ["0123456789abcdefghij"], {"validation": "split:10%", "test": "split:3"}
    )
    assert rest == ["0123456789abcde"]
    assert held == {"validation": ["fg"], "test": ["hij"]}
    assert list(held) == ["validation", "test"]


def test_of_several_pieces_whole_ones_go() -> None:
    pieces = ["aaaa", "bbbb", "cccc", "dddd", "ee", "ff"]
    rest, held = hold_out_end(pieces, {"validation": "split:5", "test": "split:10%"})
    assert rest == ["aaaa", "bbbb", "cccc"]
    assert held == {"validation": ["dddd", "ee"], "test": ["ff"]}


def test_a_share_is_never_nothing() -> None:
    rest, held = hold_out_end(["abc"], {"test": "split:0.1%"})
    assert (rest, held) == (["ab"], {"test": ["c"]})


@settings(max_examples=60)
@given(
    pieces=st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=12),
    sizes=st.tuples(st.integers(1, 20), st.integers(1, 20)),
)
def test_nothing_is_lost_and_the_order_stays(pieces: list[str], sizes: tuple[int, int]) -> None:
    named = {"validation": f"split:{sizes[0]}", "test": f"split:{sizes[1]}"}
    total = sum(map(len, pieces))
    try:
        rest, held = hold_out_end(pieces, named)
    except WorkError:
        return
    assert "".join([*rest, *held["validation"], *held["test"]]) == "".join(pieces)
    assert sum(map(len, rest)) >= total // 2
    for part, size in zip(("validation", "test"), sizes, strict=True):
        assert sum(map(len, held[part])) >= size


def test_more_than_half_is_an_error_that_tells_the_numbers() -> None:
    with pytest.raises(WorkError) as caught:
        hold_out_end(["x" * 2000], {"validation": "split:5%", "test": "split:1000"})
    assert str(caught.value) == (
        "data.validation = 'split:5%', data.test = 'split:1000': would hold out 1,100 of 2,000 "
        "characters; at most half may be. Ask for less, or name files of their own."
    )


def test_half_may_be_held_out() -> None:
    assert hold_out_end(["abcd"], {"test": "split:50%"}) == (["ab"], {"test": ["cd"]})


def test_pieces_that_leave_less_than_half_are_an_error() -> None:
    with pytest.raises(WorkError) as caught:
        hold_out_end(["a" * 10, "b" * 90], {"test": "split:5%"})
    assert str(caught.value) == (
        "data.test = 'split:5%': would hold out 90 of 100 characters, for pieces are held out "
        "whole; at most half may be. Name files of their own."
    )


def test_fewer_pieces_than_parts_are_an_error() -> None:
    with pytest.raises(WorkError) as caught:
        hold_out_end(["a" * 50, "b" * 50], {"validation": "split:5%", "test": "split:5%"})
    assert str(caught.value) == (
        "data.validation = 'split:5%', data.test = 'split:5%': leaves no whole piece to learn from "
        "(2 pieces in all). Ask for less, or name files of their own."
    )


def test_a_size_of_another_form_is_an_error() -> None:
    with pytest.raises(ValueError, match="split:NUMBER or split:PERCENT%, received 'split:x'"):
        hold_out_end(["abc"], {"test": "split:x"})
