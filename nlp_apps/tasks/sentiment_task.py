"""Training a classifier: labelled texts, loss, accuracy, calibration."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.metrics.classification import Calibration, fit_calibration, report
from nlp_apps.networks.classifier import Classifier
from nlp_apps.recipe.schema import GenerationRecipe, SentimentRecipe
from nlp_apps.tasks import run as runs
from nlp_apps.tasks.generation_task import JOB as LANGUAGE_MODELS
from nlp_apps.tasks.job import Job
from nlp_apps.tasks.labels import find_labels, require_known, warn_of_twins
from nlp_apps.tasks.warm_start import (
    LanguageModelRun,
    make_tokenizer,
    require_encoder,
    require_tokenizer,
)
from nlp_apps.text.batches.buckets import PlannedEpoch, plan_batches, plan_buckets
from nlp_apps.text.batches.token_texts import TokenTexts, truncate
from nlp_apps.text.corpora import SPLITS, Find, read_sentiment
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training import loop
from nlp_apps.training.adversarial import worst_perturbation
from nlp_apps.training.loop import CarriedState
from nlp_apps.training.losses import label_cross_entropy
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What a classifier needs beside its weights.

    Attributes:
        tokenizer: of the texts.
        labels: names, in the order of the logits.
        calibration: what makes probabilities of logits; fitted on validation text.
    """

    tokenizer: Tokenizer
    labels: tuple[str, ...]
    calibration: Calibration

    def save(self, run: RunFolder) -> None:
        """Writes them to a run folder."""
        self.tokenizer.save(run.tokenizer)
        run.write_json(run.labels, {"labels": self.labels, **asdict(self.calibration)})

    @classmethod
    def load(cls, run: RunFolder) -> "Parts":
        """Reads them from a run folder."""
        found = run.read_json(run.labels)
        try:
            labels, biases = tuple(map(str, found["labels"])), found.get("biases")
            biases = tuple(map(float, biases or [0.0] * len(labels)))
            calibration = Calibration(float(found["temperature"]), biases)
            if len(biases) != len(labels):
                raise ValueError("biases")
        except (KeyError, TypeError, ValueError) as error:
            raise WorkError(f"{run.labels}: damaged ({error!r}). Train again.") from None
        return cls(Tokenizer.load(run.tokenizer), labels, calibration)


class SentimentTask(loop.Task):
    """What the training loop needs to know of classification.

    Args:
        recipe: the recipe.
        parts: tokenizer and labels.
        model: the classifier.
        train: labelled texts.
        validation: labelled texts.
    """

    def __init__(
        self,
        recipe: SentimentRecipe,
        parts: Parts,
        model: Classifier,
        *,
        train: Sequence[LabelledText],
        validation: Sequence[LabelledText],
    ):
        self.recipe, self.parts, self.model = recipe, parts, model
        self.validation = list(validation)
        self.numbers = {label: number for number, label in enumerate(parts.labels, start=1)}
        self.texts = list(train)
        texts = [text.source for text in self.texts]
        self.train = self._cut(parts.tokenizer.encode(texts), recipe.data.max_length)
        self.buckets = plan_buckets(
            self.train.lengths,
            batch_tokens=recipe.training.batch_tokens,
            num_buckets=recipe.training.num_buckets,
        )
        counts = np.bincount(self.train.labels, minlength=len(self.numbers) + 1)[1:]
        weights = np.ones(len(self.numbers))
        if recipe.training.class_weight == "balanced":
            weights = _balanced(counts)
        self.class_weight = tf.constant([0.0, *weights], tf.float32)  # 0 for rows of padding

    def epoch(self, index: int) -> PlannedEpoch:
        """The training texts of an epoch, shuffled; in pieces drawn anew if the recipe says so."""
        seed, texts, alpha = (
            self.recipe.training.seed,
            self.train,
            self.recipe.tokenizer.subword_regularization,
        )
        if alpha:
            sources = [text.source for text in self.texts]
            drawn = self.parts.tokenizer.sample(sources, alpha=alpha, seed=seed * 100_003 + index)
            texts = self._cut(drawn, self.buckets[-1].source_length)
        planned = plan_batches(texts.lengths, self.buckets, seed=seed, epoch=index)
        return PlannedEpoch(texts, planned)

    def _cut(self, encoded: Sequence[Sequence[int]], max_length: int) -> TokenTexts:
        """The training texts as they are read, from their token ids."""
        sources: list[np.ndarray] = []
        labels: list[int] = []
        for text, token_ids in zip(self.texts, encoded, strict=True):
            windows = truncate(token_ids, max_length, self.recipe.data.truncation)
            sources += windows
            labels += [self.numbers[text.label]] * len(windows)
        return TokenTexts(sources, np.array(labels, np.int32))

    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Sum of the weighted cross-entropies, <float32>[]."""
        losses = label_cross_entropy(
            outputs, targets, smoothing=self.recipe.training.label_smoothing
        )
        return tf.reduce_sum(losses * tf.gather(self.class_weight, targets))

    def gradients(
        self, inputs: Any, targets: tf.Tensor, carry: CarriedState, weights: Sequence[tf.Tensor]
    ) -> tuple[tf.Tensor, list[tf.Tensor | None], CarriedState]:
        """As `Task.gradients`; half of it from perturbed embeddings if the recipe says so.

        The loss is that of the words where they are.
        """
        size = self.recipe.training.adversarial_epsilon
        if not size:
            return super().gradients(inputs, targets, carry, weights)
        source = inputs["source"]
        embedding = self.model.encoder.embedding
        vectors = embedding(source)

        def differentiate(perturbation: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
            with tf.GradientTape() as tape:
                tape.watch(perturbation)
                embeds = embedding(source) + perturbation
                logits = self.model(inputs, inputs_embeds=embeds, training=True)
                loss = self.mean_loss(logits, targets)
            return loss, tape.gradient(loss, [*weights, perturbation])

        loss, (*plain, gradient) = differentiate(tf.zeros_like(vectors))
        mask = tf.not_equal(source, PAD)
        perturbation = worst_perturbation(gradient, vectors, mask, size=size)
        _, (*moved, _) = differentiate(perturbation)
        halves = [
            (tf.convert_to_tensor(one) + tf.convert_to_tensor(other)) / 2.0
            for one, other in zip(plain, moved, strict=True)
        ]
        return loss, halves, carry

    def num_tokens(self, inputs: Any, targets: tf.Tensor) -> int:
        """Real tokens of the texts."""
        del targets
        return int(np.count_nonzero(inputs["source"] != PAD))

    @cached_property
    def _classifier(self) -> TextClassifier:
        return make_classifier(self.recipe, self.parts, self.model)

    def validate(self) -> dict[str, float]:
        """Loss, accuracy and macro-F1 on the validation texts."""
        scores = score(self._classifier, self.validation)
        return {name: scores[name] for name in ("loss", "accuracy", "macro_f1")}


def _balanced(counts: np.ndarray) -> np.ndarray:
    """Weights <float>[L] with which labels of so many texts, <int>[L], count the same in all."""
    return counts.sum() / (len(counts) * np.maximum(counts, 1))


def make_classifier(recipe: SentimentRecipe, parts: Parts, model: Classifier) -> TextClassifier:
    """Text in, label out, as the recipe reads texts."""
    return TextClassifier(
        model,
        parts.tokenizer,
        parts.labels,
        calibration=parts.calibration,
        max_length=recipe.decoding.max_length or recipe.data.max_length,
        truncation=recipe.data.truncation,
        clean_html=recipe.data.clean_html,
        batch_size=recipe.decoding.batch_size,
    )


def score(classifier: TextClassifier, examples: Sequence[LabelledText]) -> dict[str, Any]:
    """The figures of `classification.report`, and how many texts there were."""
    logits, labels = _answers(classifier, examples)
    figures = report(classifier.calibration.apply(logits), labels, classifier.labels)
    return {"accuracy": figures.pop("accuracy"), **figures, "texts": len(examples)}


def _answers(
    classifier: TextClassifier, examples: Sequence[LabelledText]
) -> tuple[np.ndarray, np.ndarray]:
    """Logits <float>[N, L] not calibrated, and the labels' places <int>[N]."""
    places = {label: place for place, label in enumerate(classifier.labels)}
    labels = np.array([places[example.label] for example in examples])
    return classifier.logits([example.source for example in examples]), labels


def _tell_change(before: np.ndarray, after: np.ndarray, labels: np.ndarray) -> None:
    """Logs what calibration made of the accuracy that the rounds showed, unless it is the same."""
    was, now = (f"{np.mean(logits.argmax(axis=1) == labels):.3f}" for logits in (before, after))
    if was != now:
        logger.info(
            "calibrated on validation: accuracy %s -> %s (figures below are after it)", was, now
        )


class SentimentJob(Job[SentimentRecipe, LabelledText, Parts, Classifier]):
    """Classification, as `tasks.run` asks for it."""

    task = "sentiment"
    unit = "texts"

    def read(
        self, recipe: SentimentRecipe, find: Find, wanted: Sequence[str] = SPLITS
    ) -> dict[str, Corpus[LabelledText]]:
        """The splits; see `Job.read`."""
        return read_sentiment(recipe.data, find, wanted)

    def check(self, recipe: SentimentRecipe, corpora: Mapping[str, Corpus[LabelledText]]) -> None:
        """Checks the labels, and warns where two are nearly the same.

        Raises:
            WorkError: there is one only, or the other splits have labels that train has not.
        """
        find_labels(recipe.data, corpora)
        warn_of_twins(corpora["train"])

    def learn(
        self, recipe: SentimentRecipe, corpora: Mapping[str, Corpus[LabelledText]], run: RunFolder
    ) -> Parts:
        """Collects the labels, trains the tokenizer.

        Raises:
            WorkError: the text is too little.
        """
        labels = find_labels(recipe.data, corpora)
        tokenizer = make_tokenizer(
            recipe.tokenizer,
            (example.source for example in corpora["train"].examples),
            pretrained=recipe.model.init_encoder_from,
        )
        parts = Parts(tokenizer, labels, Calibration.none(len(labels)))
        parts.save(run)
        return parts

    def has_parts(self, recipe: SentimentRecipe, run: RunFolder) -> bool:
        """Whether tokenizer and labels are there."""
        del recipe
        return run.labels.is_file()

    def load_parts(self, recipe: SentimentRecipe, run: RunFolder) -> Parts:
        """Reads tokenizer, labels and calibration."""
        del recipe
        return Parts.load(run)

    def make_model(self, recipe: SentimentRecipe, parts: Parts) -> Classifier:
        """The classifier that a recipe describes, with fresh weights."""
        model = Classifier(
            parts.tokenizer.vocabulary_size,
            len(parts.labels),
            **recipe.model.model_dump(exclude={"init_encoder_from"}),
        )
        model.build({"source": (None, None)})
        return model

    @property
    def beginnings(self) -> Mapping[str, Job[Any, Any, Any, Any]]:
        """What a part of the model may start from is a language model."""
        return {"init_encoder_from": LANGUAGE_MODELS}

    def check_beginning(self, recipe: SentimentRecipe, key: str, its: GenerationRecipe) -> None:
        """Compares tokenizer and layers; see `Job.check_beginning`."""
        require_tokenizer(recipe.tokenizer, its, getattr(recipe.model, key))
        require_encoder(recipe.model, its, getattr(recipe.model, key))

    def start(self, recipe: SentimentRecipe, parts: Parts, model: Classifier) -> dict[str, Any]:
        """Starts the encoder from a language model, if the recipe names one."""
        if not recipe.model.init_encoder_from:
            return {}
        return LanguageModelRun(recipe.model.init_encoder_from).start_encoder(
            model.encoder, recipe.model
        )

    def make_task(
        self,
        recipe: SentimentRecipe,
        parts: Parts,
        model: Classifier,
        corpora: Mapping[str, Corpus[LabelledText]],
    ) -> SentimentTask:
        """Training on all texts."""
        return SentimentTask(
            recipe,
            parts,
            model,
            train=corpora["train"].examples,
            validation=corpora["validation"].examples,
        )

    def finish(
        self,
        recipe: SentimentRecipe,
        parts: Parts,
        model: Classifier,
        corpora: Mapping[str, Corpus[LabelledText]],
        run: RunFolder,
    ) -> Parts:
        """Fits the calibration on the validation texts.

        Texts count as in training: where it balances the labels, calibration may not undo that.
        """
        plain = replace(parts, calibration=Calibration.none(len(parts.labels)))
        logits, labels = _answers(
            make_classifier(recipe, plain, model), corpora["validation"].examples
        )
        weights = None
        if recipe.training.class_weight == "balanced":
            weights = _balanced(np.bincount(labels, minlength=len(parts.labels)))[labels]
        parts = replace(parts, calibration=fit_calibration(logits, labels, weights))
        _tell_change(logits, parts.calibration.apply(logits), labels)
        parts.save(run)
        return parts

    def score(
        self,
        recipe: SentimentRecipe,
        parts: Parts,
        model: Classifier,
        examples: Sequence[LabelledText],
    ) -> dict[str, Any]:
        """Accuracy, macro-F1, loss, calibration, confusion.

        Raises:
            WorkError: there are labels that train has not.
        """
        require_known(examples, parts.labels)
        return score(make_classifier(recipe, parts, model), examples)


JOB = SentimentJob()


def load(folder: Path) -> TextClassifier:
    """Loads a run folder for use.

    Raises:
        NlpAppsError: it is no run folder of this app, or damaged.
    """
    opened = runs.load(JOB, folder)
    return make_classifier(opened.recipe, opened.parts, opened.model)
