"""The keyboard of a `.tflite`: suggests the next words of a text, and learns from texts.

Letters in shapes: N cached tokens, R tensors of a state, D units.
"""

from typing import Any

import numpy as np

from nlp_apps.decoding.begun_word import (
    begun_codepoints,
    distinct_words,
    num_shown,
    split_begun_word,
)
from nlp_apps.errors import UsageError
from nlp_apps.litert.file_model import padded_row
from nlp_apps.litert.lite_generator import LiteGenerator
from nlp_apps.results import Suggestion, Surprisals
from nlp_apps.text.normalize import normalize_document
from nlp_apps.text.special_ids import BOS


class LiteKeyboard:
    """Same interface as `inference.keyboard.Keyboard`.

    Args:
        generator: the language model.

    Raises:
        UsageError: the `.tflite` is older than these signatures.
    """

    def __init__(self, generator: LiteGenerator):
        self.generator, self._model = generator, generator.model
        if not {"learn", "suggest"} <= self._model.signatures:
            raise UsageError(
                f"{self._model.path}: has no signatures learn and suggest. Export the run again "
                "with this version."
            )
        self.forget()

    def forget(self) -> None:
        """Forgets all texts that it has learned from."""
        size, units = self._model.metadata["cache"]
        self.cache: dict[str, np.ndarray] = {
            "keys": np.zeros((1, size, units), np.float32),
            "cached": np.zeros((1, size), np.int32),
            "position": np.zeros((1,), np.int32),
        }

    def learn(self, text: str) -> Surprisals:
        """Reads a text into the cache; see `inference.keyboard.Keyboard.learn`."""
        model, size = self._model, self._model.max_tokens
        token_ids = model.encode(normalize_document(text))
        state, last, nats = self.generator.initial_state, BOS, []
        for start in range(0, len(token_ids), size):
            part = token_ids[start : start + size]
            outputs: dict[str, Any] = model.run(
                "learn",
                ids=padded_row(part, size),
                token=np.array([last], np.int32),
                state=state,
                **self.cache,
            )
            self.cache = {name: outputs[name] for name in self.cache}
            nats += outputs["nats"][0, : len(part)].tolist()
            state, last = outputs["state"], part[-1]
        return Surprisals(self.generator.token_texts(token_ids), np.array(nats, np.float64))

    def suggest(self, text: str, *, number: int | None = None) -> list[Suggestion]:
        """Returns the most probable words; see `inference.keyboard.Keyboard.suggest`."""
        number = num_shown(number)
        before, begun = split_begun_word(normalize_document(text))
        *read, last = [BOS, *self._model.encode(before or "\n")]
        outputs = self._model.run(
            "suggest",
            token=np.array([last], np.int32),
            state=self.generator.state_after(read),
            begun=begun_codepoints(begun)[None],
            keys=self.cache["keys"],
            cached=self.cache["cached"],
        )
        names = ("codepoints", "counts", "log_probabilities")
        return distinct_words(*(outputs[name] for name in names), number=number)
