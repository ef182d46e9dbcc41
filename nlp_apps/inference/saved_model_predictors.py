"""The three predictors over a SavedModel: they answer like those over a model in memory."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.text_stream import first_stop
from nlp_apps.errors import UsageError
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.results import Classification, GeneratedText, Translation
from nlp_apps.text.special_ids import NEG_INF


class ExportedTranslator:
    """Text in, text out; as `TextTranslator.translate`."""

    def __init__(self, folder: Path):
        self.model = SavedModel(folder, "translation")

    def translate(self, texts: Iterable[str]) -> Iterator[Translation]:
        """Translates texts of any number, in order."""
        for row in self.model.answers("nbest", texts):
            alternatives = [
                (text, score)
                for text, score in zip(row["translations"], row["scores"], strict=True)
                if score > NEG_INF / 2  # a short answer may have fewer than there are beams
            ]
            yield Translation(*alternatives[0], alternatives)


class ExportedClassifier:
    """Text in, label out; as `TextClassifier.classify`."""

    def __init__(self, folder: Path):
        self.model = SavedModel(folder, "sentiment")

    def classify(self, texts: Iterable[str]) -> Iterator[Classification]:
        """Judges texts of any number, in order."""
        for row in self.model.answers("probabilities", texts):
            yield Classification.of(dict(zip(row["labels"], row["probabilities"], strict=True)))


def row_seed(seed: int, row: int) -> int:
    """The seed with which a SavedModel draws for a row what `TextGenerator` draws for it."""
    return seed + (row << 32)


class ExportedGenerator:
    """Prompts in, texts out; as `TextGenerator.write`."""

    def __init__(self, folder: Path):
        self.model = SavedModel(folder, "generation")

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
        decoding, most = self.model.card["decoding"], self.model.card["most_tokens"]
        how.require_penalties(decoding, "SavedModel")
        if max_tokens > most:
            raise UsageError(
                f"max_tokens may be at most {most} for a SavedModel, received {max_tokens}."
            )
        for number, prompt in enumerate(prompts):
            rows = range(number * samples, (number + 1) * samples)
            inputs: dict[str, Sequence[Any]] = {
                "temperature": [how.temperature] * samples,
                "top_k": [how.top_k] * samples,
                "top_p": [how.top_p] * samples,
                "max_tokens": [max_tokens] * samples,
                "seed": [row_seed(seed, row) for row in rows],
            }
            found = self.model.answers("serving_default", [prompt] * samples, inputs)
            yield [self._stopped(prompt, row, inputs, at, stop) for at, row in enumerate(found)]

    def _stopped(
        self,
        prompt: str,
        row: dict[str, Any],
        inputs: dict[str, Sequence[Any]],
        at: int,
        stop: Sequence[str],
    ) -> GeneratedText:
        """A row's text up to a stop string, and the figures of what was drawn until there was one.

        The signature knows no stop strings; asked for fewer tokens, it gives the same ones.
        """
        mine = {name: [values[at]] for name, values in inputs.items()}
        least, most = 1, row["tokens"]  # The stop string is there after so many tokens.
        while first_stop(row["continuation"], stop) is not None and least < most:
            middle = (least + most) // 2
            (shorter,) = self.model.answers(
                "serving_default", [prompt], {**mine, "max_tokens": [middle]}
            )
            if first_stop(shorter["continuation"], stop) is None:
                least = middle + 1
            else:
                row, most = shorter, middle
        text = row["continuation"]
        return GeneratedText(
            prompt, text[: first_stop(text, stop)], row["tokens"], row["log_probability"]
        )
