"""Models of the browser's page, and the predictions of Python for the same files."""

import contextlib
import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.server import web_pages
from tests import toy_server

TASKS = ("translation", "sentiment", "generation")
SEED, MAX_TOKENS = 7, 30

# Runs in a process without TensorFlow.
PREDICT = """
import json, sys
from pathlib import Path
task, path, texts, seed, max_tokens = json.load(sys.stdin)
path, found = Path(path), []
for text in texts:
    if task == "translation":
        from nlp_apps.litert.lite_translator import LiteTranslator
        (one,) = LiteTranslator(path).translate([text])
        found.append([one.text, one.score, one.alternatives])
    elif task == "sentiment":
        from nlp_apps.litert.lite_classifier import LiteClassifier
        (one,) = LiteClassifier(path).classify([text])
        found.append([one.label, list(one.probabilities.values())])
    else:
        from nlp_apps.decoding.sampling_config import SamplingConfig
        from nlp_apps.litert.lite_generator import LiteGenerator
        generator = LiteGenerator(path)
        names = "temperature", "top_k", "top_p", "repetition_penalty", "no_repeat_ngram_size"
        decoding = generator.model.metadata["decoding"]
        config = SamplingConfig(**{name: decoding[name] for name in names})
        ((one,),) = generator.generate([text], config, max_tokens=max_tokens, seed=seed)
        (scored,) = generator.surprisals([text])
        found.append([one.continuation, one.num_tokens, one.log_probability, scored.nats.tolist()])
print(json.dumps(found))
"""


@contextlib.contextmanager
def serve(folder: Path, **settings: Any) -> Iterator[str]:
    """Serves the `.tflite` files of a folder; yields the address of the browser's page."""
    with toy_server.serving(folder, **settings) as toy, toy_server.listening(toy.app) as address:
        yield f"{address}{web_pages.BROWSER_PAGE}"


@functools.cache
def python_predictions(folder: Path, task: str, *texts: str) -> list[Any]:
    """Returns the predictions of Python for texts."""
    path = str(folder / task / f"{task}.tflite")
    inputs = json.dumps([task, path, texts, SEED, MAX_TOKENS])
    done = subprocess.run(
        [sys.executable, "-c", PREDICT], input=inputs, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def approx(value: Any) -> Any:
    """Compares floats with the tolerance of another runtime, all other values exactly."""
    if isinstance(value, list):
        return [approx(one) for one in value]
    return pytest.approx(value, abs=2e-3, rel=2e-3) if isinstance(value, float) else value
