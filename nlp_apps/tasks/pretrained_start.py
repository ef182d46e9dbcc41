"""Starts from files of pretrained weights: which file, whether it fits, and the transfer."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nlp_apps.errors import UsageError
from nlp_apps.networks.pretrained_weights import SHARED_TABLE, PretrainedWeights, weight_name
from nlp_apps.recipe.model_section import NO_START
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import shipped_weights
from nlp_apps.text.language import reads
from nlp_apps.text.special_ids import MIN_SUBWORD_VOCABULARY
from nlp_apps.text.tokenizer import Tokenizer

OF_TARGET_VOCABULARY = ("decoder/embedding/", "decoder/output_bias", "decoder/output/")
"""Beginnings of the names of weights that belong to the target's tokens."""


def find_weights(path: str) -> Path | None:
    """Returns a file of pretrained weights: an `.npz`, or one that ships, by its name."""
    if path.endswith(".npz"):
        return Path(os.path.expanduser(path))
    return shipped_weights(path) if path else None


def start_tokenizer(recipe: AnyRecipe, key: str, path: Path, texts: Sequence[str]) -> Tokenizer:
    """Returns the tokenizer of a start, or raises if it reads another language.

    Args:
        recipe: the recipe of the model.
        key: the key of [model] that names the start.
        path: the file.
        texts: texts of the model; of both sides, if they share a vocabulary.

    Raises:
        LookupError: a translator needs a new tokenizer for these texts.
        NlpAppsError: the start does not fit the recipe.
    """
    pretrained = PretrainedWeights.load(path)
    require_sizes(recipe, key, pretrained)
    tokenizer, tokens = pretrained.tokenizer, pretrained.source_tokens
    if key == "init_decoder_from":
        if pretrained.target_tokenizer is None:
            raise UsageError(f"model.{key}: {pretrained.name} has no decoder.")
        tokenizer, tokens = pretrained.target_tokenizer, pretrained.target_tokens
    if recipe.task == "translation":
        tokens = None if recipe.tokenizer.shared_vocabulary else tokens
        if not reads(tokenizer, texts, tokens=tokens):
            raise LookupError
    return tokenizer.lowercased() if pretrained.lowercase else tokenizer


def start_settings(
    recipe: AnyRecipe, pretrained: PretrainedWeights, *, shares: bool
) -> dict[str, Any]:
    """Returns the settings `section.key` that a model needs to start from a file.

    Args:
        recipe: the recipe of the model.
        pretrained: the file.
        shares: a translator shares the vocabulary and the embedding of the file on both sides.
    """
    settings: dict[str, Any] = {
        "tokenizer.kind": "sentencepiece",
        **{f"model.{size}": value for size, value in pretrained.sizes.items()},
    }
    size = {
        "tokenizer.vocabulary_size": max(
            pretrained.tokenizer.vocabulary_size, MIN_SUBWORD_VOCABULARY
        )
    }
    if recipe.task == "translation":
        sharing = {"tokenizer.shared_vocabulary": shares, "model.share_embeddings": shares}
        return settings | sharing | (size if shares else {})
    return settings | size | {"tokenizer.lowercase": pretrained.lowercase}


def shares_vocabulary(pretrained: PretrainedWeights, sides: Sequence[Sequence[str]]) -> bool:
    """Checks whether a file has one vocabulary that reads both sides of a corpus."""
    tokens = (pretrained.source_tokens, pretrained.target_tokens)
    return pretrained.is_shared and all(
        reads(pretrained.tokenizer, texts, tokens=of_side)
        for texts, of_side in zip(sides, tokens, strict=True)
    )


def require_sizes(recipe: AnyRecipe, key: str, pretrained: PretrainedWeights) -> None:
    """Checks that a model can start from a file.

    Raises:
        UsageError: tokenizer or layers differ.
    """
    shares = pretrained.is_shared and getattr(recipe.tokenizer, "shared_vocabulary", False)
    for setting, found in start_settings(recipe, pretrained, shares=shares).items():
        section, _, name = setting.partition(".")
        wanted = getattr(getattr(recipe, section), name)
        if wanted != found:
            raise UsageError(
                f"model.{key}: {setting} is {json.dumps(wanted)}, but {json.dumps(found)} in "
                f"{pretrained.name}. Set {setting} = {json.dumps(found)}, or model.{key} = "
                f'"{NO_START}".'
            )


def copy_start(
    recipe: AnyRecipe, key: str, path: Path, model: keras.Model, tokenizers: list[Tokenizer]
) -> dict[str, Any]:
    """Copies the weights of a file into a new model.

    The weights of a side's tokens are copied if the model has the tokenizer of the file.

    Args:
        recipe: the recipe of the model.
        key: the key of [model] that names the file.
        path: the file.
        model: the model.
        tokenizers: tokenizers of the model; the first reads the source, the last writes the target.

    Returns:
        The description for `warm_start.json`.

    Raises:
        NlpAppsError: the file does not fit the model.
    """
    pretrained = PretrainedWeights.load(path)
    require_sizes(recipe, key, pretrained)
    part = "decoder" if key == "init_decoder_from" else "encoder"
    variables = pretrained.copy_to(
        model.trainable_variables,
        _selection(
            part, pretrained, tokenizers, shares=getattr(recipe.model, "share_embeddings", False)
        ),
    )
    return {
        "file": pretrained.name,
        "part": part,
        "weights": sum(int(np.prod(variable.shape)) for variable in variables),
        "names": [weight_name(variable) for variable in variables],
    }


def _selection(
    part: str, pretrained: PretrainedWeights, tokenizers: list[Tokenizer], *, shares: bool
) -> Callable[[str], bool]:
    """Returns the function that selects the names of the weights to copy.

    A model that shares its embedding has it in the decoder.
    """
    if part == "encoder":
        same = _is_same(tokenizers[0], pretrained.tokenizer, pretrained.lowercase)
        shared = {SHARED_TABLE} if same and shares and pretrained.is_shared else set()
        return lambda name: (
            (name.startswith("encoder/") and (same or "/embedding/" not in name)) or name in shared
        )
    target = pretrained.target_tokenizer
    same = target is not None and _is_same(tokenizers[-1], target, lowercases=False)
    return lambda name: (
        name.startswith(("decoder/", "bridge/"))
        and (same or not name.startswith(OF_TARGET_VOCABULARY))
    )


def _is_same(tokenizer: Tokenizer, other: Tokenizer, lowercases: bool) -> bool:
    return tokenizer.model == (other.lowercased() if lowercases else other).model
