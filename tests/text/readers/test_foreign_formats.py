"""Tests of nlp_apps.text.readers.foreign_formats, by the readers of all tasks."""

import gzip
import io
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.errors import NlpAppsError, WorkError
from nlp_apps.text.readers.documents import read_documents
from nlp_apps.text.readers.foreign_formats import foreign_format
from nlp_apps.text.readers.labelled import read_labelled_texts
from nlp_apps.text.readers.pairs import read_pairs


def archive(*members: str) -> bytes:
    """Returns a zip archive with members."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for member in members:
            file.writestr(member, "<xml/>" * 50)
    return written.getvalue()


def tar() -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as file:
        file.addfile(tarfile.TarInfo("a.txt"), io.BytesIO())
    return written.getvalue()


OFFICE = ("[Content_Types].xml", "_rels/.rels", "docProps/app.xml")
FILES = {
    "a.xlsx": (archive(*OFFICE, "xl/workbook.xml"), "an Excel workbook .*save the sheet as CSV"),
    "a.docx": (archive(*OFFICE, "word/document.xml"), "a Word document .*CSV UTF-8"),
    "a.pptx": (archive(*OFFICE, "ppt/presentation.xml"), "a PowerPoint presentation"),
    "a.zip": (archive("a.csv"), "a zip archive, not text. Unpack it"),
    "a.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"\(.xls, .doc\).*CSV UTF-8"),
    "a.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF, not text. Export its text"),
    "a.rtf": (rb"{\rtf1\ansi Hello.}", "a Rich Text document"),
    "a.tar": (tar(), "a tar archive, not text. Unpack it"),
    "a.db": (b"SQLite format 3\0" + bytes(80), "an SQLite database"),
    "a.xz": (b"\xfd7zXZ\0" + bytes(9), "packed with xz"),
    "a.bz2": (b"BZh91AY&SY" + bytes(9), "packed with bzip2"),
    "a.txt": (b"PAR1\x15\x04\x15", "a Parquet file, .*ends in .parquet"),
}
READERS: dict[str, Callable[..., Any]] = {
    "pairs": read_pairs,
    "labelled": read_labelled_texts,
    "documents": read_documents,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_text_is_named(
    tmp_path: Path, name: str, packed: bool, reader: str
) -> None:
    content, words = FILES[name]
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(WorkError, match=rf"{path.name}: .*{words}"):
        READERS[reader](path.name, find=lambda _: path, on_bad_line="skip")


def test_a_csv_that_is_a_workbook_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(FILES["a.xlsx"][0])
    with pytest.raises(WorkError, match=r"a\.csv: an Excel workbook"):
        read_labelled_texts("a.csv", find=lambda _: path)


def test_a_real_database_is_named(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("create table texts (label, text)")
    connection.close()
    assert "SQLite" in foreign_format((tmp_path / "a.db").read_bytes())


@pytest.mark.parametrize(
    "text", ["", "PK", "PAR1\tFine.", "Rar! says the tiger.", "BZh9 is a code.", "PDF-1.7", "{rtf}"]
)
def test_text_is_text(text: str) -> None:
    assert foreign_format(text.encode()) == ""


@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_archive_is_an_error(tmp_path: Path, reader: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(FILES["a.xlsx"][0][:40])
    with pytest.raises(NlpAppsError, match=r"a\.xlsx: a zip archive"):
        READERS[reader](path.name, find=lambda _: path)
