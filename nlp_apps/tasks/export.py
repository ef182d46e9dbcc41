"""Opens trained runs to be exported: their signatures, and how both are asked the same."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.export.parity import NUM_TEXTS, Prediction
from nlp_apps.export.plan import ExportPlan, PredictionMode, QualityGate
from nlp_apps.export.saved_model.generation_signatures import MAX_TOKENS, GenerationSignatures
from nlp_apps.export.saved_model.sentiment_signatures import SentimentSignatures
from nlp_apps.export.saved_model.translation_signatures import TranslationSignatures
from nlp_apps.export.tflite.lite_generation import LiteGeneration
from nlp_apps.export.tflite.lite_sentiment import LiteSentiment
from nlp_apps.export.tflite.lite_translation import LiteTranslation
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.inference.saved_model_generator import row_seed
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.inference.text_generator import TextGenerator
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.metrics.bleu import bleu
from nlp_apps.recipe.schema import GenerationRecipe
from nlp_apps.tasks import generation_task, sentiment_task, translation_task
from nlp_apps.tasks import run as runs

CHECKED_TOKENS = 24
"""Tokens that are drawn for a prompt when both are compared."""

MOST_LOST = {"bleu": 0.3, "accuracy": 0.3, "nats_per_token": 0.01}
"""What rounded weights may cost on the validation split: BLEU, points of accuracy, nats."""


def open_translation(folder: Path, data_dir: str | None) -> ExportPlan:
    """Opens a translator's run; both are asked for the best translation, greedily and by beam."""
    run, recipe, parts, model = runs.load(translation_task.JOB, folder)
    splits = _read(translation_task.JOB, run, recipe, data_dir)
    decoding = recipe.decoding

    def translator(beam_size: int) -> TextTranslator:
        settings = decoding.model_copy(update={"beam_size": beam_size})
        return TextTranslator(model, parts.source, parts.target, settings)

    def way(name: str, beam_size: int, signature: str) -> PredictionMode:
        ours = translator(beam_size)

        def ask(texts: Sequence[str]) -> Iterator[Prediction]:
            return (Prediction(one.text, (one.score,)) for one in ours.translate(texts))

        def saved(artefact: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
            for row in artefact.rows(signature, texts, batch_size=size):
                yield Prediction(row["translation"], (row["score"],))

        # A score is a sum over the answer; what rounding does to it grows with the length.
        return PredictionMode(name, ask, saved, tolerance=1e-3)

    ways = [way("greedy", 1, "greedy")]
    if decoding.beam_size > 1:
        ways.append(way("beam", decoding.beam_size, "serving_default"))
    pairs = [pair for pair in splits["validation"] if pair.source.strip()]
    references = [pair.target for pair in pairs]
    whole = translator(decoding.beam_size)
    return ExportPlan(
        run,
        recipe,
        model.count_params(),
        lambda: TranslationSignatures(whole),
        lambda: LiteTranslation(whole, recipe.export),
        {"languages": [recipe.data.source_language, recipe.data.target_language]},
        ways,
        _texts(splits, lambda pair: [pair.source]),
        QualityGate(
            "bleu",
            ways[-1].name,
            [pair.source for pair in pairs],
            lambda answers: bleu([one.output for one in answers], references).value,
            MOST_LOST["bleu"],
            True,
        ),
    )


def open_sentiment(folder: Path, data_dir: str | None) -> ExportPlan:
    """Opens a classifier's run; both are asked for label and probabilities."""
    run, recipe, parts, model = runs.load(sentiment_task.JOB, folder)
    splits = _read(sentiment_task.JOB, run, recipe, data_dir)
    classifier = sentiment_task.make_classifier(recipe, parts, model)
    examples = [one for one in splits["validation"] if one.source.strip()]

    def accuracy(answers: Sequence[Prediction]) -> float:
        right = [a.output == b.label for a, b in zip(answers, examples, strict=True)]
        return 100.0 * sum(right) / len(right)

    return ExportPlan(
        run,
        recipe,
        model.count_params(),
        lambda: SentimentSignatures(classifier),
        lambda: LiteSentiment(classifier, recipe.export),
        {"labels": list(parts.labels)},
        [_judging(classifier)],
        _texts(splits, lambda example: [example.source]),
        QualityGate(
            "accuracy",
            "probabilities",
            [one.source for one in examples],
            accuracy,
            MOST_LOST["accuracy"],
            True,
        ),
    )


def _judging(classifier: TextClassifier) -> PredictionMode:
    def ask(texts: Sequence[str]) -> Iterator[Prediction]:
        for one in classifier.classify(texts):
            yield Prediction(one.label, tuple(one.probabilities.values()))

    def saved(artefact: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        for row in artefact.rows("probabilities", texts, batch_size=size):
            best = max(zip(row["probabilities"], row["labels"], strict=True))[1]
            yield Prediction(best, tuple(row["probabilities"]))

    return PredictionMode("probabilities", ask, saved)


def open_generation(folder: Path, data_dir: str | None) -> ExportPlan:
    """Opens a language model's run; both draw from beginnings of lines, and score them."""
    run, recipe, tokenizer, model = runs.load(generation_task.JOB, folder)
    splits = _read(generation_task.JOB, run, recipe, data_dir)
    writer = TextGenerator(model, tokenizer, batch_size=recipe.decoding.batch_size)
    signatures = GenerationSignatures(writer, recipe.decoding)

    def nats(answers: Sequence[Prediction]) -> float:
        figures = [one for answer in answers for one in answer.scores]
        return sum(figures) / max(len(figures), 1)

    return ExportPlan(
        run,
        recipe,
        model.count_params(),
        lambda: signatures,
        lambda: LiteGeneration(writer, recipe.decoding, recipe.export),
        {"defaults": dict(signatures.defaults), "most_tokens": MAX_TOKENS},
        [_drawing(writer, recipe), _scoring(writer)],
        _texts(splits, lambda piece: piece.split("\n")),
        QualityGate(
            "nats_per_token",
            "score",
            [piece for piece in splits["validation"] if piece.strip()],
            nats,
            MOST_LOST["nats_per_token"],
            False,
        ),
    )


def _drawing(writer: TextGenerator, recipe: GenerationRecipe) -> PredictionMode:
    names = ("temperature", "top_k", "top_p", "repetition_penalty", "no_repeat_ngram_size")
    settings = {name: getattr(recipe.decoding, name) for name in names}

    def ask(texts: Sequence[str]) -> Iterator[Prediction]:
        how = SamplingConfig(**settings)
        for (one,) in writer.generate(texts, how, max_tokens=CHECKED_TOKENS, seed=1):
            yield Prediction(one.text, (one.log_probability,))

    def saved(artefact: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        inputs: dict[str, Sequence[Any]] = {
            "seed": [row_seed(1, row) for row in range(len(texts))],
            "max_tokens": [CHECKED_TOKENS] * len(texts),
        }
        for row in artefact.rows("serving_default", texts, inputs, batch_size=size):
            yield Prediction(row["text"], (row["log_probability"],))

    return PredictionMode(
        "draw", ask, saved, {**settings, "max_tokens": CHECKED_TOKENS}, 1e-3, _prompt
    )


def _scoring(writer: TextGenerator) -> PredictionMode:
    def ask(texts: Sequence[str]) -> Iterator[Prediction]:
        for found in writer.surprisals(texts):
            yield Prediction("".join(found.tokens), tuple(found.nats))

    def saved(artefact: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        for row in artefact.rows("score", texts, batch_size=size):
            pieces = [piece for piece in row["pieces"] if piece]
            yield Prediction("".join(pieces), tuple(row["nats"][: len(pieces)]))

    return PredictionMode("score", ask, saved, tolerance=1e-3)


def _prompt(text: str) -> str:
    """The first words of a text."""
    return " ".join(text.split(" ")[:4])


def _read(job: Any, run: Any, recipe: Any, data_dir: str | None) -> Mapping[str, Sequence[Any]]:
    """The examples of the validation split, and where they are few, of the training text."""
    found: dict[str, Sequence[Any]] = {"validation": [], "train": []}
    for split in found:
        if len(found["validation"]) < NUM_TEXTS:
            corpus = runs.read_again(job, run, recipe, [split], data_dir)[split]
            found[split] = list(corpus.examples)
    return found


def _texts(splits: Mapping[str, Sequence[Any]], of: Callable[[Any], Iterable[str]]) -> list[str]:
    """Texts to be asked, validation texts first."""
    found = [text for split in splits.values() for one in split for text in of(one) if text.strip()]
    return found[:NUM_TEXTS]
