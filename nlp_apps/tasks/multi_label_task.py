"""Classification with several labels a text: a sigmoid, a calibration and a threshold each.

Letters in shapes: B batch, N texts, L labels, S different sets of labels.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.metrics.baselines.label_set_baselines import frequent_label, tfidf_label_sets
from nlp_apps.metrics.label_set_calibration import (
    LabelSetCalibration,
    calibrated_before,
    common_threshold_scores,
    fit_label_sets,
    monitored_score,
)
from nlp_apps.metrics.label_set_scores import binary_cross_entropy, f1_scores, label_set_report
from nlp_apps.tasks.finished_model import FinishedModel
from nlp_apps.tasks.first_bias import log_odds, set_first_bias
from nlp_apps.tasks.known_label_sets import (
    count_labels,
    find_label_sets,
    read_label_sets,
    read_undecided,
    require_known_labels,
    target_rows,
)
from nlp_apps.tasks.label_log import report_undecided, warn_of_untested
from nlp_apps.tasks.label_set_table import LabelSetTable, balanced_weights
from nlp_apps.tasks.ngram_path import FIT_SECONDS, add_ngrams, fit_path, set_columns
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.text.batches.augmented_texts import AugmentedTexts
from nlp_apps.text.batches.mixed_epochs import MixedEpochs, mixed_count
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
        table: the sets of labels of the training texts.
        label_sets: <bool>[S + 1, L], the labels of each number.
        set_weights: <float32>[S + 1, L], weight of each label in the loss of each number.
        first_calibration: that of the labels before training.
        undecided: labels of the finished model or of its text that no new training text has.
    """

    calibration: LabelSetCalibration
    table: LabelSetTable
    undecided: frozenset[str] = frozenset()
    logged_score = "micro_f1"
    fits_all_old = True

    def check(self, corpora: Mapping[str, Corpus[LabelledText]]) -> None:
        """Finds the labels and checks them.

        Raises:
            WorkError: as `find_label_sets`.
        """
        of_old = self._labels_of_old() if self.old_text else ()
        self.labels = find_label_sets(self.recipe.data, corpora, self.known_labels, of_old)
        self.undecided = frozenset(self.labels) - count_labels(corpora["train"].examples).keys()
        self.calibration = LabelSetCalibration.identity(len(self.labels))

    def _labels_of_old(self) -> frozenset[str]:
        """Returns the labels of the finished model and of its text, which the old text decides."""
        old = self.old_text
        assert old is not None and self.finished is not None
        return frozenset(self.finished.labels).union(count_labels([*old.train, *old.validation]))

    def adopt(self, finished: FinishedModel, run: RunFolder) -> None:
        """Writes tokenizer, labels and the calibration of a finished model with several labels."""
        if isinstance(finished.calibration, LabelSetCalibration):
            self.calibration = finished.calibration.with_labels(len(self.labels))
        super().adopt(finished, run)

    def _save_assets(self, run: RunFolder) -> None:
        self.tokenizer.save(run.tokenizer)
        content = {"labels": self.labels, "multi_label": True, **asdict(self.calibration)}
        if self.undecided:
            content["undecided"] = sorted(self.undecided)
        run.write_json(run.labels, content)

    def load_assets(self, run: RunFolder) -> None:
        """Reads tokenizer, labels, calibration and thresholds."""
        self.labels, self.calibration = read_label_sets(run)
        self.undecided = read_undecided(run)
        self.tokenizer = Tokenizer.load(run.tokenizer)

    def load_training_data(self, corpora: Mapping[str, Corpus[LabelledText]]) -> None:
        """Encodes the texts, truncates long ones and plans their batches."""
        self.table, self.first_calibration = LabelSetTable(self.labels), self.calibration
        super().load_training_data(corpora)
        self.undecided = frozenset(np.array(self.labels)[~self.table.is_new].tolist())
        self.calibration = LabelSetCalibration.identity(len(self.labels))

    def _classes(self, examples: Sequence[LabelledText], *, is_old: bool) -> Sequence[str]:
        """Returns the different sets of labels, and adds them to the table."""
        if is_old:
            return self.table.add_old(examples, self._labels_of_old())
        return self.table.add_new(examples)

    def _prepare_loss(self) -> None:
        """Sets the labels of each number, their weights, and the first bias of a new model."""
        table, counts = self.table, self._numbers_of_sets()
        weights = np.ones((2, len(self.labels)))
        if self.recipe.training.class_weight == "balanced":
            weights = table.balanced_weights(counts)
        self.label_sets = tf.constant(table.targets)
        of_sets = np.where(table.targets, weights[1], weights[0]) * table.is_decided
        self.set_weights = tf.constant(of_sets, tf.float32)
        totals = of_sets * counts[:, None]
        sums = (totals * table.targets).sum(axis=0), totals.sum(axis=0)
        set_first_bias(self, log_odds(*sums, self.recipe.training.label_smoothing))

    def _numbers_of_sets(self) -> np.ndarray:
        """Returns the number of texts of each set in an epoch, <float>[S + 1]."""
        size = len(self.table.targets)
        numbers = np.bincount(self.train.labels, minlength=size).astype(float)
        if isinstance(self.epochs, MixedEpochs) and isinstance(self.epochs.old, AugmentedTexts):
            old = self.epochs.old.base.labels
            count = mixed_count(self.epochs.share, len(self.train), len(old))
            numbers += np.bincount(old, minlength=size) * (count / len(old))
        return numbers

    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Returns the sum over texts of the weighted binary cross-entropy, <float32>[]."""
        known = tf.gather(self.label_sets, targets)
        losses = label_set_cross_entropy(
            outputs, known, smoothing=self.recipe.training.label_smoothing
        )
        weights = tf.gather(self.set_weights, targets)
        is_text = tf.cast(tf.not_equal(targets, PAD), tf.float32)
        return tf.reduce_sum(tf.reduce_mean(losses * weights, axis=-1) * is_text)

    def validate(self) -> dict[str, float]:
        """Returns loss, micro-F1 and macro-F1 of the validation texts.

        F1 is that of the best common threshold. Labels that the new text lacks do not count.
        """
        logits, targets = self._decided(*self.logits(self._predictor, self.validation))
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
            self._add_ngrams(corpora)
            save_weights(self.model, run.weights)
        logits, targets = self.logits(self.predictor(), corpora["validation"].examples)
        columns = self._is_decided(targets)
        found = self._with_old_labels(fit_label_sets(logits, targets, columns), targets)
        before, after = (
            f1_scores(
                (one.probabilities(logits) >= np.array(one.thresholds))[:, columns],
                targets[:, columns],
            )["micro_f1"]
            for one in (self.calibration, found)
        )
        self.calibration = found
        logger.info(
            "calibration: validation loss %.3f -> %.3f; thresholds from %.2f to %.2f: micro-F1 "
            "%.3f -> %.3f, on the text that they are fitted to",
            self.mean_cross_entropy(logits, targets),
            self.mean_cross_entropy(found.apply(logits), targets),
            min(found.thresholds),
            max(found.thresholds),
            before,
            after,
        )
        self._save_assets(run)

    def _add_ngrams(self, corpora: Mapping[str, Corpus[LabelledText]]) -> None:
        """Adds the n-grams; labels that no training text has keep their weights in both paths."""
        is_kept, weights = ~self._is_trained, self.model.labels.weights
        first = [np.asarray(weight).copy() for weight in weights]
        add_ngrams(self, corpora)
        if is_kept.any() and self.model.ngrams is not None:
            for weight, value in zip(weights, first, strict=True):
                weight.assign(np.where(is_kept, value, np.asarray(weight)))
            set_columns(self.model.ngrams, self.first_ngrams, is_kept)

    @property
    def _is_trained(self) -> np.ndarray:
        """Labels that a training text has, old ones too, <bool>[L]."""
        return np.asarray(self.table.targets.any(axis=0))

    def _is_decided(self, targets: np.ndarray) -> np.ndarray:
        """Labels that new texts with these targets <bool>[N, L] decide, <bool>[L]."""
        is_new = np.array([label not in self.undecided for label in self.labels])
        return np.asarray(is_new | targets.any(axis=0))

    def _decided(self, logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the columns <float>[N, D] and <bool>[N, D] of the labels that texts decide."""
        columns = self._is_decided(targets)
        return (logits, targets) if columns.all() else (logits[:, columns], targets[:, columns])

    def _with_old_labels(
        self, calibration: LabelSetCalibration, targets: np.ndarray
    ) -> LabelSetCalibration:
        """Replaces the calibration and the thresholds of labels that the new text lacks.

        Args:
            calibration: fitted to the validation text.
            targets: <bool>[N, L], the labels of this text.
        """
        is_old = ~self._is_decided(targets)
        if not is_old.any():
            return calibration
        found = calibration.replaced(is_old, self.first_calibration)
        if self.old_text and self.old_text.validation:
            logits, known = self.logits(self.predictor(), self.old_text.validation)
            is_there = is_old & known.any(axis=0)
            is_decided = np.isin(self.labels, list(self._labels_of_old()))
            found = found.replaced(is_there, fit_label_sets(logits, known, is_decided))
        return found

    def calibration_seconds(self, corpora: Mapping[str, Corpus[LabelledText]]) -> float:
        """Returns the estimated duration of the fit of the n-grams."""
        fitted = max_fitted(len(self.labels)) // VALUES_OF_TEXT
        seconds = min(super().calibration_seconds(corpora), FIT_SECONDS * fitted)
        return seconds * max(1.0, len(self.labels) / 4)

    def fit_ngram_path(
        self,
        path: Ngrams,
        sequences: Sequence[np.ndarray],
        known: np.ndarray,
        is_old: np.ndarray,
    ) -> None:
        """Fits a logistic regression of n-grams for each label, to the texts that decide it.

        The total weight of old text is that of the share of an epoch.
        """
        weights = None
        is_decided = np.ones(known.shape, bool)
        if self.known_labels:
            is_decided[~is_old] = known[~is_old].any(axis=0)
            if is_old.any():
                is_decided[is_old] = np.isin(self.labels, list(self._labels_of_old()))
            weights = is_decided * self._fit_weights(is_old)[:, None]
        if self.recipe.training.class_weight == "balanced":
            totals = is_decided if weights is None else weights
            both = balanced_weights((known * totals).sum(axis=0), totals.sum(axis=0))
            weights = np.where(known, both[1], both[0]) * totals
        fit_path(
            path,
            sequences,
            known,
            weights=weights,
            seed=self.recipe.training.seed,
            fit=fit_ngram_sets,
        )
        set_columns(path, self.first_ngrams, ~self._is_trained)

    def _fit_weights(self, is_old: np.ndarray) -> np.ndarray:
        """Returns the weight of each text in the fit of the n-grams, <float>[N]."""
        num_old = int(is_old.sum())
        share, num_new = self.recipe.data.mix_in_share, len(is_old) - num_old
        weight = mixed_count(share, num_new, num_old) / max(num_old, 1)
        return np.where(is_old, weight, 1.0)

    def monitored_score(self, name: str, logits: np.ndarray, targets: np.ndarray) -> float:
        """Returns a score by its name, with the best common threshold."""
        return monitored_score(name, *self._decided(logits, targets))

    def mean_cross_entropy(self, logits: np.ndarray, targets: np.ndarray) -> float:
        """Returns the mean binary cross-entropy of logits <float>[N, L], in nats."""
        return binary_cross_entropy(*self._decided(logits, targets))

    def score(self, examples: Sequence[LabelledText]) -> dict[str, Any]:
        """Returns `label_set_report`. Labels without a text and those left out are logged."""
        require_known_labels(examples, self.labels)
        scores = self._scores(self.predictor(), examples)
        left_out = [label for label in self.labels if label not in scores["labels"]]
        report_undecided(left_out, len(self.labels))
        warn_of_untested(scores["untested_labels"], len(examples))
        return scores

    def score_before(self, examples: Sequence[LabelledText]) -> dict[str, Any]:
        """Returns the scores of the finished model, which predicts no new label."""
        require_known_labels(examples, self.labels)
        return self._scores(self.predictor(), examples, before=True)

    def score_old(self, *, before: bool = False) -> dict[str, Any]:
        """Returns the scores on the old text, of the labels that it decides."""
        assert self.old_text is not None
        found = self.logits(self.predictor(), self.old_text.validation)
        return self._report(*found, before=before, labels=self._labels_of_old())

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
        known = {split: self.targets(examples) for split, examples in splits.items()}
        scored = {split: self._is_decided(targets) for split, targets in known.items()}
        texts = {split: [each.source for each in examples] for split, examples in splits.items()}
        fitted = self.targets(train)
        frequent = frequent_label(fitted, known, scored)
        tfidf = tfidf_label_sets([each.source for each in train], fitted, texts, known, scored)
        return {
            split: {"most_frequent_label": frequent[split], "tfidf_logistic_regression": found}
            for split, found in tfidf.items()
        }

    def _scores(
        self, classifier: TextClassifier, examples: Sequence[LabelledText], *, before: bool = False
    ) -> dict[str, Any]:
        """Returns the scores of the labels that new text decides."""
        logits, targets = self.logits(classifier, examples)
        is_decided = self._is_decided(targets)
        labels = [label for label, decided in zip(self.labels, is_decided, strict=True) if decided]
        return self._report(logits, targets, before=before, labels=labels)

    def _report(
        self,
        logits: np.ndarray,
        targets: np.ndarray,
        *,
        before: bool = False,
        labels: Collection[str] | None = None,
    ) -> dict[str, Any]:
        """Returns the scores of `label_set_report`.

        Args:
            logits: <float>[N, L], without calibration.
            targets: <bool>[N, L].
            before: uses the calibration and the thresholds of the finished model.
            labels: the labels to score; None: all.
        """
        num_texts, thresholds = len(logits), np.array(self.calibration.thresholds)
        if before and self.finished is not None:
            logits, thresholds = calibrated_before(logits, self.finished.calibration)
        else:
            logits = self.calibration.apply(logits)
        columns = [
            index for index, label in enumerate(self.labels) if labels is None or label in labels
        ]
        report = label_set_report(
            logits[:, columns],
            targets[:, columns],
            thresholds[columns],
            [self.labels[index] for index in columns],
        )
        return {**report, "texts": num_texts}

    def targets(self, examples: Sequence[LabelledText]) -> np.ndarray:
        """Returns the labels <bool>[N, L]."""
        return target_rows(examples, self.labels)
