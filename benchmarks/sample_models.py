"""Models and texts for the benchmarks of predictions: shipped starts after one training step."""

import subprocess
import sys
from pathlib import Path

from benchmarks.workers import ROOT

TRANSLATION, SENTIMENT = "translation", "sentiment"
APPS = (TRANSLATION, SENTIMENT)

SHIPPED = {
    TRANSLATION: "translation-tatoeba-en-fr",
    SENTIMENT: "sentiment-opinions",
}
"""Name of the shipped `.tflite` of each app."""

CORPORA = {TRANSLATION: "data/phrasebook/test.tsv", SENTIMENT: "data/reviews/test.tsv"}

LANGUAGES = ["--set", "data.source_language=en", "--set", "data.target_language=fr"]

NUM_LINES = 60
"""Lines of the training text: few, so that export compares few predictions."""


def texts(app: str) -> list[str]:
    """Returns 64 texts in: sentences to translate, or reviews."""
    lines = (ROOT / CORPORA[app]).read_text("utf-8").splitlines()[:64]
    column = 0 if app == TRANSLATION else 1
    return [line.split("\t")[column] for line in lines]


def app_command(app: str, *words: str) -> list[str]:
    """Returns the command of an app."""
    return [sys.executable, "-m", "nlp_apps", app, *words]


def corpus(app: str, folder: Path) -> Path:
    """Writes the training text of an app, and returns its path."""
    path = folder / f"{app}.tsv"
    lines = (ROOT / CORPORA[app]).read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:NUM_LINES]), "utf-8")
    return path


def train_flags(app: str) -> list[str]:
    """Returns flags of `train`: one step from the shipped start."""
    return ["--set", "training.max_steps=1", *(LANGUAGES if app == TRANSLATION else [])]


def run_folder(app: str, folder: Path) -> Path:
    """Trains a run from the shipped start; the second call returns the same run.

    Raises:
        RuntimeError: the command failed.
    """
    path = folder / "runs" / app
    if not (path / "summary.json").exists():
        text = str(corpus(app, folder))
        _run(app_command(app, "train", text, *train_flags(app), "--output", str(path)))
    return path


def saved_model(app: str, folder: Path) -> Path:
    """Exports a SavedModel of `run_folder`; the second call returns the same one.

    Its parent has no other models: `serve` loads all of a folder.
    """
    path = folder / f"served-{app}" / app
    if not path.exists():
        run = str(run_folder(app, folder))
        _run(app_command(app, "export", run, "--format", "saved_model", "--output", str(path)))
    return path


def _run(words: list[str]) -> None:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{done.stderr}")
