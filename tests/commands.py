"""Commands of the apps, run in this process: what they printed and how they ended."""

import contextlib
import io
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import pytest

from nlp_apps import cli, quiet


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@contextlib.contextmanager
def plain_logging() -> Iterator[None]:
    """Takes back what the command line does to the process."""
    logger = logging.getLogger("nlp_apps")
    before = (list(logger.handlers), logger.level, logger.propagate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quiet, "install", lambda: None)
        patch.setenv("KERAS_BACKEND", "tensorflow")
        yield
    logger.handlers[:], logger.level, logger.propagate = before
    keras.config.set_dtype_policy("float32")


def run(app: cli.App, words: Sequence[Any], folder: Path | None = None) -> Result:
    """Runs a command of an app, as from a shell that stands in a folder."""
    out, err = io.StringIO(), io.StringIO()
    with (
        plain_logging(),
        contextlib.chdir(folder) if folder else contextlib.nullcontext(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = cli.main(app, [str(word) for word in words])
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
