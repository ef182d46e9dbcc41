"""Hold-out: splits validation and test off the training text without leaks.

A file such as Tatoeba's has many translations of one sentence on neighbouring lines. A split by
line would put some of them into train and others into test. `hold_out` splits by source text:
all examples with the same source are in the same split. `hold_out_end` splits documents, whose
order matters.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Protocol, TypeVar

from nlp_apps.errors import WorkError


class SourceExample(Protocol):
    """An example with a source text."""

    @property
    def source(self) -> str:
        """The text that the model reads."""
        ...


Example = TypeVar("Example", bound=SourceExample)

SIZE = re.compile(r"split:(?:(?P<count>[1-9][0-9]*)|(?P<percent>[0-9]+(?:\.[0-9]+)?)%)")
"""Form of a hold-out: `split:N` or `split:P%`."""


def is_hold_out(source: object) -> bool:
    """Returns whether a source of a recipe is held out of train: `split:2000` or `split:5%`."""
    return isinstance(source, str) and source.startswith("split:")


def parse_size(size: str) -> int | float:
    """Parses `split:N` to an `int`, or `split:P%` to a `float`, the percentage."""
    parsed = SIZE.fullmatch(size)
    if parsed is None:
        raise ValueError(f"size must be split:NUMBER or split:PERCENT%, received {size!r}")
    return int(parsed["count"]) if parsed["count"] else float(parsed["percent"])


def fold(text: str) -> str:
    """Returns a key that ignores differences of case, white space and Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def hold_out(
    examples: Sequence[Example],
    sizes: Mapping[str, str | int],
    seed: int = 0,
    *,
    label_of: Callable[[Example], str] | None = None,
) -> tuple[list[Example], dict[str, list[Example]]]:
    """Splits examples by a hash of their source text.

    The split does not depend on the order of the file, and few sentences change sides when lines
    are added. Texts that differ only in case or white space are the same sentence.

    Example: `hold_out(pairs, {"validation": "split:5%", "test": 2000})` returns all pairs of 2,000
    distinct source sentences as `test`, which may be more than 2,000 pairs.

    Args:
        examples: the examples, in the order of the file.
        sizes: number of distinct source sentences of each part: a number, `"split:2000"`, or
            `"split:5%"` (rounded, at least one).
        seed: another seed is another split. It must not depend on the seed of training: scores of
            two runs would be on different sentences.
        label_of: returns the label of an example. Train keeps at least one text per label; the
            held-out part may then be smaller. None: examples have no labels.

    Returns:
        The examples that remain, and each part; all in the order of the file.

    Raises:
        WorkError: the parts need more than half of the distinct source sentences.
    """
    groups = [fold(example.source) for example in examples]
    distinct = sorted(set(groups), key=lambda group: _rank(group, seed))
    counts = {part: _count(size, len(distinct)) for part, size in sizes.items()}
    wanted = sum(counts.values())
    if wanted > len(distinct) // 2:
        raise WorkError(
            f"{_written(sizes)}: would hold out {wanted:,} of {len(distinct):,} distinct texts; at "
            "most half are allowed. Set smaller sizes, or name files instead."
        )
    labels: dict[str, set[str]] = {}
    if label_of is not None:
        for example, group in zip(examples, groups, strict=True):
            labels.setdefault(group, set()).add(label_of(example))
    part_of = _choose(distinct, counts, labels)
    train: list[Example] = []
    held: dict[str, list[Example]] = {part: [] for part in sizes}
    for example, group in zip(examples, groups, strict=True):
        held.get(part_of.get(group, ""), train).append(example)
    return train, held


def _choose(
    ranked: Sequence[str], counts: Mapping[str, int], labels: Mapping[str, set[str]]
) -> dict[str, str]:
    """Assigns the first groups to the parts, except the last group of a label.

    Args:
        ranked: all groups, in the order of choice.
        counts: number of groups of each part, together at most the number of groups.
        labels: labels of each group; a missing group has none.

    Returns:
        The part of each group that is held out.
    """
    left = Counter(label for found in labels.values() for label in found)
    places = [part for part, count in counts.items() for _ in range(count)]
    vacant: list[str] = []  # filled by the groups after, so that all other groups keep their places
    part_of: dict[str, str] = {}
    for group, place in zip_longest(ranked, places, fillvalue=""):
        if not place and not vacant:
            break
        found = labels.get(group, set())
        if any(left[label] == 1 for label in found):
            vacant += [place] if place else []
            continue
        part_of[group] = place or vacant.pop(0)
        left.subtract(found)
    return part_of


def _rank(group: str, seed: int) -> bytes:
    """Returns a sort key that depends only on the text and the seed."""
    return hashlib.sha256(f"{seed}\t{group}".encode()).digest()


def _count(size: str | int, num_distinct: int) -> int:
    """Returns a size as a number of source sentences."""
    parsed = size if isinstance(size, int) else parse_size(size)
    return parsed if isinstance(parsed, int) else max(1, round(num_distinct * parsed / 100))


def hold_out_end(
    documents: Sequence[str], sizes: Mapping[str, str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Splits the end off a text, so that the held-out text follows the training text.

    Several documents are held out whole; a single document is split at a character.

    Args:
        documents: the text.
        sizes: size of each part, in their order in the text: `"split:N"` characters, or
            `"split:P%"` of all characters.

    Returns:
        The documents that remain, and each part.

    Raises:
        WorkError: less than half of the text, or no whole document, would remain.
    """
    total = sum(map(len, documents))
    counts = {part: _num_characters(size, total) for part, size in sizes.items()}
    if sum(counts.values()) > total // 2:
        raise WorkError(
            f"{_written(sizes)}: would hold out {sum(counts.values()):,} of {total:,} characters; "
            "at most half are allowed. Set smaller sizes, or name files instead."
        )
    left = list(documents)
    held: dict[str, list[str]] = {}
    for part in reversed(list(sizes)):
        if len(documents) == 1:
            end = len(left[0]) - counts[part]
            held[part], left = [left[0][end:]], [left[0][:end]]
            continue
        moved: list[str] = []
        while left and sum(map(len, moved)) < counts[part]:
            moved.insert(0, left.pop())
        held[part] = moved
    if not left:
        raise WorkError(
            f"{_written(sizes)}: leaves no whole document for training ({len(documents)} documents "
            "in all). Set smaller sizes, or name files instead."
        )
    if sum(map(len, left)) < total // 2:
        raise WorkError(
            f"{_written(sizes)}: would hold out {total - sum(map(len, left)):,} of {total:,} "
            "characters, because documents are held out whole; at most half are allowed. Name "
            "files instead."
        )
    return left, {part: held[part] for part in sizes}


def _num_characters(size: str, total: int) -> int:
    """Returns a size as a number of characters, at least one."""
    parsed = parse_size(size)
    if isinstance(parsed, int):
        return parsed
    # The rest is rounded down, so that 10% leaves int(0.9 * total), the usual split.
    return max(1, total - int(total * (100.0 - parsed) / 100.0))


def _written(sizes: Mapping[str, str | int]) -> str:
    """Returns sizes as in a recipe, for messages."""
    return ", ".join(f"data.{part} = {size!r}" for part, size in sizes.items())
