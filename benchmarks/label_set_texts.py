"""Texts with several labels, made of public data sets: for the scores in docs/several_labels.md.

    .venv/bin/python -m benchmarks.label_set_texts captions MULTI30K OUTPUT [NUM]
    .venv/bin/python -m benchmarks.label_set_texts reviews IMDB OUTPUT [NUM]

`captions`: an English caption of Multi30k; its labels are the things that the German caption of the
same picture names. `reviews`: the first 400 characters of a film review without the words of the
topics; its labels are the topics that these words belong to, and `positive` if the review is.

Writes `train.tsv` (NUM lines), `validation.tsv` and `test.tsv` into OUTPUT.
"""

import gzip
import random
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

Row = tuple[list[str], str]
"""Labels and text."""

THINGS = {
    "man": r"männer\w*|mann|mannes",
    "woman": r"frau|frauen",
    "child": r"kind|kinder|kindern|kleinkind|junge|jungen|mädchen|baby",
    "dog": r"\w*hund|\w*hunde|\w*hunden|welpe",
    "ball": r"\w*ball|\w*bälle",
    "water": r"\w*wasser|meer|\w*see|fluss|ozean|\w*pool|\w*strand|wellen?|boot|boote",
    "street": r"\w*straße|\w*straßen|gehweg|bürgersteig|gehsteig",
    "wheels": r"\w*fahrrad|\w*fahrräder|\w*rad|\w*räder|auto|autos|\w*wagen|skateboard|roller",
    "music": r"gitarre|musik\w*|\w*sänger\w*|mikrofon|trommeln?|band|bühne|instrumente?",
    "food": r"essen|isst|kuchen|obst|küche|restaurant|grill\w*|kocht|speise\w*",
    "snow": r"schnee|\w*ski\w*|snowboard\w*|eis",
    "building": r"\w*gebäudes?|\w*haus|\w*häuser|\w*laden|geschäft|dach|mauer|wand",
}
"""Label -> pattern of the German words."""

TOPICS = {
    "acting": r"act(?:s|ed|ing|ors?|ress(?:es)?)?|perform(?:s|ed|ances?)?|cast|roles?",
    "story": r"stor(?:y|ies)|plots?|tales?|scripts?|writ(?:er|ers|ing|ten)",
    "direction": r"direct(?:s|ed|ors?|ion|ing)?",
    "music": r"music\w*|songs?|soundtrack|sing(?:s|ing|ers?)?|scores?|danc(?:e|es|ing|ers?)",
    "horror": r"horror|scar(?:y|es?|ed)|blood\w*|gor[ey]\w*|zombies?|vampires?|killers?|ghosts?",
    "comedy": r"comed(?:y|ies|ians?)|funn(?:y|ier|iest)|laugh\w*|jokes?|humou?r\w*|hilarious",
    "love": r"lov(?:es?|ed|ing|ers?)|romanc\w*|romantic|marri\w*|wife|husband",
    "war": r"wars?|army|soldiers?|battles?|military|nazis?|fight\w*",
    "family": r"famil(?:y|ies)|kids?|child(?:ren)?|mothers?|fathers?|sons?|daughters?",
    "book": r"books?|novels?|read(?:s|ing)?|adapt\w*",
}
"""Label -> pattern of the words in film reviews."""

NUM_HELD_OUT = 1_000
"""Lines of validation and of test."""

MAX_CHARACTERS = 400


def captions(folder: Path) -> Iterator[Row]:
    """Yields the captions of Multi30k."""
    patterns = {label: re.compile(rf"\b(?:{words})\b") for label, words in THINGS.items()}
    english, german = (_lines(folder / f"train.{code}.gz") for code in ("en", "de"))
    for text, other in zip(english, german, strict=True):
        other = other.lower()
        yield [label for label, words in patterns.items() if words.search(other)], text


def reviews(folder: Path) -> Iterator[Row]:
    """Yields the beginnings of film reviews, without the words of the topics."""
    patterns = {label: re.compile(rf"(?i)\b(?:{words})\b") for label, words in TOPICS.items()}
    for line in _lines(folder / "train.tsv.gz"):
        mood, *_, text = line.split("\t")
        text = text[:MAX_CHARACTERS]
        labels = [label for label, words in patterns.items() if words.search(text)]
        for words in patterns.values():
            text = words.sub(" ", text)
        yield labels + ["positive"] * mood.startswith("pos"), " ".join(text.split())


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().removesuffix("\n").split("\n")


def write(rows: Iterable[Row], folder: Path, num_train: int) -> None:
    """Writes the three splits; the held-out lines are the same for every `num_train`."""
    shuffled = sorted(rows)
    random.Random(0).shuffle(shuffled)
    parts = {
        "validation": shuffled[:NUM_HELD_OUT],
        "test": shuffled[NUM_HELD_OUT : 2 * NUM_HELD_OUT],
        "train": shuffled[2 * NUM_HELD_OUT : 2 * NUM_HELD_OUT + num_train],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for split, part in parts.items():
        text = "".join(f"{','.join(labels)}\t{text}\n" for labels, text in part)
        (folder / f"{split}.tsv").write_text(text, encoding="utf-8")


def main(kind: str, source: str, output: str, num_train: str = "10000") -> None:
    """Makes a corpus."""
    read = {"captions": captions, "reviews": reviews}[kind]
    write(read(Path(source)), Path(output), int(num_train))


if __name__ == "__main__":
    main(*sys.argv[1:])
