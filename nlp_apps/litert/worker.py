"""Predicts line by line with a `.tflite` or `.onnx`: `python -m nlp_apps.litert.worker MODEL`.

A separate process, because the runtimes of TensorFlow and LiteRT should not share one. A request is
a line of JSON: {"mode": name, "texts": [...], "settings": {...}}. The response is a line with the
output of each text and the scores that belong to it.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.litert.lite_generator import LiteGenerator
from nlp_apps.litert.lite_keyboard import LiteKeyboard
from nlp_apps.litert.lite_translator import LiteTranslator
from nlp_apps.litert.metadata import read_metadata
from nlp_apps.litert.open_model import open_model
from nlp_apps.results import compared_output

Row = tuple[str, Sequence[float]]


def modes(path: Path) -> dict[str, Callable[..., Iterator[Row]]]:
    """Returns the prediction modes of a model by name; each accepts texts and settings."""
    task = read_metadata(path)["task"]
    if task == "translation":
        model, over = open_model(path, task), LiteTranslator.over  # loaded once
        return {
            # The signatures of these modes translate everything.
            "greedy": _translate(over(model, beam=False, protect=(), keeps_markup=False)),
            "beam": _translate(over(model, protect=(), keeps_markup=False)),
            "constrained": _translate(over(model, keeps_markup=False)),
            "markup": _translate(over(model)),
        }
    if task == "sentiment":
        found = {"probabilities": _classify(LiteClassifier(path))}
        if "learn" in (learning := LiteClassifier(path)).model.signatures:
            found["learned"] = _learn_labels(learning)
        return found
    generator = LiteGenerator(path)
    found = {"draw": _sample(generator), "score": _score(generator)}
    if "suggest" in generator.model.signatures:
        keyboard = LiteKeyboard(generator)
        found.update(learn=_learn(keyboard), suggest=_suggest(keyboard))
    return found


def _translate(translator: LiteTranslator) -> Callable[..., Iterator[Row]]:
    return lambda texts, **settings: (
        (one.text, (one.score,)) for one in translator.translate(texts, **settings)
    )


def _classify(classifier: LiteClassifier) -> Callable[..., Iterator[Row]]:
    return lambda texts: (
        (compared_output(one), tuple(one.probabilities.values()))
        for one in classifier.classify(texts)
    )


def _sample(generator: LiteGenerator) -> Callable[..., Iterator[Row]]:
    def sample(texts: Sequence[str], max_tokens: int, **sampling: Any) -> Iterator[Row]:
        config = SamplingConfig(**sampling)
        for (one,) in generator.generate(texts, config, max_tokens=max_tokens):
            yield one.text, (one.log_probability,)

    return sample


def _score(generator: LiteGenerator) -> Callable[..., Iterator[Row]]:
    return lambda texts: (
        ("".join(found.tokens), found.nats.tolist()) for found in generator.surprisals(texts)
    )


def _learn_labels(classifier: LiteClassifier) -> Callable[..., Iterator[Row]]:
    def learn(texts: Sequence[str]) -> Iterator[Row]:
        classifier.forget()
        labels = classifier.model.metadata["labels"]
        for place, text in enumerate(texts):
            classifier.learn(text, labels[place % len(labels)])
            yield from _classify(classifier)([text])

    return learn


def _learn(keyboard: LiteKeyboard) -> Callable[..., Iterator[Row]]:
    def learn(texts: Sequence[str]) -> Iterator[Row]:
        keyboard.forget()
        for text in texts:
            found = keyboard.learn(text)
            yield "".join(found.tokens), found.nats.tolist()

    return learn


def _suggest(keyboard: LiteKeyboard) -> Callable[..., Iterator[Row]]:
    def suggest(texts: Sequence[str], *, learns: bool = True) -> Iterator[Row]:
        keyboard.forget()
        for text in texts:
            found = keyboard.suggest(text)
            yield found[0].word if found else "", [one.probability for one in found]
            if learns:
                keyboard.learn(text)

    return suggest


def main(path: str) -> None:
    """Reads requests from standard input and prints responses."""
    known = modes(Path(path))
    for line in sys.stdin:
        request = json.loads(line)
        rows = known[request["mode"]](request["texts"], **request["settings"])
        print(json.dumps(list(rows)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
