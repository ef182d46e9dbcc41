"""Settings that follow the text: values for the keys on which a recipe is silent.

`settle` chooses them by the number and the length of the training examples, from one table for each
task. They were chosen on validation text of several corpora of 100 to 100,000 examples
(docs/results.md). A key that the recipe sets stays as set.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar, cast

from nlp_apps.blocks.cells.cell_sizes import LETTER_CELL
from nlp_apps.recipe.model_section import NO_START
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.text.storage.spread import evenly_spread

Recipe = TypeVar("Recipe", bound=AnyRecipe)

Budget = Literal["quick", "normal", "thorough"]

BUDGETS: dict[Budget, float] = {"quick": 0.3, "normal": 1.0, "thorough": 3.0}
"""Factor of the steps; see `--quick` and `--thorough`."""

Settings = dict[str, Any]
"""Values by `section.key`."""

CHARACTERS_PER_TOKEN = 4.0
"""Estimate before there is a tokenizer; English has 4 to 4.5."""

MAX_MEASURED = 500_000
"""Stored texts whose size is measured, at most."""


class TextSize(NamedTuple):
    """Size and shape of the training text.

    Attributes:
        examples: texts, pairs or documents.
        characters: total length; a pair counts with its longer side.
        longest: characters of the longest of a hundred examples (99th percentile).
        distinct_words: number of different words, without regard to case.
        distinct_characters: number of different characters.
        single_sentences: whether nearly all sources of pairs are single sentences.
    """

    examples: int
    characters: int
    longest: int
    distinct_words: int
    distinct_characters: int
    single_sentences: bool = False

    @property
    def min_vocabulary(self) -> int:
        """Smallest vocabulary: bytes, special ids, characters, and a quarter more."""
        return 260 + self.distinct_characters * 5 // 4


@dataclass(frozen=True)
class Start:
    """A pretrained model that the recipe starts from; see `networks.pretrained_weights`.

    Attributes:
        names: its name by key of [model].
        settings: the values that the recipe must have to start from it.
        is_whole: it is a finished model of the task, which fine-tuning continues.
        mix_in_share: share of its own text in every epoch of fine-tuning.
    """

    names: Mapping[str, str]
    settings: Mapping[str, Any]
    is_whole: bool = False
    mix_in_share: float = 0.0

    def all_settings(self) -> Settings:
        """Returns the settings with the keys that name the start."""
        return {**self.settings, **{f"model.{key}": name for key, name in self.names.items()}}


class SentimentRow(NamedTuple):
    """Settings of classifiers for up to `examples` texts."""

    examples: float
    epochs: int
    batch_texts: int
    dropout: float
    max_tokens: int  # of a whole run: about the seconds of training times 8,000


SENTIMENT = (
    SentimentRow(300, epochs=40, batch_texts=16, dropout=0.5, max_tokens=1_000_000),
    SentimentRow(1_000, epochs=25, batch_texts=32, dropout=0.5, max_tokens=1_500_000),
    SentimentRow(3_000, epochs=15, batch_texts=32, dropout=0.5, max_tokens=2_000_000),
    SentimentRow(10_000, epochs=10, batch_texts=32, dropout=0.5, max_tokens=2_500_000),
    SentimentRow(30_000, epochs=6, batch_texts=48, dropout=0.5, max_tokens=8_000_000),
    SentimentRow(float("inf"), epochs=4, batch_texts=64, dropout=0.4, max_tokens=16_000_000),
)


MAX_LETTERS = 1024
"""Characters of a text for a classifier that reads letters."""

LETTERS = {
    "model.embedding_size": 32,
    "model.units": 96,
    "model.word_dropout": 0.05,
    "model.dropout": 0.3,
    "training.learning_rate": 0.004,
}
"""Values of a classifier that reads letters, whose layers have few weights. They are not tuned."""


STARTED_LABELS, STARTED_LABEL_SETS = (0.001, 0.3), (0.003, 1.0)
"""`learning_rate` and `pretrained_rate` of a classifier with a start, by `data.multi_label`. The
start knows opinions; several labels a text are mostly topics, for which it has to learn more
(docs/several_labels.md)."""


class TranslationRow(NamedTuple):
    """Settings of translators for up to `examples` pairs."""

    examples: float
    epochs: int
    batch_tokens: int
    vocabulary_size: int
    units: int
    dropout: float
    learning_rate: float
    max_tokens: float  # of a whole run: about the seconds of training times 4,000


TRANSLATION = (
    TranslationRow(1_500, 40, 256, 1_000, 256, 0.3, 0.004, 1_000_000),
    TranslationRow(5_000, 25, 400, 1_000, 256, 0.25, 0.004, 1_200_000),
    TranslationRow(15_000, 20, 800, 2_000, 320, 0.25, 0.004, 2_500_000),
    TranslationRow(50_000, 16, 1_500, 5_000, 384, 0.25, 0.003, 8_000_000),
    TranslationRow(float("inf"), 8, 3_000, 8_000, 384, 0.2, 0.003, float("inf")),
)

STARTED_TRANSLATION = {"vocabulary_size": 2_000, "batch_tokens": 600}
"""Least values of a translator with a start: its layers can already use them."""

STARTED_TOKENS = 0.6
"""Share of `max_tokens` for a translator with a start, which is larger and needs fewer steps: with
3,000 pairs of Multi30k de-en, 1,200 steps reach the validation BLEU of 2,000 (30.1 and 30.0)."""

AUGMENTATION = {
    "data.augment_case": 0.1,
    "data.augment_punctuation": 0.1,
    "data.augment_numbers": 0.5,
    "data.augment_names": 0.3,
}
"""Random changes of sentence pairs. With 3,000 pairs they cost 1.5 BLEU on text without faults."""

MIN_AUGMENTED = 100_000
"""Smallest number of pairs that are changed."""


class GenerationRow(NamedTuple):
    """Settings of language models for up to `characters` of text."""

    characters: float
    epochs: int
    batch_tokens: int
    vocabulary_size: int
    units: int
    dropout: float


GENERATION = (
    GenerationRow(100_000, 40, 256, 800, 192, 0.5),
    GenerationRow(1_000_000, 20, 512, 2_000, 256, 0.4),
    GenerationRow(10_000_000, 8, 1_500, 6_000, 384, 0.4),
    GenerationRow(float("inf"), 3, 3_200, 12_000, 512, 0.2),
)


class FineTuning(NamedTuple):
    """Settings of fine-tuning; the others are those of training.

    Attributes:
        learning_rate: the peak.
        steps: factor of the steps, for the new text alone.
    """

    learning_rate: float
    steps: float


FINE_TUNING = {
    "translation": FineTuning(0.001, 0.5),
    "sentiment": FineTuning(0.0005, 0.5),
    "generation": FineTuning(0.001, 0.5),
}
"""Lower and fewer than in training, so that little is forgotten. Those of translation are chosen on
validation captions (docs/fine_tuning.md); the others are not tuned."""


def settle(
    recipe: Recipe, size: TextSize, budget: Budget = "normal", start: Start | None = None
) -> tuple[Recipe, Settings]:
    """Returns the recipe with values for the keys on which it is silent, and these values.

    Args:
        recipe: the recipe of a user.
        size: size of its training text.
        budget: scales the number of steps.
        start: a pretrained model to start from, if there is one that fits.
    """
    tables = {"sentiment": _sentiment, "translation": _translation, "generation": _generation}
    if start and start.is_whole:
        chosen = _fine_tuning(recipe, size, BUDGETS[budget], start, tables[recipe.task])
    else:
        chosen = tables[recipe.task](recipe, size, BUDGETS[budget], start)
    silent = {key: value for key, value in chosen.items() if is_silent(recipe, key)}
    if not is_open(recipe):  # The run has the length and the evaluations that the user expects.
        for key in ("max_steps", "eval_steps", "patience"):
            silent.pop(f"training.{key}", None)
    return with_settings(recipe, silent), silent


def text_size(texts: Sequence[str], *, single_sentences: bool = False) -> TextSize:
    """Returns the size and the shape of texts; of many stored texts, by evenly spread ones."""
    lengths = []
    words: set[str] = set()
    characters: set[str] = set()
    for text in evenly_spread(texts, MAX_MEASURED):
        lengths.append(len(text))
        words.update(text.lower().split())
        characters.update(text)
    lengths.sort()
    longest = lengths[min(len(lengths) - 1, len(lengths) * 99 // 100)] if lengths else 0
    total = sum(lengths) * len(texts) // max(len(lengths), 1)
    return TextSize(len(texts), total, longest, len(words), len(characters), single_sentences)


def is_silent(recipe: AnyRecipe, key: str) -> bool:
    """Checks whether a recipe has a key and does not set it."""
    section, _, name = key.partition(".")
    return name in type(getattr(recipe, section)).model_fields and not is_set(recipe, key)


def is_open(recipe: AnyRecipe) -> bool:
    """Checks whether a recipe leaves the length of the run open."""
    return not any(is_set(recipe, f"training.{key}") for key in ("epochs", "max_steps"))


def is_set(recipe: AnyRecipe, key: str) -> bool:
    """Checks whether a recipe sets a key, such as `model.units`."""
    section, _, name = key.partition(".")
    return name in getattr(recipe, section).model_fields_set


def with_settings(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """Returns a recipe with other values, checked as a recipe file is."""
    content = recipe.model_dump(exclude_unset=True)
    for key, value in settings.items():
        section, _, name = key.partition(".")
        content.setdefault(section, {})[name] = value
    settled = type(recipe).model_validate(content)
    settled._overridden_sources = recipe._overridden_sources
    return cast(Recipe, settled)


def _row(rows: Sequence[Any], amount: int) -> Any:
    """Returns the first row whose limit is not below an amount."""
    return next(row for row in rows if amount <= row[0])


def _fine_tuning(
    recipe: Any, size: TextSize, budget: float, start: Start, table: Callable[..., Settings]
) -> Settings:
    """Returns the settings of a task for fine-tuning; an epoch also has the text mixed in."""
    values = FINE_TUNING[recipe.task]
    is_given = is_set(recipe, "data.mix_in_share")
    share = recipe.data.mix_in_share if is_given else start.mix_in_share
    chosen = table(recipe, size, budget * values.steps / (1.0 - share), start)
    return {
        **chosen,
        "data.mix_in_share": share,
        "training.learning_rate": values.learning_rate,
        "training.pretrained_rate": 1.0,
    }


def _sentiment(recipe: Any, size: TextSize, budget: float, start: Start | None) -> Settings:
    row: SentimentRow = _row(SENTIMENT, size.examples)
    # A recipe of fine-tuning may leave the cell to the finished model.
    cell = (start.settings if start else {}).get("model.cell", recipe.model.cell)
    reads_letters = cell == LETTER_CELL
    per_token = 1.0 if reads_letters else CHARACTERS_PER_TOKEN
    mean = size.characters / max(size.examples, 1) / per_token
    longest = size.longest / per_token
    max_length = MAX_LETTERS if reads_letters else 256
    chosen: Settings = {
        "data.max_length": max_length,
        "data.truncation": "both",
        # A language model to start from has its own tokenizer.
        "tokenizer.lowercase": recipe.model.init_encoder_from in ("", NO_START),
        "tokenizer.vocabulary_size": max(
            *(1_000, size.min_vocabulary), min(16_000, size.distinct_words // 2)
        ),
        "tokenizer.character_coverage": _coverage(size),
        "model.ngrams": 2**17 if size.examples > 300 else 2**16,
        "model.embedding_size": 128,
        "model.units": 384,
        "model.num_layers": 1,
        "model.dropout": row.dropout,
        "training.learning_rate": 0.002,
        "training.label_smoothing": 0.05,
        "training.weight_decay": 0.1,
        **(LETTERS if reads_letters else {}),
        **(start.all_settings() if start else {}),
    }
    if start:
        rates = STARTED_LABEL_SETS if recipe.data.multi_label else STARTED_LABELS
        chosen |= {"training.learning_rate": rates[0], "training.pretrained_rate": rates[1]}
    if longest > max_length and not any(
        is_set(recipe, f"data.{key}") for key in ("max_length", "truncation")
    ):
        # Beginning and end suffice to learn from, but predictions use the whole text.
        chosen["decoding.max_length"] = 4 * max_length
    length = recipe.data.max_length if is_set(recipe, "data.max_length") else max_length
    batch_tokens = int(max(length, row.batch_texts * min(mean * 1.2, length)))
    tokens = min(size.characters / CHARACTERS_PER_TOKEN * row.epochs, row.max_tokens) * budget
    tokens *= CHARACTERS_PER_TOKEN / per_token
    return chosen | _budget(tokens, batch_tokens, size.characters / per_token)


def _translation(recipe: Any, size: TextSize, budget: float, start: Start | None) -> Settings:
    row: TranslationRow = _row(TRANSLATION, size.examples)
    if start:
        row = row._replace(
            **{key: max(least, getattr(row, key)) for key, least in STARTED_TRANSLATION.items()},
            max_tokens=row.max_tokens * STARTED_TOKENS,
        )
    epoch_tokens = size.characters / 3.0  # short vocabularies have shorter tokens
    tokens = min(epoch_tokens * row.epochs, row.max_tokens) * budget
    length = recipe.data.max_length
    units = recipe.model.units if is_set(recipe, "model.units") else row.units
    return {
        "tokenizer.vocabulary_size": max(row.vocabulary_size, size.min_vocabulary),
        "tokenizer.character_coverage": _coverage(size),
        "model.units": row.units,
        "model.attention": "dot" if units % recipe.model.num_heads else "multi_head",
        "model.dropout": row.dropout,
        "model.embedding_skip": start is None and recipe.model.attention != "none",
        "training.learning_rate": row.learning_rate,
        "decoding.split_sentences": size.single_sentences,
        **(AUGMENTATION if size.examples >= MIN_AUGMENTED else {}),
        **(start.all_settings() if start else {}),
        **_budget(tokens, max(length, row.batch_tokens), epoch_tokens),
    }


def _generation(recipe: Any, size: TextSize, budget: float, start: Start | None) -> Settings:
    row: GenerationRow = _row(GENERATION, size.characters)
    tokens = size.characters / CHARACTERS_PER_TOKEN
    length = recipe.training.sequence_length
    return {
        "tokenizer.vocabulary_size": max(row.vocabulary_size, size.min_vocabulary),
        "tokenizer.character_coverage": _coverage(size),
        "model.units": row.units,
        "model.dropout": row.dropout,
        **(start.all_settings() if start else {}),
        **_budget(tokens * row.epochs * budget, max(length, row.batch_tokens), tokens),
    }


def _coverage(size: TextSize) -> float:
    """Returns the share of characters with an id of their own; below 1 for Chinese, Japanese."""
    return 0.9995 if size.distinct_characters > 1_500 else 1.0


def _budget(tokens: float, batch_tokens: int, epoch_tokens: float) -> Settings:
    """Returns the settings of the loop for a number of tokens.

    About 25 evaluations, none before a quarter of an epoch; an eighth of them without improvement
    ends the run; the weights are averaged over the steps between two evaluations.
    """
    max_steps = max(40, round(tokens / batch_tokens))
    eval_steps = max(10, min(max_steps // 20, max(round(epoch_tokens / batch_tokens), 10)))
    return {
        "training.batch_tokens": batch_tokens,
        "training.num_buckets": 3 if tokens < 4_000_000 else 6,
        "training.max_steps": max_steps,
        "training.eval_steps": eval_steps,
        "training.patience": 6,
        "training.warmup_steps": min(300, max_steps // 10),
        "training.ema_decay": 0.99 if max_steps < 3_000 else 0.999,
    }
