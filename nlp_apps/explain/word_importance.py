"""Importance of each word for a label: attention, n-grams, and the effect of leaving it out.

Letters in shapes: W words.
"""

from dataclasses import dataclass, replace

import numpy as np

from nlp_apps.errors import UsageError
from nlp_apps.explain import path_report
from nlp_apps.explain.explanation import Explanation
from nlp_apps.explain.ngram_contributions import NgramContributions, ngram_contributions
from nlp_apps.explain.words import Word, join, sum_columns, text_of
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.plots import fonts
from nlp_apps.plots.report import (
    Bar,
    BarChart,
    HighlightedText,
    HighlightedWord,
    Report,
    Table,
)
from nlp_apps.text.batches.token_texts import truncate
from nlp_apps.text.normalize import is_empty

MAX_LEFT_OUT = 300
"""Words that are left out, one at a time; of a longer text, those with the most attention. Each
costs the prediction of a whole text."""

MIN_SCALE = 0.02
"""Smallest change of probability of a full bar, so that noise stays small."""

MAX_LABELS = 12
MAX_ROWS = 10


@dataclass(frozen=True)
class WordImportance:
    """Importance of the words of a text for its label.

    Attributes:
        text: The text.
        label: The most probable label, or the chosen one.
        probabilities: Calibrated probability of every label.
        words: W words of the text.
        attention: <float64>[W], weight of the pooling: the mean over the windows. It sums to
            less than 1: the start and end tokens have the rest.
        changes: <float64>[W], probability of `label` for the whole text minus that for the text
            without the word: positive if the word supports the label. NaN if the word was not left
            out.
        was_read: <bool>[W]; False for words that `data.truncation` removes.
        num_windows: Number of sequences that the model read.
        lstm_logit: Logit of `label` from the LSTM; with one label a text, relative to the mean over
            all labels.
        ngrams: Contributions of the n-grams to that logit; None without an n-gram path.
    """

    text: str
    label: str
    probabilities: dict[str, float]
    words: tuple[Word, ...]
    attention: np.ndarray
    changes: np.ndarray
    was_read: np.ndarray
    num_windows: int
    lstm_logit: float
    ngrams: NgramContributions | None


def word_importance(
    classifier: TextClassifier, text: str, label: str | None = None
) -> WordImportance:
    """Classifies a text and returns the importance of each word for a label.

    Args:
        classifier: the classifier.
        text: the text.
        label: the label; default: the most probable one.

    Raises:
        UsageError: The text is empty without its markup, or the label is unknown.
    """
    if label is not None and label not in classifier.labels:
        known = ", ".join(map(repr, classifier.labels[:10]))
        raise UsageError(f"--label {label!r}: unknown. The labels of the model are {known}.")
    text = classifier.normalize(text)
    if is_empty(text):
        raise UsageError("TEXT is empty without its markup: there is nothing to explain.")
    (token_ids,) = classifier.tokenizer.encode([text])
    vocabulary = classifier.tokenizer.vocabulary
    words = join([vocabulary[index] for index in token_ids])

    windows = truncate(token_ids, classifier.max_length, classifier.truncation)
    # Positions of the tokens of each window: truncated in the same way.
    positions = truncate(range(len(token_ids)), classifier.max_length, classifier.truncation)
    weights, was_seen = np.zeros(len(token_ids)), np.zeros(len(token_ids))
    for window, position in zip(classifier.pool(windows), positions, strict=True):
        weights[position[:-1]] = window.weights[:-1] / len(windows)  # the last is EOS
        was_seen[position[:-1]] = 1.0
    attention, was_read = sum_columns(words, weights), sum_columns(words, was_seen) > 0

    order = [int(word) for word in np.argsort(-attention, kind="stable") if was_read[word]]
    left_out = sorted(order[:MAX_LEFT_OUT])
    texts = [text, *(text_of(words, without=word) for word in left_out)]
    logits = classifier.logits(texts)
    probabilities = classifier.calibration.probabilities(logits)
    best = int(probabilities[0].argmax()) if label is None else classifier.labels.index(label)
    changes = np.full(len(words), np.nan)
    changes[left_out] = probabilities[0, best] - probabilities[1:, best]
    path = classifier.model.ngrams
    is_relative = classifier.calibration.thresholds is None
    ngrams = path and ngram_contributions(
        path, words, windows, positions, best, is_relative=is_relative
    )
    logit = float(logits[0, best] - (logits[0].mean() if is_relative else 0.0))
    return WordImportance(
        text,
        classifier.labels[best],
        dict(zip(classifier.labels, map(float, probabilities[0]), strict=True)),
        tuple(words),
        attention,
        changes,
        was_read,
        len(windows),
        logit - ngrams.logit if ngrams else logit,
        ngrams,
    )


def explain(classifier: TextClassifier, text: str, label: str | None = None) -> Explanation:
    """Returns the importance as a highlighted text, and the words with the largest changes.

    Args:
        classifier: the classifier.
        text: the text.
        label: the label to explain; default: the most probable one.
    """
    found = word_importance(classifier, text, label)
    probability = found.probabilities[found.label]
    changes = np.nan_to_num(found.changes)
    most_attention = max(float(found.attention.max(initial=0.0)), 1e-9)
    scale = max(float(np.abs(changes).max(initial=0.0)), MIN_SCALE)
    rows = [_row(found, index) for index in range(len(found.words))]
    words = [
        HighlightedWord(
            word.text,
            bool(word.space_before),
            highlight=float(found.attention[index]) / most_attention,
            bar=float(changes[index]) / scale,
            tooltip=_tooltip(found, index),
            dim=not found.was_read[index],
        )
        for index, word in enumerate(found.words)
    ]
    name = fonts.in_line(found.label)
    highlighted = HighlightedText(
        "Words",
        words,
        f"attention: full colour = {most_attention:.1%} of all attention",
        f"supports {name}: less probable without the word, full bar = {scale:.3f}",
        f"opposes {name}: more probable without the word",
    )
    header = ["word", "without it", "attention"]
    charts, shown = [_label_chart(found, classifier)], []
    tables = [Table("Numbers of every word", [header, *rows])] if rows else []
    if found.ngrams:
        header += ["n-grams"] * bool(found.ngrams.ngrams)
        parts = found.lstm_logit, found.ngrams, name
        charts += path_report.charts(*parts)
        shown = path_report.tables(*parts, max_rows=MAX_ROWS)
        tables += path_report.tables(*parts)[1:]
    report = Report(
        f"{name}: {probability:.1%}",
        (),
        (charts[0], highlighted, *charts[1:], *tables),
        _notes(found, classifier),
    )
    order = np.argsort(-np.abs(changes), kind="stable")[:MAX_ROWS]
    prediction = f"{found.label}\t{probability:.4f}"
    return Explanation(report, prediction, [header, *(rows[index] for index in order)], shown)


def _label_chart(found: WordImportance, classifier: TextClassifier) -> BarChart:
    """Returns a chart of the explained label and the most probable other ones."""
    ranked = sorted(
        found.probabilities.items(), key=lambda pair: (pair[0] != found.label, -pair[1])
    )
    bars = [Bar(name, value, f"{value:.1%}") for name, value in ranked[:MAX_LABELS]]
    if (thresholds := classifier.calibration.thresholds) is not None:
        of_label = dict(zip(classifier.labels, thresholds, strict=True))
        bars = [
            replace(bar, label=f"{bar.label}, threshold {of_label[bar.name]:.1%}") for bar in bars
        ]
    elif others := ranked[MAX_LABELS:]:
        total = sum(value for _, value in others)
        bars.append(Bar(f"{len(others)} others", total, f"{total:.1%}"))
    return BarChart("Probability", bars)


def _row(found: WordImportance, index: int) -> list[str]:
    """Returns the word, the change of probability without it, its attention and n-grams."""
    change = -found.changes[index]
    shown = "not tested" if np.isnan(change) else f"{change:+.4f}"
    attention = f"{found.attention[index]:.3f}" if found.was_read[index] else "not read"
    row = [found.words[index].text, shown, attention]
    return [*row, *_ngrams(found, index)]


def _tooltip(found: WordImportance, index: int) -> str:
    if not found.was_read[index]:
        return "not read"
    change = -found.changes[index]
    without = "" if np.isnan(change) else f", without it {change:+.4f}"
    ngrams = "".join(f", n-grams {value}" for value in _ngrams(found, index))
    return f"attention {found.attention[index]:.3f}{without}{ngrams}"


def _ngrams(found: WordImportance, index: int) -> list[str]:
    """Returns the contribution of a word's n-grams, or nothing if the text has none."""
    if found.ngrams is None or not found.ngrams.ngrams:
        return []
    return [f"{found.ngrams.by_word[index]:+.3f}"]


def _notes(found: WordImportance, classifier: TextClassifier) -> list[str]:
    notes = [
        "Each word was left out in turn, and the text was classified again. Probabilities are "
        "calibrated. Words of the same meaning hide each other: without one, the other still "
        "counts."
    ]
    if found.ngrams:
        notes.append(
            path_report.NOTE
            if classifier.calibration.thresholds is None
            else path_report.NOTE_OF_SEVERAL
        )
        notes += path_report.zero_weight_notes(classifier.model)
    if classifier.model.pooling.attention is None:
        notes.append(
            "This model has no attention: the colour is the share of the features that have their "
            "maximum at the word."
        )
    if found.num_windows > 1:
        notes.append(f"The text was read in {found.num_windows} windows; attention is their mean.")
    if not found.was_read.all():
        notes.append(
            f"Pale words were not read: the text has more than {classifier.max_length - 1} "
            f"tokens (decoding.max_length, data.truncation = {classifier.truncation!r})."
        )
    num_left_out = int((~np.isnan(found.changes)).sum())
    if num_left_out < found.was_read.sum():
        notes.append(f"Only the {num_left_out} words with the most attention were left out.")
    return notes
