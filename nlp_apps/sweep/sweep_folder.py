"""The folder of a sweep, and its settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io.atomic_files import atomic_write_text
from nlp_apps.io.bounded_files import read_json

MAX_JSON_BYTES = 4 << 20


@dataclass(frozen=True)
class SweepFolder:
    """The paths of a sweep. Creating the object touches nothing on disk.

    Attributes:
        path: the folder.
    """

    path: Path

    @property
    def settings(self) -> Path:
        """Recipe, space and flags, which `--resume` compares."""
        return self.path / "sweep.json"

    @property
    def study(self) -> Path:
        """Optuna's study, a journal in JSON Lines."""
        return self.path / "study.jsonl"

    @property
    def table(self) -> Path:
        """All trials, the best first, separated by tabs."""
        return self.path / "trials.tsv"

    @property
    def picture(self) -> Path:
        """Scores by trial and by value."""
        return self.path / "sweep.png"

    @property
    def best(self) -> Path:
        """The recipe with the best values."""
        return self.path / "best.toml"

    def run(self, number: int) -> Path:
        """Returns the run folder of a trial, counted from 1."""
        return self.path / "trials" / f"{number:04d}"

    def log(self, number: int) -> Path:
        """Returns the file with the output of a trial."""
        return self.path / "trials" / f"{number:04d}.log"

    def start(self, settings: Mapping[str, Any], *, resume: bool) -> None:
        """Writes the settings of a new sweep, or compares them with those of a resumed one.

        Raises:
            UsageError: there is a sweep and `resume` is False, or a setting has changed.
            WorkError: the file is damaged.
        """
        if not self.settings.is_file():
            if self.path.is_dir() and any(
                path.name != "process.lock" for path in self.path.iterdir()
            ):
                raise UsageError(
                    f"{self.path}: has files and no sweep. Choose another folder with --output."
                )
            atomic_write_text(self.settings, json.dumps(settings, indent=2) + "\n")
            return
        if not resume:
            raise UsageError(
                f"{self.path}: already holds a sweep. Continue it with --resume, or choose another "
                "folder with --output."
            )
        try:
            before = read_json(self.settings, MAX_JSON_BYTES)
            if not isinstance(before, dict):
                raise ValueError("not a JSON object")
        except (OSError, ValueError) as error:
            raise WorkError(f"{self.settings}: cannot be read: {error}") from None
        for key, value in settings.items():
            if before.get(key) != value:
                raise UsageError(
                    f"{self.path}: a sweep with another {key}: {before.get(key)!r}, now {value!r}. "
                    "Its scores cannot be compared; choose another folder with --output."
                )
