"""Corpora: what a recipe's `[data]` names, read into examples.

A source of sentence pairs is one of
- `"pairs.tsv"`: a pair a line, source TAB target. Columns after the second are ignored (Tatoeba's
  files carry an attribution in the third).
- `["train.en", "train.de"]`: two aligned files, line i of one belongs to line i of the other.
- `"tfds:NAME/CONFIG:SPLIT"`: a TensorFlow Datasets data set, such as
  `"tfds:ted_hrlr_translate/pt_to_en:train"`; SPLIT may be a slice, `train[:10%]`.
Any file may be `.gz`. How lines are read, and which are bad, is told in `lines.py`. White space
around a sentence is dropped; inside it nothing is changed (only in TFDS can a sentence hold line
ends, which become blanks). Control characters stay, but for NUL: a line that holds one is bad.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.normalize import normalize
from nlp_apps.text.readers.lines import BadLinePolicy, TextFile, decode, without_blank_end

if TYPE_CHECKING:
    from nlp_apps.text.readers.tfds_source import TfdsSplit

TFDS_PREFIX = "tfds:"


def read_pairs(
    source: str | Sequence[str],
    *,
    find: Callable[[str], Path],
    on_bad_line: str = "stop",
    max_line_characters: int = 10_000,
    languages: tuple[str, str] | None = None,
    reverse: bool = False,
    tfds_dir: Path | None = None,
) -> Corpus[Pair]:
    """Reads sentence pairs.

    With `on_bad_line="skip"`, lines without a TAB, with a blank side, not UTF-8, holding a NUL, or
    too long are left out, counted, and the first few logged. What is wrong with the file as a
    whole always stops: unequal aligned files, a truncated `.gz`, an empty file, no good line.

    Args:
        source: what the recipe says, see above.
        find: gives the path of a file that the recipe names (`resources.finder`).
        on_bad_line: `"stop"` or `"skip"`.
        max_line_characters: a longer line (both sides of a TSV together) is a bad line.
        languages: the feature names of the two sides in a TFDS data set, before `reverse`. None,
            or a name that is empty: the data set's own order. Files need none.
        reverse: swap the two sides of every pair.
        tfds_dir: where TFDS data sets are or will be prepared; None for TFDS's own default.

    Returns:
        The corpus, with at least one pair.

    Raises:
        WorkError: a file or a line cannot be used; the message names it.
        UsageError: the source is not one of the kinds above.
    """
    bad_lines = BadLinePolicy(on_bad_line)
    if isinstance(source, str):
        names = [source]
    else:
        names = list(source)
        if len(names) != 2 or any(name.startswith(TFDS_PREFIX) for name in names):
            raise UsageError(
                "a [data] source of sentence pairs is one name or two aligned files, "
                f"not {names!r}."
            )
    pairs: Iterator[Pair]
    if names[0].startswith(TFDS_PREFIX):
        # TensorFlow Datasets takes a second to import: only who uses it waits.
        from nlp_apps.text.readers.tfds_source import TfdsSplit

        split = TfdsSplit(names[0], tfds_dir=tfds_dir)
        examples = _collect(_tfds_pairs(split, languages, max_line_characters, bad_lines), reverse)
        checksum = split.identity
    else:
        files = [TextFile(find(name), max_line_characters=max_line_characters) for name in names]
        pairs = (
            _tsv_pairs(files[0], bad_lines)
            if len(files) == 1
            else _aligned_pairs(files[0], files[1], bad_lines)
        )
        examples = _collect(pairs, reverse)
        checksum = " ".join(file.checksum for file in files)
    bad_lines.close(" + ".join(names), len(examples))
    return Corpus(examples, bad_lines.skipped, checksum, names)


def _collect(pairs: Iterator[Pair], reverse: bool) -> list[Pair]:
    return [Pair(pair.target, pair.source) for pair in pairs] if reverse else list(pairs)


def _tsv_pairs(file: TextFile, bad_lines: BadLinePolicy) -> Iterator[Pair]:
    for line in without_blank_end(file):
        problem = line.problem
        source, tab, rest = line.text.partition("\t")
        if not problem and not tab:
            problem = (
                "no TAB between source and target; a line is SOURCE<TAB>TARGET"
                if source.strip()
                else "a blank line; a line is SOURCE<TAB>TARGET"
            )
        yield from _checked(
            source, rest.partition("\t")[0], problem, file.where(line.number), bad_lines
        )


def _aligned_pairs(left: TextFile, right: TextFile, bad_lines: BadLinePolicy) -> Iterator[Pair]:
    left_lines, right_lines = iter(left), iter(right)
    while True:
        source, target = next(left_lines, None), next(right_lines, None)
        if source is None and target is None:
            return
        if source is None or target is None:
            for _ in itertools.chain(left_lines, right_lines):
                pass  # to the end, for the counts
            raise WorkError(
                f"{left.path} has {left.num_lines} lines, but {right.path} has {right.num_lines}. "
                "Aligned files have one line for each line of the other: mend or replace one."
            )
        problem = source.problem or target.problem
        in_left = source.problem or not (target.problem or source.text.strip())
        where = (left if in_left else right).where(source.number)  # the file with the trouble
        yield from _checked(source.text, target.text, problem, where, bad_lines)


def _tfds_pairs(
    split: "TfdsSplit",
    languages: tuple[str, str] | None,
    max_characters: int,
    bad_lines: BadLinePolicy,
) -> Iterator[Pair]:
    keys = languages if languages and all(languages) else split.supervised_keys
    has = ", ".join(split.text_keys) or "none"
    if keys is None:
        raise WorkError(
            f"{split.source}: name its two text features with data.source_language and "
            f"data.target_language. It has: {has}."
        )
    for key in keys:
        if key not in split.text_keys:
            raise WorkError(
                f"{split.source}: no text feature {key!r} (data.source_language, "
                f"data.target_language). It has: {has}."
            )
    for number, example in enumerate(split, start=1):
        sides = [decode(example[key], max_characters=max_characters) for key in keys]
        problem = sides[0][1] or sides[1][1]
        (source, _), (target, _) = sides
        yield from _checked(source, target, problem, split.where(number), bad_lines)


def _checked(
    source: str, target: str, problem: str, where: str, bad_lines: BadLinePolicy
) -> Iterator[Pair]:
    """Yields the pair when both sides have text, else reports the line."""
    pair = Pair(normalize(source), normalize(target))
    if not problem and not (pair.source and pair.target):
        side = "target" if pair.source else "source"
        problem = f"the {side} side is blank"
    if problem:
        bad_lines.report(where, problem)
    else:
        yield pair
