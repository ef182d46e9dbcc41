"""Printed scores: a model beside its baselines, and the comparison in one line."""

from collections.abc import Mapping, Sequence
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import format_cell, to_columns

Scores = Mapping[str, Any]

USUAL_TOKENIZER = "13a"
"""The tokenizer of BLEU that goes without saying."""

SHARES = ("accuracy", "macro_f1", "micro_f1")
"""Scores that are 1 if all texts are correct."""


def named_scores(scores: Scores, names: Sequence[str]) -> dict[str, Any]:
    """Selects scores; the name of BLEU has its tokenizer if that is not the usual one."""
    return {_printed_name(name, scores): scores[name] for name in names if name in scores}


def _printed_name(name: str, scores: Scores) -> str:
    tokenizer = scores.get("bleu_tokenizer", USUAL_TOKENIZER)
    return f"{name} ({tokenizer})" if name == "bleu" and tokenizer != USUAL_TOKENIZER else name


def baseline_table(
    app: App, scores: Mapping[str, Scores], baselines: Mapping[str, Mapping[str, Scores]]
) -> str:
    """Formats a row for the model and for each baseline, with the scores that all of them have.

    A baseline without any of the scores has "-": a translator before fine-tuning, of which only the
    scores of some languages are known.

    Args:
        app: the app, whose `train_scores` are the columns.
        scores: scores of the model, by split.
        baselines: scores by split and name of the baseline.
    """
    splits = [split for split in scores if baselines.get(split)]
    if not splits:
        return ""
    names = dict.fromkeys(name for split in splits for name in baselines[split])
    rows = [[""], [""], ["model"], *([_words(name)] for name in names)]
    for split in splits:
        found = [scores[split], *(baselines[split].get(name, {}) for name in names)]
        compared = [one for one in found if any(name in one for name in app.train_scores)]
        columns = [name for name in app.train_scores if all(name in one for one in compared)]
        rows[0] += [split, *[""] * (len(columns) - 1)]
        rows[1] += [_printed_name(name, scores[split]) for name in columns]
        for row, one in zip(rows[2:], found, strict=True):
            row += [format_cell(one[name]) if name in one else "-" for name in columns]
    return to_columns(rows)


def fine_tuning_rows(app: App, fine_tuning: Mapping[str, Any]) -> dict[str, Any]:
    """Returns scores before fine-tuning by language, and those on old text, before and after.

    Args:
        app: the app, whose `train_scores` are selected.
        fine_tuning: the "fine_tuning" of a summary.
    """
    rows: dict[str, Any] = {}
    for split, scores in fine_tuning.get("before", {}).items():
        by_language = {
            name: value
            for name, value in scores.items()
            if name.startswith(tuple(f"{one}_" for one in app.train_scores))
            and not name.endswith("_standard_error")
        }
        if by_language:
            rows[f"before.{split}"] = by_language
    old = fine_tuning.get("old_text", {})
    return rows | {
        f"old_text.{time}": named_scores(old[time], app.train_scores)
        for time in ("before", "after")
        if time in old
    }


def verdict(app: App, comparison: Mapping[str, Any]) -> str:
    """Returns the line that compares a model with its best baseline; empty without a comparison.

    Args:
        app: the app.
        comparison: the "comparison" of a summary or of `evaluate`.
    """
    if not comparison:
        return ""
    name, baseline = comparison["score"], _words(comparison["baseline"])
    values = (
        f"{name} {format_cell(comparison['model'])}, {baseline} "
        f"{format_cell(comparison['baseline_score'])}, standard error "
        f"{format_cell(comparison['standard_error'])}"
    )
    split, result = comparison["split"], comparison["result"]
    if result == "better":
        return f"The model is better than the baselines on {split}: {values}."
    if result == "tie" and name in SHARES and comparison["model"] == 1.0:
        return (
            f"The model and the best baseline have no errors on {split}: {values}. Only more "
            "text can show a difference."
        )
    beginning = (
        "The model is no better than a baseline, within the standard error,"
        if result == "tie"
        else "The model is worse than a baseline"
    )
    return (
        f"{beginning} on {split}: {values}. Add text, train longer (train --thorough), start from "
        f"a pretrained model ({app.pretrained_key}), or use the baseline."
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
