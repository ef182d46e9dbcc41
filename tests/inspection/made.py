"""Corpora and recipes for tests of the inspection."""

from collections.abc import Sequence
from typing import Any

from nlp_apps.inspection.finding import Finding
from nlp_apps.inspection.inspection import Inspection, inspect_corpora
from nlp_apps.recipe import load as recipes
from nlp_apps.text.corpus import Corpus, LabelledText, Location, Pair


def corpus(examples: Sequence[Any], name: str = "train.tsv") -> Corpus[Any]:
    """A corpus of one file; example i is in line i + 1."""
    return Corpus(list(examples), 0, "", [name], [Location(0, i + 1) for i in range(len(examples))])


def labelled(*rows: str, name: str = "train.tsv") -> Corpus[LabelledText]:
    """Labelled texts from rows `label|text`."""
    split = [row.split("|", 1) for row in rows]
    return corpus([LabelledText(text, label) for label, text in split], name)


def pairs(*rows: str, name: str = "train.tsv") -> Corpus[Pair]:
    """Pairs from rows `source|target`."""
    return corpus([Pair(*row.split("|", 1)) for row in rows], name)


def inspect(task: str, data: dict[str, Any] | None = None, **splits: Corpus[Any]) -> Inspection:
    """Inspects splits, without an expectation."""
    recipe = recipes.from_dict({"data": {"train": "train.tsv", **(data or {})}}, task=task)
    return inspect_corpora(recipe, splits, with_expectation=False)


def only(inspection: Inspection, kind: str) -> Finding:
    """The one finding of a kind."""
    (found,) = [finding for finding in inspection.findings if finding.kind == kind]
    return found


def kinds(inspection: Inspection) -> set[str]:
    return {finding.kind for finding in inspection.findings}


TEXTS = [f"The {noun} was {word}." for noun in ("soup", "film") for word in ["good", "bad", "late"]]


def clean(count: int = 60) -> list[str]:
    """Rows `label|text` without faults, two labels."""
    return [f"{('good', 'bad')[i % 2]}|{TEXTS[i % 6]} It was number {i}." for i in range(count)]
