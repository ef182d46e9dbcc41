"""Runs commands of the apps in this process, and compares their output."""

import contextlib
import io
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import pytest

from nlp_apps.cli import main as cli
from nlp_apps.cli.app_description import App
from nlp_apps.io import quiet_tensorflow
from nlp_apps.tasks import settle


class Result(NamedTuple):
    """Exit code, standard output and standard error of a command."""

    code: int
    out: str
    err: str


@contextlib.contextmanager
def restored_process() -> Iterator[None]:
    """Restores the state that a command changes: logging, environment, Keras's dtype policy."""
    logger = logging.getLogger("nlp_apps")
    before = (list(logger.handlers), logger.level, logger.propagate)
    environment = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quiet_tensorflow, "install", lambda: None)
        patch.setattr(settle, "has_fast_bfloat16", lambda: False)  # the same on every CPU
        try:
            yield
        finally:
            logger.handlers[:], logger.level, logger.propagate = before
            for name in os.environ.keys() - environment.keys():
                del os.environ[name]
            for name, value in environment.items() - os.environ.items():
                os.environ[name] = value
            keras.config.set_dtype_policy("float32")


def run(app: App, words: Sequence[Any], folder: Path | None = None) -> Result:
    """Runs a command of an app, with `folder` as current folder."""
    out, err = io.StringIO(), io.StringIO()
    with (
        restored_process(),
        contextlib.chdir(folder) if folder else contextlib.nullcontext(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = cli.main(app, [str(word) for word in words])
    return Result(code, out.getvalue(), err.getvalue())


def fails(result: Result, code: int, *parts: str) -> None:
    """Checks that a command printed one error, and that its message contains the parts."""
    assert (result.code, result.out) == (code, ""), result.err
    error = error_of(result)
    assert error.count("nlp-apps: ") == 1
    assert "Traceback" not in result.err
    for part in parts:
        assert part in error


def error_of(result: Result) -> str:
    """Returns the error of a command, without the lines logged before it."""
    _, start, message = result.err.partition("nlp-apps: error: ")
    return start + message


def assert_alike(found: Any, wanted: Any) -> None:
    """Checks equality, with a tolerance of 1e-4 for floats."""
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        for key in wanted:
            assert_alike(found[key], wanted[key])
    elif isinstance(wanted, list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_alike(one, other)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, abs=1e-4)
    else:
        assert found == wanted
