"""Sentence pairs: equal sides, swapped sides, odd lengths, numbers that differ."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from nlp_apps.inspection.finding import MAX_INSTANCES, Finding, Instance, share, shorten
from nlp_apps.inspection.scripts import swapped_pairs
from nlp_apps.inspection.table import Table
from nlp_apps.text.hold_out import fold

MIN_COPY_WORDS = 3
"""Words of a pair with equal sides that should differ; names and exclamations may be equal."""

MIN_PAIRS = 200
"""Pairs that the comparison of languages needs."""

MAX_PAIRS_PER_SIDE = 50_000
"""Texts from which the n-grams of a side are counted."""

MIN_TRIGRAMS = 10
"""Trigrams of a text that the comparison of languages needs."""

MIN_EVIDENCE = 0.7
"""Nats per trigram by which both sides must fit the other side better."""

RATIO = 4.0
"""Factor between the length ratio of a pair and that of the corpus that is odd."""

MIN_DIFFERENCE = 30
"""Characters that a side with an odd length has too many."""

_BUCKETS = 2**16

_GROUPED = re.compile(r"(?<=\d)[.,'’\u00a0\u202f ](?=\d{3}(?!\d))")
_DIGITS = re.compile(r"\d+")


def find_pair_faults(tables: Sequence[Table]) -> Iterator[Finding]:
    """Checks the pairs of all splits; the columns `source` and `target`."""
    yield from _copies(tables)
    yield from _swapped_languages(tables)
    yield from _odd_lengths(tables)
    yield from _different_numbers(tables)


def _pairs(tables: Sequence[Table]) -> Iterator[tuple[Table, int, str, str]]:
    for table in tables:
        sources, targets = table.columns["source"], table.columns["target"]
        for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
            yield table, row, source, target


def _copies(tables: Sequence[Table]) -> Iterator[Finding]:
    """Finds pairs with equal sides, other than names and single words."""
    total, count, instances = 0, 0, list[Instance]()
    for table, row, source, target in _pairs(tables):
        total += 1
        if len(source) != len(target) and abs(len(source) - len(target)) > 3:
            continue
        if len(source.split()) >= MIN_COPY_WORDS and fold(source) == fold(target):
            count += 1
            if len(instances) < MAX_INSTANCES:
                instances.append(table.instance(row))
    if count:
        verb = "has" if count == 1 else "have"
        yield Finding(
            "equal_sides",
            "warning" if count > 0.005 * total else "note",
            count,
            f"{share(count, total, 'pairs')} {verb} a target equal to the source.",
            "Remove pairs that are not translated: the model learns to copy.",
            tuple(instances),
        )


def _swapped_languages(tables: Sequence[Table]) -> Iterator[Finding]:
    """Finds pairs each of whose sides is more probable in the language of the other side.

    The two languages are distributions of character trigrams, estimated from the sides. Sides of
    one language have nearly equal distributions, so that no pair is found.
    """
    total = sum(map(len, tables))
    if total < MIN_PAIRS:
        return
    step = max(1, total // MAX_PAIRS_PER_SIDE)
    logs = []
    for name in ("source", "target"):
        texts = [text for table in tables for text in table.columns[name]][::step]
        trigrams, _ = _trigrams(texts)
        counts = np.bincount(trigrams, minlength=_BUCKETS)[:_BUCKETS].astype(np.float64)
        logs.append(np.log((counts + 1.0) / (counts.sum() + _BUCKETS)))
    evidence = (logs[1] - logs[0]).astype(np.float32)  # positive: the language of the target
    found = []
    for table in tables:
        source = _mean_evidence(table.columns["source"], evidence)
        target = _mean_evidence(table.columns["target"], evidence)
        rows = np.flatnonzero((source > MIN_EVIDENCE) & (target < -MIN_EVIDENCE))
        found += [(table, int(row)) for row in rows]
    different = [
        (table, row)
        for table, row in found
        if _script_key(table.columns["source"][row]) == _script_key(table.columns["target"][row])
    ]
    if different and len(different) < total / 2:
        yield swapped_pairs(different, total, "by their letters")


def _script_key(text: str) -> bool:
    """Returns whether most characters are in the Latin ranges; other scripts: see `scripts`."""
    return sum(character < "\u0250" for character in text) * 2 > len(text)


def _trigrams(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Returns hashed character trigrams.

    Returns:
        The bucket of the trigram that begins at each character <int64>[C], the last two of a text
        reach into the space after it; the number of characters of each text, with that space,
        <int64>[N].
    """
    lengths = np.array([len(text) + 2 for text in texts], np.int64)
    joined = "".join(f"{text}  " for text in texts).lower()
    if len(joined) != lengths.sum():  # a capital letter whose small letter is two characters
        joined = "".join(f"{text}  " for text in texts)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    points = np.concatenate([points, np.zeros(2, np.uint32)]).astype(np.uint64)
    hashed = points[:-2] * np.uint64(2654435761) + points[1:-1] * np.uint64(40503) + points[2:]
    return (((hashed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(48)).astype(np.int64)), lengths


def _mean_evidence(texts: Sequence[str], evidence: np.ndarray) -> np.ndarray:
    """Returns the mean evidence of the trigrams of each text <float>[N]; 0 for short texts."""
    if not texts:
        return np.zeros(0)
    trigrams, lengths = _trigrams(texts)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    sums = np.add.reduceat(evidence[trigrams].astype(np.float64), starts)
    return np.where(lengths - 2 >= MIN_TRIGRAMS, sums / lengths, 0.0)


def _odd_lengths(tables: Sequence[Table]) -> Iterator[Finding]:
    """Finds pairs with a side far longer than the corpus makes probable."""
    lengths = np.array([(len(source), len(target)) for _, _, source, target in _pairs(tables)])
    if len(lengths) < MIN_PAIRS:
        return
    ratio = float(np.median(lengths[:, 1] / lengths[:, 0]))
    expected = lengths[:, 0] * ratio
    longer = np.maximum(lengths[:, 1], expected)
    shorter = np.minimum(lengths[:, 1], expected)
    odd = (longer > RATIO * shorter) & (longer - shorter > MIN_DIFFERENCE)
    count = int(odd.sum())
    if not count:
        return
    rows = [(table, row) for table, row, _, _ in _pairs(tables)]
    instances = []
    for index in np.flatnonzero(odd)[:MAX_INSTANCES]:
        table, row = rows[index]
        target = table.columns["target"][row]
        remark = f"{lengths[index, 0]} and {lengths[index, 1]} characters: {shorten(target, 30)}"
        instances.append(table.instance(row, remark=remark))
    verb = "has" if count == 1 else "have"
    yield Finding(
        "odd_lengths",
        "warning" if count > 0.01 * len(lengths) else "note",
        count,
        f"{share(count, len(lengths), 'pairs')} {verb} a side more than {RATIO:.0f} times as long "
        "as its translation.",
        "Check that the two sides belong together: a shifted line spoils all lines after it.",
        tuple(instances),
    )


def _different_numbers(tables: Sequence[Table]) -> Iterator[Finding]:
    """Finds pairs in which both sides have numbers, but not the same ones."""
    total, count, instances = 0, 0, list[Instance]()
    for table, row, source, target in _pairs(tables):
        numbers = _numbers(source)
        if not numbers:
            continue
        others = _numbers(target)
        if not others:
            continue
        total += 1
        if not (numbers.keys() <= others.keys() or others.keys() <= numbers.keys()):
            count += 1
            if len(instances) < MAX_INSTANCES:
                instances.append(table.instance(row, remark=shorten(target)))
    if count:
        verb = "has" if count == 1 else "have"
        yield Finding(
            "different_numbers",
            "warning" if count > 0.2 * total and total >= MIN_PAIRS else "note",
            count,
            f"{share(count, total, 'pairs with numbers on both sides')} {verb} different numbers.",
            "Check them: times and units may differ, amounts and years may not.",
            tuple(instances),
        )


def _numbers(text: str) -> Counter[str]:
    """Returns the numbers of a text: digits, without signs between groups of thousands."""
    if not _DIGITS.search(text):
        return Counter()
    return Counter(number.lstrip("0") for number in _DIGITS.findall(_GROUPED.sub("", text)))
