"""Writes a synthetic parallel corpus: SOURCE TAB TARGET, one pair per line.

    .venv/bin/python benchmarks/synthetic_pairs.py PAIRS.tsv --pairs 1000000

The language has a made-up grammar and 50,000 made-up words with Zipf frequencies. The target is a
function of the source: each word has one translation, adjectives follow their noun, and the verb
ends its clause. A sentence has 5 to 30 words and a full stop. Memory holds one chunk of pairs. A
file whose name ends in `.gz` is packed. The pairs are a function of the seed: a smaller corpus is
the head of a larger one.
"""

import argparse
import gzip
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

import numpy as np

from nlp_apps.errors import WorkError
from nlp_apps.io.atomic_files import atomic_write

MIN_WORDS, MAX_WORDS = 5, 30
CHUNK = 20_000
NUM_TEMPLATES = 1000

CLASS_SIZES = {
    "determiner": 12,
    "conjunction": 8,
    "preposition": 30,
    "adverb": 950,
    "adjective": 9_000,
    "verb": 10_000,
    "noun": 30_000,
}
"""Words of each class: 50,000 together."""

CLASS_SHARES = {
    "determiner": 0.25,
    "conjunction": 0.03,
    "preposition": 0.11,
    "adverb": 0.05,
    "adjective": 0.12,
    "verb": 0.12,
    "noun": 0.32,
}
"""Approximate shares of the running words; frequent words are short."""

SOURCE_SYLLABLES = ("bdfghklmnprstvw", "aeiou")
TARGET_SYLLABLES = ("bcdfgjlmnpqrstvxz", "aeiouyéà")


class Template(NamedTuple):
    """The word classes of a sentence.

    Attributes:
        classes: word class of each source position.
        order: source position of each target position.
    """

    classes: list[str]
    order: list[int]


class Vocabulary(NamedTuple):
    """The words of one class, the most frequent first.

    Attributes:
        source: <str>[V].
        target: <str>[V], their translations.
        cumulative: <float64>[V], cumulative probabilities.
    """

    source: np.ndarray
    target: np.ndarray
    cumulative: np.ndarray


def words(syllables: tuple[str, str], count: int) -> list[str]:
    """Returns different words, the shortest first."""
    consonants, vowels = syllables
    pairs = ["".join(letters) for letters in itertools.product(consonants, vowels)]
    lengths = itertools.count(1)
    every = ("".join(p) for n in lengths for p in itertools.product(pairs, repeat=n))
    return list(itertools.islice(every, count))


def vocabularies() -> dict[str, Vocabulary]:
    """Returns the words of every class, with frequencies of Zipf's law: 1 / rank."""
    harmonic = {name: (1 / np.arange(1, size + 1)).sum() for name, size in CLASS_SIZES.items()}
    ranked = sorted(
        (-CLASS_SHARES[name] / harmonic[name] / rank, name, rank)
        for name, size in CLASS_SIZES.items()
        for rank in range(1, size + 1)
    )
    source = words(SOURCE_SYLLABLES, len(ranked))
    # The reverse order within groups of 8, so that no rule on letters translates a word.
    target = words(TARGET_SYLLABLES, len(ranked))
    found: dict[str, tuple[list[str], list[str]]] = {name: ([], []) for name in CLASS_SIZES}
    for place, (_, name, _) in enumerate(ranked):
        found[name][0].append(source[place])
        found[name][1].append(target[place ^ 7])
    return {
        name: Vocabulary(
            np.array(pair[0], object),
            np.array(pair[1], object),
            np.cumsum(1 / np.arange(1, CLASS_SIZES[name] + 1)) / harmonic[name],
        )
        for name, pair in found.items()
    }


def _noun_phrase(random: np.random.Generator) -> tuple[list[str], list[int]]:
    adjectives = int(random.choice(3, p=[0.65, 0.27, 0.08]))
    classes = ["determiner", *["adjective"] * adjectives, "noun"]
    last = len(classes) - 1
    return classes, [0, last, *range(1, last)]


def _clause(random: np.random.Generator) -> tuple[list[str], list[int]]:
    """Subject, verb, object, adverb, prepositional phrases; in the target the verb is last."""
    parts = [_noun_phrase(random), (["verb"], [0])]
    if random.random() < 0.6:
        parts.append(_noun_phrase(random))
    if random.random() < 0.4:
        parts.append((["adverb"], [0]))
    for _ in range(int(random.choice(3, p=[0.6, 0.3, 0.1]))):
        classes, order = _noun_phrase(random)
        parts.append((["preposition", *classes], [0, *(1 + place for place in order)]))
    starts = [0, *itertools.accumulate(len(classes) for classes, _ in parts)]
    moved = [0, *range(2, len(parts)), 1]
    order = [starts[part] + place for part in moved for place in parts[part][1]]
    return [name for classes, _ in parts for name in classes], order


def templates(seed: int) -> list[Template]:
    """Returns the sentence forms of the language."""
    random = np.random.default_rng(seed)
    found: list[Template] = []
    while len(found) < NUM_TEMPLATES:
        classes, order = _clause(random)
        while random.random() < 0.35:
            more, more_order = _clause(random)
            start = len(classes) + 1
            order = [*order, start - 1, *(start + place for place in more_order)]
            classes = [*classes, "conjunction", *more]
        if MIN_WORDS <= len(classes) <= MAX_WORDS:
            found.append(Template(classes, order))
    return found


def chunks(seed: int) -> Iterator[list[str]]:
    """Yields lists of `CHUNK` lines, without end."""
    forms, vocabulary = templates(seed), vocabularies()
    for number in itertools.count():
        random = np.random.default_rng((seed, number))
        lines = np.empty(CHUNK, object)
        chosen = random.integers(NUM_TEMPLATES, size=CHUNK)
        by_form = np.argsort(chosen, kind="stable")
        ends = np.searchsorted(chosen[by_form], np.arange(NUM_TEMPLATES), side="right")
        for form, places in zip(forms, np.split(by_form, ends[:-1]), strict=True):
            if len(places):
                lines[places] = _sentences(form, len(places), vocabulary, random)
        yield list(lines)


def _sentences(
    form: Template, count: int, vocabulary: dict[str, Vocabulary], random: np.random.Generator
) -> list[str]:
    """Returns lines of one form."""
    source = np.empty((count, len(form.classes)), object)
    target = np.empty_like(source)
    for place, name in enumerate(form.classes):
        known = vocabulary[name]
        ranks = np.searchsorted(known.cumulative, random.random(count), side="right")
        ranks = np.minimum(ranks, len(known.cumulative) - 1)
        source[:, place] = known.source[ranks]
        target[:, place] = known.target[ranks]
    left, right = source.tolist(), target[:, form.order].tolist()
    return [f"{' '.join(a)}.\t{' '.join(b)}." for a, b in zip(left, right, strict=True)]


def lines(pairs: int, seed: int) -> Iterator[list[str]]:
    """Yields lists of lines, `pairs` lines together."""
    for start, chunk in zip(range(0, pairs, CHUNK), chunks(seed), strict=False):
        yield chunk[: pairs - start]


def write_pairs(path: Path, pairs: int, seed: int) -> None:
    """Writes a corpus.

    Args:
        path: the file; packed with gzip if its name ends in `.gz`.
        pairs: number of lines.
        seed: seed of the sentence forms and of the sentences.

    Raises:
        WorkError: the file cannot be written.
    """
    with atomic_write(path) as temporary, _opened(temporary) as file:
        for chunk in lines(pairs, seed):
            file.write("".join(f"{line}\n" for line in chunk).encode("utf-8"))


def _opened(path: Path) -> IO[bytes]:
    if path.suffix != ".gz":
        return path.open("wb")
    # Level 1 is fast; the same pairs have the same bytes.
    return cast(IO[bytes], gzip.GzipFile(path, "wb", compresslevel=1, mtime=0))


def main() -> None:
    """Writes the corpus that the command line names, and prints its size and seconds."""
    parser = argparse.ArgumentParser(description="Writes a synthetic parallel corpus.")
    parser.add_argument("path", type=Path, help="file to write, such as pairs.tsv or pairs.tsv.gz")
    parser.add_argument("--pairs", type=int, default=1_000_000, help="number of pairs")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.perf_counter()
    try:
        write_pairs(arguments.path, arguments.pairs, arguments.seed)
    except WorkError as error:
        sys.exit(f"error: {error}")
    megabytes = arguments.path.stat().st_size / 1e6
    seconds = time.perf_counter() - started
    print(f"{arguments.path}: {arguments.pairs:,} pairs, {megabytes:,.1f} MB, {seconds:.1f} s")


if __name__ == "__main__":
    main()
