"""Labelled texts: what a sentiment recipe's `[data]` names, read into examples."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nlp_apps.errors import WorkError
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.normalize import is_empty, normalize
from nlp_apps.text.readers.lines import BadLinePolicy
from nlp_apps.text.readers.tables import Column, TableReader

logger = logging.getLogger(__name__)

KEYS = ("data.label_column", "data.text_column")
USUAL = ((1, "label"), (2, "text"))

_TITLES = ({"label", "labels", "class", "sentiment"}, {"text", "texts", "sentence", "review"})
"""What columns are called in a header line."""

_ENOUGH_TEXTS = 20
"""Of fewer texts, a label that occurs once says nothing."""


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
    """Reads labelled texts; the kinds of source are told in `columns.py`.

    Args:
        source: one name, or several whose texts follow each other.
        find: gives the path of a file that the recipe names.
        label_column: name or number; empty: the usual one.
        text_column: the same, for the text.
        clean_html: see `html.clean`.
        on_bad_line: "stop" or "skip".
        max_line_characters: a longer line is a bad line.
        tfds_dir: where TFDS data sets are.

    Returns:
        The corpus, with at least one text.

    Raises:
        WorkError: a file or a line cannot be used; the message names it.
        UsageError: a column makes no sense for the kind of source.
    """
    names = [source] if isinstance(source, str) else list(source)
    bad_lines = BadLinePolicy(on_bad_line)
    examples: list[LabelledText] = []
    firsts: dict[str, str] = {}  # labels of first rows that may be header lines, by their places
    checksums = []
    for name in names:
        columns = TableReader(
            name,
            (label_column, text_column),
            keys=KEYS,
            usual=USUAL,
            find=find,
            bad_lines=bad_lines,
            max_line_characters=max_line_characters,
            tfds_dir=tfds_dir,
        )
        for number, (where, (label, text)) in enumerate(columns):
            if not number and columns.by_number and _is_header(label, text):
                bad_lines.report(where, _header_problem(label, text))
                continue
            text = normalize(text, clean_html=clean_html)
            label = " ".join(label.split())
            if not label or is_empty(text):
                bad_lines.report(where, f"the {'text' if label else 'label'} is blank")
                continue
            examples.append(LabelledText(text, label))
            if not number and columns.by_number:
                firsts[where] = label
        checksums.append(columns.checksum)
    bad_lines.close(" + ".join(names), len(examples))
    if not examples:
        raise WorkError(f"{' + '.join(names)}: holds no text. Give a file with labelled texts.")
    _warn_of_header(firsts, examples)
    return Corpus(examples, bad_lines.skipped, " ".join(checksums), names)


def _is_header(*titles: str) -> bool:
    """Whether label and text of a first row name their columns."""
    return all(
        title.strip().casefold() in known for title, known in zip(titles, _TITLES, strict=True)
    )


def _header_problem(*titles: str) -> str:
    """What to say of such a row."""
    named = " and ".join(f'{key} = "{title}"' for key, title in zip(KEYS, titles, strict=True))
    return f"names of columns in place of a text; {named} make it a header"


def _warn_of_header(firsts: Mapping[str, str], examples: Sequence[LabelledText]) -> None:
    """Warns, once, of a first row whose label looks like the title of a column.

    A title occurs nowhere else, where labels come again and again.

    Args:
        firsts: for the place of each first row its label.
        examples: all rows, the first ones among them.
    """
    others = Counter(example.label for example in examples)
    others.subtract(firsts.values())
    others = +others
    if others.total() < max(_ENOUGH_TEXTS, 2 * len(others)):
        return
    for where, label in firsts.items():
        if label not in others:
            logger.warning(
                "%s: the label %r occurs nowhere else. If the line names columns, name them in %s.",
                where,
                label,
                " and ".join(KEYS),
            )
            return
