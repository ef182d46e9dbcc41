"""Completes a recipe by its text: chosen settings, and a pretrained start that fits."""

import logging
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from nlp_apps.networks.pretrained_encoder import PretrainedEncoder
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
from nlp_apps.resources import shipped_encoder
from nlp_apps.tasks.base import VOCABULARY_SIZE, Task
from nlp_apps.tasks.warm_start import NO_START, find_encoder_file
from nlp_apps.text.corpus import Corpus

logger = logging.getLogger(__name__)

MAX_STARTED = 100_000
"""Largest number of texts for which a start is chosen by default; more labels teach more."""

MIN_CHARACTERS_PER_TOKEN = 2.8
"""Characters that a token of the start's tokenizer has on average in text of its language: 3.4 to
4.1 in English; 1.8 to 2.2 in Dutch, French, German and Spanish."""

SAMPLE = 500
"""Texts whose language is tested."""

ENGLISH = "english"

SUMMARIZED = (
    *("model.init_encoder_from", VOCABULARY_SIZE, "model.num_layers", "model.units"),
    *("model.dropout", "training.batch_tokens", "training.max_steps", "training.learning_rate"),
)
"""Settings that the log names; the recipe in the run folder has all."""


def settle_by_text(task: Task[Any, Any], train: Corpus[Any], budget: Budget) -> None:
    """Sets the keys of a task's recipe on which it is silent; `task.chosen` keeps them.

    Args:
        task: the task; its recipe is replaced.
        train: its training text.
        budget: scales the number of steps.
    """
    if budget != "normal" and not is_open(task.recipe):
        logger.warning(
            "--%s has no effect: the recipe sets training.epochs or training.max_steps", budget
        )
    texts = task.texts(train)
    start = find_start(task.recipe, texts)
    task.recipe, task.chosen = settle(task.recipe, text_size(texts), budget, start)
    if task.chosen:
        logger.info("chosen for this text: %s", summary(task.chosen))


def lower_vocabulary(task: Task[Any, Any]) -> bool:
    """Sets a chosen vocabulary size to the size that the text supports; returns if it changed."""
    if not task.may_lower_vocabulary:
        return False
    size = max(tokenizer.vocabulary_size for tokenizer in task.tokenizers())
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
    return f"{value:,}" if isinstance(value, int) else str(value)


def find_start(recipe: Any, texts: Sequence[str]) -> Start | None:
    """Returns the pretrained start of a recipe: the one that it names, or one that fits.

    An encoder fits if the recipe sets none of the values that it needs, and its tokenizer
    recognizes the language of the texts.
    """
    key = "init_encoder_from"
    if recipe.task != "sentiment":
        return None
    name = getattr(recipe.model, key)
    is_chosen = is_set(recipe, f"model.{key}") and name != ""
    if name == NO_START or (is_chosen and not find_encoder_file(name)):
        return None
    path = find_encoder_file(name) if is_chosen else shipped_encoder(ENGLISH)
    if path is None:
        return None
    encoder = PretrainedEncoder.load(path)
    settings: Settings = {
        "tokenizer.kind": "sentencepiece",
        "tokenizer.vocabulary_size": encoder.tokenizer.vocabulary_size,
        "tokenizer.lowercase": encoder.lowercase,
        **{f"model.{size}": value for size, value in encoder.sizes.items()},
        f"model.{key}": name if is_chosen else ENGLISH,
    }
    if not is_chosen:
        differs = any(is_set(recipe, setting) for setting in settings)
        if differs or len(texts) > MAX_STARTED or not reads(encoder, texts):
            return None
    return Start(f"model.{key}", settings[f"model.{key}"], settings)


def reads(encoder: PretrainedEncoder, texts: Iterable[str]) -> bool:
    """Checks whether texts are in the language of an encoder, by the length of its tokens."""
    sample = [text.lower() if encoder.lowercase else text for text in islice(texts, SAMPLE)]
    characters = sum(map(len, sample))
    tokens = sum(map(len, encoder.tokenizer.encode(sample)))
    return characters >= MIN_CHARACTERS_PER_TOKEN * max(tokens, 1)
