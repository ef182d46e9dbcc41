"""What the verbs of the translation app do: train into a run folder, score one, load one."""

import importlib.metadata
import logging
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nlp_apps import __version__, training
from nlp_apps import recipe as recipes
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.files import write_text_whole
from nlp_apps.recipe_keys import TranslationRecipe
from nlp_apps.resources import finder
from nlp_apps.run_folder import RunFolder
from nlp_apps.serving.translation import TextTranslator
from nlp_apps.tasks.translation import (
    SPLITS,
    Scorer,
    Tokenizers,
    TranslationTask,
    checksums,
    load_model,
    make_model,
    read_splits,
    set_up,
)

logger = logging.getLogger(__name__)

Place = dict[str, str | None]
"""Where a recipe's paths are looked up: "data_dir" and "recipe_dir"; what `sources.json` holds."""

MEASURED_BY = ("tensorflow", "keras", "sentencepiece", "sacrebleu", "numpy")
"""Packages whose versions a summary names."""


def train(
    recipe: TranslationRecipe,
    recipe_path: Path,
    data_dir: str | None,
    folder: Path,
    *,
    resume: bool = False,
) -> dict[str, Any]:
    """Trains and scores; see `nlp_apps.translation.train`."""
    run = RunFolder(folder)
    if not resume and run.found_checkpoints():
        raise UsageError(
            f"{folder}: holds a run already. Go on with --resume, or choose another --run-dir."
        )
    place = {
        "data_dir": str(Path(data_dir).absolute()) if data_dir else None,
        "recipe_dir": str(recipe_path.absolute().parent),
    }
    if resume and run.sources.is_file():
        # The recipe may now be the run's own copy, and what it names still lies where it lay.
        began = run.read_json(run.sources)
        place = {**began, "data_dir": place["data_dir"] or began["data_dir"]}
    recipe = _with_absolute_paths(recipe, place)
    if resume:
        _require_same_recipe(recipe, run)
    corpora = read_splits(recipe, _finder(place))
    data = checksums(corpora)
    if resume:
        _require_same_data(data, run)
    run.create()
    write_text_whole(run.recipe, recipes.dump(recipe))
    run.write_json(run.sources, place)
    run.write_json(run.data, data)

    set_up(recipe)
    last_written = run.tokenizer if recipe.tokenizer.shared else run.target_tokenizer
    if resume and last_written.is_file():
        tokenizers = Tokenizers.load(recipe, run)
    else:
        tokenizers = Tokenizers.train(recipe, corpora["train"].examples)
        tokenizers.save(run)
    model = make_model(recipe, tokenizers)
    task = TranslationTask(
        recipe,
        tokenizers,
        model,
        train=corpora["train"].examples,
        validation=corpora["validation"].examples,
    )
    if task.num_too_long:
        logger.warning(
            "%s training pairs have more than data.max_length = %s tokens and were left out",
            f"{task.num_too_long:,}",
            recipe.data.max_length,
        )
    end = training.fit(task, recipe.training, run, resume=resume)

    model = load_model(recipe, tokenizers, run)
    scores: dict[str, Any] = {}
    signatures: dict[str, str] = {}
    for split in ("validation", "test"):
        found = Scorer(recipe, tokenizers, model, corpora[split].examples).score()
        signatures = {
            "bleu": found.pop("bleu_signature"),
            "chrf": found.pop("chrf_signature"),
        }
        scores[split] = found
    summary = {
        "task": recipe.task,
        "recipe": recipe.name,
        "parameters": model.count_params(),
        "train_seconds": round(end.seconds, 1),
        "tokens_per_second": round(end.tokens / max(end.seconds, 1e-9), 1),
        "steps": end.step,
        "rounds": end.round,
        "best_round": end.best_round,
        "scores": scores,
        "signature": signatures,
        "seed": recipe.training.seed,
        "versions": versions(),
        "data": data,
    }
    run.write_json(run.summary, summary)
    return {"run": str(folder), **summary}


def versions() -> dict[str, str]:
    """Versions of what made a result."""
    found = {name: importlib.metadata.version(name) for name in MEASURED_BY}
    return {"nlp_apps": __version__, "python": platform.python_version(), **found}


def _require_same_recipe(recipe: TranslationRecipe, run: RunFolder) -> None:
    if run.recipe.is_file() and run.recipe.read_text(encoding="utf-8") != recipes.dump(recipe):
        raise UsageError(
            f"--resume: the recipe differs from the one the run began with ({run.recipe}). "
            "Give the same recipe and --set, or choose another --run-dir."
        )


def _require_same_data(data: dict[str, Any], run: RunFolder) -> None:
    began = run.read_json(run.data) if run.data.is_file() else data
    for split, facts in data.items():
        if facts["sha256"] != began.get(split, facts)["sha256"]:
            raise UsageError(
                f"--resume: the {split} text is not what the run began with "
                f"({', '.join(facts['files'])}). Bring it back, or choose another --run-dir."
            )


def _with_absolute_paths(recipe: TranslationRecipe, place: Place) -> TranslationRecipe:
    """Names in full the files that came from `--set`, so that they are found from any folder."""
    overridden = recipe.overridden_sources
    find = finder(place["data_dir"], place["recipe_dir"], overridden=overridden)

    def full(source: Any) -> Any:
        if isinstance(source, tuple):
            return tuple(full(path) for path in source)
        return str(find(source).absolute()) if source in overridden else source

    data = {key: full(getattr(recipe.data, key)) for key in SPLITS}
    if recipe.data.tfds_dir:
        data["tfds_dir"] = _tfds_folder(recipe.data.tfds_dir, find)
    return recipe.model_copy(update={"data": recipe.data.model_copy(update=data)})


def _tfds_folder(path: str, find: Callable[[str], Path]) -> str:
    """The full path of `data.tfds_dir`; from where the user stands when it does not exist yet."""
    try:
        return str(find(path).absolute())
    except WorkError:
        return str(Path(path).expanduser().absolute())


def _finder(place: Place, data_dir: str | None = None) -> Callable[[str], Path]:
    return finder(data_dir or place["data_dir"], place["recipe_dir"])


def _open(folder: Path) -> tuple[RunFolder, TranslationRecipe, Tokenizers]:
    run = RunFolder(folder)
    run.require_trained()
    recipe = recipes.load(run.recipe, task="translation")
    return run, recipe, Tokenizers.load(recipe, run)


def load(folder: Path) -> TextTranslator:
    """Loads a run folder for use.

    Raises:
        NlpAppsError: it is no run folder of this app, or damaged.
    """
    run, recipe, tokenizers = _open(folder)
    set_up(recipe)
    model = load_model(recipe, tokenizers, run)
    return TextTranslator(model, tokenizers.source, tokenizers.target, recipe.decoding)


def evaluate(folder: Path, split: str, data_dir: str | None) -> dict[str, Any]:
    """Scores a run; see `nlp_apps.translation.evaluate`."""
    if split not in SPLITS:
        raise UsageError(f"--split must be one of {', '.join(SPLITS)}; got {split!r}")
    run, recipe, tokenizers = _open(folder)
    if not run.sources.is_file() and not data_dir:
        raise WorkError(f"{run.sources}: missing. Say where the data is with --data-dir.")
    place: Place = {"data_dir": None, "recipe_dir": None}
    if run.sources.is_file():
        place = run.read_json(run.sources)
    corpora = read_splits(recipe, _finder(place, data_dir), [split])
    set_up(recipe)
    model = load_model(recipe, tokenizers, run)
    scores = Scorer(recipe, tokenizers, model, corpora[split].examples).score()
    return {"run": str(folder), "split": split, **scores}
