"""Runs that are prolonged, replaced or interrupted."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nlp_apps import translation
from nlp_apps.errors import UsageError
from nlp_apps.training.run_folder import RunFolder
from tests.apps.backwards import command, train
from tests.apps.trained_run import Trained
from tests.commands import fails

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return train(shelf)


@pytest.fixture
def copy(trained: Trained, tmp_path: Path) -> RunFolder:
    shutil.copytree(trained.run, tmp_path / "copy")
    return RunFolder(tmp_path / "copy")


# Prolong ------------------------------------------------------------------------------------------


def test_a_finished_run_is_prolonged_by_epochs(copy: RunFolder) -> None:
    before = copy.read_json(copy.summary)
    result = command("train", "--output", copy.path, "--resume", "--set", "training.epochs=8")
    assert result.code == 0, result.err
    assert "nlp-apps: --resume: training.epochs is now 8; it was 6\n" in result.err
    summary = copy.read_json(copy.summary)
    assert summary["evaluations"] == 8
    assert summary["steps"] > before["steps"]
    assert "epochs = 8" in copy.recipe.read_text(encoding="utf-8")
    assert [row["evaluation"] for row in copy.read_metrics()] == [*range(1, 9)]


def test_a_finished_run_is_prolonged_by_steps_and_keeps_them(copy: RunFolder) -> None:
    steps = copy.read_json(copy.summary)["steps"] + 5
    words = ("train", "--output", copy.path, "--resume")
    result = command(*words, "--set", f"training.max_steps={steps}")
    assert result.code == 0, result.err
    assert copy.read_json(copy.summary)["steps"] == steps
    weights = copy.weights.read_bytes()
    assert command(*words).code == 0  # the number is in the recipe of the run
    assert copy.read_json(copy.summary)["steps"] == steps
    assert copy.weights.read_bytes() == weights


def test_a_summary_of_another_budget_is_deleted_at_once(
    copy: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nlp_apps.training import loop

    def interrupt(*words: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "fit", interrupt)
    result = command("train", "--output", copy.path, "--resume", "--set", "training.epochs=8")
    assert result.code == 130
    assert not copy.summary.exists()
    assert copy.weights.exists()


def test_keys_that_the_recipe_leaves_open_are_those_of_the_run(
    trained: Trained, copy: RunFolder
) -> None:
    recipe = trained.corpus / "less.toml"
    text = (trained.corpus / "backwards.toml").read_text(encoding="utf-8")
    for line in ("units = 48\n", "epochs = 6\n", 'test = "test.tsv"\n'):
        assert line in text
        text = text.replace(line, "")
    recipe.write_text(text, encoding="utf-8")
    result = command(
        *("train", recipe, "--output", copy.path, "--resume", "--set", "name=backwards")
    )
    assert result.code == 0, result.err
    assert copy.recipe.read_bytes() == (trained.run / "recipe.toml").read_bytes()


# Overwrite ----------------------------------------------------------------------------------------

SMALL = (
    *("--set", "data.test=validation.tsv", "--set", "training.epochs=1"),
    *("--set", "training.tensorboard=false", "--data-dir"),
)


def test_overwrite_replaces_a_run_and_keeps_foreign_files(
    trained: Trained, copy: RunFolder
) -> None:
    (copy.path / "notes.txt").write_text("mine", encoding="utf-8")
    (copy.checkpoints / "mine.npz").write_text("mine", encoding="utf-8")
    (copy.path / "confusion-test.png").write_text("old", encoding="utf-8")
    result = command(
        *("train", trained.corpus / "backwards.toml", "--output", copy.path, "--overwrite"),
        *SMALL,
        trained.corpus,
    )
    assert result.code == 0, result.err
    assert copy.read_json(copy.summary)["evaluations"] == 1
    assert (copy.path / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in copy.checkpoints.iterdir()) == [
        "evaluation-00001.npz",
        "mine.npz",
    ]
    assert not (copy.path / "confusion-test.png").exists()
    assert not copy.logs.exists()


def test_overwrite_starts_a_run_in_a_new_folder(trained: Trained, tmp_path: Path) -> None:
    result = command(
        *("train", trained.corpus / "backwards.toml", "--output", tmp_path / "run"),
        *("--overwrite", *SMALL, trained.corpus),
    )
    assert result.code == 0, result.err


def test_overwrite_refuses_a_folder_that_is_no_run(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"")
    fails(
        command(*("train", trained.corpus / "backwards.toml", "--output", tmp_path, "--overwrite")),
        2,
        f"{tmp_path}: not a run folder",
        "--overwrite",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


def test_a_wrong_recipe_replaces_nothing(trained: Trained, copy: RunFolder) -> None:
    before = sorted(copy.path.rglob("*"))
    fails(
        command(
            *("train", trained.corpus / "backwards.toml", "--output", copy.path, "--overwrite"),
            *("--set", "data.train=missing.tsv"),
        ),
        1,
        "missing.tsv",
    )
    assert sorted(copy.path.rglob("*")) == before


def test_resume_and_overwrite_contradict_each_other(copy: RunFolder) -> None:
    fails(
        command("train", "--output", copy.path, "--overwrite", "--resume"),
        2,
        "--resume",
        "--overwrite",
    )
    with pytest.raises(UsageError, match="budget must be one of"):
        translation.train("translation-phrasebook", budget="fast")


# Interrupted --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.timeout(300)
def test_an_interrupted_training_prints_the_command_that_continues_it(
    trained: Trained, tmp_path: Path, number: int, code: int
) -> None:
    run = RunFolder(tmp_path / "my run")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "nlp_apps", "translation", "train", "backwards.toml"),
            *("--output", str(run.path), "--set", "training.epochs=1000"),
            *("--set", "data.test=validation.tsv"),
        ],
        cwd=trained.corpus,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 200.0
        while not run.found_checkpoints() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == code
    assert err.splitlines()[-1] == (
        "nlp-apps: interrupted. Continue with: "
        f"nlp-apps translation train --output '{run.path}' --resume"
    )
    assert not list(run.path.rglob("process.lock"))
