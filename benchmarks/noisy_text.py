"""Accuracy of classifiers on text with typos, for docs/letters.md.

    .venv/bin/python -m benchmarks.noisy_text remarks --output DIR
    .venv/bin/python -m benchmarks.noisy_text pros_cons --data-dir DIR --output DIR

Each trains classifiers with the settings that the app chooses, which read the training text equally
often, and prints their scores on validation texts, a share of whose words has a typo. `remarks` are
those of the embedded reviews; `pros_cons` needs `pros_cons.tsv.gz` (label, text). A system with a
run in the output folder is not trained again.
"""

import argparse
import gzip
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nlp_apps
from benchmarks.tables import table
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.metrics.classification import classification_report
from nlp_apps.resources import shipped_folder

SYSTEMS: dict[str, dict[str, Any]] = {
    "letters": {"cell": "conv_lstm"},
    "subwords": {"cell": "lstm", "init_encoder_from": "none"},
    "subwords, English start": {},
}
"""Keys of [model] of each system; all others are chosen by the text."""

RATES = (0.0, 0.1, 0.3, 0.5)
"""Shares of words with a typo."""

NUM_VALIDATION, MAX_TRAIN, SEED = 1_000, 8_000, 1

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def neighbours(letter: str) -> str:
    """Returns the keys beside a letter, in its row and in those above and below."""
    for number, row in enumerate(KEYBOARD):
        if (place := row.find(letter)) >= 0:
            rows = KEYBOARD[max(number - 1, 0) : number + 2]
            near = "".join(other[max(place - 1, 0) : place + 2] for other in rows)
            return near.replace(letter, "")
    return letter


def typo(word: str, random: random.Random) -> str:
    """Changes one letter of a word: swapped with the next, dropped, repeated, or another key."""
    places = [place for place, letter in enumerate(word) if letter.isalpha()]
    if not places:
        return word
    place = random.choice(places)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    kind = random.choice(("swap", "drop", "repeat", "neighbour"))
    if kind == "swap" and after:
        return before + after[0] + letter + after[1:]
    if kind == "drop" and len(places) > 1:
        return before + after
    if kind == "neighbour":
        return before + random.choice(neighbours(letter.lower())) + after
    return before + 2 * letter + after


def with_typos(text: str, rate: float, random: random.Random) -> str:
    """Returns a text with a typo in each word with probability `rate`."""
    words = text.split(" ")
    return " ".join(typo(word, random) if random.random() < rate else word for word in words)


def read(corpus: str, data_dir: Path) -> tuple[list[str], list[str]]:
    """Returns the lines of the training and of the validation text, label and text each."""
    if corpus == "remarks":
        lines = (shipped_folder("data") / "reviews" / "remarks.tsv").read_text("utf-8").splitlines()
    else:
        with gzip.open(data_dir / f"{corpus}.tsv.gz", "rt", encoding="utf-8") as file:
            lines = file.read().splitlines()
    lines = sorted({line.split("\t", 1)[1]: line for line in lines}.values())
    random.Random(SEED).shuffle(lines)
    return lines[NUM_VALIDATION:][:MAX_TRAIN], lines[:NUM_VALIDATION]


def train(folder: Path, model: dict[str, Any], passes: int | None) -> None:
    """Trains a classifier on the files of the parent folder, with `--quick` without `passes`."""
    keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in model.items())
    folder.mkdir()
    recipe = folder / "recipe.toml"
    recipe.write_text(
        'task = "sentiment"\n[data]\ntrain = "../train.tsv"\n'
        'validation = "../validation.tsv"\ntest = "../validation.tsv"\n'
        f"[training]\njit_compile = false\n[model]\n{keys}"
    )
    budget = ["--set", f"training.epochs={passes}"] if passes else ["--quick"]
    words = ["train", str(recipe), "--output", str(folder / "run"), *budget]
    subprocess.run([sys.executable, "-m", "nlp_apps.sentiment", *words], check=True)


def paths_of(classifier: TextClassifier, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Returns the logits <float>[N, L] of the whole model and of its paths alone."""
    normalized = [classifier.normalize(text) for text in texts]
    both = classifier.logits(normalized)
    found = {"both": classifier.calibration.apply(both)}
    if (path := classifier.model.ngrams) is None:
        return {"encoder": found["both"]}
    kept = path.get_weights()
    classifier.model.scale_paths(1.0, 0.0)
    alone = classifier.logits(normalized)
    path.set_weights(kept)
    return {"encoder": alone, "both": found["both"], "n-grams": both - alone}


def rows(folder: Path, systems: Sequence[str], lines: Sequence[str]) -> list[list[str]]:
    """Returns a row of accuracy and macro-F1 for each system and path."""
    known, texts = zip(*(line.split("\t", 1) for line in lines), strict=True)
    found: dict[tuple[str, str], list[str]] = {}
    for system in systems:
        classifier = nlp_apps.load(folder / slug(system) / "run")
        labels = np.array([classifier.labels.index(label) for label in known])
        for rate in RATES:
            noise = random.Random(SEED)
            noisy = [with_typos(text, rate, noise) for text in texts]
            for path, logits in paths_of(classifier, noisy).items():
                scores = classification_report(logits, labels, classifier.labels)
                cell = f"{scores['accuracy']:.3f} / {scores['macro_f1']:.3f}"
                found.setdefault((system, path), []).append(cell)
    return [[*names, *cells] for names, cells in found.items()]


def slug(system: str) -> str:
    """Returns the folder name of a system."""
    return system.lower().replace(",", "").replace(" ", "-")


def main() -> None:
    """Trains the systems and prints their scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", choices=("remarks", "pros_cons"))
    parser.add_argument("--data-dir", type=Path, default=Path())
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--systems", nargs="*", choices=tuple(SYSTEMS), default=tuple(SYSTEMS))
    parser.add_argument("--passes", type=int, help="passes over the text; default: --quick")
    arguments = parser.parse_args()
    folder = arguments.output / arguments.corpus
    folder.mkdir(parents=True, exist_ok=True)
    training, validation = read(arguments.corpus, arguments.data_dir)
    for split, lines in (("train", training), ("validation", validation)):
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    for system in arguments.systems:
        if not (folder / slug(system)).exists():
            train(folder / slug(system), SYSTEMS[system], arguments.passes)
    header = ["encoder", "path", *(f"{rate:.0%}" for rate in RATES)]
    print(*table(header, rows(folder, arguments.systems, validation)), sep="\n")


if __name__ == "__main__":
    main()
