"""A tiny run of each task, its SavedModel and its `.tflite`, created once for all tests.

Tests run in several processes. The first process that needs a model creates it; the others wait.
Tests must not modify the models.
"""

import fcntl
import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

HUB = ("huggingface_hub", "safetensors")
"""Packages of the extra `hub`."""

Made = Callable[[str], Path]
"""Returns the path of the model of a task."""


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the models, the same in all processes."""
    base = tmp_path_factory.getbasetemp()
    shelf = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tiny"
    shelf.mkdir(exist_ok=True)
    return shelf


@pytest.fixture(scope="session")
def tiny_run(shelf: Path) -> Made:
    """Function that returns the run folder of a task."""

    def train(task: str) -> Path:
        from tests import tiny_runs

        folder = shelf / task
        once(folder, lambda: tiny_runs.train(task, folder))
        return folder / "run"

    return train


@pytest.fixture(scope="session")
def tiny_saved_model(shelf: Path, tiny_run: Made) -> Made:
    """Function that returns the version folder of a task's SavedModel."""
    return _exporter(shelf, tiny_run, "saved_model", "1", num_texts=40)


@pytest.fixture(scope="session")
def tiny_lite(shelf: Path, tiny_run: Made) -> Made:
    """Function that returns the `.tflite` of a task, beside parity.json and golden.json."""
    words = ("--quantize", "none")
    return _exporter(shelf, tiny_run, "tflite", "tiny.tflite", *words, num_texts=10)


@pytest.fixture(scope="session")
def tiny_onnx(shelf: Path, tiny_run: Made) -> Made:
    """Function that returns the `.onnx` of a task, beside its parity and golden outputs."""
    pytest.importorskip("onnx", reason="ONNX is missing: pip install 'nlp-apps[onnx]'")
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is missing: 'nlp-apps[onnx]'")
    return _exporter(shelf, tiny_run, "onnx", "tiny.onnx", "--quantize", "none", num_texts=10)


@pytest.fixture(scope="session")
def tiny_hub(shelf: Path, tiny_run: Made) -> Made:
    """Function that returns a task's model folder for a hub."""
    if any(find_spec(name) is None for name in HUB):
        pytest.skip("the extra hub is not installed")
    words = ("--license", "cc0-1.0", "--language", "en", "--tag", "tiny")
    return _exporter(shelf, tiny_run, "hub", "hub", *words, num_texts=20)


def _exporter(
    shelf: Path,
    tiny_run: Made,
    kind: str,
    result: str,
    *words: str,
    num_texts: int,
) -> Made:
    """Returns the function that exports the run of a task once, and returns the path `result`."""

    def export(task: str) -> Path:
        folder = shelf / f"{task}-{kind}"
        every = ("--format", kind, *words)
        once(
            folder,
            lambda: export_run(task, tiny_run(task), folder / "tiny", *every, num_texts=num_texts),
        )
        return folder / "tiny" / result

    return export


def once(folder: Path, make: Callable[[], object]) -> None:
    """Creates a folder and calls `make` to fill it, unless a process has done so."""
    done = folder.with_name(f"{folder.name}.done")
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a failed attempt
            folder.mkdir()
            make()
            done.touch()


def export_run(task: str, run_folder: Path, to: Path, *words: str, num_texts: int) -> None:
    """Exports a run with fewer parity texts than the command line uses."""
    from nlp_apps.export import parity
    from tests import tiny_runs
    from tests.commands import run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parity, "NUM_TEXTS", num_texts)
        done = run(tiny_runs.APPS[task], ["export", run_folder, "--to", to, *words])
    assert done.code == 0, done.err
