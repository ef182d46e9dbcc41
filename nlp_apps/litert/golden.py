"""Test vectors: what every signature of a `.tflite` gives for a few texts, for hosts to check.

`python -m nlp_apps.litert.golden MODEL` prints them; `MODEL VECTORS` prints where this machine's
runtime gives something else. A step names a signature, its inputs and what came out. An input is a
list of numbers (row by row, the zeros at its end left out), or {"step": index, "output": name}:
what an earlier step gave. Of an output of more than `MOST` figures only shape, begin and sum are
kept, the sum without figures below -5e8.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.litert.command import answer
from nlp_apps.litert.lite_model import LiteModel, row
from nlp_apps.litert.metadata import read_card
from nlp_apps.text.special_ids import NEG_INF

MOST = 600
"""Numbers of an output that are kept whole."""

HEAD = 16
"""Figures that are kept of a longer one."""

CLOSE = 1e-3
"""How much a figure may differ, absolutely or as a share: runtimes add in different orders."""

TEXTS = {
    "translation": ["Where is the station?", "I am tired \U0001f634, and it rains.", "", "x" * 40],
    "sentiment": ["The soup was cold and nobody came.", "Lovely \U0001f44d!", "", "no  no\tno"],
    "generation": ["Once upon", "", "Dear \U0001f98a,\nI am well", "  two  blanks "],
}
"""What is asked; written for this."""

Step = dict[str, Any]


def vectors_of(path: Path) -> dict[str, Any]:
    """Makes the vectors of a `.tflite`.

    Returns:
        {"task", "cases": [{"text", "steps": [{"signature", "inputs", "outputs"}]}]}.
    """
    task = read_card(path)["task"]
    model = LiteModel(path, task)
    steps = {"translation": _translation, "sentiment": _sentiment, "generation": _generation}[task]
    return {"task": task, "cases": [_case(model, text, steps) for text in TEXTS[task]]}


def _case(model: LiteModel, text: str, steps: Any) -> dict[str, Any]:
    found = Recorder(model)
    found.run("tokenize", codepoints=row([ord(one) for one in text], model.card["characters"]))
    steps(model.card, found)
    return {"text": text, "steps": found.steps}


class Recorder:
    """Runs signatures and writes down what they were given and gave."""

    def __init__(self, model: LiteModel):
        self.model = model
        self.steps: list[Step] = []
        self.outputs: list[dict[str, np.ndarray]] = []

    def run(self, signature: str, **inputs: Any) -> int:
        """Runs a signature; an input is an array or (step, output).

        Returns:
            The step's number.
        """
        given = {
            name: self.outputs[value[0]][value[1]] if isinstance(value, tuple) else value
            for name, value in inputs.items()
        }
        outputs = self.model.run(signature, **given)
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


def _translation(card: Mapping[str, Any], found: Recorder) -> None:
    searched = found.run("greedy", ids=(0, "ids"))
    found.run("detokenize", ids=(searched, "ids"))
    if "beam" in found.model.signatures:
        found.run("beam", ids=(0, "ids"))
    encoded = found.run("encode", ids=(0, "ids"))
    memory = {name: (encoded, name) for name in ("memory", "keys", "length")}
    token = np.array([card["special_ids"]["begin"]], np.int32)
    first = found.run("decode_step", token=token, state=(encoded, "state"), **memory)
    found.run("decode_step", token=token + 1, state=(first, "state"), **memory)
    if "decode_step_beam" in found.model.signatures:
        given = found.model.nothing("decode_step_beam")
        tokens = token + np.arange(len(given["token"]), dtype=np.int32)
        found.run("decode_step_beam", token=tokens, state=given["state"], **memory)


def _sentiment(card: Mapping[str, Any], found: Recorder) -> None:
    found.run("detokenize", ids=(0, "ids"))
    found.run("classify", ids=(0, "ids"))


def _generation(card: Mapping[str, Any], found: Recorder) -> None:
    found.run("detokenize", ids=(0, "ids"))
    state = np.zeros((1, *card["state"]), np.float32)
    token = np.array([card["special_ids"]["begin"]], np.int32)
    found.run("score", ids=(0, "ids"), token=token, state=state)
    read = found.run("prefill", ids=(0, "ids"), state=state)
    stepped = found.run("step", token=token, state=(read, "state"))
    settings: dict[str, Any] = {
        "temperature": np.array([0.8], np.float32),
        "top_k": np.array([40], np.int32),
        "top_p": np.array([0.9], np.float32),
    }
    if card["remembers"]:
        settings["history"] = (0, "ids")
    for uniform in (0.1, 0.7):
        found.run(
            "sample",
            token=token,
            state=(stepped, "state"),
            uniform=np.array([uniform], np.float32),
            **settings,
        )


def summary(values: np.ndarray) -> dict[str, Any]:
    """An output as vectors have it: its shape, and all of it or its begin and sum."""
    flat = values.reshape(-1)
    if np.issubdtype(values.dtype, np.integer) or flat.size <= MOST:
        return {"shape": list(values.shape), "values": _trimmed(values)}
    possible = flat[flat > NEG_INF / 2].astype(np.float64)
    return {
        "shape": list(values.shape),
        "head": _trimmed(flat[:HEAD]),
        "sum": float(f"{possible.sum():.6g}"),
    }


def differences(path: Path, vectors: Mapping[str, Any]) -> list[str]:
    """Finds where a `.tflite` gives something else than vectors say.

    Args:
        path: the file.
        vectors: as `vectors_of` gives them.

    Returns:
        A line for each output that is not the same.
    """
    model, found = LiteModel(path, vectors["task"]), []
    for case in vectors["cases"]:
        given: list[dict[str, np.ndarray]] = []
        for number, step in enumerate(case["steps"]):
            given.append(model.run(step["signature"], **_inputs(model, step, given)))
            for name, wanted in step["outputs"].items():
                if not _same(given[-1][name], wanted):
                    found.append(f"{case['text']!r}, step {number}: {name} of {step['signature']}")
    return found


def _inputs(
    model: LiteModel, step: Step, given: Sequence[Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    inputs = model.nothing(step["signature"])
    for name, value in step["inputs"].items():
        if isinstance(value, dict):
            inputs[name] = given[value["step"]][value["output"]]
        else:
            inputs[name].reshape(-1)[: len(value)] = value
    return inputs


def _same(values: np.ndarray, wanted: Mapping[str, Any]) -> bool:
    found = summary(values)
    if found["shape"] != wanted["shape"]:
        return False
    if np.issubdtype(values.dtype, np.integer):
        return bool(found["values"] == wanted["values"])
    return all(
        _close(found[name], wanted[name]) for name in ("values", "head", "sum") if name in wanted
    )


def _close(one: Any, other: Any) -> bool:
    """Compares lists, or single figures; the shorter list counts as having zeros at its end."""
    first, second = (np.atleast_1d(np.array(value, np.float64)) for value in (one, other))
    longest = max(len(first), len(second))
    first, second = (np.pad(value, (0, longest - len(value))) for value in (first, second))
    return bool(np.allclose(first, second, rtol=CLOSE, atol=CLOSE))


def _trimmed(values: np.ndarray) -> list[Any]:
    """Numbers without the zeros at the end."""
    flat = values.reshape(-1)
    used = np.flatnonzero(flat)
    flat = flat[: used[-1] + 1] if used.size else flat[:0]
    if np.issubdtype(flat.dtype, np.integer):
        return flat.tolist()
    return [float(f"{value:.6g}") for value in flat.tolist()]


def main(model: str, vectors: str | None = None) -> int:
    """Prints the vectors of a model, or where it differs from those in a file.

    Returns:
        0, or 1 if it differs.
    """
    if vectors is None:
        print(json.dumps(vectors_of(Path(model)), ensure_ascii=False))
        return 0
    found = differences(Path(model), json.loads(Path(vectors).read_text("utf-8")))
    print("\n".join(found) or "all the same")
    return 1 if found else 0


if __name__ == "__main__":
    usage = "python -m nlp_apps.litert.golden MODEL.tflite [VECTORS.json]"
    sys.exit(answer(main, usage, sys.argv[1:], most=2))
