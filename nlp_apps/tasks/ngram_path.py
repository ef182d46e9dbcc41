"""The n-gram path of a classifier: its fit, and its weight beside the LSTM.

Letters in shapes: N texts, R rows of the table, L labels.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nlp_apps.blocks.ngram_counts import ngram_counts
from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.metrics.calibration import cross_entropy
from nlp_apps.text.batches.mixed_epochs import mixed_count, mixed_positions
from nlp_apps.text.batches.token_texts import truncate
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.storage.spread import evenly_spread
from nlp_apps.training.ngram_fit import NgramFit, fit_ngrams

logger = logging.getLogger(__name__)

SHARES = tuple(index / 10 for index in range(11))
"""Shares of the LSTM that are compared; the n-grams have the rest."""

SCALES = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
"""Scales of the sum that are compared."""

MAX_FITTED = 500_000
"""Stored training texts from which the n-grams are fitted; of more, every n-th."""

FIT_SECONDS = 0.004
"""Duration of `fit_path` on two cores by training text."""

Score = Callable[[np.ndarray, np.ndarray], float]
"""Returns a score of logits <float>[N, L] and labels <int>[N]; higher is better."""


class PathWeights(NamedTuple):
    """Factors of both paths.

    Attributes:
        lstm: factor of the LSTM's logits.
        ngrams: factor of the n-grams' logits.
        share: share of the LSTM in the sum, from 0 to 1.
        score, loss: monitored score and cross-entropy of the sum.
    """

    lstm: float
    ngrams: float
    share: float
    score: float
    loss: float


def fit_path(
    path: Ngrams,
    sequences: Sequence[np.ndarray],
    labels: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    seed: int = 0,
    fit: Callable[..., NgramFit] = fit_ngrams,
) -> None:
    """Fits the table of a path by logistic regression and assigns it.

    Args:
        path: the layer.
        sequences: N training texts as token ids, EOS included.
        labels: <int>[N], from 0 to L - 1.
        weights: <float>[N], weight of each text; default: 1.
        seed: chooses the folds of the cross-validation.
        fit: `fit_ngrams`, or a function with its arguments for other `labels`.
    """
    fitted = fit(
        ngram_counts(path.find, sequences),
        labels,
        path.num_labels,
        first_of_characters=path.find.first_of_characters,
        weights=weights,
        seed=seed,
    )
    path.table.assign(fitted.table)
    path.bias.assign(fitted.bias)


def choose_path_weights(
    lstm: np.ndarray,
    ngrams: np.ndarray,
    labels: np.ndarray,
    score: Score,
    loss_of: Score = cross_entropy,
) -> PathWeights:
    """Chooses the factors of both paths on validation text.

    Of the shares whose score is at least that of the better path alone, it returns the one with the
    lowest cross-entropy. The logits of each path are normalized to log probabilities in the
    comparison, so that a share has the same meaning for every model.

    Args:
        lstm: <float>[N, L], logits of the LSTM.
        ngrams: <float>[N, L], logits of the n-grams.
        labels: <int>[N], or <bool>[N, L] of texts with several labels.
        score: the monitored score.
        loss_of: returns the cross-entropy of logits and labels.
    """
    found: list[tuple[float, float, float, float]] = []  # score, loss, share, scale
    for share in SHARES:
        mixed = share * lstm + (1.0 - share) * ngrams
        value = score(mixed, labels)
        found += [(value, loss_of(scale * mixed, labels), share, scale) for scale in SCALES]
    alone = max(value for value, _, share, _ in found if share in (0.0, 1.0))
    best, loss, share, scale = min(
        (one for one in found if one[0] >= alone), key=lambda one: (one[1], -one[0])
    )
    return PathWeights(scale * share, scale * (1.0 - share), share, best, loss)


def set_columns(
    path: Ngrams, values: tuple[np.ndarray, np.ndarray] | None, is_set: np.ndarray
) -> None:
    """Sets the values of some labels in the table and the bias of a path.

    Args:
        path: the layer.
        values: table and bias with the values; None: 0.
        is_set: <bool>[L], the labels.
    """
    if not is_set.any():
        return
    table, bias = path.table.numpy(), path.bias.numpy()
    table[:, :-1][:, is_set] = 0.0 if values is None else values[0][:, :-1][:, is_set]
    bias[is_set] = 0.0 if values is None else values[1][is_set]
    path.table.assign(table)
    path.bias.assign(bias)


def add_ngrams(task: Any, corpora: Mapping[str, Corpus[LabelledText]]) -> None:
    """Fits the n-grams on the training texts, and weighs them against the LSTM.

    In fine-tuning, the n-grams of the finished model are kept if they do better on the validation
    texts. Old text that is mixed in is also used for the fit, with the share that an epoch has; of
    a task that `fits_all_old`, all of it.

    Args:
        task: the task of the classifier.
        corpora: the splits.
    """
    model, recipe, path = task.model, task.recipe, task.model.ngrams
    predictor, validation = task.predictor(), corpora["validation"].examples
    model.scale_paths(1.0, 0.0)
    lstm, labels = task.logits(predictor, validation)
    task.fit_ngram_path(path, *_texts_to_fit(task, corpora["train"].examples, predictor))
    tables = [(path.table.numpy(), path.bias.numpy())]
    if task.first_ngrams is not None:
        tables.append(task.first_ngrams)
    found: list[tuple[PathWeights, np.ndarray]] = []
    for table, bias in tables:
        path.table.assign(table)
        path.bias.assign(bias)
        ngrams = task.logits(predictor, validation)[0] - lstm
        score = partial(task.monitored_score, recipe.training.monitor)
        weights = choose_path_weights(lstm, ngrams, labels, score, task.mean_cross_entropy)
        found.append((weights, ngrams))
    best = max(range(len(found)), key=lambda one: (found[one][0].score, -found[one][0].loss))
    chosen, ngrams = found[best]
    path.table.assign(tables[best][0])
    path.bias.assign(tables[best][1])
    model.scale_paths(chosen.lstm, chosen.ngrams)
    both = chosen.lstm * lstm + chosen.ngrams * ngrams
    name = task.logged_score
    logger.info(
        "validation %s: LSTM %.3f, n-grams %.3f, both %.3f; share of the LSTM: %g%s",
        name.replace("_", "-"),
        *(task.monitored_score(name, one, labels) for one in (lstm, ngrams, both)),
        chosen.share,
        "; the n-grams of the finished model are kept" if best else "",
    )


def _texts_to_fit(
    task: Any, train: Sequence[LabelledText], predictor: Any
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Returns the token ids of the texts, as predictions get them, and their targets.

    The third result, <bool>[N], is True for old text.
    """
    texts = evenly_spread(train, MAX_FITTED)
    num_new = len(texts)
    if old := task.mixed_text:
        count = len(old)
        if not task.fits_all_old:
            count = mixed_count(task.recipe.data.mix_in_share, len(texts), len(old))
        positions = mixed_positions(0, len(old), count, task.recipe.training.seed)
        texts = [*texts, *(old[position] for position in positions.tolist())]
    windows_of = [
        truncate(token_ids, predictor.max_length, predictor.truncation)
        for token_ids in task.tokenizer.encode([text.source for text in texts])
    ]
    counts = list(map(len, windows_of))
    known = np.repeat(task.targets(texts), counts, axis=0)
    is_old = np.repeat(np.arange(len(texts)) >= num_new, counts)
    return [window for windows in windows_of for window in windows], known, is_old
