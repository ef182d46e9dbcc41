"""Parts of a report that show the LSTM and the n-grams of a logit."""

from nlp_apps.explain.ngram_contributions import NgramContributions
from nlp_apps.networks.classifier import Classifier
from nlp_apps.plots.report import Bar, BarChart, Table

MAX_BARS = 12

_PARTS = (
    "That of the n-grams is a sum over words and pairs of words; a word includes its sequences of "
    "2 to 5 characters. Leaving out a word changes both paths."
)

NOTE = f"A logit is relative to the mean over all labels, before calibration. {_PARTS}"

NOTE_OF_SEVERAL = f"A logit is that of the label alone, before calibration. {_PARTS}"
"""Note of a model with several labels a text."""


def charts(lstm: float, ngrams: NgramContributions, label: str) -> list[BarChart]:
    """Returns a chart of both paths, and one of the n-grams with the largest contributions.

    Args:
        lstm: logit of the LSTM.
        ngrams: contributions of the n-grams.
        label: the label, fit for a line of text.
    """
    paths = [("LSTM", lstm), ("n-grams", ngrams.logit)]
    found = [_signed_chart(f"Logit of {label}: {lstm + ngrams.logit:+.2f}", paths)]
    if ngrams.ngrams:
        largest = [
            (one.ngram.replace("\n", "\u21b5"), one.logit) for one in ngrams.ngrams[:MAX_BARS]
        ]
        heading = f"N-grams that support (right) or oppose (left) {label}"
        found.append(_signed_chart(heading, largest))
    return found


def tables(
    lstm: float, ngrams: NgramContributions, label: str, max_rows: int | None = None
) -> list[Table]:
    """Returns the numbers of `charts` as tables.

    Args:
        lstm: logit of the LSTM.
        ngrams: contributions of the n-grams.
        label: the label, fit for a line of text.
        max_rows: n-grams of the table; default: all, and the bias.
    """
    paths = [["path", "logit"], ["LSTM", f"{lstm:+.3f}"], ["n-grams", f"{ngrams.logit:+.3f}"]]
    rows = [[one.ngram, f"{one.logit:+.3f}"] for one in ngrams.ngrams[:max_rows]]
    if max_rows is None:
        rows.append(["(bias)", f"{ngrams.bias:+.3f}"])
    found = [Table(f"Logit of {label}: {lstm + ngrams.logit:+.3f}", paths)]
    if rows:
        heading = "Numbers of every n-gram" if max_rows is None else "N-grams"
        found.append(Table(heading, [["n-gram", "logit"], *rows]))
    return found


def zero_weight_notes(model: Classifier) -> list[str]:
    """Returns a note if one of the paths has weight 0, which validation chose."""
    notes = []
    if not any(weight.numpy().any() for weight in model.labels.weights):
        notes.append("The LSTM has weight 0 in this model: attention does not change the label.")
    if model.ngrams is not None and not model.ngrams.table.numpy()[:, :-1].any():
        notes.append("The n-grams have weight 0 in this model: the LSTM alone is more accurate.")
    return notes


def _signed_chart(heading: str, values: list[tuple[str, float]]) -> BarChart:
    scale = max([1e-9, *(abs(value) for _, value in values)])
    bars = [Bar(name, value / scale, f"{value:+.2f}") for name, value in values]
    return BarChart(heading, bars, signed=True)
