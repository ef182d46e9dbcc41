"""Models of the server's page: functions of Python that return the outputs of a SavedModel."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.server.loaded_model import LoadedModel
from nlp_apps.server.model_signatures import Arrays, Signature, Tensor
from nlp_apps.server.request_error import bad_request
from tests import toy_server

# Three bytes make one character, subwords are joined into words, "" is padding.
EURO = ["<0xE2>", "<0x82>", "<0xAC>"]
SOURCE = [*["▁Das", "▁Garten", "haus", "▁kostet", "▁5", "▁"], *EURO, ".", "</s>"]
TARGET = [*["▁The", "▁gard", "en", "▁house", "▁costs", "▁"], *EURO, "5", ".", "</s>"]
SENTENCE = "Das Gartenhaus kostet 5 €."
TRANSLATION = "The garden house costs €5."
ATTENTION = np.random.default_rng(1).dirichlet(np.ones(len(SOURCE)), len(TARGET))

LABELS = ("poor", "mixed", "good")
PROBABILITIES = (0.0625, 0.125, 0.8125)
NUM_TOKENS = 40  # of the language model's text, at top_k = 0


def strings(value: Any) -> np.ndarray[Any, Any]:
    """Nested lists of `str` as TensorFlow has them."""
    array = np.array(value, dtype=object)
    return np.vectorize(str.encode, otypes=[object])(array) if array.size else array


def refuse_second(text: str) -> None:
    """Fails for the text "first only", in every signature that is called second."""
    if "first only" in text:
        raise bad_request("The second request failed.")


def translate(signature: str, arrays: Arrays) -> Arrays:
    (text,) = (value.decode() for value in arrays["text"])
    if "refuse" in text:
        raise bad_request("The model refuses these inputs.")
    translation = TRANSLATION if text == SENTENCE else text.upper()
    glossary = arrays["glossary"][0].decode() if "glossary" in arrays else ""
    for line in glossary.splitlines():
        term, target = line.split("\t")
        translation = translation.replace(term.upper(), target)
    if "to" in arrays:
        translation += f" ({arrays['to'][0].decode()})"
    if signature in ("nbest", "constrained"):
        found = [translation, f"{translation} So."]
        if "spaces" in text:
            found += [one.replace(" ", space) for one in found for space in ("\u00a0", "  ")]
        scores = np.log(np.array([[0.5, *[0.25] * (len(found) - 1)]], np.float32))
        too_long = np.array(["endless" in text])
        return {"translations": strings([found]), "scores": scores, "too_long": too_long}
    outputs = {
        "translation": strings([translation]),
        "score": np.log(np.array([0.5], np.float32)),
        "too_long": np.array(["endless" in text]),
    }
    if signature != "align":
        return outputs
    refuse_second(text)
    source, target, weights = SOURCE, TARGET, ATTENTION
    if text != SENTENCE:
        source = [*(f"▁{word}" for word in text.split()), "</s>"]
        target = [*(f"▁{word}" for word in translation.split()), "</s>"]
        weights = np.eye(len(source))
    weights = np.pad(weights, [(0, 2), (0, 1)]).astype(np.float32)
    return outputs | {
        "source_pieces": strings([[*source, ""]]),
        "target_pieces": strings([[*target, "", ""]]),
        "attention": weights[None],
    }


def classify(signature: str, arrays: Arrays) -> Arrays:
    (text,) = (value.decode() for value in arrays["text"])
    if signature == "probabilities":
        probabilities = np.array([PROBABILITIES], np.float32)
        too_long = np.array(["endless" in text])
        return {"labels": strings([LABELS]), "probabilities": probabilities, "too_long": too_long}
    refuse_second(text)
    pieces = [piece for word in text.split() for piece in (f"▁{word[:3]}", word[3:]) if piece]
    weights = np.arange(1.0, len(pieces) + 1)
    return {
        "label": strings(["good"]),
        "probability": np.array([PROBABILITIES[-1]], np.float32),
        "pieces": strings([[*pieces, "", ""]]),
        "weights": np.array([[*(weights / weights.sum() / 2), 0, 0]], np.float32),
    }


def find_topics(signature: str, arrays: Arrays) -> Arrays:
    """Several labels a text; none of a text with "none"."""
    outputs = classify(signature, arrays)
    if signature == "probabilities":
        (text,) = (value.decode() for value in arrays["text"])
        thresholds = [0.99] * len(LABELS) if "none" in text else [0.05, 0.9, 0.3]
        outputs["thresholds"] = np.array([thresholds], np.float32)
    return outputs


def generate(signature: str, arrays: Arrays) -> Arrays:
    (text,) = (value.decode() for value in arrays["text"])
    if "w" in text or signature == "score":
        refuse_second(text)
    if signature == "score":
        pieces = [*re.findall(r"\n| ?[^ \n]+", text), *EURO, ""]
        nats = np.array([[*([0.5] * (len(pieces) - 4)), 1.0, 2.0, 0.25, 0.0]], np.float32)
        perplexity = np.array([12.34], np.float32)
        return {"pieces": strings([pieces]), "nats": nats, "perplexity": perplexity}
    time.sleep(0.5 if arrays["top_k"][0] else 0.05)  # Long enough to stop it.
    limit, seed = int(arrays["max_tokens"][0]), int(arrays["seed"][0])
    so_far = text.count("w")
    count = min(limit, max(NUM_TOKENS - so_far, 0)) if arrays["top_k"][0] == 0 else limit
    new = "".join(f" w{seed}" for _ in range(count))
    return {
        "text": strings([text + new]),
        "continuation": strings([new]),
        "tokens": np.array([count], np.int32),
        "log_probability": np.array([-1.0], np.float32),
        "ended": np.array([count < limit or so_far + count == NUM_TOKENS]),
    }


OUTPUTS = (
    "translation score translations scores source_pieces target_pieces attention "
    "label probability labels probabilities thresholds pieces weights too_long "
    "text continuation tokens log_probability ended nats perplexity"
)


def signatures(names: str, inputs: dict[str, str] | None = None) -> dict[str, Signature]:
    """Signatures with `text`, further inputs, and outputs of unknown shape."""
    tensors = {"text": Tensor("text", "string", (None,))}
    for name, dtype in (inputs or {}).items():
        tensors[name] = Tensor(name, dtype, (None,))
    outputs = {name: Tensor(name, "string", None) for name in OUTPUTS.split()}
    return {name: Signature(name, tensors, outputs) for name in names.split()}


PARAMETERS = {
    "temperature": "float32",
    "top_k": "int32",
    "top_p": "float32",
    "max_tokens": "int32",
    "seed": "int64",
}
DEFAULTS = {"temperature": 0.8, "top_k": 0, "top_p": 0.95, "max_tokens": 64, "seed": 7}
TRANSLATOR = {"task": "translation", "recipe": "translation-tiny", "languages": ["de", "en"]}
LANGUAGES = {"languages": ["en", ""], "target_languages": {"fr": 8, "de": 9}}
GENERATOR = {"task": "generation", "defaults": DEFAULTS, "most_tokens": 512}

Function = Callable[[str, Arrays], Arrays]
MODELS: dict[str, tuple[dict[str, Any], dict[str, Signature], Function]] = {
    "garden": (
        TRANSLATOR,
        signatures("serving_default greedy nbest align")
        | signatures("constrained", {"glossary": "string"}),
        translate,
    ),
    "polyglot": (
        TRANSLATOR | LANGUAGES,
        signatures("serving_default greedy nbest", {"to": "string"}),
        translate,
    ),
    "blind": ({"task": "translation"}, signatures("serving_default greedy nbest"), translate),
    "reviews": (
        {"task": "sentiment", "labels": LABELS},
        signatures("serving_default probabilities attend"),
        classify,
    ),
    "topics": (
        {"task": "sentiment", "labels": LABELS, "thresholds": [0.05, 0.9, 0.3]},
        signatures("serving_default probabilities attend"),
        find_topics,
    ),
    "tales": (
        GENERATOR,
        signatures("serving_default", PARAMETERS) | signatures("score"),
        generate,
    ),
    "unknown": ({}, signatures("serving_default"), translate),
}
OF_TASK = {"translation": "garden", "sentiment": "reviews", "generation": "tales"}


class FakeModel(LoadedModel):
    """A model that is a function of Python."""

    def run(self, signature: Signature, arrays: Arrays) -> Arrays:
        outputs: Arrays = self.loaded(signature.name, arrays)
        return outputs


def load(folder: Path) -> LoadedModel:
    metadata, described, function = MODELS[folder.parent.name]
    return FakeModel(described, {}, metadata, function)


@contextlib.contextmanager
def serve(folder: Path, *names: str, **settings: Any) -> Iterator[tuple[str, toy_server.Toy]]:
    """Serves some of the models; yields the address of the page and the server's parts."""
    for name in names:
        toy_server.fake_folder(folder / name, "1")
    with (
        toy_server.serving(folder, loader=load, **settings) as toy,
        toy_server.listening(toy.app) as address,
    ):
        yield f"{address}/", toy
