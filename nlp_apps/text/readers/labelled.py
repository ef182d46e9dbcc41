"""Labelled texts: the examples of a sentiment recipe."""

import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nlp_apps.errors import WorkError
from nlp_apps.text.corpus import Corpus, LabelledText, Location
from nlp_apps.text.label_sets import parse_labels, split_labels
from nlp_apps.text.normalize import is_empty, normalize
from nlp_apps.text.readers.bad_lines import BadLinePolicy
from nlp_apps.text.readers.columns import Column, Requested
from nlp_apps.text.readers.headers import LABEL_NAMES, TEXT_NAMES, named
from nlp_apps.text.readers.tables import TFDS_PREFIX, TableReader
from nlp_apps.text.readers.text_folders import LabelFolder
from nlp_apps.text.storage.example_store import ExampleStore

logger = logging.getLogger(__name__)

_LABEL_KEY, _TEXT_KEY = "data.label_column", "data.text_column"

_WHOLE_NUMBER = re.compile(r"(-?[0-9]+)\.0+")

_MIN_TEXTS = 20
"""Fewer texts do not show that a label of one text is the name of a column."""


def read_labelled_texts(
    source: str | Sequence[str],
    *,
    find: Callable[[str], Path],
    label_column: Column = "",
    text_column: Column = "",
    label_separator: str = "",
    clean_html: bool = False,
    on_bad_line: str = "stop",
    max_line_characters: int = 100_000,
    tfds_dir: Path | None = None,
    encoding: str = "utf-8",
    read_source: Callable[[str], str] = str,
    store: ExampleStore[LabelledText] | None = None,
) -> Corpus[LabelledText]:
    """Reads labelled texts from tables (see `tables.py`) and folders (see `text_folders.py`).

    Args:
        source: one name, or several names whose texts follow each other.
        find: returns the path of a file that the recipe names.
        label_column: name or number of the column with the label; empty for the default.
        text_column: name or number of the column with the text; empty for the default.
        label_separator: the characters between the labels of a text, which may have several or
            none (`label_sets.parse_labels`); empty: each text has one label.
        clean_html: see `html.clean`.
        on_bad_line: `"stop"` or `"skip"`.
        max_line_characters: a longer line is a bad line.
        tfds_dir: folder of prepared TFDS data sets; None for the default of TFDS.
        encoding: the encoding of files.
        read_source: changes each text to the one that the model reads.
        store: collects the texts; by default in memory.

    Returns:
        The corpus, with at least one text.

    Raises:
        WorkError: a file or a line cannot be used; the message names it.
        UsageError: a column does not fit the format of the source.
    """
    names = [source] if isinstance(source, str) else list(source)
    bad_lines = BadLinePolicy(on_bad_line)
    texts = ExampleStore(LabelledText._make) if store is None else store
    first_labels: dict[str, str] = {}  # location -> label of rows that may be header lines
    checksums = []
    for file_index, name in enumerate(names):
        table: TableReader | LabelFolder = TableReader(
            name,
            (
                Requested(_LABEL_KEY, label_column, 1, "label", is_list=bool(label_separator)),
                Requested(_TEXT_KEY, text_column, number=2, name="text"),
            ),
            find=find,
            bad_lines=bad_lines,
            max_line_characters=max_line_characters,
            tfds_dir=tfds_dir,
            encoding=encoding,
            is_kept=not texts.may_use_files,
            recognise=named(LABEL_NAMES, TEXT_NAMES),
        )
        if not name.startswith(TFDS_PREFIX) and find(name).is_dir():
            table = LabelFolder(find(name), bad_lines, max_line_characters, encoding)
        for index, row in enumerate(table):
            may_be_header = index == 0 and table.may_have_header
            label, text = row.values
            text = normalize(text, clean_html=clean_html)
            if label_separator:
                label = parse_labels(label, label_separator, as_label)
            else:
                label = as_label(label)
            if is_empty(text) or not (label or label_separator):
                noun = "text" if label or label_separator else "label"
                bad_lines.report(row.location, f"the {noun} is empty")
                continue
            texts.add(LabelledText(read_source(text), label), Location(file_index, row.line))
            if may_be_header:
                first_labels[row.location] = label
        checksums.append(table.checksum)
    bad_lines.close(" + ".join(names), len(texts))
    examples, locations = texts.close()
    if not examples:
        raise WorkError(f"{' + '.join(names)}: no text found. Name a file with labelled texts.")
    _warn_of_header(first_labels, examples)
    return Corpus(examples, bad_lines.skipped, " ".join(checksums), names, locations)


def as_label(value: str) -> str:
    """Returns a label on one line; a whole number is written without decimals.

    So `1`, `1.0` and the JSON numbers 1 and 1.0 are one label in every format: programs write a
    column of whole numbers with `.0` as soon as one value is missing.
    """
    label = " ".join(value.split())
    whole = _WHOLE_NUMBER.fullmatch(label)
    return str(int(whole[1])) if whole else label


def _warn_of_header(first_labels: Mapping[str, str], examples: Sequence[LabelledText]) -> None:
    """Logs a warning for a first row whose label looks like the name of a column.

    Labels repeat; the name of a column occurs once.

    Args:
        first_labels: location and label of each first row.
        examples: all examples, first rows included.
    """
    others = Counter(label for example in examples for label in split_labels(example.label))
    others.subtract(label for text in first_labels.values() for label in split_labels(text))
    others = +others
    if others.total() < max(_MIN_TEXTS, 2 * len(others)):
        return
    for location, text in first_labels.items():
        labels = split_labels(text)
        if labels and not any(label in others for label in labels):
            logger.warning(
                "%s: the label %r occurs in no other line. If this is a header line, set %s and "
                "%s to its names.",
                location,
                labels[0],
                _LABEL_KEY,
                _TEXT_KEY,
            )
            return
