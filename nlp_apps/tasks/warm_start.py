"""Starts a model from a language model's run: tokenizer, embedding and recurrent layers.

What a language model learnt from text without labels is where an encoder or a decoder begins (Dai &
Le 2015; Howard & Ruder 2018).
"""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras

from nlp_apps.blocks.decoder import Decoder
from nlp_apps.blocks.encoder import Encoder
from nlp_apps.errors import UsageError
from nlp_apps.networks.language_model import LanguageModel
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.model_section import Model
from nlp_apps.recipe.schema import GenerationRecipe
from nlp_apps.recipe.section import Section
from nlp_apps.recipe.tokenizer_section import Tokenizer as TokenizerKeys
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from nlp_apps.training.checkpoints import load_weights
from nlp_apps.training.run_folder import RunFolder


def require_tokenizer(
    keys: TokenizerKeys, recipe: GenerationRecipe, where: str, key: str = "init_encoder_from"
) -> None:
    """Checks that a language model's tokenizer is the one that a recipe asks for.

    Args:
        keys: the recipe's [tokenizer].
        recipe: the language model's.
        where: names it in messages.
        key: the key of [model] that names it.

    Raises:
        UsageError: the two differ.
    """
    names = ("kind", "vocabulary_size", "character_coverage")
    _require_same("tokenizer", names, keys, recipe.tokenizer, where, key)


def require_encoder(keys: Model, recipe: GenerationRecipe, where: str) -> None:
    """Checks that an encoder can start from a language model; see `require_tokenizer`."""
    if keys.bidirectional:
        raise UsageError(
            f"model.init_encoder_from: the language model in {where} reads in one direction. Set "
            "model.bidirectional = false."
        )
    names = ("cell", "embedding_size", "units", "num_layers", "residual", "layer_norm")
    _require_same("model", names, keys, recipe.model, where, "init_encoder_from")


def require_decoder(keys: Model, recipe: GenerationRecipe, where: str, *, whole: bool) -> None:
    """Checks that a decoder can start from a language model; see `require_tokenizer`.

    `whole` is as in `LanguageModelRun.start_decoder`.
    """
    names = ["cell", "embedding_size", "units", "layer_norm"]
    if whole:
        names += ["num_layers", "residual", "tie_embeddings"]
    key = "init_from" if whole else "init_decoder_from"
    _require_same("model", names, keys, recipe.model, where, key)


def _require_same(
    section: str, names: Iterable[str], mine: Section, its: Section, where: str, key: str
) -> None:
    for name in names:
        wanted, found = getattr(mine, name), getattr(its, name)
        if wanted != found:
            raise UsageError(
                f"model.{key}: {section}.{name} is {json.dumps(wanted)} here, but "
                f"{json.dumps(found)} in the language model in {where}. Set {section}.{name} to "
                f"{json.dumps(found)}."
            )


def task_of_run(folder: Path) -> str:
    """The task of a run folder, as its recipe says; empty where it does not."""
    try:
        return str(tomllib.loads(RunFolder(folder).recipe.read_text(encoding="utf-8"))["task"])
    except (OSError, ValueError, KeyError):
        return ""


class LanguageModelRun:
    """A run folder of the app `generation`, as a beginning for another model.

    Args:
        path: the run folder.

    Raises:
        NlpAppsError: it is no run folder of a language model, or damaged.
    """

    def __init__(self, path: str):
        self.folder = RunFolder(Path(path).expanduser())
        self.folder.require_trained()
        self.recipe: Any = recipes.load_from_run(self.folder.recipe, task="generation")
        self.where = str(self.folder.path)

    def tokenizer_for(self, keys: TokenizerKeys, key: str) -> Tokenizer:
        """The language model's tokenizer, which the model that begins with it has to share.

        Args:
            keys: the recipe's [tokenizer].
            key: the key of [model] that names the run.

        Raises:
            UsageError: the recipe asks for another one.
        """
        require_tokenizer(keys, self.recipe, self.where, key)
        return Tokenizer.load(self.folder.tokenizer)

    def start_encoder(self, encoder: Encoder, keys: Model) -> dict[str, Any]:
        """Puts embedding and layers into an encoder.

        Args:
            encoder: with fresh weights.
            keys: the recipe's [model].

        Returns:
            What was taken over, for the summary.

        Raises:
            UsageError: the two differ in shape.
        """
        require_encoder(keys, self.recipe, self.where)
        taken = self._model().decoder
        layers = [
            (encoder.embedding.table, taken.embedding.table),
            *zip(encoder.stack, taken.stack, strict=True),
            *zip(encoder.norms, taken.norms, strict=True),
        ]
        return self._copy(layers, "encoder")

    def start_decoder(self, decoder: Decoder, keys: Model, *, whole: bool) -> dict[str, Any]:
        """Puts embedding and layers into a decoder.

        Args:
            decoder: with fresh weights.
            keys: the recipe's [model].
            whole: True for another language model, which takes everything; False for a translator,
                whose layers above the attention have another shape.

        Returns:
            What was taken over, for the summary.

        Raises:
            UsageError: the two differ in shape.
        """
        require_decoder(keys, self.recipe, self.where, whole=whole)
        taken = self._model().decoder
        if whole:
            return self._copy([(decoder, taken)], "decoder")
        layers = [
            (decoder.embedding.table, taken.embedding.table),
            (decoder.stack[0], taken.stack[0]),
            *zip(decoder.norms[:1], taken.norms[:1], strict=True),
        ]
        return self._copy(layers, "decoder")

    def _model(self) -> LanguageModel:
        tokenizer = Tokenizer.load(self.folder.tokenizer)
        model = make_language_model(self.recipe.model, tokenizer)
        load_weights(model, self.folder.weights)
        return model

    def _copy(
        self, layers: list[tuple[keras.layers.Layer, keras.layers.Layer]], part: str
    ) -> dict[str, Any]:
        """Copies the weights of each second layer into the first."""
        count, rounds = 0, self.folder.read_metrics()
        for mine, its in layers:
            for variable, value in zip(
                mine.trainable_variables, its.trainable_variables, strict=True
            ):
                variable.assign(value)
                count += int(value.shape.num_elements() or 0)
        return {
            "run": self.where,
            "train_seconds": rounds[-1]["seconds"] if rounds else 0.0,
            "part": part,
            "layers": [mine.path or mine.name for mine, _ in layers],
            "weights": count,
        }


def make_tokenizer(
    keys: TokenizerKeys,
    texts: Iterable[str],
    *,
    pretrained: str = "",
    key: str = "init_encoder_from",
    keep_spaces: bool = False,
) -> Tokenizer:
    """The tokenizer of a recipe: learnt from texts, or that of the language model it starts from.

    Args:
        keys: the recipe's [tokenizer].
        texts: read only where there is something to learn.
        pretrained: run folder of a language model; empty: none.
        key: the key of [model] that names it.
        keep_spaces: as in `train_tokenizer`.
    """
    if pretrained:
        return LanguageModelRun(pretrained).tokenizer_for(keys, key)
    return train_tokenizer(
        texts,
        kind=keys.kind,
        vocabulary_size=keys.vocabulary_size,
        character_coverage=keys.character_coverage,
        keep_spaces=keep_spaces,
    )


def make_language_model(keys: Any, tokenizer: Tokenizer) -> LanguageModel:
    """Makes a language model from a recipe's [model], with fresh weights."""
    unused = {"attention", "num_heads", "bidirectional", "init_from"}
    model = LanguageModel(tokenizer.vocabulary_size, **keys.model_dump(exclude=unused))
    model.build({"target_in": (None, None)})
    return model
