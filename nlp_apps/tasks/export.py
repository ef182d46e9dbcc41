"""Opens trained runs to be exported: their signatures, and how both are asked the same."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.export.generation import MOST_TOKENS, GenerationSignatures
from nlp_apps.export.parity import NUM_TEXTS, Answer, Check
from nlp_apps.export.run import Exportable
from nlp_apps.export.sentiment import SentimentSignatures
from nlp_apps.export.translation import TranslationSignatures
from nlp_apps.recipe_keys.recipes import GenerationRecipe
from nlp_apps.sampling import Draw
from nlp_apps.serving.exported import row_seed
from nlp_apps.serving.generation import TextWriter
from nlp_apps.serving.saved_model import SavedModel
from nlp_apps.serving.sentiment import TextClassifier
from nlp_apps.serving.translation import TextTranslator, Translation
from nlp_apps.tasks import generation, sentiment, translation
from nlp_apps.tasks import run as runs

CHECKED_TOKENS = 24
"""Tokens that are drawn for a prompt when both are compared."""


def open_translation(folder: Path, data_dir: str | None) -> Exportable:
    """Opens a translator's run; both are asked for the best translation, greedily and by beam."""
    run, recipe, parts, model = runs.load(translation.JOB, folder)
    texts = _texts(translation.JOB, run, recipe, data_dir, lambda pair: [pair.source])
    translator = TextTranslator(model, parts.source, parts.target, recipe.decoding)
    greedy = recipe.decoding.model_copy(update={"beam_size": 1})
    greedily = TextTranslator(model, parts.source, parts.target, greedy)

    def checks(artefact: SavedModel) -> Sequence[Check]:
        def ask(signature: str) -> Callable[[Sequence[str], int], Iterable[Answer]]:
            return lambda texts, size: (
                Answer(row["translation"], (row["score"],))
                for row in artefact.answers(signature, texts, batch_size=size)
            )

        def of(translator: TextTranslator) -> Callable[[Sequence[str], int], Iterable[Answer]]:
            def answer(one: Translation) -> Answer:
                return Answer(one.text, (one.score,))

            return lambda texts, size: map(answer, translator.translate(texts))

        # A score is a sum over the answer; what rounding does to it grows with the length.
        found = [Check("greedy", of(greedily), ask("greedy"), 1e-3)]
        if recipe.decoding.beam_size > 1:
            found.append(Check("beam", of(translator), ask("serving_default"), 1e-3))
        return found

    card = {"languages": [recipe.data.source_language, recipe.data.target_language]}
    return Exportable(run, recipe, TranslationSignatures(translator), card, checks, texts)


def open_sentiment(folder: Path, data_dir: str | None) -> Exportable:
    """Opens a classifier's run; both are asked for label and probabilities."""
    run, recipe, parts, model = runs.load(sentiment.JOB, folder)
    texts = _texts(sentiment.JOB, run, recipe, data_dir, lambda example: [example.source])
    classifier = sentiment.make_classifier(recipe, parts, model)

    def of(classifier: TextClassifier, texts: Sequence[str]) -> Iterator[Answer]:
        for one in classifier.classify(texts):
            yield Answer(one.label, tuple(one.probabilities.values()))

    def checks(artefact: SavedModel) -> Sequence[Check]:
        def ask(texts: Sequence[str], size: int) -> Iterator[Answer]:
            for row in artefact.answers("probabilities", texts, batch_size=size):
                best = max(zip(row["probabilities"], row["labels"], strict=True))[1]
                yield Answer(best, tuple(row["probabilities"]))

        return [Check("probabilities", lambda texts, size: of(classifier, texts), ask)]

    card = {"labels": list(parts.labels)}
    return Exportable(run, recipe, SentimentSignatures(classifier), card, checks, texts)


def open_generation(folder: Path, data_dir: str | None) -> Exportable:
    """Opens a language model's run; both draw from beginnings of lines, and score them."""
    run, recipe, tokenizer, model = runs.load(generation.JOB, folder)
    texts = _texts(generation.JOB, run, recipe, data_dir, lambda piece: piece.split("\n"))
    writer = TextWriter(model, tokenizer, batch_size=recipe.decoding.batch_size)
    signatures = GenerationSignatures(writer, recipe.decoding)
    return Exportable(
        run,
        recipe,
        signatures,
        {"defaults": signatures.defaults, "most_tokens": MOST_TOKENS},
        lambda artefact: _generation_checks(artefact, writer, recipe),
        texts,
    )


def _generation_checks(
    artefact: SavedModel, writer: TextWriter, recipe: GenerationRecipe
) -> Sequence[Check]:
    decoding = recipe.decoding
    how = Draw(
        temperature=decoding.temperature,
        top_k=decoding.top_k,
        top_p=decoding.top_p,
        repetition_penalty=decoding.repetition_penalty,
        no_repeat_ngram=decoding.no_repeat_ngram,
    )

    def write(texts: Sequence[str], size: int) -> Iterator[Answer]:
        prompts = map(_prompt, texts)
        for (one,) in writer.write(prompts, how, max_tokens=CHECKED_TOKENS, seed=1):
            yield Answer(one.text, (one.log_probability,))

    def ask_to_write(texts: Sequence[str], size: int) -> Iterator[Answer]:
        inputs: dict[str, Sequence[Any]] = {
            "seed": [row_seed(1, row) for row in range(len(texts))],
            "max_tokens": [CHECKED_TOKENS] * len(texts),
        }
        prompts = map(_prompt, texts)
        for row in artefact.answers("serving_default", prompts, inputs, batch_size=size):
            yield Answer(row["text"], (row["log_probability"],))

    def score(texts: Sequence[str], size: int) -> Iterator[Answer]:
        for found in writer.surprisals(texts):
            yield Answer("".join(found.tokens), tuple(found.nats))

    def ask_to_score(texts: Sequence[str], size: int) -> Iterator[Answer]:
        for row in artefact.answers("score", texts, batch_size=size):
            pieces = [piece for piece in row["pieces"] if piece]
            yield Answer("".join(pieces), tuple(row["nats"][: len(pieces)]))

    return [Check("draw", write, ask_to_write, 1e-3), Check("score", score, ask_to_score, 1e-3)]


def _prompt(text: str) -> str:
    """The first words of a text."""
    return " ".join(text.split(" ")[:4])


def _texts(
    job: Any, run: Any, recipe: Any, data_dir: str | None, of: Callable[[Any], Iterable[str]]
) -> list[str]:
    """Texts to be asked: of the validation split, and where it is small, of the training text."""
    found: list[str] = []
    for split in ("validation", "train"):
        if len(found) < NUM_TEXTS:
            corpus = runs.read_again(job, run, recipe, [split], data_dir)[split]
            found += [text for example in corpus.examples for text in of(example) if text.strip()]
    return found[:NUM_TEXTS]
