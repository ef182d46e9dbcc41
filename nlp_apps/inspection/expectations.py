"""Expectations: the score range of a size of text on measured corpora, and training time.

`REFERENCES` is the table of measured scores. To add a result, add a row; the ranges follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nlp_apps.blocks.cells.cell_sizes import CELL_SIZES, LETTER_CELL
from nlp_apps.inspection.machine_speed import MachineSpeed
from nlp_apps.inspection.shared_sequences import PATTERNS
from nlp_apps.recipe.schema import AnyRecipe

MAX_FACTOR = 2.5
"""References of at most this many times more or less text are comparable."""


CHARACTERS_PER_WORD = 5.7
"""Estimate for English, the space included."""


class Reference(NamedTuple):
    """A score that was measured.

    Attributes:
        task: the task.
        corpus: name of the corpus.
        size: number of training texts or pairs; of generation, characters.
        score: test score.
        setting: model that has the score.
        baseline: score of the cheapest alternative on the same test, or None.
    """

    task: str
    corpus: str
    size: int
    score: float
    setting: str
    baseline: float | None = None


REFERENCES = (
    Reference("sentiment", "SST-2", 100, 0.689, "n-grams and English start", 0.557),
    Reference("sentiment", "SST-2", 1_000, 0.774, "n-grams and English start", 0.730),
    Reference("sentiment", "IMDB", 1_000, 0.876, "n-grams and English start", 0.853),
    Reference("sentiment", "questions, 6 labels", 1_000, 0.699, "n-grams and English start", 0.672),
    Reference("sentiment", "articles, 20 labels", 3_000, 0.857, "n-grams and English start", 0.858),
    Reference("sentiment", "SMS spam", 4_459, 0.994, "version 0.1.0", 0.992),
    Reference("sentiment", "TREC, 6 labels", 5_452, 0.928, "n-grams and English start", 0.900),
    Reference("sentiment", "SST-2", 6_920, 0.837, "n-grams and English start", 0.826),
    Reference("sentiment", "IMDB", 22_500, 0.921, "version 0.1.0"),
    Reference("translation", "Tatoeba en-es", 3_000, 8.2, "longer training"),
    Reference("translation", "Tatoeba en-es", 3_000, 22.5, "start from an en-fr translator"),
    Reference("translation", "Multi30k en-de", 3_000, 26.7, "start en-fr", 5.0),
    Reference("translation", "Multi30k de-en", 3_000, 30.9, "start fr-en", 6.9),
    Reference("translation", "Multi30k en-de", 3_000, 18.0, "random weights", 5.0),
    Reference("translation", "Tatoeba en-fr", 5_000, 12.6, "random weights", 6.2),
    Reference("translation", "Multi30k en-de", 5_000, 21.0, "random weights", 5.6),
    Reference("translation", "Multi30k en-de", 29_000, 39.5, "version 0.1.0"),
    Reference("translation", "Multi30k de-en", 29_000, 41.8, "version 0.1.0"),
    Reference("translation", "Tatoeba en-fr", 167_000, 43.8, "random weights", 15.6),
    Reference("generation", "tales", 190_000, 1.20, "version 0.1.0"),
    Reference("generation", "Shakespeare", 1_000_000, 1.46, "version 0.1.0"),
)
"""Measured test scores; see docs/results.md for corpora and settings."""

METRICS = {
    "sentiment": "accuracy",
    "translation": "BLEU",
    "generation": "nats per character",
}
"""Metric of the scores of a task."""

EFFICIENCY = 0.45
"""Share of the speed of matrix products that training steps reach: 0.27 to 0.93 by the times in
docs/results.md."""

OPERATIONS_PER_WEIGHT = 6.0
"""Operations a token and weight: a product and a sum, forward, and twice backward."""

START_SECONDS = 40.0
"""Seconds of reading, tokenizing, compiling and scoring, about."""

UNCERTAINTY = 2.0
"""Factor between the estimate and either end of the range of time."""


@dataclass(frozen=True)
class Expectation:
    """The expected time and score of a training.

    Attributes:
        seconds: shortest and longest training time; early stopping may end it sooner.
        machine: the measured speed.
        metric: name of the metric.
        score: lowest and highest score of comparable corpora; None if there is no such corpus.
        references: those corpora, the most similar size first.
        remark: the conclusion from the size in one sentence; may be empty.
        shared_sequences: share of the word sequences that several texts have; see `PATTERNS`.
    """

    seconds: tuple[float, float]
    machine: MachineSpeed
    metric: str
    score: tuple[float, float] | None
    references: tuple[Reference, ...]
    remark: str
    shared_sequences: float = 0.0

    @property
    def has_patterns(self) -> bool:
        """True if the text is written from patterns: its score exceeds that of natural text."""
        return self.shared_sequences >= PATTERNS

    def to_dict(self) -> dict[str, Any]:
        """Returns the expectation for JSON."""
        return {
            "seconds": [round(seconds) for seconds in self.seconds],
            "machine": {"cores": self.machine.cores, "gflops": round(self.machine.flops / 1e9, 1)},
            "metric": self.metric,
            "score": self.score,
            "references": [reference._asdict() for reference in self.references],
            "remark": self.remark,
            "shared_sequences": round(self.shared_sequences, 3),
        }


def expect(
    recipe: AnyRecipe,
    size: int,
    tokens: float,
    num_labels: int,
    machine: MachineSpeed,
    shared_sequences: float = 0.0,
    majority: float = 0.0,
) -> Expectation:
    """Estimates training time and score.

    Args:
        recipe: the recipe, with the settings that training will use.
        size: number of training texts or pairs; of generation, characters.
        tokens: number of training tokens, the source and target of pairs together.
        num_labels: number of labels; 0 for other tasks than sentiment.
        machine: speed of the machine.
        shared_sequences: share of the word sequences that several texts have.
        majority: share of the most frequent label, the accuracy of always choosing it.
    """
    operations = OPERATIONS_PER_WEIGHT * num_weights(recipe, num_labels)
    operations *= _num_tokens(recipe, tokens)
    if getattr(recipe.training, "adversarial_epsilon", 0.0):
        operations *= 2.0  # a second pass over each batch
    seconds = START_SECONDS + operations / (machine.flops * EFFICIENCY)
    has_references = not getattr(recipe.data, "multi_label", False)
    near = similar_references(recipe.task, size) if has_references else []
    scores = [max(reference.score, majority) for reference in near]
    return Expectation(
        (seconds / UNCERTAINTY, seconds * UNCERTAINTY),
        machine,
        METRICS[recipe.task] if has_references else "micro_f1",
        (min(scores), max(scores)) if scores else None,
        tuple(near),
        _remark(recipe.task, size),
        shared_sequences,
    )


def similar_references(task: str, size: int) -> list[Reference]:
    """Returns the references of a task with a comparable size, the most similar size first.

    Without any, those of the nearest smaller and the nearest larger size, at most `MAX_FACTOR`
    squared apart.
    """

    def factor(reference: Reference) -> float:
        return max(reference.size, size) / max(1, min(reference.size, size))

    near = [one for one in REFERENCES if one.task == task and factor(one) <= MAX_FACTOR**2]
    found = [one for one in near if factor(one) <= MAX_FACTOR]
    if not found:
        sizes = [one.size for one in near]
        smaller = max((one for one in sizes if one < size), default=0)
        larger = min((one for one in sizes if one > size), default=0)
        found = [one for one in near if one.size in (smaller, larger)]
    return sorted(found, key=factor)


def num_weights(recipe: AnyRecipe, num_labels: int = 0) -> int:
    """Returns the number of weights that each token is multiplied with, embeddings excluded.

    Of a sampled softmax, these are the sampled rows of the output.

    Args:
        recipe: the recipe.
        num_labels: number of labels of a sentiment recipe.
    """
    model, vocabulary = recipe.model, recipe.tokenizer.vocabulary_size
    if model.cell == LETTER_CELL:
        return _letter_weights(model)
    size = CELL_SIZES[model.cell]

    def stack(directions: int) -> int:
        width, weights = model.embedding_size, 0.0
        for _ in range(model.num_layers):
            # Each direction has its share of the units.
            state = model.units // directions
            weights += model.units * (size.input_matrices * width + size.recurrent_matrices * state)
            width = model.units
        return round(weights)

    encoder = stack(2 if model.bidirectional else 1)
    sampled = getattr(recipe.training, "num_sampled", 0)
    output = min(sampled or vocabulary, vocabulary) * (
        model.embedding_size if getattr(model, "tie_embeddings", 0) else model.units
    )
    if recipe.task == "sentiment":
        return encoder + num_labels * model.units
    if recipe.task == "generation":
        return encoder + output
    # Half of the tokens are read by the encoder and half by the decoder.
    return (encoder + stack(1) + 4 * model.units * model.units + output) // 2


def _letter_weights(model: Any) -> int:
    """Returns the weights of an encoder of letters for each character, padding of rows included."""
    features = model.units // (2 if model.bidirectional else 1)
    width, weights = model.embedding_size, 0.0
    for _ in range(model.num_layers):
        weights += 4 * model.units * model.kernel_size * (width + features)
        width = model.units
    return round(weights * max(1.0, model.num_letters / CHARACTERS_PER_WORD))


def _num_tokens(recipe: AnyRecipe, tokens: float) -> float:
    """Returns the number of tokens that training reads: those of all steps, or of all epochs."""
    training = recipe.training
    if not training.max_steps:
        return training.epochs * tokens
    sides = 2 if recipe.task == "translation" else 1
    return training.max_steps * training.batch_tokens * sides


_SMALL: dict[str, Sequence[tuple[int, str]]] = {
    "translation": (
        (1_000, "Fewer than 1,000 pairs make no translator, only single phrases."),
        (10_000, "With fewer than 10,000 pairs, expect correct short phrases, not sentences."),
    ),
    "sentiment": (
        (100, "With fewer than 100 texts, scores depend on chance; label more texts first."),
        (1_000, "With fewer than 1,000 texts, more labelled texts raise the score most."),
    ),
    "generation": (
        (200_000, "With fewer than 200,000 characters, expect words of the text, little grammar."),
    ),
}
"""Task -> sizes, and the conclusion for smaller ones."""


def _remark(task: str, size: int) -> str:
    return next((remark for limit, remark in _SMALL[task] if size < limit), "")
