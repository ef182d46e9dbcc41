"""Commands of the apps, run in this process: what they printed and how they ended."""

import contextlib
import io
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import pytest

from nlp_apps.cli import command_line
from nlp_apps.io import quiet_tensorflow


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@contextlib.contextmanager
def process_as_it_was() -> Iterator[None]:
    """Takes back what a command does to the process: logging, environment, Keras's policy."""
    logger = logging.getLogger("nlp_apps")
    before = (list(logger.handlers), logger.level, logger.propagate)
    environment = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quiet_tensorflow, "install", lambda: None)
        try:
            yield
        finally:
            logger.handlers[:], logger.level, logger.propagate = before
            for name in os.environ.keys() - environment.keys():
                del os.environ[name]
            for name, value in environment.items() - os.environ.items():
                os.environ[name] = value
            keras.config.set_dtype_policy("float32")


def run(app: command_line.App, words: Sequence[Any], folder: Path | None = None) -> Result:
    """Runs a command of an app, as from a shell that stands in a folder."""
    out, err = io.StringIO(), io.StringIO()
    with (
        process_as_it_was(),
        contextlib.chdir(folder) if folder else contextlib.nullcontext(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = command_line.main(app, [str(word) for word in words])
    return Result(code, out.getvalue(), err.getvalue())


def fails(result: Result, code: int, message: str) -> None:
    """Checks that a command failed with this message and nothing more."""
    assert result == Result(code, "", f"nlp-apps: error: {message}\n")


def assert_alike(found: Any, wanted: Any) -> None:
    """The same, but for the last digits of figures."""
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
