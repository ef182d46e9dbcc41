"""The run folder: everything that training writes, under fixed names."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, WorkError, first_line
from nlp_apps.io.atomic_files import (
    atomic_write_text,
    convert_write_errors,
    make_folder,
)
from nlp_apps.io.bounded_files import is_number, parse_json, read_bytes, read_json
from nlp_apps.io.folder_lock import NAME as LOCK
from nlp_apps.io.leftovers import remove_leftovers

KEPT_CHECKPOINTS = 2
"""The last checkpoint, and the one before it in case the disk damages the last."""

MAX_JSON_BYTES, MAX_METRICS_BYTES = 4 << 20, 32 << 20
"""Bounds of a JSON file and of `metrics.jsonl`; a run folder may come from a stranger."""

WRITTEN = (
    *("recipe.toml", "sources.json", "data.json", "labels.json", "warm_start.json"),
    "fine_tuning.json",
    "tracker.json",
    *("time_limit.json", "tokenizer.model", "tokenizer.target.model", "weights.h5"),
    *("metrics.jsonl", "curves.png", "summary.json"),
    *("confusion-train.png", "confusion-validation.png", "confusion-test.png"),
    *("checkpoints/evaluation-*.npz", "checkpoints/round-*.npz"),
    "tensorboard/events.out.tfevents.*",
)
"""Patterns of the files of a run folder."""


NEEDS_RUN = (
    "Pass the folder that train wrote: a SavedModel, a .tflite and an .onnx can only predict."
)
"""Advice to pass the run folder of an exported model."""

EXPORTED = ("saved_model.pb", "*/saved_model.pb", "*.tflite", "*.onnx")
"""Patterns of the files of exported models in their folder."""


def _refuse_file(path: Path) -> None:
    if path.is_file():
        raise UsageError(f"{path}: a file, not a run folder. {NEEDS_RUN}")


def existing(path: str) -> Path:
    """Returns the path of a run folder that a user named.

    Raises:
        UsageError: the folder does not exist, or it is a file.
    """
    _refuse_file(Path(path))
    if not Path(path).is_dir():
        raise UsageError(f"{path}: no such run folder. Pass the folder that train wrote.")
    return Path(path)


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run folder. Creating the object touches nothing on disk.

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
        """Folders of the recipe's files, so that `evaluate` reads the same ones."""
        return self.path / "sources.json"

    @property
    def data(self) -> Path:
        """Checksums of the text, so that `--resume` never continues with other text."""
        return self.path / "data.json"

    @property
    def tokenizer(self) -> Path:
        """SentencePiece model; of the source, if source and target have one each."""
        return self.path / "tokenizer.model"

    @property
    def target_tokenizer(self) -> Path:
        """SentencePiece model of the target, if it has its own."""
        return self.path / "tokenizer.target.model"

    @property
    def labels(self) -> Path:
        """Label names of a classifier, and the calibration of its probabilities."""
        return self.path / "labels.json"

    @property
    def warm_start(self) -> Path:
        """Summary of the weights that came from language models; missing if there were none."""
        return self.path / "warm_start.json"

    @property
    def fine_tuning(self) -> Path:
        """Scores of the finished model before its fine-tuning; missing without one."""
        return self.path / "fine_tuning.json"

    @property
    def time_limit(self) -> Path:
        """Steps that fit into `--time`, and those planned before; missing if all did."""
        return self.path / "time_limit.json"

    @property
    def tracker(self) -> Path:
        """Ids of the run in the trackers of `--tracker`."""
        return self.path / "tracker.json"

    @property
    def is_warm_started(self) -> bool:
        """True if a checkpoint holds the weights that came from language models."""
        return self.warm_start.is_file() and bool(self.found_checkpoints())

    @property
    def holds_a_run(self) -> bool:
        """True if the folder holds checkpoints, weights or a summary."""
        kept = (self.weights, self.safetensors, self.summary)
        return bool(self.found_checkpoints()) or any(path.is_file() for path in kept)

    @property
    def weights(self) -> Path:
        """Best weights by validation."""
        return self.path / "weights.h5"

    @property
    def safetensors(self) -> Path:
        """The weights in a model folder for a hub, which `export` wrote."""
        return self.path / "model.safetensors"

    @property
    def trained_weights(self) -> Path:
        """The weights to read: `weights.h5`; in a model folder for a hub, `model.safetensors`."""
        return self.safetensors if self.is_hub_folder else self.weights

    @property
    def is_hub_folder(self) -> bool:
        """True if this is a model folder for a hub, where nothing is trained."""
        return self.safetensors.is_file() and not self.weights.is_file()

    @property
    def read_by_predictors(self) -> tuple[Path, ...]:
        """Files on which predictions depend; a task has some of them."""
        assets = (self.recipe, self.tokenizer, self.target_tokenizer, self.labels)
        return (*assets, self.trained_weights)

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints, one `.npz` for each of the last evaluations."""
        return self.path / "checkpoints"

    @property
    def metrics(self) -> Path:
        """One JSON object for each evaluation."""
        return self.path / "metrics.jsonl"

    @property
    def curves(self) -> Path:
        """Plot of `metrics`."""
        return self.path / "curves.png"

    @property
    def summary(self) -> Path:
        """Final scores, parameters, versions, seed, data checksums."""
        return self.path / "summary.json"

    @property
    def cache(self) -> Path:
        """Folder of text and token ids that are larger than memory allows; may be deleted."""
        return self.path / "cache"

    @property
    def logs(self) -> Path:
        """Folder of TensorBoard event files."""
        return self.path / "tensorboard"

    def checkpoint(self, evaluation: int) -> Path:
        """Returns the path of the checkpoint of an evaluation, counted from 1."""
        return self.checkpoints / f"evaluation-{evaluation:05d}.npz"

    def found_checkpoints(self) -> list[Path]:
        """Returns the checkpoints on disk, oldest first; version 0.1.0 named them `round-*`."""
        names = ("round-*.npz", "evaluation-*.npz")
        return [path for name in names for path in sorted(self.checkpoints.glob(name))]

    def remove_old_checkpoints(self) -> None:
        """Deletes all but the newest `KEPT_CHECKPOINTS` checkpoints."""
        for path in self.found_checkpoints()[:-KEPT_CHECKPOINTS]:
            path.unlink()

    def require_replaceable(self) -> None:
        """Checks that the folder is missing, empty or a run.

        Raises:
            UsageError: it has other files and no run.
        """
        if self.recipe.is_file() or not self.path.exists():
            return
        if not self.path.is_dir() or any(
            path.name not in (LOCK, self.cache.name) for path in self.path.iterdir()
        ):
            raise UsageError(
                f"{self.path}: not a run folder (it has no recipe.toml), so --overwrite leaves it "
                "alone. Choose another folder with --output."
            )

    def remove_run(self) -> None:
        """Deletes everything that training wrote, and the runs of language models inside.

        Files of other names stay.

        Raises:
            WorkError: a file cannot be deleted.
        """
        with convert_write_errors(self.path):
            for folder in sorted(self.path.glob("init_*")):
                if RunFolder(folder).recipe.is_file():
                    RunFolder(folder).remove_run()
            remove_leftovers(self.path)
            remove_leftovers(self.checkpoints)
            for pattern in WRITTEN:
                for path in sorted(self.path.glob(pattern)):
                    path.unlink()
            for folder in (self.checkpoints, self.logs, *sorted(self.path.glob("init_*"))):
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()

    def clean(self, *, resume: bool) -> None:
        """Deletes checkpoints and metrics of an earlier run; of a resumed one, only leftovers."""
        if resume:
            remove_leftovers(self.path)
            remove_leftovers(self.checkpoints)
            return
        for path in self.found_checkpoints():
            path.unlink()
        self.write_metrics([])

    def create(self) -> None:
        """Creates the folder.

        Raises:
            WorkError: the folder cannot be created.
        """
        make_folder(self.path)
        make_folder(self.checkpoints)

    def require_trained(self) -> None:
        """Checks that this is a run folder with weights.

        Raises:
            UsageError: it is not a run folder.
            WorkError: training has not finished its first evaluation.
        """
        _refuse_file(self.path)
        if not self.path.is_dir() or not self.recipe.is_file():
            is_exported = any(True for one in EXPORTED for _ in self.path.glob(one))
            advice = NEEDS_RUN if is_exported else "Pass the folder that train wrote."
            raise UsageError(f"{self.path}: not a run folder (it has no recipe.toml). {advice}")
        if not self.trained_weights.is_file():
            raise WorkError(
                f"{self.path}: has no weights.h5 yet. Train first, or continue with train --resume."
            )

    def write_json(self, path: Path, content: Mapping[str, Any]) -> None:
        """Writes a JSON file of this folder atomically."""
        atomic_write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def read_json(self, path: Path) -> dict[str, Any]:
        """Reads a JSON file of this folder.

        Raises:
            WorkError: the file is missing, damaged, larger than `MAX_JSON_BYTES` or nested deeply.
        """
        try:
            content = read_json(path, MAX_JSON_BYTES)
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from None
        if not isinstance(content, dict):
            raise WorkError(f"{path}: cannot be read: not a JSON object")
        return content

    def read_data_stats(self) -> dict[str, dict[str, Any]]:
        """Reads the statistics of the text by split; each has its checksum.

        Raises:
            WorkError: the file is missing or damaged.
        """
        found = self.read_json(self.data)
        for split, stats in found.items():
            if not isinstance(stats, dict) or not isinstance(stats.get("sha256"), str):
                raise WorkError(f"{self.data}: damaged: {split[:40]!r} has no checksum")
        return found

    def read_metrics(self, keys: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Returns the metrics of the evaluations so far, oldest first.

        Args:
            keys: keys under which each row must have a number.

        Raises:
            WorkError: the file is damaged.
        """
        if not self.metrics.is_file():
            return []
        try:
            lines = read_bytes(self.metrics, MAX_METRICS_BYTES).decode("utf-8").splitlines()
            rows = [parse_json(line) for line in lines if line.strip()]
            for number, row in enumerate(rows, start=1):
                if not isinstance(row, dict):
                    raise ValueError(f"row {number} is not a JSON object")
                for key in keys:
                    if not is_number(row.get(key)):
                        raise ValueError(f"row {number}: {key} is not a number")
            return rows
        except (OSError, ValueError) as error:
            raise _unreadable(self.metrics, error) from None

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Writes the metrics of all evaluations atomically."""
        atomic_write_text(self.metrics, "".join(json.dumps(row) + "\n" for row in rows))


def _unreadable(path: Path, error: OSError | ValueError) -> WorkError:
    reason = error.strerror if isinstance(error, OSError) else first_line(error)
    return WorkError(f"{path}: cannot be read: {reason}")
