"""A shipped model, its texts, and runs of the command in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.batch_inference import batch_command
from nlp_apps.resources import shipped_model
from tests.commands import Result
from tests.tiny_runs import WORDS

Batch = Callable[..., Result]
"""Runs `nlp-apps batch` with these words."""

NUM_LINES = 70


@pytest.fixture
def batch(capfd: pytest.CaptureFixture[str]) -> Batch:
    """Function that runs the command; its workers are processes."""

    def run(*words: Any) -> Result:
        code = batch_command.main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return run


@pytest.fixture(scope="session")
def classifier() -> Path:
    """A `.tflite` that classifies."""
    return shipped_model("sentiment-opinions")


def write_lines(path: Path, count: int = NUM_LINES) -> Path:
    """Writes short lines; some are empty, and every 20th is not UTF-8."""
    lines = []
    for number in range(count):
        start = number * 7 % len(WORDS)
        words = " ".join(WORDS[start : start + number * 5 % 13]).encode()
        lines.append(b"\xff" if number % 20 == 19 else words)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def read_parts(output: Path, kind: str = ".") -> list[dict[str, Any]]:
    """Returns the rows of all parts of an output, in order; `kind` is a folder in it."""
    return [
        json.loads(line)
        for path in sorted((output / kind).glob("part-*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def snapshot(output: Path) -> dict[str, bytes]:
    """Returns the content of parts and dead letters by name."""
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in output.rglob("*")
        if path.is_file() and not path.name.startswith("_")
    }
