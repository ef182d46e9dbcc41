"""The YAML block of a model card: scores of the run, and values that only its author knows."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nlp_apps.errors import UsageError
from nlp_apps.io.bounded_files import is_number
from nlp_apps.io.printable import escape
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.recipe.section import LANGUAGE_CODE
from nlp_apps.recipe.without_folders import without_folders

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCardData

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"

KEYS = {
    "license": ("--license", r"[a-z0-9][a-z0-9.+-]{0,60}", "an id such as apache-2.0"),
    "language": ("--language", f"({LANGUAGE_CODE})", "a code such as en or pt-BR"),
    "base_model": ("--base-model", f"{NAME}/{NAME}", "OWNER/NAME"),
    "datasets": ("--dataset", f"({NAME}/)?{NAME}", "OWNER/NAME"),
    "tags": ("--tag", r"[\w.+:-]{1,60}", "a word of letters, digits and ._+:-"),
}
"""Values that a run does not have: key of the card -> flag, form, and the form in words."""

NEEDED = {"license": "license", "language": "language of the text"}
"""Keys that a card should have."""

PIPELINE_TAGS = {
    "translation": "translation",
    "summary": "summarization",
    "answer": "question-answering",
    "sentiment": "text-classification",
    "generation": "text-generation",
}
"""Task of a recipe, or `data.kind` of a translation -> task of the hub."""

METRICS: Mapping[str, tuple[str, dict[str, str]]] = {
    "accuracy": ("accuracy", {}),
    "micro_f1": ("f1", {"average": "micro"}),
    "macro_f1": ("f1", {"average": "macro"}),
    "rouge_1": ("rouge", {"type": "rouge1"}),
    "rouge_2": ("rouge", {"type": "rouge2"}),
    "rouge_l": ("rouge", {"type": "rougeL"}),
    "exact_match": ("exact_match", {}),
    "f1": ("f1", {}),
    "bleu": ("bleu", {}),
    "chrf": ("chrf", {}),
    "perplexity": ("perplexity", {}),
}
"""Score of a summary -> metric of the hub, and its arguments."""


def normalized(card_values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Checks values for a card.

    Args:
        card_values: key of `KEYS` -> a text or a list of texts.

    Raises:
        UsageError: a key is unknown, or a value has another form.
    """
    found: dict[str, list[str]] = {}
    for key, value in card_values.items():
        if key not in KEYS:
            raise UsageError(f"card: unknown key {key!r}; it must be one of {', '.join(KEYS)}.")
        flag, form, words = KEYS[key]
        values = [value] if isinstance(value, str) else list(value)
        for one in values:
            if not isinstance(one, str) or not re.fullmatch(form, one):
                raise UsageError(f"{flag} must be {words}, received {one!r}")
        if key == "license" and len(values) > 1:
            raise UsageError(f"{flag} must be one license, received {', '.join(values)}")
        found[key] = values
    return found


def languages_of(recipe: AnyRecipe) -> list[str]:
    """Returns the languages that the recipe of a translator names; empty for other tasks."""
    if recipe.task != "translation":
        return []
    data = recipe.data
    found = [data.language_of_sources, data.language_of_targets]
    if isinstance(data.train, dict):
        found += data.train
    return list(dict.fromkeys(code for code in found if code))


def card_data(
    recipe: AnyRecipe, name: str, summary: Mapping[str, Any], card_values: Mapping[str, list[str]]
) -> "ModelCardData":
    """Returns the YAML block of a card, without the values that are not known.

    Args:
        recipe: the recipe of the run.
        name: name of the model.
        summary: the content of `summary.json`.
        card_values: the result of `normalized`.
    """
    from huggingface_hub import ModelCardData

    data: Any = recipe.data
    pipeline_tag = PIPELINE_TAGS[getattr(data, "kind", recipe.task)]
    results = list(_results(pipeline_tag, recipe, name, summary, card_values.get("datasets", [])))
    return ModelCardData(
        model_name=name,
        language=card_values.get("language") or languages_of(recipe) or None,
        license=next(iter(card_values.get("license", ())), None),
        base_model=card_values.get("base_model"),
        datasets=card_values.get("datasets"),
        pipeline_tag=pipeline_tag,
        library_name="nlp-apps",
        tags=["nlp-apps", "keras", "tflite", recipe.model.cell, *card_values.get("tags", [])],
        metrics=list(dict.fromkeys(one.metric_type for one in results)) or None,
        eval_results=results or None,
    )


def scored_split(summary: Mapping[str, Any]) -> str:
    """Returns the split whose scores are those of the card: test, or validation without one."""
    scores = summary.get("scores")
    return "test" if isinstance(scores, dict) and "test" in scores else "validation"


def scores_of(summary: Mapping[str, Any], split: str) -> dict[str, Any]:
    """Returns the scores of a split; empty if there are none."""
    scores = summary.get("scores")
    found = scores.get(split) if isinstance(scores, dict) else None
    return found if isinstance(found, dict) else {}


def files_of(summary: Mapping[str, Any], split: str) -> list[str]:
    """Returns the files of a split; of an absolute path, only the name."""
    data = summary.get("data")
    stats = data.get(split) if isinstance(data, dict) else None
    files = stats.get("files") if isinstance(stats, dict) else None
    names = [str(file) for file in files] if isinstance(files, list) else []
    return [escape(without_folders(name)) for name in names]


def _results(
    pipeline_tag: str,
    recipe: AnyRecipe,
    name: str,
    summary: Mapping[str, Any],
    datasets: list[str],
) -> Iterator["EvalResult"]:
    """Yields the scores of the split of `scored_split`."""
    from huggingface_hub import EvalResult

    split = scored_split(summary)
    signatures = summary.get("signature")
    for score, value in scores_of(summary, split).items():
        if score not in METRICS or not is_number(value) or not math.isfinite(value):
            continue
        metric, arguments = METRICS[score]
        if isinstance(signatures, dict) and score in signatures:
            arguments = {**arguments, "signature": str(signatures[score])}
        yield EvalResult(
            task_type=pipeline_tag,
            dataset_type=datasets[0] if len(datasets) == 1 else recipe.name or name,
            dataset_name=" + ".join(files_of(summary, split)) or recipe.name or name,
            dataset_split=split,
            metric_type=metric,
            metric_name=score.replace("_", " "),
            metric_value=value,
            metric_args=arguments or None,
        )
