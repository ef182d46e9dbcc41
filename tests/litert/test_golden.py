"""The golden outputs beside a `.tflite` are those of every signature; a change is detected."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.litert import golden
from nlp_apps.litert.lite_model import LiteModel
from tests.tiny_models import Made

ROOT = Path(__file__).parents[2]
TASKS = ("translation", "sentiment", "generation")


@pytest.fixture(params=TASKS)
def model(request: pytest.FixtureRequest, tiny_lite: Made) -> Path:
    return tiny_lite(request.param)


@pytest.fixture
def beside(model: Path) -> dict[str, Any]:
    """The content of golden.json."""
    return json.loads((model.parent / "golden.json").read_text("utf-8"))


def test_the_file_returns_its_golden_outputs(model: Path, beside: dict[str, Any]) -> None:
    assert golden.differences(model, beside) == []


def test_every_signature_is_there_with_every_input_and_output(
    model: Path, beside: dict[str, Any]
) -> None:
    lite = LiteModel(model, beside["task"])
    steps = [step for case in beside["cases"] for step in case["steps"]]
    assert {step["signature"] for step in steps} == lite.signatures
    for step in steps:
        assert set(step["inputs"]) == set(lite.zero_inputs(step["signature"]))


def test_a_changed_value_is_found_wherever_it_is(model: Path, beside: dict[str, Any]) -> None:
    changed = copy.deepcopy(beside)
    wanted = []
    for number, step in enumerate(changed["cases"][0]["steps"]):
        for name, output in step["outputs"].items():
            key = "sum" if "sum" in output else "values"
            if key == "sum":
                output["sum"] += 0.01 * abs(output["sum"]) + 1.0
            elif output["values"]:
                output["values"][-1] += 1
            else:
                output["values"] = [1]
            text = repr(changed["cases"][0]["text"])
            wanted.append(f"{text}, step {number}: {name} of {step['signature']}")
    assert golden.differences(model, changed) == wanted


def test_another_shape_is_found(model: Path, beside: dict[str, Any]) -> None:
    beside["cases"][0]["steps"][0]["outputs"]["ids"]["shape"] = [1, 7]
    assert len(golden.differences(model, beside)) == 1


def test_the_command_prints_whether_this_runtime_returns_the_same(
    model: Path, beside: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert golden.main(str(model), str(model.parent / "golden.json")) == 0
    assert capsys.readouterr().out == "all outputs are equal\n"
    beside["cases"][0]["steps"][0]["outputs"]["count"]["values"] = [99]
    (tmp_path / "changed.json").write_text(json.dumps(beside), "utf-8")
    assert golden.main(str(model), str(tmp_path / "changed.json")) == 1
    assert "step 0: count of tokenize\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("module", "words", "message"),
    [
        ("golden", [], "usage: python -m nlp_apps.litert.golden MODEL [golden.json]"),
        ("golden", ["none.tflite"], "none.tflite: "),
        ("golden", [__file__], f"{__file__}: "),
        ("model_index", [], "usage: python -m nlp_apps.litert.model_index DIR"),
        ("model_index", ["none"], "none: no such folder."),
    ],
)
def test_a_wrong_command_is_an_error_of_one_line(
    module: str, words: list[str], message: str
) -> None:
    command = [sys.executable, "-m", f"nlp_apps.litert.{module}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2)
    assert done.stderr.startswith(f"nlp-apps: error: {message}")
    assert done.stderr.count("\n") == 1
