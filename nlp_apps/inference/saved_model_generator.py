"""Generator over a SavedModel."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.decoding.begun_word import num_shown
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.text_stream import find_stop
from nlp_apps.errors import UsageError
from nlp_apps.inference.saved_model import BATCH_SIZE, SavedModel
from nlp_apps.results import GeneratedText, Suggestion

SUGGEST = "suggest"
"""The signature of a keyboard."""


def row_seed(seed: int, row: int) -> int:
    """Returns the seed of a SavedModel for the samples of `TextGenerator` in a row."""
    return seed + (row << 32)


def saved_suggestions(
    model: SavedModel,
    texts: Iterable[str],
    number: int | None = None,
    *,
    batch_size: int = BATCH_SIZE,
) -> Iterator[list[Suggestion]]:
    """Yields the most probable next words of each text, in order.

    Args:
        model: a SavedModel with the signature `suggest`.
        texts: texts so far, as of `SavedModelGenerator.suggest`.
        number: words, from 1 to `begun_word.MAX_SHOWN`; None: `begun_word.NUM_SHOWN`.
        batch_size: texts per batch.
    """
    number = num_shown(number)
    for row in model.rows(SUGGEST, texts, batch_size=batch_size):
        pairs = zip(row["words"], row["probabilities"], strict=True)
        yield [Suggestion(word, probability) for word, probability in pairs if word][:number]


class SavedModelGenerator:
    """Continues texts; same interface as `inference.text_generator.TextGenerator`.

    Args:
        folder: the folder of a version, which contains `saved_model.pb`.
        trust: load it without a check of its operations.

    Attributes:
        decoding: the settings of the recipe, within the limits of the signature.
    """

    def __init__(self, folder: Path, *, trust: bool = False):
        self.model = SavedModel(folder, "generation", trust=trust)
        metadata = self.model.metadata
        self.decoding: dict[str, Any] = {**metadata["decoding"], **metadata["defaults"]}

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
            seed: equal seeds produce equal texts.
            stop: a text ends before the first occurrence of any of these strings.
            sampling: settings of `SamplingConfig`.
        """
        config = SamplingConfig.from_decoding(self.decoding, **sampling)
        max_tokens = self.decoding["max_tokens"] if max_tokens is None else max_tokens
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
            seed: equal seeds produce equal texts.
            num_samples: texts per prompt.
            stop: a text ends before the first occurrence of any of these strings.
            first_index: index of the first prompt.

        Yields:
            The texts of each prompt.

        Raises:
            UsageError: the penalties differ from those of the model, or `max_tokens` is too large.
        """
        sampling.require_penalties(self.decoding, "SavedModel")
        limit = self.model.metadata["most_tokens"]
        if max_tokens > limit:
            raise UsageError(
                f"max_tokens must be at most {limit} for a SavedModel, received {max_tokens}."
            )
        settings = {
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
            "max_tokens": max_tokens,
        }
        for number, prompt in enumerate(prompts, start=first_index):
            rows = range(number * num_samples, (number + 1) * num_samples)
            seeds = [row_seed(seed, row) for row in rows]
            inputs = {name: [value] * num_samples for name, value in settings.items()}
            outputs = self.model.rows(
                "serving_default", [prompt] * num_samples, {**inputs, "seed": seeds}
            )
            yield [
                self._truncate(prompt, output, {**settings, "seed": one}, stop)
                for output, one in zip(outputs, seeds, strict=True)
            ]

    def suggest(self, text: str, *, number: int | None = None) -> list[Suggestion]:
        """Returns the most probable next words, or completions of a word that has begun.

        Args:
            text: the text so far. The last word has begun unless a space or a newline follows it.
            number: words, from 1 to 6; default: 3.

        Raises:
            UsageError: `number` is out of range, or the model is older than this signature.
        """
        return next(self.suggestions([text], number=number))

    def suggestions(
        self, texts: Iterable[str], *, number: int | None = None
    ) -> Iterator[list[Suggestion]]:
        """Returns the words of `suggest` for any number of texts, in order, in batches.

        Raises:
            UsageError: as `suggest`.
        """
        if SUGGEST not in self.model.loaded.signatures:
            raise UsageError(
                f"{self.model.folder}: has no signature {SUGGEST}. Export the run again with this "
                "version."
            )
        return saved_suggestions(self.model, texts, num_shown(number))

    def _truncate(
        self,
        prompt: str,
        output: Mapping[str, Any],
        settings: Mapping[str, Any],
        stop: Sequence[str],
    ) -> GeneratedText:
        """Returns a text up to a stop string, with the log probability of its tokens.

        The signature knows no stop strings; with a smaller `max_tokens` it samples the same tokens,
        so a binary search finds the number of tokens that contain the stop string.
        """
        least, most = 1, output["tokens"]
        while find_stop(output["continuation"], stop) is not None and least < most:
            middle = (least + most) // 2
            inputs = {name: [value] for name, value in {**settings, "max_tokens": middle}.items()}
            (shorter,) = self.model.rows("serving_default", [prompt], inputs)
            if find_stop(shorter["continuation"], stop) is None:
                least = middle + 1
            else:
                output, most = shorter, middle
        text = output["continuation"]
        return GeneratedText(
            prompt, text[: find_stop(text, stop)], output["tokens"], output["log_probability"]
        )
