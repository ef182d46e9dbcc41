"""The signature `markup`: the server adds it to a translator that keeps tags.

The graph cannot parse tags. Python removes them and puts them back around the words that attend to
theirs, as a run does. The signatures `align_constrained` and `constrained` translate.

Letters in shapes: B texts.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nlp_apps.litert.metadata_checks import problem_of
from nlp_apps.server.model_signatures import Arrays, Signature, Tensor
from nlp_apps.text.glossary import glossary_of_lines
from nlp_apps.text.saved_markup import ALIGN_CONSTRAINED, SavedMarkup

MARKUP, CONSTRAINED = "markup", "constrained"

Run = Callable[[str, Arrays], Arrays]
"""(name of a signature, its inputs) -> its outputs."""

_log = logging.getLogger(__name__)


def keeps_markup(card: Mapping[str, Any], signatures: Mapping[str, Signature]) -> bool:
    """Returns whether a model can have the signature."""
    if card.get("markup") != "keep" or MARKUP in signatures:
        return False
    if not {ALIGN_CONSTRAINED, CONSTRAINED} <= signatures.keys():
        return False
    if problem := problem_of(card):
        _log.warning("a translator keeps no tags: its description has a fault: %s", problem)
    return not problem


class MarkupSignature:
    """Translates texts with tags, and others as `constrained` does.

    Args:
        card: the model's description.
        run: runs a signature of the graph.

    Attributes:
        signature: Inputs and outputs.
    """

    def __init__(self, card: Mapping[str, Any], run: Run):
        self._run = run
        self._has_languages = bool(card.get("target_languages"))
        self._markup = SavedMarkup(card, self._run_lists)
        none = np.array([b""], object)
        inputs = [Tensor("glossary", "string", (None,), none), Tensor("text", "string", (None,))]
        if self._has_languages:
            inputs.append(Tensor("to", "string", (None,)))
        outputs = {"score": "float32", "too_long": "bool", "translation": "string"}
        self.signature = Signature(
            MARKUP,
            {one.name: one for one in inputs},
            {name: Tensor(name, dtype, (None,)) for name, dtype in outputs.items()},
        )

    def run(self, arrays: Arrays) -> Arrays:
        """Translates texts <string>[B]."""
        texts = _texts(arrays["text"])
        found = [self._markup.find(text) for text in texts]
        score = np.zeros(len(texts), np.float32)
        too_long = np.zeros(len(texts), bool)
        translation = np.full(len(texts), b"", object)
        plain = np.array([one is None for one in found], bool)
        if plain.any():
            outputs = self._run(CONSTRAINED, {name: one[plain] for name, one in arrays.items()})
            translation[plain] = outputs["translations"][:, 0]
            score[plain] = outputs["scores"][:, 0]
            too_long[plain] = outputs["too_long"]
        others = np.flatnonzero(~plain)
        lines = _texts(arrays["glossary"][others])
        glossaries = {one: glossary_of_lines(one) for one in set(lines)}
        done = self._markup.translate(
            [one for one in found if one],
            [glossaries[one] for one in lines],
            _texts(arrays["to"][others]) if self._has_languages else None,
        )
        for row, one in zip(others, done, strict=True):
            translation[row] = one.text.encode("utf-8", "replace")
            score[row], too_long[row] = one.score, one.too_long
        return {"score": score, "too_long": too_long, "translation": translation}

    def _run_lists(self, signature: str, inputs: dict[str, list[str]]) -> Arrays:
        arrays = {
            name: np.array([value.encode("utf-8", "replace") for value in values], object)
            for name, values in inputs.items()
        }
        return self._run(signature, arrays)


def _texts(values: np.ndarray[Any, Any]) -> list[str]:
    """Returns strings <string>[B] as texts."""
    return [value.decode("utf-8", "replace") for value in values]
