"""Generator over a `.tflite`.

Letters in shapes: R tensors of a state, D units.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.text_stream import TextStream
from nlp_apps.litert.file_model import padded_row
from nlp_apps.litert.open_model import open_model
from nlp_apps.results import GeneratedText, Surprisals
from nlp_apps.text.normalize import normalize_document
from nlp_apps.text.special_ids import BOS


class LiteGenerator:
    """Continues and scores texts; same interface as `inference.text_generator.TextGenerator`.

    Args:
        path: the `.tflite`.
        threads: threads of the runtime; default: see `file_model.default_threads`.
    """

    def __init__(self, path: Path, *, threads: int | None = None):
        self.model = open_model(path, "generation", threads=threads)
        self.initial_state = np.zeros((1, *self.model.metadata["state"]), np.float32)

    @property
    def decoding(self) -> dict[str, Any]:
        """The settings of the recipe's [decoding]."""
        settings: dict[str, Any] = self.model.metadata["decoding"]
        return settings

    def predict(
        self,
        texts: Iterable[str],
        *,
        max_tokens: int | None = None,
        seed: int = 1,
        stop: Sequence[str] = (),
        **sampling: float | None,
    ) -> list[GeneratedText]:
        """Continues texts, in order, with the settings of the recipe unless others are passed.

        Args:
            texts: the prompts.
            max_tokens: tokens after which a text is truncated.
            seed: texts with the same seed are equal.
            stop: a text ends before the first occurrence of any of these strings.
            sampling: settings of `SamplingConfig`.
        """
        decoding = self.decoding
        config = SamplingConfig.from_decoding(decoding, **sampling)
        max_tokens = decoding["max_tokens"] if max_tokens is None else max_tokens
        generated = self.generate(texts, config, max_tokens=max_tokens, seed=seed, stop=stop)
        return [one for (one,) in generated]

    def generate(
        self,
        prompts: Iterable[str],
        sampling: SamplingConfig,
        *,
        max_tokens: int = 200,
        seed: int = 1,
        num_samples: int = 1,
        stop: Sequence[str] = (),
        first_index: int = 0,
    ) -> Iterator[list[GeneratedText]]:
        """Continues prompts, in order.

        Args:
            prompts: the prompts; a prompt may be empty.
            sampling: settings; its penalties must be those of the model.
            max_tokens: tokens after which a text is truncated.
            seed: texts with the same seed are equal.
            num_samples: texts per prompt.
            stop: a text ends before the first occurrence of any of these strings.
            first_index: index of the first prompt.

        Yields:
            The texts of each prompt.

        Raises:
            UsageError: the penalties differ from those of the model.
        """
        sampling.require_penalties(self.decoding, ".tflite")
        for number, prompt in enumerate(prompts, start=first_index):
            results = []
            for sample in range(num_samples):
                text = TextStream(self.model, prompt, stop)
                for _ in self._extend(
                    text, sampling, max_tokens, seed, number * num_samples + sample
                ):
                    pass
                results.append(text.result())
            yield results

    def stream(
        self,
        prompt: str,
        sampling: SamplingConfig,
        *,
        max_tokens: int = 200,
        seed: int = 1,
        stop: Sequence[str] = (),
        place: int = 0,
    ) -> Iterator[str]:
        """Continues one prompt as `generate` does and yields the continuation in parts.

        Args:
            prompt: the prompt.
            sampling: settings; its penalties must be those of the model.
            max_tokens: tokens after which the text is truncated.
            seed: texts with the same seed are equal.
            stop: the text ends before the first occurrence of any of these strings.
            place: index of the prompt among the prompts of `generate`.

        Raises:
            UsageError: the penalties differ from those of the model.
        """
        sampling.require_penalties(self.decoding, ".tflite")
        text = TextStream(self.model, prompt, stop)
        return text.stream(self._extend(text, sampling, max_tokens, seed, place))

    def surprisals(self, texts: Iterable[str]) -> Iterator[Surprisals]:
        """Computes the surprisal of each token of each text, in order."""
        size = self.model.max_tokens
        for text in texts:
            token_ids = self.model.encode(normalize_document(text))
            state, previous, nats = self.initial_state, BOS, []
            for start in range(0, len(token_ids), size):
                part = token_ids[start : start + size]
                outputs = self.model.run(
                    "score", ids=padded_row(part, size), token=_int_array(previous), state=state
                )
                nats += outputs["nats"][0, : len(part)].tolist()
                state, previous = outputs["state"], part[-1]
            yield Surprisals(self.token_texts(token_ids), np.array(nats, np.float64))

    def _extend(
        self, text: TextStream, sampling: SamplingConfig, max_tokens: int, seed: int, number: int
    ) -> Iterator[None]:
        """Samples tokens until the text has ended; yields after each."""
        size = self.model.max_tokens
        *before, last = text.prompt_ids
        state = self.state_after(before)
        settings: dict[str, Any] = {
            "temperature": np.array([sampling.temperature], np.float32),
            "top_k": _int_array(sampling.top_k),
            "top_p": np.array([sampling.top_p], np.float32),
        }
        for step in range(max_tokens):
            if self.model.metadata["remembers"]:
                history = [*text.prompt_ids, *text.generated_ids][-size:]
                settings["history"] = padded_row([0] * (size - len(history)) + history, size)
            outputs = self.model.run(
                "sample",
                token=_int_array(last),
                state=state,
                uniform=np.array([uniform(seed, step, number)], np.float32),
                **settings,
            )
            last, state = int(outputs["token"][0]), outputs["state"]
            text.add(last, float(outputs["log_probability"][0]))
            yield
            if text.ended:
                return

    def state_after(self, token_ids: Sequence[int]) -> np.ndarray:
        """Returns the state <float32>[1, R, D] after token ids."""
        size, state = self.model.max_tokens, self.initial_state
        for start in range(0, len(token_ids), size):
            ids = padded_row(token_ids[start : start + size], size)
            state = self.model.run("prefill", ids=ids, state=state)["state"]
        return state

    def token_texts(self, token_ids: Sequence[int]) -> list[str]:
        """Returns each token as it appears in the text, with its space or newline."""
        pieces, newline_id = self.model.pieces, self.model.metadata["line_end"]
        return [
            "\n" if index == newline_id else pieces[index].replace("\u2581", " ")
            for index in token_ids
        ]


def uniform(seed: int, step: int, number: int) -> float:
    """Returns the number that `sampling.uniform_noise` computes for one text, from [0, 1)."""
    bits = _mix(seed + 0x9E3779B9)
    for value in (number, step):
        bits = _mix(bits ^ _mix(value + 1))
    return (bits >> 8) * 2.0**-24


def _mix(bits: int) -> int:
    """Hashes a 32-bit integer; as `blocks.dropout.mix`."""
    bits &= 0xFFFFFFFF
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = (bits ^ bits >> shift) * factor & 0xFFFFFFFF
    return bits ^ bits >> 16


def _int_array(value: int) -> np.ndarray:
    return np.array([value], np.int32)
