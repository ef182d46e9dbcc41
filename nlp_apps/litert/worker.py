"""Answers requests line by line from a `.tflite`: `python -m nlp_apps.litert.worker MODEL`.

A process of its own for whoever must not mix the runtimes of TensorFlow and LiteRT. A request is a
line of JSON, {"way": name, "texts": [...], "settings": {...}}; the answer a line with, for each
text, its output and the figures that go with it.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.litert.lite_generator import LiteGenerator
from nlp_apps.litert.lite_translator import LiteTranslator
from nlp_apps.litert.metadata import read_card

Row = tuple[str, Sequence[float]]


def ways(path: Path) -> dict[str, Callable[..., Iterator[Row]]]:
    """The ways to ask a model, by name; each takes texts and settings."""
    task = read_card(path)["task"]
    if task == "translation":
        return {
            "greedy": _translating(LiteTranslator(path, beam=False)),
            "beam": _translating(LiteTranslator(path)),
        }
    if task == "sentiment":
        return {"probabilities": _judging(LiteClassifier(path))}
    writer = LiteGenerator(path)
    return {"draw": _drawing(writer), "score": _scoring(writer)}


def _translating(translator: LiteTranslator) -> Callable[..., Iterator[Row]]:
    return lambda texts: ((one.text, (one.score,)) for one in translator.translate(texts))


def _judging(classifier: LiteClassifier) -> Callable[..., Iterator[Row]]:
    return lambda texts: (
        (one.label, tuple(one.probabilities.values())) for one in classifier.classify(texts)
    )


def _drawing(writer: LiteGenerator) -> Callable[..., Iterator[Row]]:
    def draw(texts: Sequence[str], max_tokens: int, **how: Any) -> Iterator[Row]:
        for (one,) in writer.write(texts, SamplingConfig(**how), max_tokens=max_tokens):
            yield one.text, (one.log_probability,)

    return draw


def _scoring(writer: LiteGenerator) -> Callable[..., Iterator[Row]]:
    return lambda texts: (
        ("".join(found.tokens), found.nats.tolist()) for found in writer.surprisals(texts)
    )


def main(path: str) -> None:
    """Answers standard input."""
    known = ways(Path(path))
    for line in sys.stdin:
        request = json.loads(line)
        rows = known[request["way"]](request["texts"], **request["settings"])
        print(json.dumps(list(rows)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
