"""Errors of the translation app: run folders in use, damaged files, bad text, full disks."""

import errno
import json
import os
import re
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.training.run_folder import RunFolder
from tests.apps import backwards
from tests.apps.backwards import command
from tests.apps.trained_run import Trained
from tests.commands import error_of, fails
from tests.io.test_folder_lock import hold


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return backwards.train(shelf)


@pytest.fixture
def copy(trained: Trained, tmp_path: Path) -> RunFolder:
    """A copy of the run that may be damaged."""
    shutil.copytree(trained.run, tmp_path / "copy")
    return RunFolder(tmp_path / "copy")


# Resume and run folders in use --------------------------------------------------------------------


def test_a_second_training_into_a_run_folder_is_refused(trained: Trained) -> None:
    before = (trained.run / "weights.h5").read_bytes()
    fails(
        command("train", trained.corpus / "backwards.toml", "--run-dir", trained.run),
        2,
        f"{trained.run}: already holds a run",
        "--resume",
    )
    assert (trained.run / "weights.h5").read_bytes() == before


@pytest.mark.parametrize("resume", [False, True])
def test_an_ended_run_is_not_lost_when_its_checkpoints_are(copy: RunFolder, resume: bool) -> None:
    shutil.rmtree(copy.checkpoints)
    before = copy.weights.read_bytes()
    fails(
        command("train", "--run-dir", copy.path, *(["--resume"] if resume else [])),
        2,
        f"{copy.path}: holds a finished run without checkpoints",
    )
    assert copy.weights.read_bytes() == before


@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_a_run_folder_that_another_process_trains_into_is_refused(
    trained: Trained, tmp_path: Path, resume: list[str]
) -> None:
    run = tmp_path / "run"
    with hold(run) as process:
        fails(
            command("train", trained.corpus / "backwards.toml", "--run-dir", run, *resume),
            2,
            f"{run}: process {process.pid} is training into this folder",
        )
        process.communicate()
    assert not run.exists()


def test_to_resume_with_another_recipe_is_refused(trained: Trained) -> None:
    recipe = trained.corpus / "backwards.toml"
    fails(
        command(
            *("train", recipe, "--run-dir", trained.run, "--resume"),
            *("--set", "model.units=64"),
            *("--set", f"data.test={trained.corpus / 'elsewhere' / 'test.tsv'}"),
        ),
        2,
        "--resume: the recipe differs",
        "model.units is 64, and was 48",
        f"({trained.run / 'recipe.toml'})",
    )


def test_to_resume_with_other_text_is_refused(trained: Trained, copy: RunFolder) -> None:
    began = copy.read_json(copy.data)
    began["validation"]["sha256"] = "0" * 64
    copy.write_json(copy.data, began)
    fails(
        command("train", "--run-dir", copy.path, "--resume"),
        2,
        "--resume: the validation text differs",
        "(validation.tsv)",
    )


def test_a_damaged_checkpoint_can_be_replaced_by_the_one_before_it(
    trained: Trained,
    copy: RunFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # the run has its recipe and the paths of its text
    damaged = copy.found_checkpoints()[-1]
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    result = command("train", "--run-dir", copy.path, "--resume")
    assert (result.code, result.out) == (1, "")
    assert f"nlp-apps: error: {damaged}: the checkpoint is damaged (" in result.err
    assert "Delete this file" in result.err
    damaged.unlink()
    result = command("train", "--run-dir", copy.path, "--resume")
    assert result.code == 0, result.err
    assert result.err.count("\nevaluation ") + result.err.startswith("evaluation ") == 1
    assert copy.weights.read_bytes() == (trained.run / "weights.h5").read_bytes()
    assert copy.sources.read_bytes() == (trained.run / "sources.json").read_bytes()


# Damaged and foreign run folders ------------------------------------------------------------------


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    fails(
        command("evaluate", tmp_path),
        2,
        f"{tmp_path}: not a run folder (it has no recipe.toml)",
    )
    fails(
        command("predict", missing, "ab"),
        2,
        f"{missing}: no such folder or file. ",
    )


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_a_run_of_another_task_is_refused(copy: RunFolder, verb: str) -> None:
    text = copy.recipe.read_text(encoding="utf-8").replace('"translation"', '"sentiment"')
    copy.recipe.write_text(text, encoding="utf-8")
    words = ["ab"] if verb == "predict" else []
    fails(
        command(verb, copy.path, *words),
        2,
        f"{copy.recipe}: task must be 'translation' for this app, received 'sentiment'.",
    )


def test_a_run_without_weights_is_an_error(copy: RunFolder) -> None:
    copy.weights.unlink()
    fails(
        command("predict", copy.path, "ab"),
        1,
        f"{copy.path}: has no weights.h5 yet",
        "train --resume",
    )


@pytest.mark.parametrize("name", ["weights.h5", "tokenizer.model", "sources.json"])
@pytest.mark.parametrize("damage", ["cut", "emptied", "overwritten"])
def test_a_damaged_file_of_a_run_is_an_error_that_names_it(
    copy: RunFolder, name: str, damage: str
) -> None:
    path = copy.path / name
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-20], "emptied": b"", "overwritten": b"?" * len(data)}[damage])
    result = command("evaluate", copy.path)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"nlp-apps: error: {path}: cannot ")
    assert len(result.err.splitlines()) <= 2
    assert "Traceback" not in result.err


def test_a_flipped_bit_in_the_weights_is_noticed(copy: RunFolder) -> None:
    data = bytearray(copy.weights.read_bytes())
    data[len(data) // 2] ^= 64
    copy.weights.write_bytes(data)
    result = command("predict", copy.path, "ab")
    assert (result.code, result.out) == (1, "")
    assert "has a wrong checksum). Train again, or copy the file again." in result.err


def test_a_damaged_recipe_of_a_run_is_an_error_that_names_the_line(copy: RunFolder) -> None:
    text = copy.recipe.read_text(encoding="utf-8")
    copy.recipe.write_text(text.replace("[model]", "[model"), encoding="utf-8")
    result = command("predict", copy.path, "ab")
    assert (result.code, result.out) == (2, "")
    assert f"{copy.recipe}, line " in result.err
    assert "not valid TOML" in result.err


def test_a_recipe_that_was_changed_after_training_does_not_fit(copy: RunFolder) -> None:
    text = copy.recipe.read_text(encoding="utf-8").replace("units = 48", "units = 52")
    copy.recipe.write_text(text, encoding="utf-8")
    result = command("predict", copy.path, "ab")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(
        f"nlp-apps: error: {copy.weights}: does not fit the recipe and the tokenizer beside it: "
    )
    assert "(" in result.err and "by the recipe." in result.err


def test_a_run_whose_text_is_missing_is_an_error_that_names_data_dir(copy: RunFolder) -> None:
    copy.sources.unlink()
    fails(
        command("evaluate", copy.path),
        1,
        f"{copy.sources}: missing",
        "--data-dir",
    )


def test_the_data_dir_serves_where_the_sources_are_not_known(
    trained: Trained, copy: RunFolder
) -> None:
    copy.sources.unlink()
    result = command(
        *("evaluate", copy.path, "--split", "validation", "--json"),
        *("--data-dir", trained.corpus),
    )
    assert result.code == 0, result.err
    assert json.loads(result.out)["sentences"] == 30


# Bad text, bad disks ------------------------------------------------------------------------------


def own_recipe(folder: Path, text: str, extra: str = "") -> Path:
    (folder / "own.tsv").write_bytes(text.encode("utf-8"))
    path = folder / "own.toml"
    path.write_text(f'task = "translation"\n[data]\ntrain = "own.tsv"\n{extra}', encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\nc d\n", ", line 2: no TAB; .*data.on_bad_line"),
        ("a\tb\nc\t \n", ", line 2: the target side is empty.*data.on_bad_line"),
        ("", ": the file is empty"),
    ],
)
def test_bad_text_stops_the_training_with_file_and_line(
    tmp_path: Path, text: str, message: str
) -> None:
    recipe, run = own_recipe(tmp_path, text), tmp_path / "run"
    result = command("train", recipe, "--run-dir", run)
    assert (result.code, result.out) == (1, "")
    place = re.escape(str(tmp_path / "own.tsv"))
    assert re.fullmatch(f"nlp-apps: error: {place}{message}.*\n", result.err)
    assert not run.exists()


def test_a_vocabulary_larger_than_the_text_supports_is_an_error(tmp_path: Path) -> None:
    text = "".join(f"one {number} two\tun {number} deux\n" for number in range(100))
    result = command(
        "train",
        own_recipe(tmp_path, text),
        "--run-dir",
        tmp_path / "run",
        "--set",
        "tokenizer.vocabulary_size=4000",
    )
    assert (result.code, result.out) == (1, "")
    assert error_of(result).startswith(
        "nlp-apps: error: tokenizer.vocabulary_size must be at most "
    )
    assert "received 4000. " in result.err


def test_text_that_is_longer_than_every_limit_is_an_error(tmp_path: Path) -> None:
    text = "".join(f"one {number} two\tun {number} deux\n" for number in range(100))
    extra = 'max_length = 4\n[tokenizer]\nkind = "characters"\n'
    fails(
        command("train", own_recipe(tmp_path, text, extra), "--run-dir", tmp_path / "run"),
        1,
        "no training pair has at most data.max_length = 4 tokens",
    )


def test_a_run_folder_below_a_file_cannot_be_written(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    result = command(
        *("train", trained.corpus / "backwards.toml", "--run-dir", tmp_path / "file" / "run"),
        *("--set", f"data.test={trained.corpus}/elsewhere/test.tsv"),
    )
    fails(
        result,
        1,
        f"cannot write {tmp_path / 'file' / 'run'}: a part of this path is a file",
    )


def test_predictions_to_a_file_that_cannot_be_written_leave_nothing(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.txt"

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    fails(
        command("predict", trained.run, "ab", "--output", target),
        1,
        f"cannot write {target}: the disk is full",
    )
    assert not list(tmp_path.iterdir())


def test_a_full_disk_stops_the_training_and_resume_completes_it(
    trained: Trained, tmp_path: Path
) -> None:
    words = [
        *("train", trained.corpus / "backwards.toml", "--run-dir", tmp_path / "run"),
        *("--set", f"data.test={trained.corpus}/elsewhere/test.tsv"),
        *("--set", "training.epochs=1", "--set", "training.tensorboard=false"),
    ]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        result = command(*words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    fails(
        result,
        1,
        f"cannot write {tmp_path / 'run' / 'weights.h5'}: ",
    )
    assert not list((tmp_path / "run").rglob(".tmp-*"))
    result = command(*words, "--resume")
    assert result.code == 0, result.err
