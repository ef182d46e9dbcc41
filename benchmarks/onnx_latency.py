"""Latency of a model as `.tflite` and as `.onnx`, in turn, one thread each, in one process.

    .venv/bin/python -m benchmarks.onnx_latency MODEL.tflite MODEL.onnx --texts FILE

FILE has one text per line. Prints bytes, seconds to load, and the median milliseconds per text of
both, and the ratio. The second `.onnx` may be one with other weights. Run it on an idle machine.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.litert.lite_translator import LiteTranslator
from nlp_apps.litert.metadata import read_metadata

ROUNDS, TEXTS = 9, 20
PREDICTORS = {"sentiment": LiteClassifier, "translation": LiteTranslator}


def main() -> None:
    """Measures and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--texts", required=True, type=Path)
    options = parser.parse_args()
    texts = options.texts.read_text("utf-8").splitlines()[:TEXTS]
    predictors, report = [], {}
    for path in options.models:
        started = time.perf_counter()
        predictors.append(PREDICTORS[read_metadata(path)["task"]](path, threads=1))
        report[str(path)] = {
            "bytes": path.stat().st_size,
            "load_seconds": round(time.perf_counter() - started, 3),
        }
    times: list[list[float]] = [[] for _ in predictors]
    for _ in range(1 + ROUNDS):  # The first one prepares the runtimes.
        for found, predictor in zip(times, predictors, strict=True):
            started = time.perf_counter()
            predictor.predict(texts)
            found.append((time.perf_counter() - started) * 1000 / len(texts))
    for path, found in zip(options.models, times, strict=True):
        milliseconds = statistics.median(found[1:])
        ratios = [one / first for one, first in zip(found[1:], times[0][1:], strict=True)]
        report[str(path)] |= {
            "milliseconds_per_text": round(milliseconds, 3),
            "ratio_to_first": round(statistics.median(ratios), 2),
        }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
