"""Warm start: weights and tokenizer of a language model for another model.

An encoder or a decoder starts from a language model that was trained on text without labels (Dai &
Le 2015; Howard & Ruder 2018).
"""

import json
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import keras

from nlp_apps.blocks.decoder import Decoder
from nlp_apps.blocks.encoder import Encoder
from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.networks.language_model import LanguageModel
from nlp_apps.networks.pretrained_weights import weight_name
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.model_section import NO_START
from nlp_apps.recipe.schema import AnyRecipe, GenerationRecipe
from nlp_apps.recipe.section import Section
from nlp_apps.recipe.tokenizer_section import Tokenizer as TokenizerSection
from nlp_apps.recipe.toml_file import read_toml
from nlp_apps.tasks.pretrained_start import copy_start, find_weights, start_tokenizer
from nlp_apps.text.target_tags import with_tags
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from nlp_apps.training.checkpoints import load_weights
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)

KEYS = ("init_from", "init_encoder_from", "init_decoder_from")
"""Keys of [model] that name the run folder of a language model, or its recipe."""

DECODER_SIZES = ("cell", "embedding_size", "units", "layer_norm")
ENCODER_SIZES = ("cell", "embedding_size", "units", "num_layers", "residual", "layer_norm")
WHOLE_SIZES = (*DECODER_SIZES, "num_layers", "residual", "tie_embeddings")


def warm_starts(recipe: AnyRecipe) -> dict[str, str]:
    """Returns the language models that a recipe starts from, by key of [model]."""
    paths = {key: getattr(recipe.model, key, "") for key in KEYS}
    return {key: path for key, path in paths.items() if path not in ("", NO_START)}


def require_fit(recipe: AnyRecipe, key: str, pretrained: GenerationRecipe, where: str) -> None:
    """Checks that a model can start from a language model.

    Args:
        recipe: the recipe of the model.
        key: one of `KEYS`.
        pretrained: the recipe of the language model.
        where: name of the language model, for messages.

    Raises:
        UsageError: tokenizer or layers differ.
    """
    require_tokenizer(recipe.tokenizer, key, pretrained, where)
    if key == "init_encoder_from" and recipe.model.bidirectional:
        raise UsageError(
            f"model.{key}: the language model in {where} reads in one direction. Set "
            "model.bidirectional = false."
        )
    sizes = {"init_from": WHOLE_SIZES, "init_encoder_from": ENCODER_SIZES}
    names = sizes.get(key, DECODER_SIZES)
    _require_equal("model", names, recipe.model, pretrained.model, key, where)


def require_tokenizer(
    tokenizer: TokenizerSection, key: str, pretrained: GenerationRecipe, where: str
) -> None:
    """Checks that a recipe's [tokenizer] is that of a language model; see `require_fit`."""
    names = ("kind", "vocabulary_size", "character_coverage")
    _require_equal("tokenizer", names, tokenizer, pretrained.tokenizer, key, where)


def _require_equal(
    section: str, names: Iterable[str], model: Section, pretrained: Section, key: str, where: str
) -> None:
    for name in names:
        wanted, found = getattr(model, name), getattr(pretrained, name)
        if wanted != found:
            raise UsageError(
                f"model.{key}: {section}.{name} is {json.dumps(wanted)}, but {json.dumps(found)} "
                f"in the language model in {where}. Set {section}.{name} = {json.dumps(found)}."
            )


def task_of_run(folder: Path) -> str:
    """Returns the task in the recipe of a run folder; empty if it cannot be read."""
    try:
        return str(read_toml(RunFolder(folder).recipe)["task"])
    except (NlpAppsError, KeyError):
        return ""


def read_warm_start(run: RunFolder) -> dict[str, Any]:
    """Reads the description that `transfer_weights` returned when the run began.

    Raises:
        WorkError: the file is missing or damaged.
    """
    found = run.read_json(run.warm_start)
    for key, part in found.items():
        names = part.get("names") if isinstance(part, dict) else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise WorkError(f"{run.warm_start}: damaged: {key[:40]!r} has no names of weights")
    return found


def transfer_weights(
    recipe: AnyRecipe, model: keras.Model, tokenizers: list[Tokenizer]
) -> dict[str, Any]:
    """Copies weights of pretrained models into the encoder and the decoder of a new model.

    Args:
        recipe: the recipe of the model; it names run folders.
        model: the model, whose `encoder` or `decoder` receives the weights.
        tokenizers: tokenizers of the model; the first reads the source, the last writes the target.

    Returns:
        For each key of [model]: run folder, its training time in seconds, layers, number of
        weights and their names (`weight_name`).

    Raises:
        NlpAppsError: a run folder is damaged, or its layers differ.
    """
    found = {}
    for key, path in warm_starts(recipe).items():
        if file := find_weights(path):
            found[key] = copy_start(recipe, key, file, model, tokenizers)
            continue
        run = LanguageModelRun(path)
        require_fit(recipe, key, run.recipe, run.where)
        if key == "init_encoder_from":
            found[key] = run.copy_to_encoder(model.encoder)
        else:
            found[key] = run.copy_to_decoder(model.decoder)
    return found


class LanguageModelRun:
    """The run folder of a language model, to start another model from.

    Args:
        path: the run folder.

    Raises:
        NlpAppsError: it is not a run folder of a language model, or damaged.
    """

    def __init__(self, path: str):
        self.folder = RunFolder(Path(os.path.expanduser(path)))
        self.folder.require_trained()
        self.recipe: Any = recipes.load_from_run(self.folder.recipe, task="generation")
        self.where = str(self.folder.path)

    def tokenizer(self) -> Tokenizer:
        """Reads the tokenizer."""
        return Tokenizer.load(self.folder.tokenizer)

    def copy_to_encoder(self, encoder: Encoder) -> dict[str, Any]:
        """Copies embedding and layers into an encoder of the same sizes."""
        decoder = self._model().decoder
        layers = [
            (encoder.embedding.table, decoder.embedding.table),
            *zip(encoder.stack, decoder.stack, strict=True),
            *zip(encoder.norms, decoder.norms, strict=True),
        ]
        return self._copy(layers, "encoder")

    def copy_to_decoder(self, decoder: Decoder) -> dict[str, Any]:
        """Copies the embedding and the first layer into the decoder of a translator.

        Its layers above the attention have another shape.
        """
        pretrained = self._model().decoder
        layers = [
            (decoder.embedding.table, pretrained.embedding.table),
            (decoder.stack[0], pretrained.stack[0]),
            *zip(decoder.norms[:1], pretrained.norms[:1], strict=True),
        ]
        return self._copy(layers, "decoder")

    def _model(self) -> LanguageModel:
        model = build_language_model(self.recipe, self.tokenizer())
        load_weights(model, self.folder.trained_weights)
        return model

    def _copy(
        self, pairs: list[tuple[keras.layers.Layer, keras.layers.Layer]], part: str
    ) -> dict[str, Any]:
        """Copies weights from `source` layers into `target` layers, pair by pair.

        Args:
            pairs: (target, source) of each layer.
            part: name of the part of the model, for `warm_start.json`.
        """
        count, names, metrics = 0, [], self.folder.read_metrics(["seconds"])
        for target, source in pairs:
            for variable, value in zip(
                target.trainable_variables, source.trainable_variables, strict=True
            ):
                variable.assign(value)
                count += int(value.shape.num_elements() or 0)
                names.append(weight_name(variable))
        return {
            "run": self.where,
            "train_seconds": metrics[-1]["seconds"] if metrics else 0.0,
            "part": part,
            "layers": [target.path or target.name for target, _ in pairs],
            "weights": count,
            "names": names,
        }


def make_tokenizer(
    recipe: AnyRecipe,
    texts: Iterable[str],
    *,
    key: str = "",
    keep_spaces: bool = False,
    may_lower: bool = False,
    languages: Sequence[str] = (),
) -> Tokenizer:
    """Returns the tokenizer of a recipe: the one of its language model, or one trained on texts.

    Args:
        recipe: the recipe.
        texts: the training texts; read only if a tokenizer is trained.
        key: the key of [model] that may name a language model; empty: none.
        keep_spaces: as in `train_tokenizer`.
        may_lower: as in `train_tokenizer`.
        languages: codes of several target languages, whose tags are part of the vocabulary.

    Raises:
        NlpAppsError: there is too little text, or the language model has another tokenizer.
    """
    path = warm_starts(recipe).get(key, "")
    if file := find_weights(path):
        texts = list(texts)
        try:
            return start_tokenizer(recipe, key, file, texts)
        except LookupError:
            logger.info("model.%s: %s has no tokens of this language; learning them", key, path)
        path = ""
    lowercases = getattr(recipe.tokenizer, "lowercase", False)
    if path:
        run = LanguageModelRun(path)
        require_tokenizer(recipe.tokenizer, key, run.recipe, run.where)
        return run.tokenizer().lowercased() if lowercases else run.tokenizer()
    tokenizer = train_tokenizer(
        texts,
        kind=recipe.tokenizer.kind,
        vocabulary_size=recipe.tokenizer.vocabulary_size,
        num_tags=len(languages),
        character_coverage=recipe.tokenizer.character_coverage,
        keep_spaces=keep_spaces,
        lowercases=lowercases,
        may_lower=may_lower,
        sample_characters=recipe.tokenizer.sample_characters,
    )
    return with_tags(tokenizer, languages) if languages else tokenizer


def build_language_model(recipe: GenerationRecipe, tokenizer: Tokenizer) -> LanguageModel:
    """Builds the language model that a recipe describes, with new weights."""
    unused = {"attention", "num_heads", "bidirectional", "init_from"}
    model = LanguageModel(tokenizer.vocabulary_size, **recipe.model.model_dump(exclude=unused))
    model.build({"target_in": (None, None)})
    return model
