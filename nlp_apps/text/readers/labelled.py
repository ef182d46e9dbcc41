"""Labelled texts: the examples of a sentiment recipe."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nlp_apps.errors import WorkError
from nlp_apps.text.corpus import Corpus, LabelledText, Location
from nlp_apps.text.normalize import is_empty, normalize
from nlp_apps.text.readers.bad_lines import BadLinePolicy
from nlp_apps.text.readers.columns import Column, Requested
from nlp_apps.text.readers.tables import TableReader

logger = logging.getLogger(__name__)

_LABEL_KEY, _TEXT_KEY = "data.label_column", "data.text_column"

# Usual names of the columns in a header line.
_LABEL_NAMES = {"label", "labels", "class", "sentiment"}
_TEXT_NAMES = {"text", "texts", "sentence", "review"}

_MIN_TEXTS = 20
"""Fewer texts do not show that a label of one text is the name of a column."""


def read_labelled_texts(
    source: str | Sequence[str],
    *,
    find: Callable[[str], Path],
    label_column: Column = "",
    text_column: Column = "",
    clean_html: bool = False,
    on_bad_line: str = "stop",
    max_line_characters: int = 100_000,
    tfds_dir: Path | None = None,
) -> Corpus[LabelledText]:
    """Reads labelled texts from tables (see `tables.py`).

    Args:
        source: one name, or several names whose texts follow each other.
        find: returns the path of a file that the recipe names.
        label_column: name or number of the column with the label; empty for the default.
        text_column: name or number of the column with the text; empty for the default.
        clean_html: see `html.clean`.
        on_bad_line: `"stop"` or `"skip"`.
        max_line_characters: a longer line is a bad line.
        tfds_dir: folder of prepared TFDS data sets; None for the default of TFDS.

    Returns:
        The corpus, with at least one text.

    Raises:
        WorkError: a file or a line cannot be used; the message names it.
        UsageError: a column does not fit the format of the source.
    """
    names = [source] if isinstance(source, str) else list(source)
    bad_lines = BadLinePolicy(on_bad_line)
    examples: list[LabelledText] = []
    locations: list[Location] = []
    first_labels: dict[str, str] = {}  # location -> label of rows that may be header lines
    checksums = []
    for file_index, name in enumerate(names):
        table = TableReader(
            name,
            (
                Requested(_LABEL_KEY, label_column, number=1, name="label"),
                Requested(_TEXT_KEY, text_column, number=2, name="text"),
            ),
            find=find,
            bad_lines=bad_lines,
            max_line_characters=max_line_characters,
            tfds_dir=tfds_dir,
        )
        for index, row in enumerate(table):
            may_be_header = index == 0 and table.by_number
            label, text = row.values
            if may_be_header and _is_header(label, text):
                bad_lines.report(row.location, _header_problem(label, text))
                continue
            text = normalize(text, clean_html=clean_html)
            label = " ".join(label.split())
            if not label or is_empty(text):
                bad_lines.report(row.location, f"the {'text' if label else 'label'} is empty")
                continue
            examples.append(LabelledText(text, label))
            locations.append(Location(file_index, row.line))
            if may_be_header:
                first_labels[row.location] = label
        checksums.append(table.checksum)
    bad_lines.close(" + ".join(names), len(examples))
    if not examples:
        raise WorkError(f"{' + '.join(names)}: no text found. Name a file with labelled texts.")
    _warn_of_header(first_labels, examples)
    return Corpus(examples, bad_lines.skipped, " ".join(checksums), names, locations)


def _is_header(label: str, text: str) -> bool:
    """Returns whether a first row holds the usual names of the columns."""
    return label.strip().casefold() in _LABEL_NAMES and text.strip().casefold() in _TEXT_NAMES


def _header_problem(label: str, text: str) -> str:
    return (
        f'a header line; set {_LABEL_KEY} = "{label}" and {_TEXT_KEY} = "{text}" to read the '
        "columns by name"
    )


def _warn_of_header(first_labels: Mapping[str, str], examples: Sequence[LabelledText]) -> None:
    """Logs a warning for a first row whose label looks like the name of a column.

    Labels repeat; the name of a column occurs once.

    Args:
        first_labels: location and label of each first row.
        examples: all examples, first rows included.
    """
    others = Counter(example.label for example in examples)
    others.subtract(first_labels.values())
    others = +others
    if others.total() < max(_MIN_TEXTS, 2 * len(others)):
        return
    for location, label in first_labels.items():
        if label not in others:
            logger.warning(
                "%s: the label %r occurs in no other line. If this is a header line, set %s and "
                "%s to its names.",
                location,
                label,
                _LABEL_KEY,
                _TEXT_KEY,
            )
            return
