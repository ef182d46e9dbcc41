"""Which words made a label: where the pooling looked, and what leaving a word out changes.

Letters in shapes: W words.
"""

from dataclasses import dataclass

import numpy as np

from nlp_apps.errors import UsageError
from nlp_apps.explain.explanation import Explained
from nlp_apps.explain.words import Word, join, sums, text_of
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.metrics.classification import softmax
from nlp_apps.plots import fonts
from nlp_apps.plots.report import Bar, Bars, Mark, Sheet, Table, Tinted
from nlp_apps.text.batches.token_texts import truncate
from nlp_apps.text.normalize import is_empty

MOST_LEFT_OUT = 300
"""Words that are left out, one at a time: of a longer text those with the most attention. Each is
a whole text to read."""

SMALLEST_SCALE = 0.02
"""Change of probability that a full bar stands for at least, so that noise does not look large."""

MOST_LABELS = 12
MOST_ROWS = 10


@dataclass(frozen=True)
class Importance:
    """Which words made a label.

    Attributes:
        text: what was judged.
        label: the likeliest.
        probabilities: calibrated, of every label.
        words: of the text.
        attention: <float64>[W], where the pooling looked: the mean over the windows. The rest of 1
            is on the ends of the windows.
        changes: <float64>[W], probability of `label` for the whole text minus that for the text
            without the word: above 0 where the word supports the label. NaN where the word was not
            left out.
        was_read: <bool>[W]; False for words that the recipe's `data.truncation` passes over.
        num_windows: how many sequences were read.
    """

    text: str
    label: str
    probabilities: dict[str, float]
    words: tuple[Word, ...]
    attention: np.ndarray
    changes: np.ndarray
    was_read: np.ndarray
    num_windows: int


def importance(classifier: TextClassifier, text: str) -> Importance:
    """Judges a text and says which words made the label.

    Raises:
        UsageError: there is nothing but markup in it.
    """
    text = classifier.plain(text)
    if is_empty(text):
        raise UsageError("TEXT is empty without its markup: there is nothing to explain.")
    (token_ids,) = classifier.tokenizer.encode([text])
    pieces = classifier.tokenizer.vocabulary
    words = join([pieces[index] for index in token_ids])

    windows = truncate(token_ids, classifier.max_length, classifier.truncation)
    # Cutting the places in the same way says which token stands where.
    places = truncate(range(len(token_ids)), classifier.max_length, classifier.truncation)
    weights, seen = np.zeros(len(token_ids)), np.zeros(len(token_ids))
    for look, place in zip(classifier.read(windows), places, strict=True):
        weights[place[:-1]] = look.weights[:-1] / len(windows)  # the last is EOS
        seen[place[:-1]] = 1.0
    attention, was_read = sums(words, weights), sums(words, seen) > 0

    order = [int(word) for word in np.argsort(-attention, kind="stable") if was_read[word]]
    tried = sorted(order[:MOST_LEFT_OUT])
    texts = [text, *(text_of(words, without=word) for word in tried)]
    probabilities = softmax(classifier.calibration.apply(classifier.logits(texts)))
    best = int(probabilities[0].argmax())
    changes = np.full(len(words), np.nan)
    changes[tried] = probabilities[0, best] - probabilities[1:, best]
    named = zip(classifier.labels, map(float, probabilities[0]), strict=True)
    return Importance(
        text,
        classifier.labels[best],
        dict(named),
        tuple(words),
        attention,
        changes,
        was_read,
        len(windows),
    )


def explain(classifier: TextClassifier, text: str) -> Explained:
    """The picture of `importance`, and for the terminal the words that change most."""
    found = importance(classifier, text)
    probability = found.probabilities[found.label]
    known = np.nan_to_num(found.changes)
    darkest = max(float(found.attention.max(initial=0.0)), 1e-9)
    scale = max(float(np.abs(known).max(initial=0.0)), SMALLEST_SCALE)
    rows = [_row(found, index) for index in range(len(found.words))]
    marks = [
        Mark(
            word.text,
            bool(word.before),
            tint=float(found.attention[index]) / darkest,
            bar=float(known[index]) / scale,
            tip=_tip(found, index),
            dim=not found.was_read[index],
        )
        for index, word in enumerate(found.words)
    ]
    label = fonts.in_line(found.label)
    tinted = Tinted(
        "Words",
        marks,
        f"attention: full tint = {darkest:.1%} of all",
        f"supports {label}: without the word it is less probable, full bar = {scale:.3f}",
        f"opposes {label}: without the word it is more probable",
    )
    head = ["word", "without it", "attention"]
    order = np.argsort(-np.abs(known), kind="stable")
    tables = [Table("Numbers of every word", [head, *rows])] if rows else []
    sheet = Sheet(
        f"{label}: {probability:.1%}",
        (),
        (_labels(found), tinted, *tables),
        _notes(found, classifier),
    )
    best = [rows[index] for index in order[:MOST_ROWS]]
    return Explained(sheet, f"{found.label}\t{probability:.4f}", [head, *best])


def _labels(found: Importance) -> Bars:
    """The likeliest labels."""
    ranked = sorted(found.probabilities.items(), key=lambda pair: -pair[1])
    bars = [Bar(name, share, f"{share:.1%}") for name, share in ranked[:MOST_LABELS]]
    if rest := ranked[MOST_LABELS:]:
        share = sum(share for _, share in rest)
        bars.append(Bar(f"{len(rest)} others", share, f"{share:.1%}"))
    return Bars("Probability", bars)


def _row(found: Importance, index: int) -> list[str]:
    """Word, change of the label's probability when it is left out, attention."""
    change = -found.changes[index]
    shown = "not tried" if np.isnan(change) else f"{change:+.4f}"
    attention = f"{found.attention[index]:.3f}" if found.was_read[index] else "not read"
    return [found.words[index].text, shown, attention]


def _tip(found: Importance, index: int) -> str:
    if not found.was_read[index]:
        return "not read"
    change = -found.changes[index]
    without = "" if np.isnan(change) else f", without it {change:+.4f}"
    return f"attention {found.attention[index]:.3f}{without}"


def _notes(found: Importance, classifier: TextClassifier) -> list[str]:
    notes = [
        "Each word was left out in turn and the text judged again; probabilities are calibrated. "
        "Words that say the same hide each other: without one, the other still counts."
    ]
    if classifier.model.pooling.attention is None:
        notes.append(
            "This model has no attention: the tint is a word's share of the features that are "
            "largest there."
        )
    if found.num_windows > 1:
        notes.append(f"The text was read in {found.num_windows} windows; attention is their mean.")
    if not found.was_read.all():
        notes.append(
            f"Pale words were not read: the text has more than {classifier.max_length - 1} "
            f"tokens (decoding.max_length, data.truncation = {classifier.truncation!r})."
        )
    num_tried = int((~np.isnan(found.changes)).sum())
    if num_tried < found.was_read.sum():
        notes.append(f"The {num_tried} words with the most attention were left out in turn.")
    return notes
