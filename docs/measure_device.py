"""Times `.tflite` files beside a SavedModel, one thread each, in turn, on one machine.

    .venv/bin/python docs/measure_device.py --translation MODEL.tflite --saved-model DIR/VERSION \
        --texts FILE [--sentiment MODEL.tflite] [--generation MODEL.tflite]

FILE has a sentence a line. Prints medians of interleaved rounds, sizes, the seconds of a cold
`predict`, and its memory. Run it on a quiet machine.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS, SENTENCES, TOKENS = 7, 40, 64


def translate_with_litert(path: str, texts: list[str]) -> None:
    """Answers each line of standard input with the seconds of a round."""
    from nlp_apps.litert.lite_translator import LiteTranslator

    translator = LiteTranslator(Path(path), beam=False)
    for _ in sys.stdin:
        started = time.perf_counter()
        for _ in translator.translate(texts):
            pass
        print(time.perf_counter() - started, flush=True)


def translate_with_tensorflow(path: str, texts: list[str]) -> None:
    """The same with a SavedModel's signature `greedy`."""
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


def in_turn(commands: dict[str, list[str]]) -> dict[str, float]:
    """Median milliseconds a sentence of processes that are asked in turn."""
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
    for _ in range(ROUNDS + 1):
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


def milliseconds(run: object, count: int = 200) -> float:
    """Median milliseconds of a call."""
    found = []
    for _ in range(count + 20):
        started = time.perf_counter()
        run()  # type: ignore[operator]
        found.append(1000 * (time.perf_counter() - started))
    return statistics.median(found[20:])


def sentiment(path: str) -> dict[str, float]:
    """Milliseconds to judge a text of 64 tokens, from its tokens and from its characters."""
    from nlp_apps.litert.lite_classifier import LiteClassifier
    from nlp_apps.litert.lite_model import row

    classifier = LiteClassifier(Path(path))
    model, text = classifier.model, "I"
    while len(model.encode(text)) < TOKENS:
        text += " did not like the soup, but the bread was good and the waiter kind,"
    ids = row(model.encode(text)[:TOKENS], model.card["tokens"])
    return {
        "classify, 64 tokens": milliseconds(lambda: model.run("classify", ids=ids)),
        "whole, from text": milliseconds(lambda: list(classifier.classify([text]))),
    }


def generation(path: str) -> dict[str, float]:
    """Milliseconds a token."""
    import numpy as np

    from nlp_apps.litert.lite_model import LiteModel

    model = LiteModel(Path(path), "generation")
    fed = {
        "token": np.array([10], np.int32),
        "state": np.zeros((1, *model.card["state"]), np.float32),
    }

    def sample(top_k: int, top_p: float) -> float:
        how = {
            "temperature": np.array([0.8], np.float32),
            "top_k": np.array([top_k], np.int32),
            "top_p": np.array([top_p], np.float32),
            "uniform": np.array([0.5], np.float32),
        }
        return milliseconds(lambda: model.run("sample", **fed, **how))

    return {
        "step": milliseconds(lambda: model.run("step", **fed)),
        "sample, top_k 40": sample(40, 1.0),
        "sample, top_p 0.95": sample(0, 0.95),
    }


def cold(app: str, path: str, text: str) -> dict[str, float]:
    """Seconds and peak MiB of a `predict` command."""
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
    """Measures what is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("translation", "saved-model", "texts", "sentiment", "generation"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--role")
    options = parser.parse_args()
    texts = Path(options.texts).read_text("utf-8").splitlines()[:SENTENCES]
    roles = {"litert": translate_with_litert, "tensorflow": translate_with_tensorflow}
    if options.role:
        roles[options.role](options.translation or options.saved_model, texts)
        return
    found: dict[str, object] = {}
    if options.translation:
        found["cold predict"] = cold("translation", options.translation, texts[0])
        found["bytes"] = Path(options.translation).stat().st_size
    if options.translation and options.saved_model:
        same = ["--texts", options.texts, "--role"]
        times = in_turn(
            {
                "litert": ["--translation", options.translation, *same, "litert"],
                "tensorflow": ["--saved-model", options.saved_model, *same, "tensorflow"],
            }
        )
        found["greedy, ms a sentence"] = times
        found["ratio"] = times["litert"] / times["tensorflow"]
    if options.sentiment:
        found["sentiment, ms"] = sentiment(options.sentiment)
    if options.generation:
        found["generation, ms a token"] = generation(options.generation)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
