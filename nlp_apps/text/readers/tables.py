"""Tables: rows of text with named or numbered columns, from files and TFDS data sets.

`FORMATS` maps the suffix of a file name to its format. A new format is a module with a reader, and
one line here.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from nlp_apps.text.readers.bad_lines import BadLinePolicy
from nlp_apps.text.readers.columns import Columns, Requested, Row
from nlp_apps.text.readers.csv_table import read_csv
from nlp_apps.text.readers.headers import Recogniser
from nlp_apps.text.readers.json_array import read_json
from nlp_apps.text.readers.jsonl_table import read_jsonl
from nlp_apps.text.readers.parquet_table import read_parquet
from nlp_apps.text.readers.text_file import TextFile
from nlp_apps.text.readers.tsv_table import read_tsv

TFDS_PREFIX = "tfds:"


class Format(NamedTuple):
    """A file format.

    Attributes:
        read: reads the rows of a file.
        default: columns that the recipe does not set are found by their `"number"` or `"name"`.
    """

    read: Callable[[TextFile, Columns], Iterator[Row]]
    default: Literal["number", "name"]


TSV = Format(read_tsv, default="number")
FORMATS = {
    ".tsv": TSV,
    ".csv": Format(read_csv, default="name"),
    ".jsonl": Format(read_jsonl, default="name"),
    ".ndjson": Format(read_jsonl, default="name"),
    ".json": Format(read_json, default="name"),
    ".parquet": Format(read_parquet, default="name"),
}


def is_table(source: str) -> bool:
    """Returns whether a source is a table by its name; other files are plain text."""
    return source.startswith(TFDS_PREFIX) or _suffix(source) in FORMATS


def _suffix(name: str) -> str:
    """Returns the suffix of a file name, in lower case and without `.gz`."""
    return Path(name.lower().removesuffix(".gz")).suffix


class TableReader:
    """The good rows of one table, read once from the first to the last.

    Any file may be `.gz`. Suffixes may be in upper case. Empty lines at the end are ignored. A file
    of unknown suffix is read as TSV.

    Args:
        source: the table as the recipe names it.
        requested: the columns to read.
        find: returns the path of a file that the recipe names.
        bad_lines: policy for bad rows.
        max_line_characters: a longer line, or a longer value, is a problem.
        tfds_dir: folder of prepared TFDS data sets; None for the default of TFDS.
        encoding: the encoding of a file.
        recognise: finds columns that the recipe does not set; None for default names only.
        rest_of_line: whether the last column of a TSV is the rest of its line, TABs included.
        is_kept: as in `TextFile`.

    Attributes:
        checksum: as in `Corpus`; complete after the last row.
    """

    def __init__(
        self,
        source: str,
        requested: Sequence[Requested],
        *,
        find: Callable[[str], Path],
        bad_lines: BadLinePolicy,
        max_line_characters: int,
        tfds_dir: Path | None,
        encoding: str = "utf-8",
        recognise: Recogniser | None = None,
        rest_of_line: bool = True,
        is_kept: bool = True,
    ) -> None:
        self.source = source
        self.encoding = encoding
        self.find, self.bad_lines, self.tfds_dir = find, bad_lines, tfds_dir
        self.max_line_characters, self.is_kept = max_line_characters, is_kept
        self._format = FORMATS.get(_suffix(source), TSV)
        is_tfds = source.startswith(TFDS_PREFIX)
        default = "name" if is_tfds else self._format.default
        self._columns = Columns(
            source, requested, default=default, recognise=recognise, rest_of_line=rest_of_line
        )
        self._checksum: Callable[[], str] = str

    @property
    def checksum(self) -> str:
        """Checksum of the bytes read so far."""
        return self._checksum()

    @property
    def may_have_header(self) -> bool:
        """True if the first row is read as text and the columns have numbers, after that row."""
        return self._columns.by_number and not self._columns.has_header

    def __iter__(self) -> Iterator[Row]:
        """Reads the rows.

        Raises:
            WorkError: a column is missing, a row is bad and the policy is to stop, or the source
                cannot be read.
            UsageError: two keys name the same column.
        """
        for row in self._rows():
            if row.problem:
                self.bad_lines.report(row.location, row.problem)
            else:
                yield row

    def _rows(self) -> Iterator[Row]:
        if self.source.startswith(TFDS_PREFIX):
            # TensorFlow Datasets needs a second to import.
            from nlp_apps.text.readers.tfds_split import TfdsSplit
            from nlp_apps.text.readers.tfds_table import read_features

            split = TfdsSplit(self.source, tfds_dir=self.tfds_dir)
            self._checksum = lambda: split.identity
            return read_features(split, self._columns, self.max_line_characters)
        file = TextFile(
            self.find(self.source),
            max_line_characters=self.max_line_characters,
            encoding=self.encoding,
            is_kept=self.is_kept,
        )
        self._checksum = lambda: file.checksum
        return self._format.read(file, self._columns)
