"""Classification baselines: label frequencies, and TF-IDF with logistic regression.

Letters in shapes: N texts, L labels, F features.
"""

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from nlp_apps.metrics.calibration import cross_entropy
from nlp_apps.metrics.classification import accuracy_and_macro_f1, confusion_matrix

logger = logging.getLogger(__name__)

INVERSE_REGULARIZATION = 10.0
"""`LogisticRegression.C`. On 100 to 25,000 film reviews, 1 and 100 are at most 0.5% better."""

MAX_STEPS = 100
"""L-BFGS steps; 10 to 40 are usual."""

MAX_TEXTS = 50_000
"""Training texts that are read; with their average length they are fitted in half a minute."""

MAX_CHARACTERS = 100_000_000
"""Characters of all texts that are read for words: a second for 8 million."""

MAX_NGRAM_CHARACTERS = 12_000_000
"""Characters of all texts up to which n-grams of characters are features too: a second a million.

To 25,000 film reviews they add nothing, to 1,000 they add 1% of accuracy.
"""

MIN_SPACES = 1 / 16
"""Share of white space below which the words of a text are not separated by it, as in Chinese."""

MAX_COEFFICIENTS = 2_000_000
"""Features times labels: L-BFGS keeps 20 copies of the coefficients, 8 bytes each."""


def label_frequencies(
    train: Sequence[str], splits: Mapping[str, Sequence[str]], names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Returns the scores of a model that predicts the training frequencies, by split.

    Args:
        train: labels of the training texts.
        splits: labels of the texts to score, by split.
        names: all labels.
    """
    counts = np.bincount(_indices(train, names), minlength=len(names)) + 1.0
    logits = np.log(counts / counts.sum())
    return {
        split: _scores(np.tile(logits, (len(labels), 1)), _indices(labels, names))
        for split, labels in splits.items()
    }


def tfidf_classifier(
    train: tuple[Sequence[str], Sequence[str]],
    splits: Mapping[str, tuple[Sequence[str], Sequence[str]]],
    names: Sequence[str],
) -> dict[str, dict[str, float]]:
    """Returns the scores of TF-IDF features with logistic regression, by split.

    Features are words and pairs of words and, unless the text is long, the 2 to 5 adjacent
    characters inside words; each with its logarithmic frequency (`sublinear_tf`).

    Args:
        train: texts and labels.
        splits: texts and labels to score, by split; none is empty.
        names: all labels; one without a training text is never predicted.
    """
    texts, labels = train
    if len(texts) > MAX_TEXTS:
        logger.info(
            "baseline: TF-IDF reads %s of the %s training texts",
            f"{MAX_TEXTS:,}",
            f"{len(texts):,}",
        )
    chosen = _sample(_indices(labels, names), MAX_TEXTS)
    texts = [texts[index] for index in chosen]
    targets = _indices([labels[index] for index in chosen], names)
    vectorizer = make_vectorizer(
        [*texts, *(text for texts, _ in splits.values() for text in texts)]
    )
    features = vectorizer.fit_transform(texts)
    columns = frequent_columns(features, MAX_COEFFICIENTS // len(names))
    model = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=MAX_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features[:, columns], targets)
    return {
        split: _scores(
            _of_all_labels(
                model.predict_log_proba(vectorizer.transform(texts)[:, columns]),
                model.classes_,
                len(names),
            ),
            _indices(labels, names),
        )
        for split, (texts, labels) in splits.items()
    }


def _of_all_labels(log_probabilities: np.ndarray, known: np.ndarray, num_labels: int) -> np.ndarray:
    """Returns log probabilities <float>[N, L] of those <float>[N, n] of known labels <int>[n]."""
    found = np.full((len(log_probabilities), num_labels), -np.inf)
    found[:, known] = log_probabilities
    return found


def make_vectorizer(texts: Sequence[str]) -> Any:
    """Returns the extractor of features for texts of this script and total size."""
    num_characters = max(sum(map(len, texts)), 1)
    num_spaces = sum(map(str.count, texts, [" "] * len(texts)))
    has_words = num_spaces / num_characters >= MIN_SPACES
    is_long = num_characters > MAX_NGRAM_CHARACTERS
    parts = []
    if has_words or not is_long:
        length = MAX_CHARACTERS // len(texts)
        parts.append(_tfidf(length, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b"))
    if not has_words or not is_long:
        length = MAX_NGRAM_CHARACTERS // len(texts)
        parts.append(_tfidf(length, ngram_range=(2, 5), analyzer="char_wb"))
    return make_union(*parts)


def _tfidf(max_length: int, **settings: Any) -> Any:
    """Returns TF-IDF over hashed n-grams of the first `max_length` characters of a text."""
    vectorizer = HashingVectorizer(
        n_features=2**20,
        norm=None,
        alternate_sign=False,
        dtype=np.float32,
        preprocessor=lambda text: text[:max_length].lower(),
        **settings,
    )
    return make_pipeline(vectorizer, TfidfTransformer(sublinear_tf=True))


def frequent_columns(features: Any, max_features: int) -> np.ndarray:
    """Returns the columns <int64>[F] that occur, the most frequent ones if there are too many."""
    counts = features.getnnz(axis=0)
    columns = np.argsort(-counts, kind="stable")[:max_features]
    return np.sort(columns[counts[columns] > 0])


def _sample(labels: np.ndarray, size: int) -> np.ndarray:
    """Returns the sorted indices of `size` random texts, and of one text for each label."""
    if len(labels) <= size:
        return np.arange(len(labels))
    chosen = np.random.default_rng(0).permutation(len(labels))[:size]
    return np.union1d(chosen, np.unique(labels, return_index=True)[1])


def _indices(labels: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Returns the number <int64>[N] of each label."""
    numbers = {name: index for index, name in enumerate(names)}
    return np.array([numbers[label] for label in labels], np.int64)


def _scores(log_probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Returns accuracy, macro_f1 and loss in nats."""
    predicted = log_probabilities.argmax(axis=1)
    counts = confusion_matrix(predicted, labels, log_probabilities.shape[1])
    loss = cross_entropy(np.maximum(log_probabilities, -1e3), labels)
    return {**accuracy_and_macro_f1(counts), "loss": loss}
