"""Holds validation and test text out of one file, so that nothing leaks from one side to the other.

A file such as Tatoeba's holds many translations of one sentence on neighbouring lines. A split by
line would put some of them into train and others into test. Here the sentence decides: everything
that has the same source goes to the same side.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Protocol, TypeVar

from nlp_apps.errors import WorkError


class HasSource(Protocol):
    """An example that can be told apart by its source text."""

    @property
    def source(self) -> str:
        """The text that the model reads."""
        ...


Example = TypeVar("Example", bound=HasSource)

_NAMED_SIZE = re.compile(r"split:(?:(?P<count>[0-9]+)|(?P<percent>[0-9]+(?:\.[0-9]+)?)%)")


def is_hold_out(source: object) -> bool:
    """Whether a source of a recipe is held out of train: `split:2000` or `split:5%`."""
    return isinstance(source, str) and source.startswith("split:")


def hold_out(
    examples: Sequence[Example],
    sizes: Mapping[str, str | int],
    seed: int = 0,
    *,
    label_of: Callable[[Example], str] | None = None,
) -> tuple[list[Example], dict[str, list[Example]]]:
    """Splits examples by a hash of their source text.

    The order of the file plays no part, and few sentences change sides when lines are added. Texts
    that differ only in case or in spaces count as the same sentence.

    For example `hold_out(pairs, {"validation": "split:5%", "test": 2000})` returns all the pairs of
    2,000 different source sentences as `test`, which may be more than 2,000 pairs.

    Args:
        examples: What to split, in the order of the file.
        sizes: For each part, how many different source sentences: a number, `"split:2000"`, or
            `"split:5%"` of the different ones (rounded, at least one).
        seed: Another one gives another split. It should not follow the seed of training, or scores
            of two runs would be on different sentences.
        label_of: gives an example's label. The last text of a label is not held out: another text
            is in its place, and where there is none, the part is smaller. Default: no labels.

    Returns:
        The examples that remain, and each part; all keep the order of the file.

    Raises:
        WorkError: The parts would take more than half of the different source sentences.
    """
    groups = [folded(example.source) for example in examples]
    distinct = sorted(set(groups), key=lambda group: _rank(group, seed))
    counts = {part: _count(size, len(distinct)) for part, size in sizes.items()}
    wanted = sum(counts.values())
    if wanted > len(distinct) // 2:
        parts = ", ".join(f"data.{part} = {size!r}" for part, size in sizes.items())
        raise WorkError(
            f"{parts}: would hold out {wanted:,} of {len(distinct):,} different texts; at most "
            "half may be. Ask for fewer, or name files of their own."
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
    """The part of each group that is held out: the first ones, but for the last of a label.

    Args:
        ranked: all groups, in the order of choice.
        counts: groups of each part, together at most as many as there are.
        labels: of a group; a group that is not there has none.
    """
    left = Counter(label for found in labels.values() for label in found)
    places = [part for part, count in counts.items() for _ in range(count)]
    vacant: list[str] = []  # filled from behind, so that all other groups keep their places
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


def folded(text: str) -> str:
    """What two texts have in common that differ only in case, in blanks or in Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _rank(group: str, seed: int) -> bytes:
    """A place in the order of choice that depends on nothing but the text and the seed."""
    return hashlib.sha256(f"{seed}\t{group}".encode()).digest()


def parse_size(size: str) -> int | float:
    """What `split:N` or `split:P%` says: a number as `int`, a percentage as `float`."""
    named = _NAMED_SIZE.fullmatch(size)
    if named is None:
        raise ValueError(f"size must be split:NUMBER or split:PERCENT%, received {size!r}")
    return int(named["count"]) if named["count"] else float(named["percent"])


def _count(size: str | int, num_distinct: int) -> int:
    """A size in source sentences."""
    named = size if isinstance(size, int) else parse_size(size)
    return named if isinstance(named, int) else max(1, round(num_distinct * named / 100))
