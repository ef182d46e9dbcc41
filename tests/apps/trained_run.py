"""Runs of small models that learn, trained once for all test files and processes."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from nlp_apps.cli.app_description import App
from tests.commands import run
from tests.tiny_models import once


class Trained(NamedTuple):
    """Folders and output of a training."""

    corpus: Path
    run: Path
    printed: str
    logged: str


def train_once(
    shelf: Path, app: App, name: str, write_corpus: Callable[[Path], None], *words: str
) -> Trained:
    """Trains `name.toml` of a corpus from a shell in its folder.

    Args:
        shelf: folder of all models.
        app: the app that trains.
        name: name of recipe and run.
        write_corpus: writes corpus and recipe into a folder.
        words: further words of the command.
    """
    folder = shelf / name
    corpus, run_folder = folder / "corpus", folder / "runs" / name
    printed, logged = folder / "stdout.txt", folder / "stderr.txt"

    def make() -> None:
        corpus.mkdir()
        write_corpus(corpus)
        result = run(app, ["train", f"{name}.toml", "--run-dir", run_folder, *words], corpus)
        assert result.code == 0, result.err
        printed.write_text(result.out, encoding="utf-8")
        logged.write_text(result.err, encoding="utf-8")

    once(folder, make)
    return Trained(corpus, run_folder, printed.read_text("utf-8"), logged.read_text("utf-8"))
