"""Files of a run folder, read by the checks of `predict`, `evaluate` and `train --resume`."""

import contextlib
import dataclasses
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np

from nlp_apps.networks.pretrained_weights import PretrainedWeights
from nlp_apps.recipe.load import dump, from_dict, load_from_run
from nlp_apps.tasks.baseline_scores import compare_with_baselines, find_baselines
from nlp_apps.tasks.labels import read_labels
from nlp_apps.tasks.resume import require_same_data, resumed_recipe
from nlp_apps.tasks.sources import SourceFolders
from nlp_apps.tasks.warm_start import read_warm_start, task_of_run
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from nlp_apps.training.checkpoints import load_checkpoint, load_weights, save_checkpoint
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.state import TrainState
from tests.attack import test_run_folders
from tests.attack.generated.attack import Attack, Input
from tests.attack.generated.mutations import mutate, mutate_json
from tests.attack.generated.text_seeds import sentence

STATS: dict[str, Any] = {"sha256": "0" * 64, "files": ["a.tsv"], "texts": 3}
ROW = {"evaluation": 1, "epoch": 1.0, "step": 8, "seconds": 0.5, "train_loss": 2.0}
VALUES: dict[str, Any] = {
    "labels.json": {"labels": ["a", "b", "c"], "temperature": 1.5, "biases": [0.0, 0.5, -0.5]},
    "data.json": {"train": STATS, "validation": STATS, "test": STATS},
    "sources.json": {"data_dir": "data", "recipe_dir": "/nowhere"},
    "time_limit.json": {"max_steps": 100, "before": 0},
    "warm_start.json": {
        "encoder": {"run": "x", "train_seconds": 1.0, "layers": ["a"], "weights": 3, "names": ["a"]}
    },
    "summary.json": {
        "scores": {"test": {"accuracy": 0.5}},
        "baselines": {"test": {"majority": {"accuracy": 0.5, "macro_f1": 0.2}}},
        "data": {"train": STATS, "test": STATS},
    },
}


class FakeTask:
    """The part of a task that finds the scores of baselines."""

    unit = "texts"
    compared_score = "macro_f1"

    def data_stats(self, corpus: Corpus[str]) -> dict[str, Any]:
        return {"sha256": corpus.checksum, "files": corpus.names, "texts": len(corpus.examples)}

    def baselines(self, train: Any, splits: Any) -> dict[str, Any]:
        return {split: {"majority": {"macro_f1": 0.2}} for split in splits}


class RunFolders(Attack):
    """Reads a run folder with one mutated file."""

    name = "run_folders"
    share = 0.1

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.run_folder = RunFolder(folder)
        self.recipe = from_dict({"data": {"train": "a.tsv"}}, task="sentiment")
        recipe = dump(self.recipe).encode()
        self.run_folder.create()
        (folder / "recipe.toml").write_bytes(recipe)
        draw = random.Random(1)
        tokenizer = train_tokenizer(
            [sentence(draw) for _ in range(200)], vocabulary_size=310, may_lower=True
        )
        weights = folder / "seed.h5"
        test_run_folders.write(weights)
        checkpoint = folder / "seed.npz"
        arrays: list[np.ndarray] = [np.zeros((3, 4), np.float32), np.arange(5)]
        save_checkpoint(checkpoint, arrays, dataclasses.asdict(TrainState(step=3)))
        start = folder / "start.npz"
        PretrainedWeights(
            *("start", {"units": 4}, True, tokenizer, None),
            {"encoder/x": np.ones((3, 4), np.float32), "encoder/b": np.ones(3, np.float32)},
            {"language": "en"},
        ).save(start)
        self.seeds = {
            "recipe.toml": recipe,
            "tokenizer.model": tokenizer.model,
            "weights.h5": weights.read_bytes(),
            "checkpoint.npz": checkpoint.read_bytes(),
            "start.npz": start.read_bytes(),
            "metrics.jsonl": (json.dumps(ROW) + "\n").encode() * 3,
        }
        self.checks: dict[str, Callable[[Path], object]] = {
            "recipe.toml": self._recipe,
            "tokenizer.model": _tokenizer,
            "weights.h5": lambda path: load_weights(cast(Any, test_run_folders.Model()), path),
            "checkpoint.npz": _checkpoint,
            "start.npz": PretrainedWeights.load,
            "metrics.jsonl": self._metrics,
            "labels.json": lambda _: read_labels(self.run_folder),
            "data.json": self._data,
            "sources.json": self._sources,
            "time_limit.json": lambda _: resumed_recipe(self.recipe, self.run_folder),
            "warm_start.json": lambda _: read_warm_start(self.run_folder),
            "summary.json": lambda _: self._baselines(),
        }

    def make(self, draw: random.Random) -> Input:
        name = draw.choice(list(self.checks))
        if name in VALUES:
            content = mutate_json(draw, VALUES[name])
        elif name == "metrics.jsonl" and draw.random() < 0.7:
            content = b"\n".join(mutate_json(draw, ROW) for _ in range(3))
        elif name.endswith(".npz") and draw.random() < 0.5:
            content = _repacked(draw, self.seeds[name])
        else:
            content = mutate(draw, self.seeds[name])
        return Input((name,), {name: content})

    def call(self, one: Input) -> None:
        (name,) = one.call
        path = self.folder / name
        path.write_bytes(one.files[name])
        try:
            self.checks[name](path)
        finally:
            path.unlink()
            if name == "recipe.toml":
                path.write_bytes(self.seeds[name])

    def _recipe(self, path: Path) -> None:
        task_of_run(self.folder)
        load_from_run(path, task="sentiment")

    def _metrics(self, path: Path) -> None:
        for row in self.run_folder.read_metrics(ROW):
            assert all(isinstance(float(row[key]), float) for key in ROW)

    def _data(self, path: Path) -> None:
        require_same_data({"train": STATS, "test": STATS}, self.run_folder)
        self._baselines()

    def _baselines(self) -> None:
        corpus: Corpus[str] = Corpus(["a", "b", "c"], 0, "0" * 64, ["a.tsv"])
        task = cast(Any, FakeTask())
        found = find_baselines(task, self.run_folder, "test", corpus, lambda: corpus)
        compare_with_baselines(task, {"test": {"macro_f1": 0.5}}, {"test": found})

    def _sources(self, path: Path) -> None:
        SourceFolders.load(self.run_folder).find()("a.tsv")


def _tokenizer(path: Path) -> None:
    tokenizer = Tokenizer.load(path)
    assert tokenizer.vocabulary_size == len(tokenizer.vocabulary)
    tokenizer.decode(tokenizer.encode(["the sea is calm", "\u0301 \U0001f600"]))


def _checkpoint(path: Path) -> None:
    arrays, state = load_checkpoint(path)
    assert all(isinstance(array, np.ndarray) for array in arrays)
    with contextlib.suppress(ValueError):  # `restore` reports it with the file.
        TrainState.from_dict(state)


def _repacked(draw: random.Random, content: bytes) -> bytes:
    """Returns an `.npz` one array of which is mutated, missing, or of another shape or type."""
    with np.load(io.BytesIO(content)) as file:
        arrays: dict[str, Any] = {name: file[name] for name in file.files}
    name = draw.choice(list(arrays))
    action = draw.randrange(4)
    if action == 0:
        del arrays[name]
    elif action == 1:
        arrays[name] = draw.choice((np.float32(1), np.zeros((2, 0)), np.array(["x"]), np.zeros(9)))
    elif name in ("facts", "description"):
        value = json.loads(arrays[name].tobytes())
        arrays[name] = np.frombuffer(mutate_json(draw, value), np.uint8)
    else:
        arrays[name] = np.frombuffer(mutate(draw, arrays[name].tobytes()), np.uint8)
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()
