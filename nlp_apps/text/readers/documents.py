"""Prose: what a generation recipe's `[data]` names, read into pieces that follow each other."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nlp_apps.errors import WorkError
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.hold_out import parse_size
from nlp_apps.text.html import clean
from nlp_apps.text.readers.lines import BadLinePolicy, TextFile
from nlp_apps.text.readers.tables import Column, TableReader, kind_of


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
) -> Corpus[str]:
    r"""Reads prose.

    A plain text file is one piece, to the last character, or is cut into pieces at a separator;
    "\r\n" counts as "\n". Of the other kinds of source (see `columns.py`) every row is a piece.

    Args:
        source: one name, or several whose texts follow each other.
        find: gives the path of a file that the recipe names.
        separator: what stands between two pieces of a plain text file; empty: nothing does.
        text_column: name or number of the column with the text; empty: the usual one.
        clean_html: see `html.clean`.
        on_bad_line: "stop" or "skip".
        max_line_characters: a longer line is a bad line.
        tfds_dir: where TFDS data sets are.

    Returns:
        The corpus, with at least one piece; no piece is blank.

    Raises:
        WorkError: a file or a line cannot be used; the message names it.
        UsageError: a column makes no sense for the kind of source.
    """
    names = [source] if isinstance(source, str) else list(source)
    bad_lines = BadLinePolicy(on_bad_line)
    pieces: list[str] = []
    checksums: list[str] = []
    for name in names:
        if kind_of(name) == "text" and text_column == "":
            file = TextFile(find(name), max_line_characters=max_line_characters)
            text = _whole(file, bad_lines)
            found = [text] if not separator else [p.strip("\n") for p in text.split(separator)]
            checksums.append(file.checksum)
        else:
            columns = TableReader(
                name,
                (text_column,),
                keys=("data.text_column",),
                usual=((1, "text"),),
                find=find,
                bad_lines=bad_lines,
                max_line_characters=max_line_characters,
                tfds_dir=tfds_dir,
            )
            found = [row.values[0] for row in columns]
            checksums.append(columns.checksum)
        if clean_html:
            found = [clean(piece) for piece in found]
        pieces += [piece for piece in found if piece.strip()]
    bad_lines.close(" + ".join(names), len(pieces))
    if not pieces:
        raise WorkError(f"{' + '.join(names)}: holds nothing but blanks. Give a file with text.")
    return Corpus(pieces, bad_lines.skipped, " ".join(checksums), names)


def _whole(file: TextFile, bad_lines: BadLinePolicy) -> str:
    """All good lines of a file, each with its end."""
    lines = []
    for line in file:
        if line.problem:
            bad_lines.report(file.where(line.number), line.problem)
        else:
            lines.append(line.text)
    return "\n".join([*lines, ""] if file.ends_in_line_end else lines)


def hold_out_end(
    pieces: Sequence[str], sizes: Mapping[str, str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Holds text out of the end, so that what is held out follows what is learnt.

    Where there are several pieces, whole ones go; a single piece is cut at a character.

    Args:
        pieces: the text.
        sizes: for each part, in the order in which they follow each other, `"split:N"` characters
            or `"split:P%"` of all characters.

    Returns:
        The pieces that remain, and each part.

    Raises:
        WorkError: less than half of the text, or not one piece, would remain.
    """
    total = sum(map(len, pieces))
    counts = {part: _characters(size, total) for part, size in sizes.items()}
    asked = ", ".join(f"data.{part} = {size!r}" for part, size in sizes.items())
    if sum(counts.values()) > total // 2:
        raise WorkError(
            f"{asked}: would hold out {sum(counts.values()):,} of {total:,} characters; at most "
            "half may be. Ask for less, or name files of their own."
        )
    left = list(pieces)
    held: dict[str, list[str]] = {}
    for part in reversed(list(sizes)):
        if len(pieces) == 1:
            cut = len(left[0]) - counts[part]
            held[part], left = [left[0][cut:]], [left[0][:cut]]
            continue
        taken: list[str] = []
        while left and sum(map(len, taken)) < counts[part]:
            taken.insert(0, left.pop())
        held[part] = taken
    if not left:
        raise WorkError(
            f"{asked}: leaves no whole piece to learn from ({len(pieces)} pieces in all). Ask for "
            "less, or name files of their own."
        )
    if sum(map(len, left)) < total // 2:
        raise WorkError(
            f"{asked}: would hold out {total - sum(map(len, left)):,} of {total:,} characters, for "
            "pieces are held out whole; at most half may be. Name files of their own."
        )
    return left, {part: held[part] for part in sizes}


def _characters(size: str, total: int) -> int:
    """A size in characters, at least one."""
    named = parse_size(size)
    if isinstance(named, int):
        return named
    # What remains is rounded down, so that a tenth of the text leaves the usual 90%.
    return max(1, total - int(total * (100.0 - named) / 100.0))
