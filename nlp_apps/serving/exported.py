"""The three predictors over a SavedModel: they answer like those over a model in memory."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.answered import Judgement, Translation, Written
from nlp_apps.decoding import IMPOSSIBLE
from nlp_apps.draws import Draw
from nlp_apps.errors import UsageError
from nlp_apps.growing import first_stop
from nlp_apps.serving.saved_model import SavedModel


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
                if score > IMPOSSIBLE / 2  # a short answer may have fewer than there are beams
            ]
            yield Translation(*alternatives[0], alternatives)


class ExportedClassifier:
    """Text in, label out; as `TextClassifier.classify`."""

    def __init__(self, folder: Path):
        self.model = SavedModel(folder, "sentiment")

    def classify(self, texts: Iterable[str]) -> Iterator[Judgement]:
        """Judges texts of any number, in order."""
        for row in self.model.answers("probabilities", texts):
            yield Judgement.of(dict(zip(row["labels"], row["probabilities"], strict=True)))


def row_seed(seed: int, row: int) -> int:
    """The seed with which a SavedModel draws for a row what `TextWriter` draws for it."""
    return seed + (row << 32)


class ExportedWriter:
    """Prompts in, texts out; as `TextWriter.write`."""

    def __init__(self, folder: Path):
        self.model = SavedModel(folder, "generation")

    def write(
        self,
        prompts: Iterable[str],
        how: Draw,
        *,
        max_tokens: int = 200,
        seed: int = 1,
        samples: int = 1,
        stop: Sequence[str] = (),
    ) -> Iterator[list[Written]]:
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
            yield [
                Written(
                    prompt,
                    row["continuation"][: first_stop(row["continuation"], stop)],
                    row["tokens"],
                    row["log_probability"],
                )
                for row in found
            ]
