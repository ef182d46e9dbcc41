"""Lines from which a tokenizer is trained: a sample of the text with every character of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from nlp_apps.text.special_ids import SAMPLE_CHARACTERS
from nlp_apps.text.storage.stored_examples import StoredExamples

Example = TypeVar("Example")

SEED = 0
"""Seed of the sample. Runs with other seeds have the same vocabulary."""

MEASURED = 10_000
"""Examples of which the mean length is measured."""

MAX_LINE_CHARACTERS = 1 << 16
"""Characters of a line. SentencePiece silently skips lines of more than its maximum in bytes."""

RESERVED = "\u2585"
"""SentencePiece silently skips lines with this character, which it uses itself. The lines are split
at it; it is always encoded in bytes."""


def sample_examples(
    examples: Sequence[Example], max_characters: int = SAMPLE_CHARACTERS
) -> Sequence[Example]:
    """Returns a random sample of stored examples, in their order; others all, in memory.

    Args:
        examples: the examples.
        max_characters: characters of the sample, on all sides of the examples.
    """
    if not isinstance(examples, StoredExamples):
        return examples
    generator = np.random.default_rng(SEED)
    measured = examples.gather(_choose(generator, len(examples), MEASURED))
    length = sum(len(field) for example in measured for field in example) / len(measured)
    return examples.gather(_choose(generator, len(examples), int(max_characters / length) + 1))


def _choose(generator: np.random.Generator, total: int, count: int) -> np.ndarray:
    """Returns distinct positions in ascending order, <int64>[at most count]."""
    return np.sort(generator.choice(total, min(count, total), replace=False, shuffle=False))


def training_sample(texts: Iterable[str], max_characters: int = SAMPLE_CHARACTERS) -> list[str]:
    """Returns lines for the training of a tokenizer.

    Long lines are split, before a space if possible: every word keeps its space. Of a text that is
    too long, random lines are kept, and every other line with a character that no kept line has.

    Args:
        texts: the texts.
        max_characters: characters of the sample.
    """
    lines = [part for text in texts for part in _split(text)]
    if sum(map(len, lines)) <= max_characters:
        return lines
    order = np.random.default_rng(SEED).permutation(len(lines))
    lengths = np.fromiter(map(len, lines), np.int64, len(lines))
    count = int(np.searchsorted(np.cumsum(lengths[order]), max_characters, side="right"))
    kept = np.zeros(len(lines), bool)
    kept[order[: max(count, 1)]] = True
    sample = [lines[index] for index in np.flatnonzero(kept).tolist()]
    seen = set().union(*sample)
    for index in np.flatnonzero(~kept).tolist():
        if not seen.issuperset(lines[index]):
            seen.update(lines[index])
            sample.append(lines[index])
    return sample


def _split(text: str) -> Iterator[str]:
    """Yields the parts of a line that SentencePiece reads."""
    if len(text) <= MAX_LINE_CHARACTERS and RESERVED not in text:
        yield text
        return
    for line in text.split(RESERVED):
        start = 0
        while len(line) - start > MAX_LINE_CHARACTERS:
            space = line.rfind(" ", start + 1, start + MAX_LINE_CHARACTERS + 1)
            end = space if space > 0 else start + MAX_LINE_CHARACTERS
            yield line[start:end]
            start = end
        if rest := line[start:]:
            yield rest
