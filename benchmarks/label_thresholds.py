"""F1 of thresholds that are fitted in several ways, for docs/several_labels.md.

    .venv/bin/python -m benchmarks.label_thresholds FOLDER [NUM_VALIDATION ...]

FOLDER has the files of `benchmarks.label_set_texts`. TF-IDF with a logistic regression for each
label is trained on `train.tsv`. The held-out texts are split 20 times into NUM_VALIDATION texts, to
which thresholds are fitted, and the rest, on which micro-F1 and macro-F1 are measured.
"""

import sys
from pathlib import Path

import numpy as np

from nlp_apps.metrics.baselines.label_set_baselines import tfidf_logits
from nlp_apps.metrics.label_set_calibration import SHRINKAGE, best_threshold, fit_label_sets
from nlp_apps.metrics.label_set_scores import f1_scores, sigmoid

NUM_SPLITS = 20


def read(path: Path, names: list[str]) -> tuple[list[str], np.ndarray]:
    """Returns texts and their labels <bool>[N, L] of a file; adds new labels to `names`."""
    lines = path.read_text("utf-8").removesuffix("\n").split("\n")
    rows = [line.split("\t", 1) for line in lines]
    if not names:
        names += sorted({label for cell, _ in rows for label in cell.split(",") if label})
    known = [[name in cell.split(",") for name in names] for cell, _ in rows]
    return [text for _, text in rows], np.array(known)


def thresholds(logits: np.ndarray, targets: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Returns factors and biases of the logits as rows, and the thresholds, of each way to fit."""
    fitted = fit_label_sets(logits, targets)
    scale = np.array([1.0 / np.array(fitted.temperatures), fitted.biases])
    probabilities = sigmoid(logits * scale[0] + scale[1])
    counts, num_labels = targets.sum(axis=0), targets.shape[1]
    common = np.full(num_labels, best_threshold(probabilities.ravel(), targets.ravel()))
    columns = zip(probabilities.T, targets.T, strict=True)
    own = np.array([best_threshold(*column) for column in columns])
    found = {
        "0.5, not calibrated": (np.array([[1.0], [0.0]]), np.full(num_labels, 0.5)),
        "0.5": (scale, np.full(num_labels, 0.5)),
        "one for all labels": (scale, common),
        "one for each label": (scale, own),
    }
    for shrinkage in sorted({5.0, 50.0, SHRINKAGE}):
        share = counts / (counts + shrinkage)
        found[f"mean of both, {shrinkage:g}"] = (scale, share * own + (1 - share) * common)
    return found


def main(folder: str, *sizes: str) -> None:
    """Prints a row for each number of validation texts and way to fit."""
    names: list[str] = []
    train, targets = read(Path(folder) / "train.tsv", names)
    held_out = [read(Path(folder) / f"{split}.tsv", names) for split in ("validation", "test")]
    texts = [text for column, _ in held_out for text in column]
    known = np.concatenate([rows for _, rows in held_out])
    logits = tfidf_logits(train, targets, {"held out": texts})["held out"]
    for size in map(int, sizes or ("100", "1000")):
        scores: dict[str, list[dict[str, float]]] = {}
        for seed in range(NUM_SPLITS):
            order = np.random.default_rng(seed).permutation(len(known))
            fitted, rest = order[:size], order[size:]
            for name, (scale, limits) in thresholds(logits[fitted], known[fitted]).items():
                predicted = sigmoid(logits[rest] * scale[0] + scale[1]) >= limits
                scores.setdefault(name, []).append(f1_scores(predicted, known[rest]))
        for name, found in scores.items():
            means = [np.mean([one[key] for one in found]) for key in ("micro_f1", "macro_f1")]
            print(f"{size:>5}  {name:<20}  {means[0]:.3f}  {means[1]:.3f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
