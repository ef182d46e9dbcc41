"""Hold-out: splits validation and test off the training text without leaks.

A file such as Tatoeba's has many translations of one sentence on neighbouring lines. A split by
line would put some of them into train and others into test. `hold_out` splits by source text:
all examples with the same source are in the same split. `hold_out_end` splits documents, whose
order matters.
"""

import hashlib
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Protocol, TypeVar

import numpy as np

from nlp_apps.errors import WorkError
from nlp_apps.text.split_size import parse_size

COMPARED_AT_ONCE = 1 << 20
"""Examples whose hashes are compared at once."""

STRATIFIED_TEXTS = 1_000
"""Below this number of distinct texts, labels are held out in proportion. A tenth of as many texts
has 50 ± 5 texts (standard deviation) of a label of one half by chance alone, so larger splits are
left to the hash, which adding texts does not move."""


class SourceExample(Protocol):
    """An example with a source text."""

    @property
    def source(self) -> str:
        """The text that the model reads."""
        ...


Example = TypeVar("Example", bound=SourceExample)


def fold(text: str) -> str:
    """Returns a key that ignores differences of case, white space and Unicode form."""
    if text.isascii():  # the same, faster
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def hold_out(
    examples: Sequence[Example],
    sizes: Mapping[str, str | int],
    seed: int = 0,
    *,
    labels_of: Callable[[Example], Sequence[str]] | None = None,
) -> tuple[list[Example], dict[str, list[Example]]]:
    """Splits examples by a hash of their source text; see `held_out_positions`.

    Example: `hold_out(pairs, {"validation": "split:5%", "test": 2000})` returns all pairs of 2,000
    distinct source sentences as `test`, which may be more than 2,000 pairs.

    Returns:
        The examples that remain, and each part; all in the order of the file.
    """
    found = held_out_positions(examples, sizes, seed, labels_of=labels_of)
    parts = {part: [examples[index] for index in held.tolist()] for part, held in found.items()}
    return [examples[index] for index in remaining(len(examples), found).tolist()], parts


def remaining(num_examples: int, held: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns the positions of the examples that are in no part, <uint32>[n]."""
    is_left = np.ones(num_examples, bool)
    for positions in held.values():
        is_left[positions] = False
    return np.arange(num_examples, dtype=np.uint32)[is_left]


def held_out_positions(
    examples: Iterable[Example],
    sizes: Mapping[str, str | int],
    seed: int = 0,
    *,
    labels_of: Callable[[Example], Sequence[str]] | None = None,
    stratify: bool = True,
) -> dict[str, np.ndarray]:
    """Chooses the examples of each part by a hash of their source text.

    The split is independent of the order of the file, and few sentences change sides when lines
    are added. Texts that differ only in case or white space are the same sentence. With labels and
    fewer than `STRATIFIED_TEXTS` distinct texts, each part has every label in proportion. Memory
    holds 8 bytes of an example, 4 of the number of its labels, and 8 of each label.

    Args:
        examples: the examples, in the order of the file.
        sizes: number of distinct source sentences of each part: a number, `"split:2000"`,
            `"split:5%"` (rounded, at least one), or `"split:5% max 5000"`.
        seed: another seed is another split. It must not depend on the seed of training: scores of
            two runs would be on different sentences.
        labels_of: returns the labels of an example. Train keeps at least one text per label; the
            held-out part may then be smaller. None: examples have no labels.
        stratify: holds out labels in proportion; False: the hash alone chooses, in small sets too.

    Returns:
        The positions of each part in ascending order, <int64>[n].

    Raises:
        WorkError: the parts need more than half of the distinct source sentences.
    """
    label_ids: dict[str, int] = {}
    labels, num_labels_of = array("q"), array("I")

    def ranks() -> Iterator[int]:
        for example in examples:
            if labels_of is not None:
                found = labels_of(example)
                labels.extend(label_ids.setdefault(label, len(label_ids)) for label in found)
                num_labels_of.append(len(found))
            yield _rank(fold(example.source), seed)

    rank_of = np.fromiter(ranks(), np.uint64)
    distinct = np.unique(rank_of)
    counts = {part: _count(size, len(distinct)) for part, size in sizes.items()}
    wanted = sum(counts.values())
    if wanted > len(distinct) // 2:
        raise WorkError(
            f"{_written(sizes)}: would hold out {wanted:,} of {len(distinct):,} distinct texts; at "
            "most half are allowed. Set smaller sizes, or name files instead."
        )
    if labels_of is None:
        chosen = dict(zip(range(wanted), _places(counts), strict=True))
    else:
        groups = np.repeat(np.searchsorted(distinct, rank_of), np.asarray(num_labels_of))
        found = _LabelsOfGroups(groups, np.asarray(labels), len(label_ids), len(distinct))
        order: Sequence[int] = range(len(distinct))
        if stratify and len(distinct) < STRATIFIED_TEXTS:
            order = _in_proportion(found, list(label_ids))
        chosen = _choose(counts, found, order)
    ranks_of = {
        part: distinct[sorted(group for group, place in chosen.items() if place == part)]
        for part in sizes
    }
    return {part: _positions_in(rank_of, ranks) for part, ranks in ranks_of.items()}


def _positions_in(values: np.ndarray, ascending: np.ndarray) -> np.ndarray:
    """Returns the positions of the values that an ascending array has, <int64>[n]."""
    if not len(ascending):
        return np.zeros(0, np.int64)
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(values), COMPARED_AT_ONCE):
        part = values[start : start + COMPARED_AT_ONCE]
        places = np.minimum(np.searchsorted(ascending, part), len(ascending) - 1)
        found.append(start + np.flatnonzero(ascending[places] == part))
    return np.concatenate(found)


def _places(counts: Mapping[str, int]) -> list[str]:
    return [part for part, count in counts.items() for _ in range(count)]


class _LabelsOfGroups:
    """The labels of groups of equal texts.

    Args:
        groups: <int64>[N], the group of each label of an example.
        labels: <int64>[N], the labels.
        num_labels: number of labels.
        num_groups: number of groups; one may have no label.

    Attributes:
        num_groups: number of groups.
        counts: <int64>[num_labels], the number of groups that have a label.
    """

    def __init__(self, groups: np.ndarray, labels: np.ndarray, num_labels: int, num_groups: int):
        both = np.unique(groups * max(num_labels, 1) + labels)
        self._groups, self._labels = np.divmod(both, max(num_labels, 1))
        self.num_groups = num_groups
        self.counts = np.bincount(self._labels, minlength=num_labels)

    def __getitem__(self, group: int) -> np.ndarray:
        """Returns the labels of a group, <int64>[n]."""
        start, end = np.searchsorted(self._groups, [group, group + 1])
        return self._labels[start:end]


def _in_proportion(labels: _LabelsOfGroups, names: Sequence[str]) -> list[int]:
    """Returns the groups in an order of which each section has every label in proportion.

    A group counts for its rarest label. The groups of a label are spread evenly over the order: the
    group at place j of n, from 0, is at (j + 1/2) / n of the whole.

    Args:
        labels: the labels of the groups.
        names: the names of the labels; the first in the alphabet counts of two as rare.
    """

    def rarity(label: int) -> tuple[int, str]:
        return int(labels.counts[label]), names[label]

    groups_of: dict[int, list[int]] = {}
    for group in range(labels.num_groups):
        found = labels[group].tolist()
        groups_of.setdefault(min(found, key=rarity, default=-1), []).append(group)
    places = {
        group: Fraction(2 * place + 1, 2 * len(groups))
        for groups in groups_of.values()
        for place, group in enumerate(groups)
    }
    return sorted(places, key=lambda group: (places[group], group))


def _choose(
    counts: Mapping[str, int], labels: _LabelsOfGroups, order: Sequence[int]
) -> dict[int, str]:
    """Assigns the first groups to the parts, except the last group of a label.

    Args:
        counts: number of groups of each part, together at most the number of groups.
        labels: the labels of the groups.
        order: the groups in the order of choice.

    Returns:
        The part of each group that is held out.
    """
    left, places = labels.counts.copy(), _places(counts)
    vacant: list[str] = []  # filled by the groups after, so that all other groups keep their places
    part_of: dict[int, str] = {}
    for index, group in enumerate(order):
        place = places[index] if index < len(places) else ""
        if not place and not vacant:
            break
        found = labels[group]
        if (left[found] == 1).any():
            vacant += [place] if place else []
            continue
        part_of[group] = place or vacant.pop(0)
        left[found] -= 1
    return part_of


def _rank(group: str, seed: int) -> int:
    """Returns a sort key that depends only on the text and the seed, an integer of 64 bits."""
    return int.from_bytes(hashlib.sha256(f"{seed}\t{group}".encode()).digest()[:8], "big")


def _count(size: str | int, num_distinct: int) -> int:
    """Returns a size as a number of source sentences."""
    parsed = size if isinstance(size, int) else parse_size(size)
    if isinstance(parsed, int):
        return parsed
    return parsed.limited(round(num_distinct * parsed.percent / 100))


def hold_out_end(
    documents: Sequence[str], sizes: Mapping[str, str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Splits the end off a text, so that the held-out text follows the training text.

    Several documents are held out whole; a single document is split at a character.

    Args:
        documents: the text.
        sizes: size of each part, in their order in the text: `"split:N"` characters, `"split:P%"`
            of all characters, or `"split:P% max N"`.

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
    return parsed.limited(total - int(total * (100.0 - parsed.percent) / 100.0))


def _written(sizes: Mapping[str, str | int]) -> str:
    """Returns sizes as in a recipe, for messages."""
    return ", ".join(f"data.{part} = {size!r}" for part, size in sizes.items())
