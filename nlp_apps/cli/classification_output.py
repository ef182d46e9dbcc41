"""Output of `sentiment predict` and `sentiment evaluate`."""

from collections.abc import Mapping
from typing import Any

from nlp_apps.cli.formatting import to_columns, to_table

NO_LABEL = "(no label)"
"""Line of a text none of whose labels reaches its threshold."""


def format_prediction(prediction: Mapping[str, Any]) -> str:
    """Formats label and probability, separated by a tab; a text without content has no label.

    Several labels follow each other in this form, the most probable first.
    """
    if "labels" in prediction:
        probabilities = prediction["probabilities"]
        found = [f"{label}\t{probabilities[label]:.4f}" for label in prediction["labels"]]
        return "\t".join(found) or NO_LABEL
    label = prediction["label"]
    return f"{label}\t{prediction['probability']:.4f}" if label else ""


def empty_prediction(other: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns the prediction of an empty text, in the form of another prediction of the model."""
    return {"labels": []} if other and "labels" in other else {"label": ""}


def format_scores(scores: Mapping[str, Any]) -> str:
    """Formats scores as tables: the scores, a row for each label, the confusion matrix.

    Several labels a text have thresholds, and no confusion matrix.
    """
    labels, is_multi_label = scores["labels"], "confusion" not in scores
    plain = {key: value for key, value in scores.items() if key not in ("labels", "confusion")}
    columns = ["precision", "recall", "f1", *["threshold"] * is_multi_label]
    report = [["label", *("F1" if key == "f1" else key for key in columns), "support"]]
    for name, row in labels.items():
        report.append([name, *(f"{row[key]:.4f}" for key in columns), f"{row['support']:,}"])
    tables = [to_table(plain), to_columns(report)]
    if not is_multi_label:
        tables.append(_confusion(scores))
    return "\n\n".join(tables)


def _confusion(scores: Mapping[str, Any]) -> str:
    from nlp_apps.plots.confusion import short_names

    names = short_names(list(scores["labels"]))
    confusion = [["true \\ predicted", *names]]
    for name, counts in zip(names, scores["confusion"], strict=True):
        confusion.append([name, *(f"{count:,}" for count in counts)])
    return to_columns(confusion)
