"""Golden outputs: the results of every signature of a file for a few texts, to check a host.

`python -m nlp_apps.litert.golden MODEL` prints them; `MODEL GOLDEN` prints which outputs differ on
this machine's runtime. A step is a signature, its inputs and its outputs. An input is a list of
numbers (row by row, without trailing zeros) or {"step": index, "output": name}, the output of an
earlier step. An output of more than `MAX_VALUES` floats is kept as its shape, its first values and
its sum, the sum without values below -5e8.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.litert.command import run_command
from nlp_apps.litert.file_model import FileModel, padded_row
from nlp_apps.litert.metadata import read_metadata
from nlp_apps.litert.open_model import open_model
from nlp_apps.text.special_ids import NEG_INF

MAX_VALUES = 600
"""Floats of an output that are kept completely."""

HEAD_VALUES = 16
"""Floats that are kept of a longer output."""

TOLERANCE = 1e-3
"""Allowed difference of a float, absolute and relative: runtimes add in different orders."""

TEXTS = {
    "translation": ["Where is the station?", "I am tired \U0001f634, and it rains.", "", "x" * 40],
    "sentiment": ["The soup was cold and nobody came.", "Lovely \U0001f44d!", "", "no  no\tno"],
    "generation": ["Once upon", "", "Dear \U0001f98a,\nI am well", "  two  blanks "],
}
"""Inputs, written for this purpose."""

Step = dict[str, Any]


def make_golden(path: Path) -> dict[str, Any]:
    """Runs every signature of a `.tflite`.

    Returns:
        {"task", "cases": [{"text", "steps": [{"signature", "inputs", "outputs"}]}]}.
    """
    task = read_metadata(path)["task"]
    model = open_model(path, task)
    steps = {"translation": _translation, "sentiment": _sentiment, "generation": _generation}[task]
    return {"task": task, "cases": [_case(model, text, steps) for text in TEXTS[task]]}


def _case(model: FileModel, text: str, steps: Any) -> dict[str, Any]:
    recorder = Recorder(model)
    codepoints = padded_row([ord(one) for one in text], model.metadata["characters"])
    recorder.run("tokenize", codepoints=codepoints)
    steps(model.metadata, recorder)
    return {"text": text, "steps": recorder.steps}


class Recorder:
    """Runs signatures and records their inputs and outputs."""

    def __init__(self, model: FileModel):
        self.model = model
        self.steps: list[Step] = []
        self.outputs: list[dict[str, np.ndarray]] = []

    def run(self, signature: str, **inputs: Any) -> int:
        """Runs a signature; an input is an array or (step, output).

        Returns:
            The number of the step.
        """
        arrays = {
            name: self.outputs[value[0]][value[1]] if isinstance(value, tuple) else value
            for name, value in inputs.items()
        }
        outputs = self.model.run(signature, **arrays)
        self.outputs.append(outputs)
        self.steps.append(
            {
                "signature": signature,
                "inputs": {
                    name: {"step": value[0], "output": value[1]}
                    if isinstance(value, tuple)
                    else _trimmed(value)
                    for name, value in inputs.items()
                },
                "outputs": {name: summary(value) for name, value in sorted(outputs.items())},
            }
        )
        return len(self.steps) - 1


def _translation(metadata: Mapping[str, Any], recorder: Recorder) -> None:
    ids: Any = (0, "ids")
    if tags := metadata.get("target_languages"):  # The tag is before the tokens.
        tokens = recorder.outputs[0]["ids"][0, : int(recorder.outputs[0]["count"][0])].tolist()
        ids = padded_row([next(iter(tags.values())), *tokens], metadata["tokens"])
    greedy = recorder.run("greedy", ids=ids)
    recorder.run("detokenize", ids=(greedy, "ids"))
    if "beam" in recorder.model.signatures:
        recorder.run("beam", ids=ids)
    encoded = recorder.run("encode", ids=ids)
    memory = {name: (encoded, name) for name in ("memory", "keys", "length")}
    if "source" in recorder.outputs[encoded]:  # a model with a pointer
        memory["source"] = (encoded, "source")
    token = np.array([metadata["special_ids"]["bos"]], np.int32)
    first = recorder.run("decode_step", token=token, state=(encoded, "state"), **memory)
    recorder.run("decode_step", token=token + 1, state=(first, "state"), **memory)
    if "decode_step_beam" in recorder.model.signatures:
        zeros = recorder.model.zero_inputs("decode_step_beam")
        tokens = token + np.arange(len(zeros["token"]), dtype=np.int32)
        recorder.run("decode_step_beam", token=tokens, state=zeros["state"], **memory)


def _sentiment(metadata: Mapping[str, Any], recorder: Recorder) -> None:
    recorder.run("detokenize", ids=(0, "ids"))
    recorder.run("classify", ids=(0, "ids"))
    if "learn" in recorder.model.signatures:
        settings = {"label": np.array([1], np.int32), "rate": np.array([1.0], np.float32)}
        zeros = recorder.model.zero_inputs("learn")["learned"]
        learned = recorder.run("learn", ids=(0, "ids"), learned=zeros, **settings)
        recorder.run("classify_learned", ids=(0, "ids"), learned=(learned, "learned"))


def _generation(metadata: Mapping[str, Any], recorder: Recorder) -> None:
    recorder.run("detokenize", ids=(0, "ids"))
    state = np.zeros((1, *metadata["state"]), np.float32)
    token = np.array([metadata["special_ids"]["bos"]], np.int32)
    recorder.run("score", ids=(0, "ids"), token=token, state=state)
    prefilled = recorder.run("prefill", ids=(0, "ids"), state=state)
    stepped = recorder.run("step", token=token, state=(prefilled, "state"))
    if "learn" in recorder.model.signatures:
        zeros = recorder.model.zero_inputs("learn")
        cache = {name: zeros[name] for name in ("keys", "cached", "position")}
        learned = recorder.run("learn", ids=(0, "ids"), token=token, state=state, **cache)
        begun = padded_row([ord(" "), ord("t")], metadata["begun"])
        recorder.run(
            "suggest",
            token=token,
            state=(learned, "state"),
            begun=begun,
            keys=(learned, "keys"),
            cached=(learned, "cached"),
        )
    settings: dict[str, Any] = {
        "temperature": np.array([0.8], np.float32),
        "top_k": np.array([40], np.int32),
        "top_p": np.array([0.9], np.float32),
    }
    if metadata["remembers"]:
        settings["history"] = (0, "ids")
    for uniform in (0.1, 0.7):
        recorder.run(
            "sample",
            token=token,
            state=(stepped, "state"),
            uniform=np.array([uniform], np.float32),
            **settings,
        )


def summary(values: np.ndarray) -> dict[str, Any]:
    """Returns an output as JSON: its shape, and all values or the first ones and the sum."""
    flat = values.reshape(-1)
    if np.issubdtype(values.dtype, np.integer) or flat.size <= MAX_VALUES:
        return {"shape": list(values.shape), "values": _trimmed(values)}
    allowed = flat[flat > NEG_INF / 2].astype(np.float64)
    return {
        "shape": list(values.shape),
        "head": _trimmed(flat[:HEAD_VALUES]),
        "sum": float(f"{allowed.sum():.6g}"),
    }


def differences(path: Path, golden: Mapping[str, Any]) -> list[str]:
    """Compares the outputs of a `.tflite` or `.onnx` with golden ones.

    Args:
        path: the file.
        golden: as `make_golden` returns them.

    Returns:
        A line for each output that differs.
    """
    model, found = open_model(path, golden["task"]), []
    for case in golden["cases"]:
        outputs: list[dict[str, np.ndarray]] = []
        for number, step in enumerate(case["steps"]):
            outputs.append(model.run(step["signature"], **_inputs(model, step, outputs)))
            for name, expected in step["outputs"].items():
                if not _equals(outputs[-1][name], expected):
                    found.append(f"{case['text']!r}, step {number}: {name} of {step['signature']}")
    return found


def _inputs(
    model: FileModel, step: Step, outputs: Sequence[Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    inputs = model.zero_inputs(step["signature"])
    for name, value in step["inputs"].items():
        if isinstance(value, dict):
            inputs[name] = outputs[value["step"]][value["output"]]
        else:
            inputs[name].reshape(-1)[: len(value)] = value
    return inputs


def _equals(values: np.ndarray, expected: Mapping[str, Any]) -> bool:
    found = summary(values)
    if found["shape"] != expected["shape"]:
        return False
    if np.issubdtype(values.dtype, np.integer):
        return bool(found["values"] == expected["values"])
    return all(
        _is_close(found[name], expected[name])
        for name in ("values", "head", "sum")
        if name in expected
    )


def _is_close(one: Any, other: Any) -> bool:
    """Compares lists or single floats; the shorter list is padded with zeros."""
    first, second = (np.atleast_1d(np.array(value, np.float64)) for value in (one, other))
    longest = max(len(first), len(second))
    first, second = (np.pad(value, (0, longest - len(value))) for value in (first, second))
    return bool(np.allclose(first, second, rtol=TOLERANCE, atol=TOLERANCE))


def _trimmed(values: np.ndarray) -> list[Any]:
    """Returns the values without trailing zeros."""
    flat = values.reshape(-1)
    used = np.flatnonzero(flat)
    flat = flat[: used[-1] + 1] if used.size else flat[:0]
    if np.issubdtype(flat.dtype, np.integer):
        return flat.tolist()
    return [float(f"{value:.6g}") for value in flat.tolist()]


def main(model: str, golden: str | None = None) -> int:
    """Prints the golden outputs of a model, or its differences from those in a file.

    Returns:
        0; or 1 if an output differs.
    """
    if golden is None:
        print(json.dumps(make_golden(Path(model)), ensure_ascii=False))
        return 0
    found = differences(Path(model), json.loads(Path(golden).read_text("utf-8")))
    print("\n".join(found) or "all outputs are equal")
    return 1 if found else 0


if __name__ == "__main__":
    usage = "python -m nlp_apps.litert.golden MODEL [golden.json]"
    sys.exit(run_command(main, usage, sys.argv[1:], max_arguments=2))
