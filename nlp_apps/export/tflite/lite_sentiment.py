"""A classifier as signatures of a `.tflite`.

Letters in shapes: M tokens of a text, W windows of it, S tokens of a window with EOS, F features, L
labels.
"""

from typing import NamedTuple

import tensorflow as tf

from nlp_apps.export.saved_model.sentiment_signatures import (
    calibrated_probabilities,
    truncation_windows,
)
from nlp_apps.export.saved_model.signatures import append_eos
from nlp_apps.export.tflite.lite_networks import encode
from nlp_apps.export.tflite.lite_ngrams import ngram_logits
from nlp_apps.export.tflite.lite_signatures import (
    LiteSignatures,
    Outputs,
    floats,
    ints,
    lengths_of,
    lite_signature,
)
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.recipe.export_section import SentimentExport
from nlp_apps.text.special_ids import PAD


class _ReadText(NamedTuple):
    """The means over the windows of a text.

    Attributes:
        logits: <float32>[1, L], without calibration.
        weights: <float32>[1, M], attention weights.
        features: <float32>[1, F], which the last layer reads.
    """

    logits: tf.Tensor
    weights: tf.Tensor
    features: tf.Tensor


class LiteSentiment(LiteSignatures):
    """`classify`: probabilities, and the attention weight of each token.

    `learn` learns from a labelled text, and `classify_learned` classifies with the learned matrix:
    see `inference.learning_classifier`. The host keeps `learned` <float32>[1, F + 1, L], at first
    zeros.

    Args:
        classifier: the classifier; the graph has its calibration and its truncation.
        limits: the recipe's [export], with the longest text.
    """

    def __init__(self, classifier: TextClassifier, limits: SentimentExport):
        self._tokens = max(limits.max_tokens, classifier.max_length)
        super().__init__(
            classifier.model,
            classifier.tokenizer,
            classifier.tokenizer,
            characters=limits.max_characters,
            tokens=self._tokens,
        )
        self.metadata["truncation"] = classifier.truncation
        self.metadata["clean_html"] = classifier.clean_html
        self._classifier = classifier
        features = classifier.model.pooling.width
        ids = ints(1, self._tokens)
        learned = floats(1, features + 1, len(classifier.labels))
        self.functions["classify"] = lite_signature(self._classify, ids=ids)
        if classifier.calibration.thresholds is not None:
            return  # Learning is for one label a text.
        self.metadata["features"] = features
        self.functions.update(
            classify_learned=lite_signature(self._classify_learned, ids=ids, learned=learned),
            learn=lite_signature(
                self._learn, ids=ids, label=ints(1), rate=floats(1), learned=learned
            ),
        )

    def _classify(self, ids: tf.Tensor) -> Outputs:
        found = self._read(ids)
        probabilities = calibrated_probabilities(found.logits, self._classifier.calibration)
        return {"probabilities": probabilities, "weights": found.weights}

    def _classify_learned(self, ids: tf.Tensor, learned: tf.Tensor) -> Outputs:
        found = self._read(ids)
        logits = self._learned_logits(found, learned)
        return {"probabilities": tf.nn.softmax(logits), "weights": found.weights}

    def _learn(
        self, ids: tf.Tensor, label: tf.Tensor, rate: tf.Tensor, learned: tf.Tensor
    ) -> Outputs:
        found = self._read(ids)
        features = _with_one(found.features)
        logits = self._learned_logits(found, learned)
        is_label = tf.equal(tf.range(len(self._classifier.labels)), label)[None]
        error = tf.cast(is_label, tf.float32) - tf.nn.softmax(logits)
        size = tf.reduce_sum(tf.square(features))
        step = tf.matmul(features, error, transpose_a=True) * (rate[0] / size)
        loss = -tf.reduce_sum(tf.where(is_label, tf.nn.log_softmax(logits), 0.0), axis=1)
        return {"learned": learned + step[None], "loss": loss}

    def _learned_logits(self, found: _ReadText, learned: tf.Tensor) -> tf.Tensor:
        """The calibrated logits with the learned ones, <float32>[1, L]."""
        logits = self._classifier.calibration.apply(found.logits)
        return logits + tf.matmul(_with_one(found.features), learned[0])

    def _read(self, ids: tf.Tensor) -> _ReadText:
        """Reads a text <int32>[1, M], window by window."""
        settings = self._classifier
        windows = truncation_windows(
            lengths_of(ids), settings.max_length, settings.truncation, static_length=self._tokens
        )
        lengths, count = windows.lengths[0], windows.counts[0]
        width = windows.positions.shape[2]

        def read(
            window: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor, features: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
            length = tf.gather(lengths, window)
            is_read = tf.range(width) < length
            positions = tf.where(is_read, tf.gather(windows.positions[0], window), 0)
            tokens = tf.where(is_read, tf.gather(ids[0], positions), PAD)
            source = append_eos(tokens[None], length[None])
            memory, mask = encode(settings.model.encoder, source)
            new_features, new_weights = settings.model.pooling(memory, mask)
            new_logits = settings.model.labels(new_features)
            if settings.model.ngrams is not None:
                new_logits += ngram_logits(settings.model.ngrams, source)
            new_weights = tf.where(is_read, new_weights[0, :-1], 0.0)
            spread = tf.scatter_nd(positions[:, None], new_weights, (self._tokens,))
            return window + 1, logits + new_logits, weights + spread[None], features + new_features

        width_of_features = settings.model.pooling.width
        _, logits, weights, features = tf.while_loop(
            lambda window, *_: window < count,
            read,
            (
                0,
                tf.zeros((1, len(settings.labels))),
                tf.zeros((1, self._tokens)),
                tf.zeros((1, width_of_features)),
            ),
        )
        share = 1.0 / tf.cast(count, tf.float32)
        return _ReadText(logits * share, weights * share, features * share)


def _with_one(features: tf.Tensor) -> tf.Tensor:
    """Appends 1, for a bias: <float32>[1, F] to <float32>[1, F + 1]."""
    return tf.concat([features, tf.ones((1, 1))], axis=1)
