"""English texts for pretraining: WikiText-2, opinions and the English side of Tatoeba.

Each reader cleans one source; `read_english` mixes them into short texts, as people write them.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

SENTENCE_END = re.compile(r"(?<=[.!?]) +(?=\S)")
_TOKENIZED = (
    (re.compile(r" @([-,.])@ "), r"\1"),
    (re.compile(r" ([.,!?;:%)\]}])"), r"\1"),
    (re.compile(r"([(\[{$#]) "), r"\1"),
    (re.compile(r" (n't|'s|'re|'ve|'ll|'d|'m)\b"), r"\1"),
    (re.compile(r" ' (s|re|ve|ll|d|m)\b"), r"'\1"),
    (re.compile(r"(\w) ' (\w)"), r"\1'\2"),
    (re.compile(r"`` ?| ?''"), '"'),
    (re.compile(r'" ([^"]*?) "'), r'"\1"'),
    (re.compile(r" {2,}"), " "),
)


def detokenize(text: str) -> str:
    """Writes tokenized text as people do: `it 's fine .` becomes `it's fine.`."""
    for pattern, replacement in _TOKENIZED:
        text = pattern.sub(replacement, text)
    return text.strip()


def read_lines(path: Path) -> Iterator[str]:
    """Yields the lines of a compressed file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        yield from (line.rstrip("\n") for line in file)


def wikitext(folder: Path) -> list[str]:
    """Reads the paragraphs of WikiText-2, without headings; `<unk>` becomes U+FFFD."""
    lines = (line.strip() for line in read_lines(folder / "wikitext2" / "wiki.train.tokens.gz"))
    return [line.replace("<unk>", "\ufffd") for line in lines if line and not line.startswith("=")]


def opinions(folder: Path) -> list[str]:
    """Reads the opinions, without their labels."""
    names = ("pros_cons", "product_sentences", "movie_reviews")
    return [
        line.partition("\t")[2]
        for name in names
        for line in read_lines(folder / "opinions" / f"{name}.tsv.gz")
    ]


def tatoeba(folder: Path) -> list[str]:
    """Reads the distinct English sentences of Tatoeba."""
    lines = read_lines(folder / "tatoeba" / "fra.txt.gz")
    return list(dict.fromkeys(line.partition("\t")[0] for line in lines))


def read_english(folder: Path, *, seed: int = 0) -> list[str]:
    """Returns short lower-case texts: a sentence or a few neighbouring ones, in random order.

    Three quarters of the tokenized sources are detokenized; the rest stays tokenized, because
    many labelled corpora are. A tenth of the texts loses its final punctuation.

    Args:
        folder: the folder with `wikitext2`, `opinions` and `tatoeba`.
        seed: seed of the random order and choices.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    found: list[str] = []
    for paragraph in [*wikitext(folder), *opinions(folder), *tatoeba(folder)]:
        if generator.random() < 0.75:
            paragraph = detokenize(paragraph)
            sentences = SENTENCE_END.split(paragraph)
        else:
            sentences = re.split(r"(?<= [.!?]) ", paragraph)
        start = 0
        while start < len(sentences):
            size = int(generator.integers(1, 5))
            text = " ".join(sentences[start : start + size])
            if generator.random() < 0.1:
                text = text.rstrip(" .!?")
            if text:
                found.append(text.lower())
            start += size
    return [found[index] for index in generator.permutation(len(found))]
