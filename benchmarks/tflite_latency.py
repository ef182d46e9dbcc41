"""Latency of `.tflite` files and of a SavedModel, interleaved, one thread each, on one machine.

    .venv/bin/python -m benchmarks.tflite_latency --translation MODEL.tflite \
        --saved-model DIR/VERSION --texts FILE \
        [--sentiment MODEL.tflite] [--generation MODEL.tflite]

FILE has one sentence per line. Prints median latencies, file sizes, and the seconds and peak memory
of a cold `predict`. Run it on an idle machine.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPETITIONS, SENTENCES, TOKENS = 7, 40, 64


def translate_with_litert(path: str, texts: list[str]) -> None:
    """Translates all texts for each line of standard input, and prints the seconds."""
    from nlp_apps.litert.lite_translator import LiteTranslator

    translator = LiteTranslator(Path(path), beam=False, threads=1)
    for _ in sys.stdin:
        started = time.perf_counter()
        for _ in translator.translate(texts):
            pass
        print(time.perf_counter() - started, flush=True)


def translate_with_tensorflow(path: str, texts: list[str]) -> None:
    """Runs `translate_with_litert` with the signature `greedy` of a SavedModel."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    greedy = tf.saved_model.load(path).signatures["greedy"]
    for _ in sys.stdin:
        started = time.perf_counter()
        for text in texts:
            greedy(text=tf.constant([text]))["translation"].numpy()
        print(time.perf_counter() - started, flush=True)


def interleaved(commands: dict[str, list[str]]) -> dict[str, float]:
    """Returns median milliseconds per sentence of processes that run in turn."""
    processes = {
        name: subprocess.Popen(
            [sys.executable, __file__, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, words in commands.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(REPETITIONS + 1):
        for name, process in processes.items():
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            seconds[name].append(float(process.stdout.readline()))
    for process in processes.values():
        process.communicate()
    return {
        name: 1000 * statistics.median(values[1:]) / SENTENCES for name, values in seconds.items()
    }


def milliseconds(run: Callable[[], object], count: int = 200) -> float:
    """Returns the median milliseconds of a call, after 20 warm-up calls."""
    found = []
    for _ in range(count + 20):
        started = time.perf_counter()
        run()
        found.append(1000 * (time.perf_counter() - started))
    return statistics.median(found[20:])


def sentiment(path: str) -> dict[str, float]:
    """Returns milliseconds per text of 64 tokens, without and with the tokenizer."""
    from nlp_apps.litert.file_model import padded_row
    from nlp_apps.litert.lite_classifier import LiteClassifier

    classifier = LiteClassifier(Path(path))
    model, text = classifier.model, "I"
    while len(model.encode(text)) < TOKENS:
        text += " did not like the soup, but the bread was good and the waiter kind,"
    ids = padded_row(model.encode(text)[:TOKENS], model.metadata["tokens"])
    return {
        "classify, 64 tokens": milliseconds(lambda: model.run("classify", ids=ids)),
        "whole, from text": milliseconds(lambda: list(classifier.classify([text]))),
    }


def generation(path: str) -> dict[str, float]:
    """Returns milliseconds per token."""
    import numpy as np

    from nlp_apps.litert.lite_model import LiteModel

    model = LiteModel(Path(path), "generation")
    inputs = {
        "token": np.array([10], np.int32),
        "state": np.zeros((1, *model.metadata["state"]), np.float32),
    }

    def sample(top_k: int, top_p: float) -> float:
        config = {
            "temperature": np.array([0.8], np.float32),
            "top_k": np.array([top_k], np.int32),
            "top_p": np.array([top_p], np.float32),
            "uniform": np.array([0.5], np.float32),
        }
        return milliseconds(lambda: model.run("sample", **inputs, **config))

    return {
        "step": milliseconds(lambda: model.run("step", **inputs)),
        "sample, top_k 40": sample(40, 1.0),
        "sample, top_p 0.95": sample(0, 0.95),
    }


def cold(app: str, path: str, text: str) -> dict[str, float]:
    """Returns seconds (median of 5) and peak MiB of a `predict` command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        words = [sys.executable, "-m", f"nlp_apps.{app}", "predict", path, text]
        subprocess.run(words, check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"seconds": statistics.median(seconds), "MiB": max(before, after) / 1024}


def main() -> None:
    """Measures the models named on the command line, and prints JSON."""
    parser = argparse.ArgumentParser(description="Latency of .tflite files and of a SavedModel.")
    for name in ("translation", "saved-model", "texts", "sentiment", "generation"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--role")
    options = parser.parse_args()
    texts = Path(options.texts).read_text("utf-8").splitlines()[:SENTENCES]
    roles = {"litert": translate_with_litert, "tensorflow": translate_with_tensorflow}
    if options.role:
        roles[options.role](options.translation or options.saved_model, texts)
        return
    results: dict[str, object] = {}
    if options.translation:
        results["cold predict"] = cold("translation", options.translation, texts[0])
        results["bytes"] = Path(options.translation).stat().st_size
    if options.translation and options.saved_model:
        shared = ["--texts", options.texts, "--role"]
        times = interleaved(
            {
                "litert": ["--translation", options.translation, *shared, "litert"],
                "tensorflow": ["--saved-model", options.saved_model, *shared, "tensorflow"],
            }
        )
        results["greedy, ms a sentence"] = times
        results["ratio"] = times["litert"] / times["tensorflow"]
    if options.sentiment:
        results["sentiment, ms"] = sentiment(options.sentiment)
    if options.generation:
        results["generation, ms a token"] = generation(options.generation)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
