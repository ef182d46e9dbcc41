"""The run folder: everything that training leaves behind, under fixed names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io.atomic_files import atomic_write_text, make_folder


def existing(path: str) -> Path:
    """The path of a run folder that a user named.

    Raises:
        UsageError: there is no such folder.
    """
    if not Path(path).is_dir():
        raise UsageError(f"{path}: no such run folder. Give the folder that train wrote.")
    return Path(path)


KEPT_CHECKPOINTS = 2
"""The last one, and the one before it in case the disk damages the last."""


@dataclass(frozen=True)
class RunFolder:
    """Names in a run folder. Making the object touches nothing.

    Attributes:
        path: the folder.
    """

    path: Path

    @property
    def recipe(self) -> Path:
        """The recipe as used."""
        return self.path / "recipe.toml"

    @property
    def sources(self) -> Path:
        """Where the recipe's paths were looked up, so that `evaluate` finds the same files."""
        return self.path / "sources.json"

    @property
    def data(self) -> Path:
        """Checksums of the text, so that a run never goes on with other text."""
        return self.path / "data.json"

    @property
    def tokenizer(self) -> Path:
        """The SentencePiece model (of the source, where source and target have one each)."""
        return self.path / "tokenizer.model"

    @property
    def target_tokenizer(self) -> Path:
        """The target's SentencePiece model, where it has one of its own."""
        return self.path / "tokenizer.target.model"

    @property
    def labels(self) -> Path:
        """Names of a classifier's labels, and the calibration of its probabilities."""
        return self.path / "labels.json"

    @property
    def start(self) -> Path:
        """What was taken over from language models, where there was something."""
        return self.path / "start.json"

    @property
    def has_begun(self) -> bool:
        """Whether what was taken over is in a checkpoint already."""
        return self.start.is_file() and bool(self.found_checkpoints())

    @property
    def holds_a_run(self) -> bool:
        """Whether training has left something here that is not to be lost."""
        kept = (self.weights, self.summary)
        return bool(self.found_checkpoints()) or any(path.is_file() for path in kept)

    @property
    def weights(self) -> Path:
        """The best weights by validation."""
        return self.path / "weights.h5"

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints, one `.npz` a round."""
        return self.path / "checkpoints"

    @property
    def metrics(self) -> Path:
        """One JSON object a round."""
        return self.path / "metrics.jsonl"

    @property
    def curves(self) -> Path:
        """The curves of `metrics`, as a picture."""
        return self.path / "curves.png"

    @property
    def summary(self) -> Path:
        """Final scores, parameters, versions, seed, data checksums."""
        return self.path / "summary.json"

    @property
    def logs(self) -> Path:
        """TensorBoard's folder."""
        return self.path / "tensorboard"

    def checkpoint(self, round_index: int) -> Path:
        """The checkpoint of a round, counted from 1."""
        return self.checkpoints / f"round-{round_index:05d}.npz"

    def found_checkpoints(self) -> list[Path]:
        """The checkpoints on disk, oldest first."""
        return sorted(self.checkpoints.glob("round-*.npz"))

    def remove_old_checkpoints(self) -> None:
        """Keeps the newest `KEPT_CHECKPOINTS`."""
        for path in self.found_checkpoints()[:-KEPT_CHECKPOINTS]:
            path.unlink()

    def create(self) -> None:
        """Makes the folder.

        Raises:
            WorkError: it cannot be made.
        """
        make_folder(self.path)
        make_folder(self.checkpoints)

    def require_trained(self) -> None:
        """Checks that this is a run folder with weights.

        Raises:
            UsageError: it is no run folder.
            WorkError: training has not finished its first round.
        """
        if not self.path.is_dir() or not self.recipe.is_file():
            raise UsageError(
                f"{self.path}: not a run folder (no recipe.toml in it). "
                "Give the folder that train wrote."
            )
        if not self.weights.is_file():
            raise WorkError(
                f"{self.path}: no weights.h5 yet. Train first, or go on with train --resume."
            )

    def write_json(self, path: Path, content: Mapping[str, Any]) -> None:
        """Writes a JSON file of this folder, whole."""
        atomic_write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def read_json(self, path: Path) -> dict[str, Any]:
        """Reads a JSON file of this folder.

        Raises:
            WorkError: it is missing or damaged.
        """
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise WorkError(f"{path}: cannot be read: {error}") from None

    def read_metrics(self) -> list[dict[str, Any]]:
        """The rounds so far, oldest first.

        Raises:
            WorkError: the file is damaged.
        """
        if not self.metrics.is_file():
            return []
        try:
            lines = self.metrics.read_text(encoding="utf-8").splitlines()
            return [json.loads(line) for line in lines if line.strip()]
        except (OSError, ValueError) as error:
            raise WorkError(f"{self.metrics}: cannot be read: {error}") from None

    def write_metrics(self, rounds: list[dict[str, Any]]) -> None:
        """Writes all rounds, whole."""
        atomic_write_text(self.metrics, "".join(json.dumps(row) + "\n" for row in rounds))
