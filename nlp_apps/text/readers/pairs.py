"""Sentence pairs: the examples of a translation recipe.

A source of sentence pairs is one of:

- `"pairs.tsv"`: a pair a line, source TAB target. Further columns are ignored (Tatoeba's files have
  an attribution in the third).
- `["train.en", "train.de"]`: two aligned files; line i of one is the translation of line i of the
  other.
- `"tfds:NAME/CONFIG:SPLIT"`: a TensorFlow Datasets data set, such as
  `"tfds:ted_hrlr_translate/pt_to_en:train"`; SPLIT may be a slice, `train[:10%]`.

Any file may be `.gz`. See `text_file.py` for the rules of lines. White space around a sentence is
dropped. Inside a sentence only newlines change: they become spaces (only TFDS has any). Control
characters stay, except NUL: a line with NUL is bad.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.corpus import Corpus, Location, Pair
from nlp_apps.text.normalize import normalize
from nlp_apps.text.readers.bad_lines import BadLinePolicy
from nlp_apps.text.readers.tables import TFDS_PREFIX
from nlp_apps.text.readers.text_file import TextFile, decode, without_empty_end

if TYPE_CHECKING:
    from nlp_apps.text.readers.tfds_split import TfdsSplit


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

    With `on_bad_line="skip"`, lines are skipped that have no TAB, an empty side, bytes that are not
    UTF-8, a NUL character, or too many characters. Errors of a whole file are always raised:
    aligned files of different lengths, a truncated `.gz`, an empty file, no good line.

    Args:
        source: see above.
        find: returns the path of a file that the recipe names (`resources.finder`).
        on_bad_line: `"stop"` or `"skip"`.
        max_line_characters: a longer line (both sides of a TSV together) is a bad line.
        languages: names of the two features of a TFDS data set, before `reverse`; None, or an empty
            name, for the data set's own order. Files ignore them.
        reverse: swaps the two sides of every pair.
        tfds_dir: folder of prepared TFDS data sets; None for the default of TFDS.

    Returns:
        The corpus, with at least one pair.

    Raises:
        WorkError: a file or a line cannot be used; the message names it.
        UsageError: the source has another form.
    """
    bad_lines = BadLinePolicy(on_bad_line)
    names = [source] if isinstance(source, str) else list(source)
    if not isinstance(source, str) and (
        len(names) != 2 or any(name.startswith(TFDS_PREFIX) for name in names)
    ):
        raise UsageError(
            f"a [data] source of sentence pairs must be one name or two aligned files, received "
            f"{names!r}."
        )
    pairs: Iterator[tuple[int, Pair]]
    if names[0].startswith(TFDS_PREFIX):
        # TensorFlow Datasets needs a second to import.
        from nlp_apps.text.readers.tfds_split import TfdsSplit

        split = TfdsSplit(names[0], tfds_dir=tfds_dir)
        pairs = _tfds_pairs(split, languages, max_line_characters, bad_lines)
        numbers, examples = _collect(pairs, reverse)
        checksum = split.identity
    else:
        files = [TextFile(find(name), max_line_characters=max_line_characters) for name in names]
        if len(files) == 1:
            pairs = _tsv_pairs(files[0], bad_lines)
        else:
            pairs = _aligned_pairs(files[0], files[1], bad_lines)
        numbers, examples = _collect(pairs, reverse)
        checksum = " ".join(file.checksum for file in files)
    bad_lines.close(" + ".join(names), len(examples))
    locations = [Location(0, number) for number in numbers]
    return Corpus(examples, bad_lines.skipped, checksum, names, locations)


def _collect(pairs: Iterator[tuple[int, Pair]], reverse: bool) -> tuple[list[int], list[Pair]]:
    """Returns the line numbers and the pairs."""
    numbers: list[int] = []
    found: list[Pair] = []
    for number, pair in pairs:
        numbers.append(number)
        found.append(Pair(pair.target, pair.source) if reverse else pair)
    return numbers, found


def _tsv_pairs(file: TextFile, bad_lines: BadLinePolicy) -> Iterator[tuple[int, Pair]]:
    for line in without_empty_end(file):
        problem = line.problem
        source, tab, rest = line.text.partition("\t")
        if not problem and not tab:
            kind = "no TAB between source and target" if source.strip() else "an empty line"
            problem = f"{kind}; a line is SOURCE<TAB>TARGET"
        target = rest.partition("\t")[0]
        if pair := _checked(source, target, problem, file.location(line.number), bad_lines):
            yield line.number, pair


def _aligned_pairs(
    left: TextFile, right: TextFile, bad_lines: BadLinePolicy
) -> Iterator[tuple[int, Pair]]:
    left_lines, right_lines = iter(left), iter(right)
    while True:
        source, target = next(left_lines, None), next(right_lines, None)
        if source is None and target is None:
            return
        if source is None or target is None:
            for _ in itertools.chain(left_lines, right_lines):
                pass  # counts the other lines
            raise WorkError(
                f"{left.path} has {left.num_lines} lines, but {right.path} has {right.num_lines}. "
                "Aligned files must have the same number of lines. Fix or replace one."
            )
        problem = source.problem or target.problem
        is_left = source.problem or not (target.problem or source.text.strip())
        location = (left if is_left else right).location(source.number)  # the file with the problem
        if pair := _checked(source.text, target.text, problem, location, bad_lines):
            yield source.number, pair


def _tfds_pairs(
    split: "TfdsSplit",
    languages: tuple[str, str] | None,
    max_characters: int,
    bad_lines: BadLinePolicy,
) -> Iterator[tuple[int, Pair]]:
    keys = languages if languages and all(languages) else split.supervised_keys
    names = ", ".join(split.text_keys) or "none"
    if keys is None:
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
        if pair := _checked(source, target, problem, split.location(number), bad_lines):
            yield number, pair


def _checked(
    source: str, target: str, problem: str, location: str, bad_lines: BadLinePolicy
) -> Pair | None:
    """Returns the pair if both sides have text; reports the line otherwise."""
    pair = Pair(normalize(source), normalize(target))
    if not problem and not (pair.source and pair.target):
        problem = f"the {'target' if pair.source else 'source'} side is empty"
    if problem:
        bad_lines.report(location, problem)
        return None
    return pair
