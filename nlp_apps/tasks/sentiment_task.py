"""Classification: labelled texts, tokenizer, loss, accuracy, calibration.

Letters in shapes: B batch, N texts, L labels.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.metrics.baselines.tfidf_classifier import label_frequencies, tfidf_classifier
from nlp_apps.metrics.calibration import Calibration, cross_entropy
from nlp_apps.metrics.calibration_choice import choose_calibration
from nlp_apps.metrics.classification import (
    balanced_weights,
    classification_report,
    monitored_score,
    standard_errors,
)
from nlp_apps.networks.classifier import Classifier
from nlp_apps.recipe.schema import SentimentRecipe
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.finished_model import FinishedModel
from nlp_apps.tasks.label_log import log_calibration, warn_of_untested
from nlp_apps.tasks.labels import find_labels, read_labels, require_known
from nlp_apps.tasks.ngram_path import FIT_SECONDS, MAX_FITTED, add_ngrams, fit_path
from nlp_apps.tasks.warm_start import make_tokenizer
from nlp_apps.text.augmentation.augmenter import Augmenter
from nlp_apps.text.batches.augmented_texts import AugmentedTexts
from nlp_apps.text.batches.buckets import PlannedEpoch, plan_batches, plan_buckets
from nlp_apps.text.batches.mixed_epochs import MixedEpochs
from nlp_apps.text.corpora import SPLITS, Find, read_sentiment
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.storage.corpus_cache import CorpusCache
from nlp_apps.text.storage.mapped import Mapped
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.text.training_sample import sample_examples
from nlp_apps.training.adversarial import adversarial_gradients
from nlp_apps.training.checkpoints import save_weights
from nlp_apps.training.losses import label_cross_entropy
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.trainable import CarriedState

logger = logging.getLogger(__name__)


class SentimentTask(Task[SentimentRecipe, LabelledText]):
    """Classification; see `Task` for the methods.

    Attributes:
        tokenizer: tokenizer of the texts.
        labels: label names, in the order of the logits.
        calibration: turns logits into probabilities; fitted on validation text.
        fits_all_old: n-grams are fitted to all old text, which then has weights.
        first_ngrams: table and bias of the n-grams of a finished model; None without them.
    """

    name = "sentiment"
    unit = "texts"
    model: Classifier
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    calibration: Any
    first_ngrams: tuple[np.ndarray, np.ndarray] | None = None

    logged_score = "accuracy"
    fits_all_old = False

    def read(
        self, find: Find, wanted: Sequence[str] = SPLITS, cache: CorpusCache | None = None
    ) -> dict[str, Corpus[LabelledText]]:
        """Reads splits of the labelled texts."""
        return read_sentiment(self.recipe.data, find, wanted, cache)

    def texts(self, corpus: Corpus[LabelledText]) -> Sequence[str]:
        """Returns the texts, without their labels."""
        return Mapped(corpus.examples, attrgetter("source"))

    def tokenizers(self) -> list[Tokenizer]:
        """Returns the tokenizer."""
        return [self.tokenizer]

    def check(self, corpora: Mapping[str, Corpus[LabelledText]]) -> None:
        """Finds the labels and checks them.

        Raises:
            WorkError: there is only one label, or another split has labels that train lacks.
        """
        old = self.old_text
        of_old = {text.label for text in (*old.train, *old.validation)} if old else set()
        self.labels = find_labels(self.recipe.data, corpora, self.known_labels, of_old)
        self.calibration = Calibration.identity(len(self.labels))

    def prepare(self, corpora: Mapping[str, Corpus[LabelledText]], run: RunFolder) -> None:
        """Trains the tokenizer, or reads that of the language model to start from.

        It is trained on the augmented texts of the first epoch, so that capitals have subwords.
        """
        sample_characters = self.recipe.tokenizer.sample_characters
        sample = sample_examples(corpora["train"].examples, sample_characters)
        augmenter = self._augmenter(sample, self.recipe.training.seed)
        self.tokenizer = make_tokenizer(
            self.recipe,
            (example.source for example in augmenter.examples(0)),
            key="init_encoder_from",
            may_lower=self.may_lower_vocabulary,
        )
        self._save_assets(run)

    def adopt(self, finished: FinishedModel, run: RunFolder) -> None:
        """Writes tokenizer and labels, those of a finished model and new ones."""
        self.tokenizer = finished.tokenizers()[0]
        self._save_assets(run)

    def score_before(self, examples: Sequence[LabelledText]) -> dict[str, Any]:
        """Returns the scores of the finished model, with its calibration."""
        begun = self.calibration
        if self.finished and (found := self.finished.calibration):
            self.calibration = found.with_labels(len(self.labels))
        scores = self.score(examples)
        self.calibration = begun
        return scores

    def _save_assets(self, run: RunFolder) -> None:
        self.tokenizer.save(run.tokenizer)
        run.write_json(run.labels, {"labels": self.labels, **asdict(self.calibration)})

    def has_assets(self, run: RunFolder) -> bool:
        """Checks whether tokenizer and labels are in the run folder."""
        return run.labels.is_file()

    def load_assets(self, run: RunFolder) -> None:
        """Reads tokenizer, labels and calibration."""
        self.labels, self.calibration = read_labels(run)
        self.tokenizer = Tokenizer.load(run.tokenizer)

    def build_model(self) -> None:
        """Builds the classifier."""
        self.model = Classifier(
            self.tokenizer.vocabulary_size,
            len(self.labels),
            vocabulary=self.tokenizer.vocabulary,
            **self.recipe.model.model_dump(exclude={"init_from", "init_encoder_from"}),
        )
        self.model.build({"source": (None, None)})
        if self.model.ngrams is not None:
            self.model.ngrams.trainable = False  # `calibrate` fits it

    def load_training_data(self, corpora: Mapping[str, Corpus[LabelledText]]) -> None:
        """Encodes the texts, truncates long ones and plans their batches."""
        recipe = self.recipe
        # Evaluations are those of the weights alone, also when a finished run is prolonged.
        self.calibration = Calibration.identity(len(self.labels))
        self.validation = list(corpora["validation"].examples)
        new = self._epochs_of(corpora["train"].examples)
        self.epochs: AugmentedTexts | MixedEpochs = new
        if old := self.mixed_text:
            share, seed = recipe.data.mix_in_share, recipe.training.seed
            self.epochs = MixedEpochs(new, self._epochs_of(old, is_old=True), share, seed)
        self.train = new.base
        self.buckets = plan_buckets(
            self.epochs.planning_lengths(recipe.data.max_length),
            batch_tokens=recipe.training.batch_tokens,
            num_buckets=recipe.training.num_buckets,
        )
        self._prepare_loss()

    def _classes(self, examples: Sequence[LabelledText], *, is_old: bool) -> Sequence[str]:
        """Returns the different values of `LabelledText.label`; targets are their numbers."""
        del examples, is_old
        return self.labels

    def _prepare_loss(self) -> None:
        """Sets the weights of the labels."""
        weights = np.ones(len(self.labels))
        if self.recipe.training.class_weight == "balanced":
            counts = np.bincount(self.train.labels, minlength=len(self.labels) + 1)[1:]
            weights = balanced_weights(counts)
        self.class_weight = tf.constant([0.0, *weights], tf.float32)  # 0 for rows of padding

    @property
    def num_shapes(self) -> int:
        """Number of buckets."""
        return len(self.buckets)

    def epoch(self, index: int) -> PlannedEpoch:
        """Returns the shuffled training texts, augmented, with subword regularization sampled."""
        texts = self.epochs.encode(index, self.buckets[-1].source_length)
        seed = self.recipe.training.seed
        planned = plan_batches(texts.lengths, self.buckets, seed=seed, epoch=index)
        return PlannedEpoch(texts, planned)

    def _epochs_of(self, texts: Sequence[LabelledText], *, is_old: bool = False) -> AugmentedTexts:
        recipe = self.recipe
        return AugmentedTexts(
            texts,
            self._classes(texts, is_old=is_old),
            self.tokenizer,
            self._augmenter,
            seed=recipe.training.seed,
            subword_regularization=recipe.tokenizer.subword_regularization,
            max_length=recipe.data.max_length,
            truncation=recipe.data.truncation,
            settings=recipe.data.model_dump() | recipe.tokenizer.model_dump(),
        )

    def _augmenter(self, texts: Sequence[LabelledText], seed: int) -> Augmenter:
        data = self.recipe.data
        return Augmenter(
            [(text.source, "") for text in texts],
            seed=seed,
            case=data.augment_case,
            punctuation=data.augment_punctuation,
            quotes=data.augment_quotes,
            accents=data.augment_accents,
        )

    def forward(
        self, inputs: Mapping[str, tf.Tensor], state: CarriedState
    ) -> tuple[tf.Tensor, CarriedState]:
        """Returns the logits of the LSTM, which learns without the n-grams."""
        return self.model.lstm_logits(inputs["source"], training=True)[0], state

    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Returns the sum of the weighted cross-entropies, <float32>[]."""
        losses = label_cross_entropy(
            outputs, targets, smoothing=self.recipe.training.label_smoothing
        )
        return tf.reduce_sum(losses * tf.gather(self.class_weight, targets))

    def gradients(
        self, inputs: Any, targets: tf.Tensor, state: CarriedState, weights: Sequence[tf.Tensor]
    ) -> tuple[tf.Tensor, list[tf.Tensor | None], CarriedState]:
        """Computes the gradients; with `adversarial_epsilon` half of them at perturbed embeddings.

        The loss is that of the embeddings without perturbation.
        """
        epsilon = self.recipe.training.adversarial_epsilon
        if not epsilon:
            return super().gradients(inputs, targets, state, weights)
        source = inputs["source"]
        embedding = self.model.encoder.embedding

        def loss_of(perturbation: tf.Tensor) -> tf.Tensor:
            embeddings = embedding(source) + perturbation
            logits, _ = self.model.lstm_logits(source, embeddings, training=True)
            return self.mean_loss(logits, targets)

        mask = tf.not_equal(source, PAD)
        loss, means = adversarial_gradients(loss_of, embedding(source), mask, weights, size=epsilon)
        return loss, means, state

    def num_tokens(self, inputs: Any, targets: tf.Tensor) -> int:
        """Counts the tokens of the texts, without padding."""
        del targets
        return int(np.count_nonzero(inputs["source"] != PAD))

    def validate(self) -> dict[str, float]:
        """Returns loss, accuracy and macro-F1 of the validation texts."""
        scores = self._scores(self._predictor, self.validation)
        return {name: scores[name] for name in ("loss", "accuracy", "macro_f1")}

    def end_training(self) -> None:
        """Keeps the n-grams of the finished model, which training leaves unchanged."""
        self.first_ngrams = None
        if (path := self.model.ngrams) is not None and path.table.numpy()[:, :-1].any():
            self.first_ngrams = (path.table.numpy(), path.bias.numpy())

    def calibrate(self, corpora: Mapping[str, Corpus[LabelledText]], run: RunFolder) -> None:
        """Fits the calibration on the validation texts, where it lowers no score.

        Texts have the weights of the training, so that balanced labels stay balanced.
        """
        self.calibration = Calibration.identity(len(self.labels))
        if self.model.ngrams is not None:
            add_ngrams(self, corpora)
            save_weights(self.model, run.weights)
        logits, labels = self.logits(self.predictor(), corpora["validation"].examples)
        weights = None
        if self.recipe.training.class_weight == "balanced":
            weights = balanced_weights(np.bincount(labels, minlength=len(self.labels)))[labels]
        monitor = self.recipe.training.monitor
        found = choose_calibration(
            logits, labels, weights, lambda logits, labels: monitored_score(monitor, logits, labels)
        )
        self.calibration = found.calibration
        both = (logits, self.calibration.apply(logits))
        log_calibration(found, [monitored_score("accuracy", one, labels) for one in both])
        self._save_assets(run)

    def calibration_seconds(self, corpora: Mapping[str, Corpus[LabelledText]]) -> float:
        """Returns the estimated duration of the fit of the n-grams."""
        num_texts = min(len(corpora["train"].examples), MAX_FITTED)
        return FIT_SECONDS * num_texts if self.recipe.model.ngrams else 0.0

    def fit_ngram_path(
        self,
        path: Ngrams,
        sequences: Sequence[np.ndarray],
        known: np.ndarray,
        is_old: np.ndarray,
    ) -> None:
        """Fits the n-grams to the targets of token ids, as `targets` returns them.

        `is_old`, <bool>[N], is True for old text that is mixed in.
        """
        del is_old
        weights = None
        if self.recipe.training.class_weight == "balanced":
            weights = balanced_weights(np.bincount(known, minlength=len(self.labels)))[known]
        fit_path(path, sequences, known, weights=weights, seed=self.recipe.training.seed)

    def monitored_score(self, name: str, logits: np.ndarray, targets: np.ndarray) -> float:
        """Returns a score by its name."""
        return monitored_score(name, logits, targets)

    def mean_cross_entropy(self, logits: np.ndarray, targets: np.ndarray) -> float:
        """Returns the mean cross-entropy of logits <float>[N, L], in nats."""
        return cross_entropy(logits, targets)

    def score(self, examples: Sequence[LabelledText]) -> dict[str, Any]:
        """Returns accuracy, macro-F1 and their standard errors, loss, calibration error and more.

        `classification_report` has the rest. Labels without a text are logged.
        """
        require_known(examples, self.labels)
        scores = self._scores(self.predictor(), examples)
        warn_of_untested(scores["untested_labels"], len(examples))
        return {**scores, **standard_errors(np.array(scores["confusion"]))}

    def baselines(
        self, train: Sequence[LabelledText], splits: Mapping[str, Sequence[LabelledText]]
    ) -> dict[str, dict[str, dict[str, float]]]:
        """Scores the training frequencies of the labels, and TF-IDF with logistic regression.

        Raises:
            WorkError: a training text has an unknown label.
        """
        require_known(train, self.labels)
        columns = {
            split: ([each.source for each in examples], [each.label for each in examples])
            for split, examples in {"train": train, **splits}.items()
        }
        fitted = columns.pop("train")
        labels = {split: column for split, (_, column) in columns.items()}
        majority = label_frequencies(fitted[1], labels, self.labels)
        tfidf = tfidf_classifier(fitted, columns, self.labels)
        return {
            split: {"majority_label": majority[split], "tfidf_logistic_regression": tfidf[split]}
            for split in splits
        }

    def _scores(
        self, classifier: TextClassifier, examples: Sequence[LabelledText]
    ) -> dict[str, Any]:
        logits, labels = self.logits(classifier, examples)
        scores = classification_report(self.calibration.apply(logits), labels, self.labels)
        return {**scores, "texts": len(examples)}

    def logits(
        self, classifier: TextClassifier, examples: Sequence[LabelledText]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns logits without calibration <float>[N, L], and the targets."""
        texts = [example.source for example in examples]
        rows = self.workers.spread(lambda part: classifier.logits(part).tolist(), texts)
        return np.array(rows), self.targets(examples)

    def targets(self, examples: Sequence[LabelledText]) -> np.ndarray:
        """Returns the label ids <int>[N]."""
        label_ids = {label: index for index, label in enumerate(self.labels)}
        return np.array([label_ids[example.label] for example in examples])

    def predictor(self) -> TextClassifier:
        """Returns the predictor, which reads texts as the recipe says."""
        return self._predictor.with_calibration(self.calibration)

    @cached_property
    def _predictor(self) -> TextClassifier:
        """The predictor without calibration; its network is compiled once."""
        data, decoding = self.recipe.data, self.recipe.decoding
        return TextClassifier(
            self.model,
            self.tokenizer,
            self.labels,
            max_length=decoding.max_length or data.max_length,
            truncation=data.truncation,
            clean_html=data.clean_html,
            batch_size=decoding.batch_size,
            recipe=self.recipe,
        )
