"""Tests of `train --tracker`."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.cli.main import make_parser
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.recipe.load import from_dict
from nlp_apps.sentiment import APP
from nlp_apps.tasks import trackers
from nlp_apps.tasks.train_options import TrainOptions
from nlp_apps.training.run_folder import RunFolder
from tests import tiny_runs
from tests.commands import run as run_command

RECIPE = from_dict({"data": {"train": "/home/me/a.tsv"}, "name": "mine"}, task="sentiment")


class FakeTracker:
    """Records the arguments of its opening, and the exception that ended it."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, str | None]] = []
        self.parameters: Mapping[str, Any] = {}
        self.ends: list[type[BaseException] | None] = []
        self.failure: Exception | None = None

    def log_scores(self, scores: Mapping[str, float]) -> None:
        raise RuntimeError("no route to host")

    @contextlib.contextmanager
    def open(
        self, name: str, parameters: Mapping[str, Any], known: str | None
    ) -> Iterator[trackers.Tracker]:
        if self.failure:
            raise self.failure
        self.opened.append((name, known))
        self.parameters = parameters
        try:
            yield trackers.Tracker("id7", log_scores=self.log_scores)
        except BaseException as error:
            self.ends.append(type(error))
            raise
        self.ends.append(None)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeTracker:
    tracker = FakeTracker()
    monkeypatch.setitem(trackers.TRACKERS, "mlflow", tracker.open)
    return tracker


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    return folder


def test_a_resumed_run_continues_that_of_the_tracker(fake: FakeTracker, run: RunFolder):
    for resume in (False, True):
        with trackers.tracked("mlflow", RECIPE, run, resume=resume):
            pass
    assert fake.opened == [("mine", None), ("mine", "id7")]
    assert json.loads(run.tracker.read_text()) == {"mlflow": "id7"}
    assert fake.parameters["data.train"] == "a.tsv"  # without its folder
    assert fake.ends == [None, None]


def test_a_failed_training_ends_the_run_of_the_tracker_as_failed(fake: FakeTracker, run: RunFolder):
    with (
        pytest.raises(KeyboardInterrupt),
        trackers.tracked("mlflow", RECIPE, run, resume=False),
    ):
        raise KeyboardInterrupt
    assert fake.ends == [KeyboardInterrupt]


def test_a_tracker_that_cannot_be_reached_is_an_error_of_one_line(
    fake: FakeTracker, run: RunFolder
):
    fake.failure = RuntimeError("no route to host\nand a traceback")
    with (
        pytest.raises(WorkError, match=r"^--tracker mlflow: .*no route to host\.$"),
        trackers.tracked("mlflow", RECIPE, run, resume=False),
    ):
        pass


def test_scores_that_cannot_be_logged_are_an_error_of_one_line(fake: FakeTracker, run: RunFolder):
    with (
        pytest.raises(
            WorkError, match=r"--tracker mlflow: no route to host\. The training is comp"
        ),
        trackers.tracked("mlflow", RECIPE, run, resume=False) as tracker,
    ):
        tracker.log_scores({"test_accuracy": 1.0})
    assert fake.ends == [WorkError]


def test_an_unknown_or_missing_tracker_is_an_error(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UsageError, match="one of mlflow, wandb, received 'neptune'"):
        TrainOptions(tracker="neptune")
    monkeypatch.setattr(trackers, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'nlp-apps\[wandb\]'"):
        TrainOptions(tracker="wandb")


def test_the_command_line_knows_every_tracker():
    for name in trackers.TRACKERS:
        options = make_parser(APP).parse_args(["train", "--tracker", name])
        assert options.tracker == name


def test_final_metrics_are_the_numbers_of_each_split():
    scores = {"test": {"bleu": 3, "labels": {"a": 1}, "tokenizer": "13a"}}
    assert trackers.final_metrics(scores) == {"test_bleu": 3.0}


@pytest.mark.filterwarnings("ignore")  # those of MLflow and its dependencies
def test_mlflow_has_parameters_evaluations_and_scores_and_changes_no_weight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    mlflow = pytest.importorskip("mlflow", reason="MLflow is no part of the extra dev")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    plain = tiny_runs.train("sentiment", tmp_path)
    words = ["train", "tiny.toml", "--output", tmp_path / "tracked", "--tracker", "mlflow"]
    done = run_command(APP, words, tmp_path)
    assert done.code == 0, done.err
    (found,) = mlflow.search_runs(output_format="list")
    assert (found.info.run_name, found.info.status) == ("tiny", "FINISHED")
    assert found.data.params["model.units"] == "16"
    assert found.data.metrics["final_test_accuracy"] >= 0.0
    history = mlflow.MlflowClient().get_metric_history(found.info.run_id, "val_loss")
    assert [metric.step for metric in history] == [0, 1]
    weights = (plain / "weights.h5", tmp_path / "tracked" / "weights.h5")
    assert weights[0].read_bytes() == weights[1].read_bytes()


@pytest.mark.filterwarnings("ignore")  # those of wandb and its dependencies
def test_wandb_logs_a_run_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("wandb", reason="Weights & Biases is no part of the extra dev")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_SILENT", "true")
    tiny_runs.write_corpus("sentiment", tmp_path)
    done = run_command(APP, ["train", "tiny.toml", "--output", "r", "--tracker", "wandb"], tmp_path)
    assert done.code == 0, done.err
    (log,) = tmp_path.rglob("*.wandb")
    for key in (b"epoch/val_loss", b"final/test_accuracy", b"model.units"):
        assert key in log.read_bytes()
