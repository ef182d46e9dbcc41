"""Sentence pairs: the examples of a translation recipe.

A source of sentence pairs is one of:

- `"pairs.tsv"`: a pair a line, source TAB target; or another table (`tables.py`) with named
  columns. Other columns are ignored (ManyThings' files have an attribution in the third). A header
  line of languages, and Tatoeba's export with numbers before each sentence, are recognised
  (`headers.py`).
- `"memory.tmx"`: a translation memory; see `tmx_file.py`.
- `["train.en", "train.de"]`: two aligned files, as of Moses; line i of one is the translation of
  line i of the other.
- `"tfds:NAME/CONFIG:SPLIT"`: a TensorFlow Datasets data set, such as
  `"tfds:ted_hrlr_translate/pt_to_en:train"`; SPLIT may be a slice, `train[:10%]`.

Any file may be `.gz`. See `text_file.py` for the rules of lines. Sentences are normalized
(`normalize.normalize`): newlines become spaces. Control characters stay, except NUL: a line with
NUL is bad.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.corpus import Corpus, Location, Pair
from nlp_apps.text.language_examples import PairInto
from nlp_apps.text.normalize import normalize
from nlp_apps.text.readers import headers
from nlp_apps.text.readers.bad_lines import BadLinePolicy
from nlp_apps.text.readers.columns import Column, Requested, Row
from nlp_apps.text.readers.tables import TFDS_PREFIX, TableReader
from nlp_apps.text.readers.text_file import TextFile, decode
from nlp_apps.text.readers.tmx_file import read_tmx
from nlp_apps.text.storage.example_store import ExampleStore

if TYPE_CHECKING:
    from nlp_apps.text.readers.tfds_split import TfdsSplit


def read_pairs(
    source: str | Sequence[str],
    *,
    find: Callable[[str], Path],
    on_bad_line: str = "stop",
    max_line_characters: int = 10_000,
    languages: tuple[str, str] = ("", ""),
    reverse: bool = False,
    tfds_dir: Path | None = None,
    encoding: str = "utf-8",
    source_column: Column = "",
    target_column: Column = "",
    language_column: Column = "",
    read_source: Callable[[str], str] = str,
    store: ExampleStore[Any] | None = None,
) -> Corpus[Any]:
    """Reads sentence pairs.

    With `on_bad_line="skip"`, lines are skipped that have no TAB, an empty side, bytes that are not
    UTF-8, a NUL character, or too many characters. Errors of a whole file are always raised:
    aligned files of different lengths, a truncated `.gz`, an empty file, no good line.

    Args:
        source: see above.
        find: returns the path of a file that the recipe names (`resources.finder`).
        on_bad_line: `"stop"` or `"skip"`.
        max_line_characters: a longer line (both sides of a TSV together) is a bad line.
        languages: codes of source and target, before `reverse`; empty if unknown. They select the
            features of a TFDS data set, the sides of a TMX file, and columns by a header line.
        reverse: swaps the two sides of every pair.
        tfds_dir: folder of prepared TFDS data sets; None for the default of TFDS.
        encoding: the encoding of files.
        source_column: name or number of the column of the source; empty for the default.
        target_column: name or number of the column of the target; empty for the default.
        language_column: name or number of the column of the target language; empty: there is none.
            With it, the source must be a table.
        read_source: changes each source, after `reverse`, to the text that the model reads.
        store: collects the pairs; by default in memory.

    Returns:
        The corpus, with at least one pair; of `PairInto` with `language_column`.

    Raises:
        WorkError: a file or a line cannot be used; the message names it.
        UsageError: the source has another form.
    """
    bad_lines = BadLinePolicy(on_bad_line)
    has_language = language_column != ""
    pairs: ExampleStore[Any] = ExampleStore(Pair._make) if store is None else store
    settings: dict[str, Any] = {
        "max_line_characters": max_line_characters,
        "encoding": encoding,
        "is_kept": not pairs.may_use_files,
    }
    names = [source] if isinstance(source, str) else list(source)
    if not isinstance(source, str) and (
        len(names) != 2 or any(name.startswith(TFDS_PREFIX) for name in names)
    ):
        raise UsageError(
            f"a [data] source of sentence pairs must be one name or two aligned files, received "
            f"{names!r}."
        )
    columns = [
        Requested("data.source_column", source_column, number=1, name="source"),
        Requested("data.target_column", target_column, number=2, name="target"),
    ]
    if has_language:
        require_table(names)
        columns.append(Requested("data.language_column", language_column, number=3, name="to"))
    rows: Iterable[Row]
    checksum: Callable[[], str]
    if names[0].startswith(TFDS_PREFIX):
        # TensorFlow Datasets needs a second to import.
        from nlp_apps.text.readers.tfds_split import TfdsSplit

        split = TfdsSplit(names[0], tfds_dir=tfds_dir)
        rows = _tfds_rows(split, columns, languages, max_line_characters)
        checksum = partial(getattr, split, "identity")
    elif len(names) == 1 and not is_tmx(names[0]):
        table = TableReader(
            names[0],
            columns,
            find=find,
            bad_lines=bad_lines,
            tfds_dir=tfds_dir,
            recognise=headers.pairs(languages, has_language=has_language),
            rest_of_line=False,
            **settings,
        )
        rows, checksum = table, partial(getattr, table, "checksum")
    else:
        files = [TextFile(find(name), **settings) for name in names]
        rows = read_tmx(files[0], languages) if len(files) == 1 else _aligned_rows(*files)
        checksum = partial(_checksums, files)
    for row in rows:
        problem, pair = row.problem, Pair("", "")
        if not problem:
            pair = Pair(*map(normalize, row.values[:2]))
            if not (pair.source and pair.target):
                problem = f"the {'target' if pair.source else 'source'} side is empty"
            elif has_language and not is_language(code := row.values[2].strip()):
                problem = f"{code[:40]!r} is not a language code such as fr or pt-BR"
        if problem:
            bad_lines.report(row.location, problem)
            continue
        given, written = (pair.target, pair.source) if reverse else pair
        location = Location(0, row.line)
        if has_language:
            pairs.add(PairInto(read_source(given), written, code), location)
        else:
            pairs.add(Pair(read_source(given), written), location)
    bad_lines.close(" + ".join(names), len(pairs))
    examples, locations = pairs.close()
    return Corpus(examples, bad_lines.skipped, checksum(), names, locations)


def _checksums(files: Sequence[TextFile]) -> str:
    return " ".join(file.checksum for file in files)


def require_table(names: Sequence[str]) -> None:
    """Checks that a source with a column of languages is a table.

    Raises:
        UsageError: it is two aligned files, a `.tmx` or a TensorFlow data set.
    """
    if len(names) > 1 or is_tmx(names[0]) or names[0].startswith(TFDS_PREFIX):
        raise UsageError(
            f"data.language_column needs a table, such as a .tsv, received {' + '.join(names)}. "
            "Name a source by language instead: data.train = { fr = ..., de = ... }."
        )


def is_language(code: str) -> bool:
    """Returns whether a text has the form of a language code."""
    return re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code) is not None


def is_tmx(name: str) -> bool:
    """Returns whether a file is TMX by its name."""
    return name.lower().removesuffix(".gz").endswith(".tmx")


def _aligned_rows(left: TextFile, right: TextFile) -> Iterator[Row]:
    left_lines, right_lines = iter(left), iter(right)
    while True:
        source, target = next(left_lines, None), next(right_lines, None)
        if source is None and target is None:
            return
        if source is None or target is None:
            rest = itertools.chain([source or target], left_lines, right_lines)
            # A sum, as it reads to the end: the message has the numbers of lines.
            if not sum(bool(line.problem or line.text.strip()) for line in rest if line):
                return  # empty lines at the end
            raise WorkError(
                f"{left.path} has {left.num_lines} lines, but {right.path} has {right.num_lines}. "
                "Aligned files must have the same number of lines. Fix or replace one."
            )
        problem = source.problem or target.problem
        is_left = source.problem or not (target.problem or source.text.strip())
        location = (left if is_left else right).location(source.number)  # the file with the problem
        values = () if problem else (source.text, target.text)
        yield Row(location, values, problem, source.number)


def _tfds_rows(
    split: "TfdsSplit",
    columns: Sequence[Requested],
    languages: tuple[str, str],
    max_characters: int,
) -> Iterator[Row]:
    keys: Sequence[str] = [str(column.column) for column in columns]
    for default in (languages, split.supervised_keys or ()):
        if not all(keys):
            keys = default
    names = ", ".join(split.text_keys) or "none"
    if not keys:
        raise WorkError(
            f"{split.source}: set data.source_language and data.target_language to its two text "
            f"features. It has: {names}."
        )
    for key in keys:
        if key not in split.text_keys:
            raise WorkError(
                f"{split.source}: no text feature {key!r} (data.source_language, "
                f"data.target_language). It has: {names}."
            )
    for number, example in enumerate(split, start=1):
        sides = [decode(example[key], max_characters=max_characters) for key in keys]
        (source, source_problem), (target, target_problem) = sides
        problem = source_problem or target_problem
        values = () if problem else (source, target)
        yield Row(split.location(number), values, problem, number)
