"""The export plan of a language model: signatures, and modes of comparison."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.export.parity import Prediction
from nlp_apps.export.plan import ExportPlan, PredictionMode, QualityGate, parity_texts
from nlp_apps.export.saved_model.generation_signatures import MAX_TOKENS, GenerationSignatures
from nlp_apps.export.tflite.lite_generation import LiteGeneration
from nlp_apps.inference.keyboard import Keyboard
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.inference.saved_model_generator import row_seed, saved_suggestions
from nlp_apps.inference.text_generator import TextGenerator
from nlp_apps.recipe.decoding_section import GenerationDecoding
from nlp_apps.results import Suggestion
from nlp_apps.tasks.generation_task import GenerationTask
from nlp_apps.text.corpus import Corpus
from nlp_apps.training.run_folder import RunFolder

SAMPLED_TOKENS = 24
"""Tokens that are sampled for a prompt when both models are compared."""

PROMPT_WORDS = 4

MAX_NATS_LOSS = 0.01
"""Allowed increase of the validation loss with quantized weights, in nats per token."""


def generation_plan(
    task: GenerationTask, run: RunFolder, corpora: dict[str, Corpus[str]]
) -> ExportPlan:
    """Returns the export plan of a language model, whose samples and surprisals are compared.

    Args:
        task: the trained task.
        run: its run folder.
        corpora: text to compare with; "validation" is one of the splits.
    """
    recipe, generator = task.recipe, task.predictor()
    signatures = GenerationSignatures(generator, recipe.decoding)

    def nats_per_token(predictions: Sequence[Prediction]) -> float:
        nats = [one for found in predictions for one in found.scores]
        return sum(nats) / max(len(nats), 1)

    return ExportPlan(
        run=run,
        recipe=recipe,
        num_parameters=task.model.count_params(),
        signatures=lambda: signatures,
        lite=lambda: LiteGeneration(generator, recipe.decoding, recipe.export),
        metadata={"defaults": dict(signatures.defaults), "most_tokens": MAX_TOKENS},
        modes=[
            _sampling_mode(generator, recipe.decoding),
            _scoring_mode(generator),
            *_keyboard_modes(Keyboard(generator, recipe.decoding)),
        ],
        texts=parity_texts(corpora, lambda document: document.split("\n")),
        quality=QualityGate(
            name="nats_per_token",
            mode="score",
            texts=[one for one in corpora["validation"].examples if one.strip()],
            measure=nats_per_token,
            allowed_loss=MAX_NATS_LOSS,
            higher_is_better=False,
        ),
    )


def _sampling_mode(generator: TextGenerator, decoding: GenerationDecoding) -> PredictionMode:
    names = ("temperature", "top_k", "top_p", "repetition_penalty", "no_repeat_ngram_size")
    settings = {name: getattr(decoding, name) for name in names}

    def predict(texts: Sequence[str]) -> Iterator[Prediction]:
        config = SamplingConfig(**settings)
        for (found,) in generator.generate(texts, config, max_tokens=SAMPLED_TOKENS, seed=1):
            yield Prediction(found.text, (found.log_probability,))

    def predict_saved(model: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        inputs: dict[str, Sequence[Any]] = {
            "seed": [row_seed(1, row) for row in range(len(texts))],
            "max_tokens": [SAMPLED_TOKENS] * len(texts),
        }
        for row in model.rows("serving_default", texts, inputs, batch_size=size):
            yield Prediction(row["text"], (row["log_probability"],))

    lite_settings = {**settings, "max_tokens": SAMPLED_TOKENS}
    return PredictionMode("draw", predict, predict_saved, lite_settings, 1e-3, _prompt)


def _scoring_mode(generator: TextGenerator) -> PredictionMode:
    def predict(texts: Sequence[str]) -> Iterator[Prediction]:
        for found in generator.surprisals(texts):
            yield Prediction("".join(found.tokens), tuple(found.nats))

    def predict_saved(model: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        for row in model.rows("score", texts, batch_size=size):
            tokens = [token for token in row["pieces"] if token]
            yield Prediction("".join(tokens), tuple(row["nats"][: len(tokens)]))

    return PredictionMode("score", predict, predict_saved, tolerance=1e-3)


def _keyboard_modes(keyboard: Keyboard) -> list[PredictionMode]:
    """Returns the modes of a keyboard.

    In `learn` and `suggest` it learns from the compared texts, one after another. A SavedModel only
    suggests, without a cache.
    """

    def learn(texts: Sequence[str]) -> Iterator[Prediction]:
        keyboard.forget()
        for text in texts:
            found = keyboard.learn(text)
            yield Prediction("".join(found.tokens), tuple(found.nats))

    def suggest(texts: Sequence[str], *, learns: bool = True) -> Iterator[Prediction]:
        keyboard.forget()
        for text in texts:
            yield suggestion_prediction(keyboard.suggest(text))
            if learns:
                keyboard.learn(text)

    def suggest_saved(model: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        for found in saved_suggestions(model, texts, batch_size=size):
            yield suggestion_prediction(found)

    return [
        PredictionMode("learn", learn, None, tolerance=1e-3),
        PredictionMode("suggest", suggest, None, tolerance=1e-3, input_of=_begun),
        PredictionMode(
            "suggest_without_cache",
            partial(suggest, learns=False),
            suggest_saved,
            {"learns": False},
            tolerance=1e-3,
            input_of=_begun,
            worker_mode="suggest",
        ),
    ]


def suggestion_prediction(found: Sequence[Suggestion]) -> Prediction:
    """Returns the most probable word, and the probabilities of all."""
    best = found[0].word if found else ""
    return Prediction(best, tuple(one.probability for one in found))


def _begun(text: str) -> str:
    """Returns the first words of a text; the last of them has begun with one character."""
    words = text.split(" ")[:PROMPT_WORDS]
    return " ".join([*words[:-1], words[-1][:1]])


def _prompt(text: str) -> str:
    """Returns the first words of a text."""
    return " ".join(text.split(" ")[:PROMPT_WORDS])
