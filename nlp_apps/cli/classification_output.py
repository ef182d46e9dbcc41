"""Output of `sentiment predict` and `sentiment evaluate`."""

from collections.abc import Mapping
from typing import Any

from nlp_apps.cli.formatting import to_columns, to_table


def format_prediction(prediction: Mapping[str, Any]) -> str:
    """Formats label and probability, separated by a tab; a text without content has no label."""
    label = prediction["label"]
    return f"{label}\t{prediction['probability']:.4f}" if label else ""


def format_scores(scores: Mapping[str, Any]) -> str:
    """Formats scores as three tables: the scores, a row for each label, the confusion matrix."""
    from nlp_apps.plots.confusion import short_names

    labels = scores["labels"]
    report = [["label", "precision", "recall", "F1", "support"]]
    for name, row in labels.items():
        cells = [f"{row[key]:.4f}" for key in ("precision", "recall", "f1")]
        report.append([name, *cells, f"{row['support']:,}"])
    names = short_names(list(labels))
    confusion = [["true \\ predicted", *names]]
    for name, counts in zip(names, scores["confusion"], strict=True):
        confusion.append([name, *(f"{count:,}" for count in counts)])
    plain = {key: value for key, value in scores.items() if key not in ("labels", "confusion")}
    return "\n\n".join([to_table(plain), to_columns(report), to_columns(confusion)])
