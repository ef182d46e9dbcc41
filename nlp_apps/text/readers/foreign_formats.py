"""Formats that are not text, recognised by their first bytes, with the way to text."""

import re

_SPREADSHEET = (
    "Open it in Excel or LibreOffice, save the sheet as CSV UTF-8 (File, Save As), and name the "
    ".csv file"
)
_DOCUMENT = (
    "Open it in Word or LibreOffice and save it as plain text in UTF-8 (.txt); copy a table into a "
    "spreadsheet and save that as CSV UTF-8"
)
_UNPACK = "Unpack it and name a file in it"
_GZIP = "Unpack it, or pack it with gzip and a name that ends in .gz"

_ZIP = b"PK\x03\x04"
# The name of a member of the zip archive -> format and remedy.
_ZIP_MEMBERS = {
    b"xl/": ("an Excel workbook (.xlsx)", _SPREADSHEET),
    b"word/": ("a Word document (.docx)", _DOCUMENT),
    b"ppt/": ("a PowerPoint presentation (.pptx)", _DOCUMENT),
    b"opendocument.spreadsheet": ("an OpenDocument spreadsheet (.ods)", _SPREADSHEET),
    b"opendocument.text": ("an OpenDocument text (.odt)", _DOCUMENT),
}
# First bytes -> format and remedy.
_FORMATS = {
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (
        "an Excel workbook or Word document of before 2007 (.xls, .doc)",
        "Open it in Excel, Word or LibreOffice and save it as CSV UTF-8 or as plain text in UTF-8",
    ),
    rb"%PDF-": ("a PDF", "Export its text to a .txt file, or its table to a .csv file"),
    rb"\{\\rtf": ("a Rich Text document (.rtf)", _DOCUMENT),
    rb"PAR1\x15": ("a Parquet file", "Rename it so that its name ends in .parquet"),
    rb"ARROW1\0": ("an Arrow file", "Save the table as .parquet, .csv or .jsonl"),
    rb"SQLite format 3\0": ("an SQLite database", "Export the table as CSV"),
    rb"BZh[1-9]1AY&SY": ("packed with bzip2", _GZIP),
    rb"\xfd7zXZ\0": ("packed with xz", _GZIP),
    rb"\x28\xb5\x2f\xfd": ("packed with Zstandard", _GZIP),
    rb"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    rb"Rar!\x1a\x07": ("a RAR archive", _UNPACK),
    rb"(?s:.{257})ustar": ("a tar archive", _UNPACK),
    rb"\x93NUMPY|\x80[\x02-\x05][}\]c\x95]": (
        "an array or a pickle of Python",
        "Save the texts as .csv or .jsonl",
    ),
}

HEAD_BYTES = 1 << 16
"""Bytes at the head of a file that `foreign_format` needs; less if the file is shorter."""


def foreign_format(head: bytes) -> str:
    """Returns the name of a format that is not text, and its remedy; an empty string for text.

    Args:
        head: the first bytes of a file, unpacked if it is `.gz`.
    """
    found = None
    if head.startswith(_ZIP):
        found = ("a zip archive", _UNPACK)
        for member, name in _ZIP_MEMBERS.items():
            if member in head:
                found = name
                break
    for pattern, name in _FORMATS.items():
        if re.match(pattern, head):
            found = name
    return f"{found[0]}, not text. {found[1]}." if found else ""
