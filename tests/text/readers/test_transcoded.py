"""Tests of nlp_apps.text.readers.transcoded, and of `data.encoding` in every reader."""

import gzip
import io
import logging
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import WorkError
from nlp_apps.text.readers.documents import read_documents
from nlp_apps.text.readers.labelled import read_labelled_texts
from nlp_apps.text.readers.pairs import read_pairs
from nlp_apps.text.readers.text_file import TextFile
from nlp_apps.text.readers.transcoded import Transcoded

ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-32", "cp037"]


@settings(max_examples=150)
@given(
    text=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]) | st.just("\n")),
    encoding=st.sampled_from(["latin-1", "utf-16", "utf-16-be", "utf-32", "utf-8-sig"]),
    size=st.integers(1, 9),
)
def test_a_stream_is_read_as_utf_8(text: str, encoding: str, size: int) -> None:
    stream = io.BufferedReader(Transcoded(io.BytesIO(text.encode(encoding)), encoding), size)
    assert stream.read().decode() == text


@settings(max_examples=150)
@given(data=st.binary(max_size=60), encoding=st.sampled_from([*ENCODINGS, "shift_jis", "utf-7"]))
def test_any_bytes_are_lines_or_bad_lines(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, encoding: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "e.txt"
    path.write_bytes(data)
    try:
        lines = list(TextFile(path, encoding=encoding))
    except WorkError as error:
        assert "e.txt" in str(error)
        return
    for line in lines:
        assert not (line.text and line.problem)
        line.text.encode()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_reader_reads_other_encodings(tmp_path: Path, encoding: str, suffix: str) -> None:
    def write(name: str, text: str) -> Path:
        data = text.encode(encoding)
        path = tmp_path / (name + suffix)
        path.write_bytes(gzip.compress(data) if suffix else data)
        return path

    for name, text in (
        ("a.tsv", "café\tté\n"),
        ("a.csv", "label,text\ncafé,té\n"),
        ("a.jsonl", '{"label": "café", "text": "té"}\n'),
        ("a.json", '[{"label": "café", "text": "té"}]'),
    ):
        path = write(name, text)
        corpus = read_labelled_texts(path.name, find=lambda _: path, encoding=encoding)  # noqa: B023
        assert corpus.examples == [("té", "café")]
    path = write("b.tsv", "café\tté\n")
    assert read_pairs("b.tsv", find=lambda _: path, encoding=encoding).examples == [("café", "té")]
    path = write("c.txt", "café\n")
    documents = read_documents(path.name, find=lambda _: path, encoding=encoding)
    assert documents.examples == ["café\n"]


def test_bytes_that_the_encoding_lacks_are_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(b"a\tb\nc\x81\td\ne\tf\n")
    with pytest.raises(WorkError, match=r"line 2: not cp1252 at column 2 \(data\.encoding\)"):
        read_pairs("a.tsv", find=lambda _: path, encoding="cp1252")
    corpus = read_pairs("a.tsv", find=lambda _: path, encoding="cp1252", on_bad_line="skip")
    assert corpus.examples == [("a", "b"), ("e", "f")]
    path.write_bytes("a\tb\n".encode("utf-16")[:-1])
    with pytest.raises(WorkError, match="not utf-16 at column 4"):
        read_pairs("a.tsv", find=lambda _: path, encoding="utf-16")
    path.write_bytes("a\tb\n".encode("utf-16-be"))
    with pytest.raises(WorkError, match=r"a\.tsv: not utf-16 .*such as utf-16-le"):
        read_pairs("a.tsv", find=lambda _: path, encoding="utf-16")


def test_the_error_shows_the_words_in_windows_1252_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("a\tb\nIt is a café here.\tc\nnaïve\td\n".encode("cp1252"))
    with pytest.raises(
        WorkError, match=r'line 2: .*it reads "It is a café here\. c": if .*= "cp1252"'
    ):
        read_pairs("a.tsv", find=lambda _: path)
    with caplog.at_level(logging.WARNING):
        read_pairs("a.tsv", find=lambda _: path, on_bad_line="skip")
    assert [message.count("cp1252") > 0 for message in caplog.messages] == [True, False]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("Hello.\tBonjour.\n".encode(encoding))
    with pytest.raises(WorkError, match=r'line 1: .*UTF-16: set data\.encoding = "utf-16"'):
        read_pairs("a.tsv", find=lambda _: path)


def test_a_long_file_is_transcoded_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    lines = ["é" * (7 * index % 90) + str(index) for index in range(5_000)]
    path.write_bytes("\n".join(lines).encode("utf-16"))
    assert [line.text for line in TextFile(path, encoding="utf-16")] == lines
    assert math.log2(path.stat().st_size) > 17  # several parts of 64 KiB
