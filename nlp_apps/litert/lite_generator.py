"""Writes and scores with a `.tflite`.

Letters in shapes: R tensors of a state, D units.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.text_stream import TextStream
from nlp_apps.litert.lite_model import LiteModel, row
from nlp_apps.results import GeneratedText, Surprisals
from nlp_apps.text.special_ids import BOS


class LiteGenerator:
    """Prompts in, texts out; as `TextGenerator.write`, `stream` and `surprisals`.

    Args:
        path: the `.tflite`.
    """

    def __init__(self, path: Path):
        self.model = LiteModel(path, "generation")
        self._nothing = np.zeros((1, *self.model.card["state"]), np.float32)

    def write(
        self,
        prompts: Iterable[str],
        how: SamplingConfig,
        *,
        max_tokens: int = 200,
        seed: int = 1,
        samples: int = 1,
        stop: Sequence[str] = (),
    ) -> Iterator[list[GeneratedText]]:
        """Continues prompts, in order; the penalties of `how` must be the model's own.

        Raises:
            UsageError: the model cannot do what is asked.
        """
        how.require_penalties(self.model.card["decoding"], ".tflite")
        for number, prompt in enumerate(prompts):
            found = []
            for sample in range(samples):
                text = TextStream(self.model, prompt, stop)
                for _ in self._grow(text, how, max_tokens, seed, number * samples + sample):
                    pass
                found.append(text.written())
            yield found

    def stream(
        self,
        prompt: str,
        how: SamplingConfig,
        *,
        max_tokens: int = 200,
        seed: int = 1,
        stop: Sequence[str] = (),
        place: int = 0,
    ) -> Iterator[str]:
        """Continues one prompt, as `write` would, and gives the continuation as it grows.

        `place` is the prompt's among the prompts that `write` would be given.

        Raises:
            UsageError: the model cannot do what is asked.
        """
        how.require_penalties(self.model.card["decoding"], ".tflite")
        text = TextStream(self.model, prompt, stop)
        return text.grown(self._grow(text, how, max_tokens, seed, place))

    def surprisals(self, texts: Iterable[str]) -> Iterator[Surprisals]:
        """How surprising each token of each text is, in order; a text is read from its start."""
        room = self.model.card["tokens"]
        for text in texts:
            token_ids, state, before, nats = self.model.encode(text), self._nothing, BOS, []
            for start in range(0, len(token_ids), room):
                part = token_ids[start : start + room]
                outputs = self.model.run(
                    "score", ids=row(part, room), token=_one(before), state=state
                )
                nats += outputs["nats"][0, : len(part)].tolist()
                state, before = outputs["state"], part[-1]
            yield Surprisals(self._show(token_ids), np.array(nats, np.float64))

    def _grow(
        self, text: TextStream, how: SamplingConfig, max_tokens: int, seed: int, number: int
    ) -> Iterator[None]:
        """Draws tokens until the text has ended; yields after each."""
        room, (*before, last), state = self.model.card["tokens"], text.token_ids, self._nothing
        for start in range(0, len(before), room):
            part = row(before[start : start + room], room)
            state = self.model.run("prefill", ids=part, state=state)["state"]
        settings: dict[str, Any] = {
            "temperature": np.array([how.temperature], np.float32),
            "top_k": _one(how.top_k),
            "top_p": np.array([how.top_p], np.float32),
        }
        for count in range(max_tokens):
            if self.model.card["remembers"]:
                known = [*text.token_ids, *text.drawn][-room:]
                settings["history"] = row([0] * (room - len(known)) + known, room)
            outputs = self.model.run(
                "sample",
                token=_one(last),
                state=state,
                uniform=np.array([uniform(seed, count, number)], np.float32),
                **settings,
            )
            last, state = int(outputs["token"][0]), outputs["state"]
            text.add(last, float(outputs["log_probability"][0]))
            yield
            if text.ended:
                return

    def _show(self, token_ids: Sequence[int]) -> list[str]:
        """The piece of each id as it stands in the text."""
        pieces, newline_id = self.model.pieces, self.model.card["line_end"]
        return [
            "\n" if index == newline_id else pieces[index].replace("\u2581", " ")
            for index in token_ids
        ]


def uniform(seed: int, step: int, number: int) -> float:
    """Returns the random number that `sampling.uniform_noise` gives for a text's number."""
    bits = _mix(seed + 0x9E3779B9)
    for value in (number, step):
        bits = _mix(bits ^ _mix(value + 1))
    return (bits >> 8) * 2.0**-24


def _mix(bits: int) -> int:
    """Scrambles a 32-bit number; as `blocks.dropout.mix`."""
    bits &= 0xFFFFFFFF
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = (bits ^ bits >> shift) * factor & 0xFFFFFFFF
    return bits ^ bits >> 16


def _one(value: int) -> np.ndarray:
    return np.array([value], np.int32)
