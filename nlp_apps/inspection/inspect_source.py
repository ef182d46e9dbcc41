"""Inspection of a data file or of the text of a recipe, without TensorFlow."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.inspection.finding import Finding
from nlp_apps.inspection.inspection import Inspection, inspect_corpora
from nlp_apps.inspection.reader_warnings import collected_warnings
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.from_data import from_data, is_data
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import find_recipe, finder
from nlp_apps.text.corpora import SPLITS, Find, read_generation, read_sentiment, read_translation
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.split_size import is_hold_out

READERS: Mapping[str, Callable[[Any, Find], Mapping[str, Corpus[Any]]]] = {
    "translation": read_translation,
    "sentiment": read_sentiment,
    "generation": read_generation,
}
"""Reader of the splits of each task."""


def inspect(
    task: str,
    source: str | PathLike[str] | Mapping[str, Any],
    data_dir: str | None = None,
    overrides: Sequence[str] = (),
) -> Inspection:
    """Inspects a data file, or the text that a recipe names.

    Args:
        task: name of the task.
        source: a data file, which becomes `data.train` of a recipe with the default settings; or a
            recipe: its path, its name or a dictionary.
        data_dir: the folder in which the recipe's files are looked up first.
        overrides: texts `section.key=value`.

    Returns:
        Statistics and findings. Text that training refuses is a finding where the rest can be read.

    Raises:
        NlpAppsError: the recipe is wrong, or no text can be read.
    """
    recipe, recipe_dir = _recipe(task, source, overrides)
    find = finder(data_dir, recipe_dir, overridden=recipe.overridden_sources)
    corpora, findings = _read(recipe, find)
    return inspect_corpora(recipe, corpora, more=findings)


def _recipe(
    task: str, source: str | PathLike[str] | Mapping[str, Any], overrides: Sequence[str]
) -> tuple[AnyRecipe, Path]:
    """Returns the recipe of a source, and the folder of its files."""
    if not isinstance(source, Mapping) and is_data(fspath(source)):
        source = from_data(fspath(source), task)
    if isinstance(source, Mapping):
        return recipes.from_dict(source, overrides, task=task), Path.cwd()
    found = find_recipe(source)
    return recipes.load(found, overrides, task=task), found.absolute().parent


def _read(recipe: AnyRecipe, find: Find) -> tuple[dict[str, Corpus[Any]], list[Finding]]:
    """Reads all splits, bad lines skipped.

    Returns:
        The splits, and findings: bad lines, and text too small to split.
    """
    findings: list[Finding] = []
    stops = recipe.data.on_bad_line == "stop"
    lenient = _with_data(recipe, on_bad_line="skip")
    with collected_warnings() as collected:
        try:
            corpora = _read_splits(lenient, find)
        except WorkError as error:
            try:
                corpora = _read_whole(lenient, find)
            except WorkError:
                _read_splits(recipe, find)  # its error names the first bad line
                raise
            findings.append(_not_split(error, corpora))
    # Held-out splits have the count of their source.
    skipped = {tuple(corpus.names): corpus.skipped for corpus in corpora.values()}
    names = [name for corpus in corpora.values() for name in corpus.names]
    findings += collected.findings(sum(skipped.values()), names, stops=stops)
    return corpora, findings


def _not_split(error: WorkError, corpora: Mapping[str, Corpus[Any]]) -> Finding:
    """Returns the finding of text that is too small to hold splits out."""
    problem, _, fix = str(error).rpartition(". ")
    return Finding(
        "cannot_be_split",
        "error",
        sum(len(corpus.examples) for corpus in corpora.values()),
        f"{problem}.",
        f"Add text, or {fix[:1].lower()}{fix[1:]}",
    )


def _read_splits(recipe: AnyRecipe, find: Find) -> dict[str, Corpus[Any]]:
    return dict(READERS[recipe.task](recipe.data, find))


def _read_whole(recipe: AnyRecipe, find: Find) -> dict[str, Corpus[Any]]:
    """Reads the splits that have files, without holding text out."""
    held = {key: "none" for key in SPLITS if is_hold_out(getattr(recipe.data, key))}
    return _read_splits(_with_data(recipe, **held), find)


def _with_data(recipe: AnyRecipe, **keys: Any) -> Any:
    """Returns the recipe with other keys of [data], unchecked."""
    return recipe.model_copy(update={"data": recipe.data.model_copy(update=keys)})
