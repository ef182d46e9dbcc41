"""Completes a recipe by its text: chosen settings, and a pretrained start that fits."""

import logging
from functools import cache
from typing import Any

from nlp_apps.blocks.recurrent import has_gpu
from nlp_apps.io.machine_cpu import has_fast_bfloat16
from nlp_apps.networks.pretrained_weights import PretrainedWeights
from nlp_apps.recipe.auto import (
    Budget,
    Settings,
    Start,
    is_open,
    is_set,
    settle,
    text_size,
    with_settings,
)
from nlp_apps.recipe.model_section import NO_START
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import shipped_weights
from nlp_apps.tasks.base import VOCABULARY_SIZE, Task
from nlp_apps.tasks.fine_tuning import start_of_fine_tuning
from nlp_apps.tasks.finished_model import KEY
from nlp_apps.tasks.pretrained_start import find_weights, shares_vocabulary, start_settings
from nlp_apps.tasks.warm_start import warm_starts
from nlp_apps.text.corpora import Find
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.language import reads
from nlp_apps.text.language_examples import LanguageExamples
from nlp_apps.text.special_ids import MIN_SUBWORD_VOCABULARY

logger = logging.getLogger(__name__)

MAX_STARTED = 100_000
"""Largest number of texts for which a start is chosen by default; more labels teach more."""

KEYS_OF_TASK = {
    "sentiment": ("init_encoder_from",),
    "translation": ("init_encoder_from", "init_decoder_from"),
    "generation": (),
}
"""Keys of [model] that name a start, by task."""

CANDIDATES = {"sentiment": ("english",), "translation": ("en-fr", "fr-en"), "generation": ()}
"""Starts that ship, by task, in the order of preference."""

MIXED_PRECISION = "training.mixed_precision"

MIXED_TASKS = ("sentiment", "translation")
"""Tasks for which mixed precision is chosen: their models are as good (docs/results.md). Of
language models no whole run was compared."""

MIN_MIXED_TOKENS, MIN_MIXED_UNITS = 500, 256
"""Tokens of a batch and `model.units` from which mixed precision is chosen. Smaller products are
not faster (docs/results.md)."""

SUMMARIZED = (
    *("model.init_encoder_from", VOCABULARY_SIZE, "model.num_layers", "model.units"),
    *("model.dropout", "training.batch_tokens", "training.max_steps", "training.learning_rate"),
    "data.mix_in_share",
    MIXED_PRECISION,
)
"""Settings that the log names; the recipe in the run folder has all."""


def settle_by_text(task: Task[Any, Any], train: Corpus[Any], budget: Budget, find: Find) -> None:
    """Sets the keys of a task's recipe on which it is silent; `task.chosen` keeps them.

    Args:
        task: the task; its recipe is replaced.
        train: its training text.
        budget: scales the number of steps.
        find: returns the path of a file that the recipe names.
    """
    if budget != "normal" and not is_open(task.recipe):
        logger.warning(
            "--%s has no effect: the recipe sets training.epochs or training.max_steps", budget
        )
    size = text_size(task.texts(train), single_sentences=task.has_single_sentences(train))
    start = start_of_fine_tuning(task, train, find) or find_start(task, train)
    task.recipe, task.chosen = settle(task.recipe, size, budget, start)
    if prefers_mixed_precision(task.recipe):
        mixed = {MIXED_PRECISION: True}
        task.recipe, task.chosen = with_settings(task.recipe, mixed), {**task.chosen, **mixed}
    if line := summary(task.chosen):
        logger.info("chosen for this text: %s", line)


def prefers_mixed_precision(recipe: AnyRecipe) -> bool:
    """Returns True if the recipe leaves the precision open, and mixed is faster and as good."""
    training = recipe.training
    return (
        recipe.task in MIXED_TASKS
        and not is_set(recipe, MIXED_PRECISION)
        and training.jit_compile
        and training.batch_tokens >= MIN_MIXED_TOKENS
        and recipe.model.units >= MIN_MIXED_UNITS
        and has_fast_bfloat16()
        and not has_gpu()
    )


def lower_vocabulary(task: Task[Any, Any]) -> bool:
    """Sets a chosen vocabulary size to the size that the text supports; returns if it changed."""
    if not task.may_lower_vocabulary or warm_starts(task.recipe):
        return False
    size = max(tokenizer.vocabulary_size for tokenizer in task.tokenizers())
    if task.recipe.tokenizer.kind == "sentencepiece":
        size = max(size, MIN_SUBWORD_VOCABULARY)  # the least that a recipe may say
    if size == task.recipe.tokenizer.vocabulary_size:
        return False
    logger.info("tokenizer.vocabulary_size: %s, the most that this text supports", f"{size:,}")
    task.chosen = {**task.chosen, VOCABULARY_SIZE: size}
    task.recipe = with_settings(task.recipe, {VOCABULARY_SIZE: size})
    return True


def summary(chosen: Settings) -> str:
    """Returns the settings that users compare, in one line: `units 384, dropout 0.5, ...`."""
    keys = [key for key in SUMMARIZED if key in chosen]
    return ", ".join(f"{key.partition('.')[2]} {_written(chosen[key])}" for key in keys)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}" if isinstance(value, int) else str(value)


def find_start(task: Task[Any, Any], train: Corpus[Any]) -> Start | None:
    """Returns the pretrained start of a task: the one that its recipe names, or one that fits.

    A file fits if the recipe sets none of the values that it needs, and its tokenizer recognizes
    the language of the source. A translator with the target's language comes second.
    """
    recipe, keys = task.recipe, KEYS_OF_TASK[task.name]
    if getattr(recipe.model, KEY) not in ("", NO_START):
        return None
    if isinstance(train.examples, LanguageExamples):  # A start has one target language.
        return None
    sides = task.sides(train)
    if any(is_set(recipe, f"model.{key}") and getattr(recipe.model, key) for key in keys):
        named = {key: getattr(recipe.model, key) for key in keys}
        found = [path for name in named.values() if (path := find_weights(name))]
        if not found:
            return None
        pretrained = PretrainedWeights.load(found[0])
        is_whole = len(found) > 1 and found[0] == found[1]
        shares = is_whole and shares_vocabulary(pretrained, sides)
        settings = start_settings(recipe, pretrained, shares=shares)
        return Start({key: name for key, name in named.items() if name}, settings)
    if len(train.examples) > MAX_STARTED:
        return None
    paths = {name: shipped_weights(name) for name in CANDIDATES[task.name]}
    load = cache(PretrainedWeights.load)  # each file once, and only if it is needed
    for index, side in enumerate(sides):
        for name, path in paths.items():
            if path is None:
                continue
            pretrained = load(path)
            tokenizer = (pretrained.tokenizer, pretrained.target_tokenizer)[index]
            tokens = (pretrained.source_tokens, pretrained.target_tokens)[index]
            if tokenizer is None or not reads(
                tokenizer, side, lowercases=pretrained.lowercase, tokens=tokens
            ):
                continue
            shares = shares_vocabulary(pretrained, sides)
            if getattr(recipe.model, "pointer", False) and not shares:
                continue  # a pointer needs one vocabulary
            settings = start_settings(recipe, pretrained, shares=shares)
            if not any(is_set(recipe, setting) for setting in settings):
                return Start(dict.fromkeys(keys, name), settings)
    return None
