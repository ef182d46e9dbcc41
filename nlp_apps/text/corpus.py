"""Corpus and examples: the types that every reader returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

Example = TypeVar("Example")


class Pair(NamedTuple):
    """A sentence and its translation; both have text."""

    source: str
    target: str


class LabelledText(NamedTuple):
    """A text and its label; a label is empty only with `data.multi_label`.

    Attributes:
        source: the text.
        label: the label as in the file, without surrounding white space. Inner white space is one
            space, so that a label is one value of a line. With `data.multi_label`, all labels of
            the text as `label_sets.join_labels` writes them, possibly none.
    """

    source: str
    label: str


class Location(NamedTuple):
    """The place of an example in its source.

    Attributes:
        file: index of the file in `Corpus.names`; of aligned files, that of the first.
        line: line number, counted from 1; of TFDS, the number of the example. 0: unknown.
    """

    file: int
    line: int


@dataclass(frozen=True)
class Corpus(Generic[Example]):
    """Examples of one split, with counts and checksums for the summary of a run.

    Attributes:
        examples: in the order of the source; in files, if they are larger than memory allows
            (`storage.StoredExamples`).
        skipped: number of bad lines left out.
        checksum: SHA-256 of the bytes on disk, 64 hexadecimal digits as `sha256sum` prints them;
            of several files, all of them, joined by spaces; of TFDS, `tfds:NAME:VERSION:SPLIT`.
        names: the source as the recipe names it, one entry a file.
        locations: the place of each example, in the order of `examples`; empty: unknown.
    """

    examples: Sequence[Example]
    skipped: int
    checksum: str
    names: list[str]
    locations: Sequence[Location] = ()
