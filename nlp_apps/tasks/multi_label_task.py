"""Classification with several labels a text: a sigmoid, a calibration and a threshold each.

Letters in shapes: B batch, N texts, L labels, S different sets of labels.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.metrics.baselines.label_set_baselines import frequent_label, tfidf_label_sets
from nlp_apps.metrics.label_set_calibration import (
    LabelSetCalibration,
    common_threshold_scores,
    fit_label_sets,
    monitored_score,
)
from nlp_apps.metrics.label_set_scores import binary_cross_entropy, f1_scores, label_set_report
from nlp_apps.tasks.known_label_sets import (
    find_label_sets,
    read_label_sets,
    require_known_labels,
    target_rows,
)
from nlp_apps.tasks.label_log import warn_of_untested
from nlp_apps.tasks.ngram_path import FIT_SECONDS, add_ngrams, fit_path
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training.checkpoints import save_weights
from nlp_apps.training.losses import label_set_cross_entropy
from nlp_apps.training.ngram_fit_sets import fit_ngram_sets, max_fitted
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)

VALUES_OF_TEXT = 150
"""Different n-grams of a text, for the estimate of a duration."""


class MultiLabelTask(SentimentTask):
    """Classification with `data.multi_label`; see `SentimentTask`.

    Each different set of labels has a number, which is the target of a text in a batch.

    Attributes:
        calibration: turns logits into probabilities, and has the thresholds.
        label_sets: <bool>[S + 1, L], the labels of each number; row 0 is for rows of padding.
        label_weights: <float32>[2, L], weights of a text without and with each label.
    """

    calibration: LabelSetCalibration
    logged_score = "micro_f1"

    def check(self, corpora: Mapping[str, Corpus[LabelledText]]) -> None:
        """Finds the labels and checks them.

        Raises:
            WorkError: as `find_label_sets`.
        """
        self.labels = find_label_sets(self.recipe.data, corpora)
        self.calibration = LabelSetCalibration.identity(len(self.labels))

    def _save_assets(self, run: RunFolder) -> None:
        self.tokenizer.save(run.tokenizer)
        run.write_json(
            run.labels, {"labels": self.labels, "multi_label": True, **asdict(self.calibration)}
        )

    def load_assets(self, run: RunFolder) -> None:
        """Reads tokenizer, labels, calibration and thresholds."""
        self.labels, self.calibration = read_label_sets(run)
        self.tokenizer = Tokenizer.load(run.tokenizer)

    def load_training_data(self, corpora: Mapping[str, Corpus[LabelledText]]) -> None:
        """Encodes the texts, truncates long ones and plans their batches."""
        super().load_training_data(corpora)
        self.calibration = LabelSetCalibration.identity(len(self.labels))

    def _classes(self, examples: Sequence[LabelledText]) -> Sequence[str]:
        """Returns the different sets of labels, and keeps the table of their labels."""
        sets = sorted({example.label for example in examples})
        rows = target_rows([LabelledText("", one) for one in sets], self.labels)
        self.label_sets = tf.constant(np.concatenate([np.zeros_like(rows[:1]), rows]))
        return sets

    def _prepare_loss(self) -> None:
        """Sets the weights of the labels."""
        weights = np.ones((2, len(self.labels)))
        if self.recipe.training.class_weight == "balanced":
            numbers = np.bincount(self.train.labels, minlength=len(self.label_sets))
            weights = _balanced(numbers @ self.label_sets.numpy(), int(numbers.sum()))
        self.label_weights = tf.constant(weights, tf.float32)

    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Returns the sum over texts of the weighted binary cross-entropy, <float32>[]."""
        known = tf.gather(self.label_sets, targets)
        losses = label_set_cross_entropy(
            outputs, known, smoothing=self.recipe.training.label_smoothing
        )
        weights = tf.where(known, self.label_weights[1], self.label_weights[0])
        is_text = tf.cast(tf.not_equal(targets, PAD), tf.float32)
        return tf.reduce_sum(tf.reduce_mean(losses * weights, axis=-1) * is_text)

    def validate(self) -> dict[str, float]:
        """Returns loss, micro-F1 and macro-F1 of the validation texts.

        F1 is that of the best common threshold.
        """
        logits, targets = self.logits(self._predictor, self.validation)
        scores = common_threshold_scores(logits, targets)
        return {
            "loss": binary_cross_entropy(logits, targets),
            "micro_f1": scores["micro_f1"],
            "macro_f1": scores["macro_f1"],
        }

    def calibrate(self, corpora: Mapping[str, Corpus[LabelledText]], run: RunFolder) -> None:
        """Fits the calibration and the threshold of each label on the validation texts."""
        self.calibration = LabelSetCalibration.identity(len(self.labels))
        if self.model.ngrams is not None:
            add_ngrams(self, corpora)
            save_weights(self.model, run.weights)
        logits, targets = self.logits(self.predictor(), corpora["validation"].examples)
        found = fit_label_sets(logits, targets)
        before, after = (
            f1_scores(one.probabilities(logits) >= np.array(one.thresholds), targets)["micro_f1"]
            for one in (self.calibration, found)
        )
        self.calibration = found
        logger.info(
            "calibration: validation loss %.3f -> %.3f; thresholds from %.2f to %.2f: micro-F1 "
            "%.3f -> %.3f, on the text that they are fitted to",
            binary_cross_entropy(logits, targets),
            binary_cross_entropy(found.apply(logits), targets),
            min(found.thresholds),
            max(found.thresholds),
            before,
            after,
        )
        self._save_assets(run)

    def calibration_seconds(self, corpora: Mapping[str, Corpus[LabelledText]]) -> float:
        """Returns the estimated duration of the fit of the n-grams."""
        fitted = max_fitted(len(self.labels)) // VALUES_OF_TEXT
        seconds = min(super().calibration_seconds(corpora), FIT_SECONDS * fitted)
        return seconds * max(1.0, len(self.labels) / 4)

    def fit_ngram_path(
        self, path: Ngrams, sequences: Sequence[np.ndarray], known: np.ndarray
    ) -> None:
        """Fits a logistic regression of n-grams for each label."""
        weights = None
        if self.recipe.training.class_weight == "balanced":
            both = _balanced(known.sum(axis=0), len(known))
            weights = np.where(known, both[1], both[0])
        fit_path(
            path,
            sequences,
            known,
            weights=weights,
            seed=self.recipe.training.seed,
            fit=fit_ngram_sets,
        )

    def monitored_score(self, name: str, logits: np.ndarray, targets: np.ndarray) -> float:
        """Returns a score by its name, with the best common threshold."""
        return monitored_score(name, logits, targets)

    def mean_cross_entropy(self, logits: np.ndarray, targets: np.ndarray) -> float:
        """Returns the mean binary cross-entropy of logits <float>[N, L], in nats."""
        return binary_cross_entropy(logits, targets)

    def score(self, examples: Sequence[LabelledText]) -> dict[str, Any]:
        """Returns the scores of `label_set_report`. Labels without a text are logged."""
        require_known_labels(examples, self.labels)
        scores = self._scores(self.predictor(), examples)
        warn_of_untested(scores["untested_labels"], len(examples))
        return scores

    def baselines(
        self, train: Sequence[LabelledText], splits: Mapping[str, Sequence[LabelledText]]
    ) -> dict[str, dict[str, dict[str, float]]]:
        """Scores the most frequent label, and TF-IDF with a logistic regression for each label.

        Thresholds of the regressions are fitted on validation text as those of the model, or on
        training text without any.

        Raises:
            WorkError: a training text has an unknown label.
        """
        require_known_labels(train, self.labels)
        targets = partial(target_rows, labels=self.labels)
        known = {split: targets(examples) for split, examples in splits.items()}
        texts = {split: [each.source for each in examples] for split, examples in splits.items()}
        fitted = targets(train)
        frequent = frequent_label(fitted, known)
        tfidf = tfidf_label_sets([each.source for each in train], fitted, texts, known)
        return {
            split: {"most_frequent_label": frequent[split], "tfidf_logistic_regression": found}
            for split, found in tfidf.items()
        }

    def _scores(
        self, classifier: TextClassifier, examples: Sequence[LabelledText]
    ) -> dict[str, Any]:
        logits, targets = self.logits(classifier, examples)
        thresholds = np.array(self.calibration.thresholds)
        scores = label_set_report(self.calibration.apply(logits), targets, thresholds, self.labels)
        return {**scores, "texts": len(examples)}

    def targets(self, examples: Sequence[LabelledText]) -> np.ndarray:
        """Returns the labels <bool>[N, L]."""
        return target_rows(examples, self.labels)


def _balanced(counts: np.ndarray, num_texts: int) -> np.ndarray:
    """Returns weights with which both values of each label have half of the total.

    Args:
        counts: <int>[L], texts with each label.
        num_texts: number of texts.

    Returns:
        <float>[2, L], weights of a text without and with each label.
    """
    both = np.stack([num_texts - counts, counts])
    return num_texts / (2.0 * np.maximum(both, 1))
