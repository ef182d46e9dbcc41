"""Labelled opinions for the English encoder and the shipped classifier.

    python -m nlp_apps.pretraining.opinion_texts --data-dir DIR --output opinions

The labels are `positive`, `negative` and `mixed`. Pros and cons of products are positive and
negative; a pro joined to a con is mixed. Whole film reviews become passages of a few sentences. The
reviews, remarks and idioms of this project are added (data/reviews/README.md).
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nlp_apps.cli.guard import guarded
from nlp_apps.pretraining.english_texts import detokenize, read_lines
from nlp_apps.resources import shipped_folder

NUM_MIXED = 12_000
"""Pros joined to cons."""

PASSAGES = 6
"""Passages of a film review."""

HELD_OUT = 2_000
"""Opinions for validation, and as many for the test."""

JOINTS = ("{0}, {1}", "{0}. {1}.", "{0}, but {1}", "{0} but {1}", "{0}; {1}", "{0}. But {1}.")
"""Forms of a mixed opinion."""

IDIOM_FORMS = 40
"""Texts of a pattern of idioms."""

THINGS = (
    *("album", "app", "bike", "book", "café", "camera", "charger", "concert", "course", "film"),
    *("game", "headset", "hotel", "jacket", "kettle", "lamp", "museum", "phone", "printer"),
    *("restaurant", "shop", "show", "song", "story", "tablet", "tent", "train", "update"),
)
"""Nouns for `[thing]`."""

ENDS = (".", ".", "!", "", "")
"""Final punctuation of an idiom."""

CHOICE = re.compile(r"\[([^\[\]]*)\]")

Opinion = tuple[str, str]
"""Label and text."""


def read_opinions(folder: Path) -> list[Opinion]:
    """Reads opinions, in random order that is always the same.

    Args:
        folder: the folder with `opinions`.
    """
    generator = np.random.Generator(np.random.PCG64(0))
    pros_cons = _labelled(folder, "pros_cons")
    products = [(label, detokenize(text)) for label, text in _labelled(folder, "product_sentences")]
    reviews = list(_passages(_labelled(folder, "movie_reviews"), generator))
    found = [*pros_cons, *products, *reviews, *_mixed(pros_cons, generator)]
    found = [found[index] for index in generator.permutation(len(found))]
    return list(dict.fromkeys(found))


def _labelled(folder: Path, name: str) -> list[Opinion]:
    lines = (line.partition("\t") for line in read_lines(folder / "opinions" / f"{name}.tsv.gz"))
    return [(label, text) for label, _, text in lines]


def _passages(reviews: Sequence[Opinion], generator: np.random.Generator) -> Iterator[Opinion]:
    """Yields passages of one to four sentences, with the label of their review."""
    for label, review in reviews:
        sentences = re.split(r"(?<= [.!?]) ", review)
        for _ in range(PASSAGES):
            start = int(generator.integers(len(sentences)))
            # The end of a review has its verdict.
            start = start if generator.random() < 0.5 else max(0, len(sentences) - 1 - start % 6)
            size = int(generator.integers(1, 5))
            yield label, detokenize(" ".join(sentences[start : start + size]))


def _mixed(pros_cons: Sequence[Opinion], generator: np.random.Generator) -> Iterator[Opinion]:
    """Yields a pro joined to a con, or a con joined to a pro."""
    by_label = {
        label: [text.rstrip(" .!") for own, text in pros_cons if own == label and len(text) < 60]
        for label in ("positive", "negative")
    }
    for _ in range(NUM_MIXED):
        pair = [texts[int(generator.integers(len(texts)))] for texts in by_label.values()]
        if generator.random() < 0.3:
            pair.reverse()
        joint = JOINTS[int(generator.integers(len(JOINTS)))]
        yield "mixed", joint.format(pair[0], pair[1][:1].lower() + pair[1][1:])


def read_idioms(path: Path) -> list[Opinion]:
    """Fills the patterns of idioms: `[a|b]` is one of its parts, `[thing]` a noun.

    Args:
        path: file of lines `label TAB pattern`.

    Returns:
        Different opinions, at most `IDIOM_FORMS` of a pattern, always the same.
    """
    generator = np.random.Generator(np.random.PCG64(0))

    def choose(parts: Sequence[str]) -> str:
        return parts[int(generator.integers(len(parts)))]

    def fill(choice: re.Match[str]) -> str:
        nouns = {"thing": THINGS, "THING": [thing.upper() for thing in THINGS]}
        return choose(nouns.get(choice[1], choice[1].split("|")))

    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        label, _, pattern = line.partition("\t")
        for _ in range(IDIOM_FORMS):
            text = pattern
            while CHOICE.search(text):
                text = CHOICE.sub(fill, text)
            text = " ".join(text.split()).rstrip(" ,")
            end = "" if text[-1] in ".!?" else choose(ENDS)
            found.append((label, text + end))
    return list(dict.fromkeys(found))


def main(argv: Sequence[str] | None = None) -> None:
    """Writes `train.tsv`, `validation.tsv` and `test.tsv`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True, type=Path, help="folder with `opinions`")
    parser.add_argument("--output", required=True, type=Path, help="folder to write")
    arguments = parser.parse_args(argv)
    opinions = read_opinions(arguments.data_dir)
    reviews = shipped_folder("data") / "reviews"
    own = read_idioms(reviews / "idioms.tsv")
    for name in ("train", "remarks"):
        for line in (reviews / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
            label, _, text = line.partition("\t")
            own.append((label, text))
    splits = {
        "validation": opinions[:HELD_OUT],
        "test": opinions[HELD_OUT : 2 * HELD_OUT],
        "train": [*opinions[2 * HELD_OUT :], *own],
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, rows in splits.items():
        content = "".join(f"{label}\t{text}\n" for label, text in rows)
        (arguments.output / f"{name}.tsv").write_text(content, encoding="utf-8")
        print(f"{name}.tsv: {len(rows):,} opinions")


if __name__ == "__main__":
    sys.exit(guarded(main))
