"""The finished model that is fine-tuned (`model.init_from`): a run, or a file."""

import json
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.metrics.calibration import Calibration
from nlp_apps.metrics.label_set_calibration import LabelSetCalibration
from nlp_apps.networks.pretrained_weights import PretrainedWeights, weight_name
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.auto import Settings, is_set
from nlp_apps.recipe.model_section import NO_START
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.tasks.known_label_sets import read_run_labels
from nlp_apps.tasks.pretrained_start import find_weights, start_settings
from nlp_apps.tasks.warm_start import task_of_run
from nlp_apps.text.target_tags import tags_of
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training.checkpoints import load_weights
from nlp_apps.training.run_folder import RunFolder

KEY = "init_from"

FOLLOWED: Mapping[str, tuple[str, ...]] = {
    "model": (
        *("cell", "embedding_size", "units", "num_layers", "bidirectional", "residual"),
        *("attention", "num_heads", "layer_norm", "tie_embeddings", "share_embeddings"),
        *("embedding_skip", "pointer", "ngrams", "num_letters", "kernel_size"),
    ),
    "tokenizer": (
        *("kind", "vocabulary_size", "character_coverage", "lowercase", "shared_vocabulary"),
    ),
    "data": ("sentence_case", "kind"),
}
"""Keys that must be those of the finished model, by section; a task has some of them."""

NGRAM_TABLE = "ngrams/table"
"""Name of the table of n-grams, whose last column belongs to no label."""

EMBEDDING, OUTPUT_BIAS = "/embedding/", "/output_bias"
"""Parts of the names of the weights of tokens, to which tags of languages may be added."""

MakeTask = Callable[[Any], Any]
"""Makes the task of a recipe."""


class FinishedModel(Protocol):
    """A finished model.

    Attributes:
        where: its name, for messages.
        labels: its labels, in the order of the logits; empty for other tasks.
        calibration: its calibration; None for other tasks.
        languages: codes of its target languages; empty if they are not known, and for other tasks.
    """

    where: str
    labels: tuple[str, ...]
    calibration: Calibration | LabelSetCalibration | None
    languages: tuple[str, ...]

    def settings(self) -> Settings:
        """Returns the settings that a model needs to start from this one."""
        ...

    def tokenizers(self) -> list[Tokenizer]:
        """Returns its tokenizers; one, if source and target have the same."""
        ...

    def copy_to(self, model: keras.Model) -> dict[str, Any]:
        """Copies all weights into a new model.

        Labels that the finished model lacks keep their initial weights. The tag of a language that
        it lacks is 0, with the lowest bias of the output: it says nothing, and is not written.

        Returns:
            The description for `warm_start.json`.

        Raises:
            WorkError: a shape differs.
        """
        ...


def finished_model(recipe: AnyRecipe, make_task: MakeTask) -> FinishedModel | None:
    """Returns the finished model of a recipe; None without one, or if it has to be trained first.

    Args:
        recipe: the recipe; its `model.init_from` is a path or the name of a shipped start.
        make_task: makes the task of a recipe.

    Raises:
        NlpAppsError: it is a model of another task, or damaged.
    """
    path = recipe.model.init_from
    if path in ("", NO_START):
        return None
    if file := find_weights(path):
        return FinishedFile(recipe, file)
    folder = Path(os.path.expanduser(path))
    return FinishedRun(recipe, folder, make_task) if folder.is_dir() else None


def require_fit(recipe: AnyRecipe, finished: FinishedModel, *, silent_fits: bool = False) -> None:
    """Checks that a recipe has the settings of a finished model.

    Args:
        recipe: the recipe.
        finished: the finished model.
        silent_fits: keys that the recipe leaves open fit.

    Raises:
        UsageError: a setting differs.
    """
    for setting, found in finished.settings().items():
        section, _, name = setting.partition(".")
        wanted = getattr(getattr(recipe, section), name)
        if wanted != found and (is_set(recipe, setting) or not silent_fits):
            raise UsageError(
                f"model.{KEY}: {setting} is {json.dumps(wanted)}, but {json.dumps(found)} in "
                f"{finished.where}. Set {setting} = {json.dumps(found)}, or leave it out."
            )


class FinishedRun:
    """The run folder of a finished model; see `FinishedModel`.

    Args:
        recipe: the recipe of the new model.
        folder: the run folder.
        make_task: makes the task of a recipe.

    Attributes:
        folder: the run folder.
        recipe: its recipe.

    Raises:
        NlpAppsError: it is not a run folder of the task, or damaged; or its model has several
            labels a text or several target languages, and the new one does not.
    """

    def __init__(self, recipe: AnyRecipe, folder: Path, make_task: MakeTask):
        self.folder, self.where = RunFolder(folder), str(folder)
        self.folder.require_trained()
        found, task = task_of_run(folder), recipe.task
        if found not in ("", task):
            raise UsageError(
                f"model.{KEY}: {folder} is a run of {found}; it must be a run of {task}."
            )
        self.recipe: Any = recipes.load_from_run(self.folder.recipe, task=task)
        _require_same_kind(recipe, self.recipe, self.where)
        self._make_task = make_task
        self.labels: tuple[str, ...] = ()
        self.languages: tuple[str, ...] = ()
        self.calibration: Calibration | LabelSetCalibration | None = None
        data: Any = self.recipe.data
        if task == "sentiment":
            self.labels, self.calibration = read_run_labels(self.folder, data)
        elif task == "translation":
            only = data.language_of_targets
            tags = tags_of(Tokenizer.load(self.folder.tokenizer))
            self.languages = tuple(tags) or ((only,) if only else ())

    def settings(self) -> Settings:
        """Returns the settings of `FOLLOWED` in its recipe."""
        return {
            f"{section}.{name}": getattr(found, name)
            for section, names in FOLLOWED.items()
            for name in names
            if hasattr(found := getattr(self.recipe, section), name)
        }

    def task(self) -> Any:
        """Loads its task, with the model."""
        task = self._make_task(self.recipe)
        task.load_assets(self.folder)
        task.build_model()
        load_weights(task.model, self.folder.trained_weights)
        return task

    def tokenizers(self) -> list[Tokenizer]:
        """Reads the tokenizers."""
        task = self._make_task(self.recipe)
        task.load_assets(self.folder)
        found: list[Tokenizer] = task.tokenizers()
        return found

    def copy_to(self, model: keras.Model) -> dict[str, Any]:
        """Copies the weights, those of the n-grams too; see `FinishedModel.copy_to`."""
        task = self.task()
        values = {weight_name(weight): np.asarray(weight) for weight in task.model.weights}
        with_new_tags = set()
        for weight in model.weights:
            name = weight_name(weight)
            if name not in values:
                raise WorkError(f"{self.where}: has no weight {name}: its sizes do not fit.")
            if EMBEDDING in name and len(values[name]) < weight.shape[0]:
                with_new_tags.add(name)
            weight.assign(_grown(name, np.asarray(weight), values[name], self.where))
        metrics = self.folder.read_metrics(["seconds"])
        seconds = metrics[-1]["seconds"] if metrics else 0.0
        return {"run": self.where, "train_seconds": seconds, **_described(model, with_new_tags)}


class FinishedFile:
    """A file of the weights of a translator; see `FinishedModel`.

    Args:
        recipe: the recipe of the new model.
        file: the file.

    Raises:
        NlpAppsError: it is not the file of a translator, or damaged.
    """

    labels: tuple[str, ...] = ()
    calibration: Calibration | LabelSetCalibration | None = None
    languages: tuple[str, ...] = ()

    def __init__(self, recipe: AnyRecipe, file: Path):
        self.pretrained = PretrainedWeights.load(file)
        self.where, self._recipe = self.pretrained.name, recipe
        if recipe.task == "generation":
            raise UsageError(
                f"model.{KEY}: {recipe.model.init_from} is not a language model; it must be a run "
                "folder of generation."
            )
        if recipe.task != "translation" or self.pretrained.target_tokenizer is None:
            raise UsageError(
                f"model.{KEY}: {recipe.model.init_from} is not a finished model of {recipe.task}. "
                "To start with its encoder, set model.init_encoder_from."
            )
        if recipe.data.has_several_languages:
            raise UsageError(
                f"model.{KEY}: {recipe.model.init_from} is a file of weights, which has one target "
                "language. For several, name a run folder, or leave it out to train from scratch."
            )

    def settings(self) -> Settings:
        """Returns sizes and vocabulary."""
        shares = self.pretrained.is_shared
        size = max(tokenizer.vocabulary_size for tokenizer in self.tokenizers())
        return {
            **start_settings(self._recipe, self.pretrained, shares=shares),
            "tokenizer.vocabulary_size": size,
            "model.pointer": False,
        }

    def tokenizers(self) -> list[Tokenizer]:
        """Returns the tokenizers."""
        source, target = self.pretrained.tokenizer, self.pretrained.target_tokenizer
        return [source] if target is None or self.pretrained.is_shared else [source, target]

    def copy_to(self, model: keras.Model) -> dict[str, Any]:
        """Copies the weights; see `FinishedModel.copy_to`."""
        copied = self.pretrained.copy_to(model.trainable_variables, lambda _: True)
        if len(copied) != len(model.trainable_variables):
            raise WorkError(f"{self.where}: has not all weights of a model of these sizes.")
        return {"file": self.where, **_described(model)}


def _require_same_kind(recipe: AnyRecipe, finished: Any, where: str) -> None:
    """Checks that a new model of one label or language does not start from one of several.

    Args:
        recipe: the recipe of the new model.
        finished: that of the finished model.
        where: name of the finished model, for messages.

    Raises:
        UsageError: it does.
    """
    if getattr(finished.data, "multi_label", False) and not getattr(
        recipe.data, "multi_label", False
    ):
        raise UsageError(
            f"model.{KEY}: {where} predicts several labels a text. Set data.multi_label = true, or "
            "name a classifier of one label a text."
        )
    if getattr(finished.data, "has_several_languages", False) and not getattr(
        recipe.data, "has_several_languages", False
    ):
        code = getattr(recipe.data, "language_of_targets", "") or "fr"
        raise UsageError(
            f"model.{KEY}: {where} writes several languages, so the text needs the language of "
            f"each pair: data.train = {{ {code} = ... }}, or data.language_column."
        )


def _grown(name: str, new: np.ndarray, old: np.ndarray, where: str) -> np.ndarray:
    """Returns an old weight with values for the labels or the tags of languages that are added.

    Labels have the values of the new weight. Tags are 0, or have the lowest bias of the output.
    """
    if old.shape == new.shape:
        return old
    if EMBEDDING in name and old.shape[1:] == new.shape[1:] and len(old) < len(new):
        return np.concatenate([old, np.zeros_like(new[len(old) :])])
    if name.endswith(OUTPUT_BIAS) and len(old) < len(new):
        return np.concatenate([old, np.full_like(new[len(old) :], old.min())])
    if old.shape[:-1] != new.shape[:-1] or old.shape[-1] > new.shape[-1]:
        raise WorkError(
            f"{where}: {name} has the shape {old.shape}, but {new.shape} in the new model: its "
            "sizes do not fit."
        )
    grown, of_labels = new.copy(), old.shape[-1] - (name == NGRAM_TABLE)
    grown[..., :of_labels] = old[..., :of_labels]
    if name == NGRAM_TABLE:
        grown[..., -1] = old[..., -1]
    return grown


def _described(model: keras.Model, with_new_tags: Collection[str] = ()) -> dict[str, Any]:
    """Returns the size of the weights, and their names without those that have to learn tags."""
    names = [weight_name(weight) for weight in model.trainable_variables]
    names = [name for name in names if name not in with_new_tags]
    count = sum(int(np.prod(weight.shape)) for weight in model.trainable_variables)
    return {"part": "model", "weights": count, "names": names}
