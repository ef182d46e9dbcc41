"""Accuracy of a classifier that learns from single texts: for docs/learning_on_devices.md.

    .venv/bin/python -m benchmarks.learning_classifier RUN NEW.tsv OLD.tsv --rates 1.0 0.3

RUN is the run folder of a classifier that was trained on texts like those of OLD.tsv. It learns
from texts of NEW.tsv, one by one. After 0, 10, 20, 50, 100 and 200 of them it classifies `--texts`
other lines of NEW.tsv, and as many lines of OLD.tsv, which must not be training text. A line is
`LABEL TAB TEXT`. Prints the mean accuracies over `--orders` orders of NEW.tsv, with the range.
"""

import argparse
import random
import statistics
from pathlib import Path

import nlp_apps
from benchmarks.tables import table
from nlp_apps.inference.learning_classifier import LearningClassifier

COUNTS = [0, 10, 20, 50, 100, 200]
"""Texts after which the accuracy is measured."""

Row = tuple[str, str]
"""Label and text."""


def read_rows(path: Path) -> list[Row]:
    """Returns the labels and texts of a file."""
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    return [(label, text) for label, _, text in (line.partition("\t") for line in lines)]


def accuracy(classifier: LearningClassifier, rows: list[Row]) -> float:
    """Returns the share of right labels."""
    found = classifier.classify(text for _, text in rows)
    return statistics.mean(one.label == label for one, (label, _) in zip(found, rows, strict=True))


def learn_in_order(
    classifier: LearningClassifier, new: list[Row], old: list[Row], texts: int, rate: float
) -> list[tuple[float, float]]:
    """Returns the accuracies on new and old text after each of `COUNTS`."""
    scored, learned = new[:texts], new[texts : texts + COUNTS[-1]]
    classifier.forget()
    found = []
    for start, end in zip([0, *COUNTS], COUNTS, strict=False):
        for label, text in learned[start:end]:
            classifier.learn(text, label, rate=rate)
        found.append((accuracy(classifier, scored), accuracy(classifier, old[:texts])))
    return found


def cell(values: list[float]) -> str:
    """Formats a mean and its range."""
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def main() -> None:
    """Measures, and prints a table for each rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("old", type=Path)
    parser.add_argument("--rates", type=float, nargs="+", default=[1.0])
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--orders", type=int, default=3)
    arguments = parser.parse_args()
    classifier = LearningClassifier(nlp_apps.load(arguments.run))
    new, old = read_rows(arguments.new), read_rows(arguments.old)
    for rate in arguments.rates:
        orders = []
        for seed in range(arguments.orders):
            random.Random(seed).shuffle(new)
            orders.append(learn_in_order(classifier, new, old, arguments.texts, rate))
        rows = [
            [str(count), cell([one[0] for one in of_count]), cell([one[1] for one in of_count])]
            for count, of_count in zip(COUNTS, zip(*orders, strict=True), strict=True)
        ]
        print(f"rate {rate}\n")
        print("\n".join(table(["texts learned", "new text", "old text"], rows)), flush=True)


if __name__ == "__main__":
    main()
