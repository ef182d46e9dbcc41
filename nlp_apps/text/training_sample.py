"""Lines from which a tokenizer is trained: a sample of the text with every character of it."""

from collections.abc import Iterable, Iterator

MAX_CHARACTERS = 20_000_000
"""Longer text is thinned to every second, third, ... line: all of it would change the vocabulary
little and need minutes and gigabytes."""

MAX_LINE_CHARACTERS = 1 << 16
"""Characters of a line. SentencePiece silently skips lines of more than its maximum in bytes."""

RESERVED = "\u2585"
"""SentencePiece silently skips lines with this character, which it uses itself. The lines are split
at it; it is always encoded in bytes."""


def training_sample(texts: Iterable[str]) -> list[str]:
    """Returns lines for the training of a tokenizer.

    Long lines are split, before a space if possible: every word keeps its space. Of a text that is
    too long, every n-th line is kept, and every other line with a character that no kept line has.
    """
    lines = [part for text in texts for part in _split(text)]
    stride = -(-sum(map(len, lines)) // MAX_CHARACTERS) or 1
    if stride == 1:
        return lines
    sample = lines[::stride]
    seen = set().union(*sample)
    for index, line in enumerate(lines):
        if index % stride and not seen.issuperset(line):
            seen.update(line)
            sample.append(line)
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
