"""The Beam pipeline predicts the same as the model, with the DirectRunner."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.resources import shipped_model
from tests.batch_inference.conftest import read_parts
from tests.commands import assert_alike
from tests.tiny_models import Made

pytestmark = pytest.mark.skipif(
    find_spec("apache_beam") is None, reason="Apache Beam is not installed: run make engines"
)

ROOT = Path(__file__).parents[2]
PIPELINE = ROOT / "examples" / "beam" / "predict_pipeline.py"


@pytest.mark.parametrize("kind", ["tflite", "saved_model"])
def test_every_line_has_a_prediction_or_a_dead_letter(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    model = shipped_model("sentiment-opinions")
    if kind == "saved_model":
        made: Made = request.getfixturevalue("tiny_saved_model")
        model = made("sentiment")
    texts = [f"The soup number {number} was cold." for number in range(40)]
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes("\n".join([*texts, ""]).encode() + b"\xff\n")
    words: list[Any] = [sys.executable, PIPELINE, model, f"{tmp_path}/*.txt", tmp_path / "out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    command: list[Any] = [
        sys.executable,
        "-m",
        "nlp_apps",
        "sentiment",
        "predict",
        model,
        "--json",
        *texts,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    expected = [json.loads(line) for line in done.stdout.splitlines()]
    found = sorted(read_parts(tmp_path / "out"), key=lambda row: (row["file"], row["line"]))
    assert [row["line"] for row in found] == 2 * list(range(1, 41))
    for row, one in zip(found, 2 * expected, strict=True):
        assert_alike(row["prediction"], one)
    letters = read_parts(tmp_path / "out", "dead-letters")
    assert sorted((Path(one["file"]).name, one["line"]) for one in letters) == [
        ("a.txt", 41),
        ("b.txt", 41),
    ]
    assert json.dumps(letters).count("utf-8") == 2
