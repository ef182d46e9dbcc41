"""Documents: the texts of a generation recipe, in their order."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nlp_apps.errors import WorkError
from nlp_apps.text.corpus import Corpus, Location
from nlp_apps.text.html import clean
from nlp_apps.text.normalize import normalize_document
from nlp_apps.text.readers.bad_lines import BadLinePolicy
from nlp_apps.text.readers.columns import Column, Requested
from nlp_apps.text.readers.headers import TEXT_NAMES, named
from nlp_apps.text.readers.tables import TableReader, is_table
from nlp_apps.text.readers.text_file import TextFile
from nlp_apps.text.readers.text_folders import text_files


def read_documents(
    source: str | Sequence[str],
    *,
    find: Callable[[str], Path],
    separator: str = "",
    text_column: Column = "",
    clean_html: bool = False,
    on_bad_line: str = "stop",
    max_line_characters: int = 100_000,
    tfds_dir: Path | None = None,
    encoding: str = "utf-8",
) -> Corpus[str]:
    r"""Reads documents; see `normalize.normalize_document`.

    A plain text file is one document, to its last character, or several with a separator between
    them; "\r\n" is read as "\n". Each row of a table (see `tables.py`) is a document. A folder
    stands for the `.txt` and `.txt.gz` files in it.

    Args:
        source: one name, or several names whose documents follow each other.
        find: returns the path of a file that the recipe names.
        separator: text between two documents of a plain text file; empty: the file is one document.
        text_column: name or number of the column with the text; empty for the default.
        clean_html: see `html.clean`.
        on_bad_line: `"stop"` or `"skip"`.
        max_line_characters: a longer line is a bad line.
        tfds_dir: folder of prepared TFDS data sets; None for the default of TFDS.
        encoding: the encoding of files.

    Returns:
        The corpus, with at least one document; every document has text.

    Raises:
        WorkError: a file or a line cannot be used; the message names it.
        UsageError: a column does not fit the format of the source.
    """
    names = [source] if isinstance(source, str) else list(source)
    bad_lines = BadLinePolicy(on_bad_line)
    documents: list[str] = []
    locations: list[Location] = []
    checksums: list[str] = []
    for file_index, name in enumerate(names):
        found: list[str] = []
        numbers: list[int] = []
        if is_table(name) or text_column != "":
            table = TableReader(
                name,
                [Requested("data.text_column", text_column, number=1, name="text")],
                find=find,
                bad_lines=bad_lines,
                max_line_characters=max_line_characters,
                tfds_dir=tfds_dir,
                encoding=encoding,
                recognise=named(TEXT_NAMES),
            )
            for row in table:
                found.append(row.values[0])
                numbers.append(row.line)
            checksums.append(table.checksum)
            paths = []
        else:
            paths = _plain_files(find(name))
        for path in paths:
            file = TextFile(path, max_line_characters=max_line_characters, encoding=encoding)
            text = _read_whole(file, bad_lines)
            parts = text.split(separator) if separator else [text]
            numbers += _first_lines(parts, separator)
            found += [part.strip("\n") if separator else part for part in parts]
            checksums.append(file.checksum)
        if clean_html:
            found = [clean(document) for document in found]
        found = [normalize_document(document) for document in found]
        for document, number in zip(found, numbers, strict=True):
            if document.strip():
                documents.append(document)
                locations.append(Location(file_index, number))
    bad_lines.close(" + ".join(names), len(documents))
    if not documents:
        raise WorkError(f"{' + '.join(names)}: only white space. Name a file with text.")
    return Corpus(documents, bad_lines.skipped, " ".join(checksums), names, locations)


def _plain_files(path: Path) -> list[Path]:
    """Returns a file, or the text files in a folder.

    Raises:
        WorkError: a folder has none.
    """
    if not path.is_dir():
        return [path]
    if files := text_files(path):
        return files
    raise WorkError(f"{path}: no .txt file in this folder. Name a file, or a folder with text.")


def _first_lines(parts: Sequence[str], separator: str) -> list[int]:
    """Returns the line number of the first text of each part, newlines before it not counted."""
    numbers, line = [], 1
    for part in parts:
        numbers.append(line + len(part) - len(part.lstrip("\n")) if separator else line)
        line += part.count("\n") + separator.count("\n")
    return numbers


def _read_whole(file: TextFile, bad_lines: BadLinePolicy) -> str:
    """Returns the good lines of a file with their newlines."""
    lines = []
    for line in file:
        if line.problem:
            bad_lines.report(file.location(line.number), line.problem)
        else:
            lines.append(line.text)
    return "\n".join([*lines, ""] if file.ends_in_newline else lines)
