"""Signatures of a classifier.

Letters in shapes: B texts, W windows of a text, N tokens of a text, S tokens of a window,
L labels.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from nlp_apps.export.graph_text.graph_html import clean_html
from nlp_apps.export.graph_text.graph_normalize import is_empty, normalize_input
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.signatures import (
    Outputs,
    Signatures,
    append_eos,
    clear_empty,
    signature,
)
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.text.special_ids import PAD


class Windows(NamedTuple):
    """The tokens of each text that the classifier reads; as the truncation of `token_texts`.

    Attributes:
        positions: <int32>[B, W, S], positions in the text; undefined past `lengths`.
        lengths: <int32>[B, W], tokens of each window; 0 past the last window of a text.
        counts: <int32>[B], windows of each text, at least 1.
    """

    positions: tf.Tensor
    lengths: tf.Tensor
    counts: tf.Tensor


def truncation_windows(
    lengths: tf.Tensor, max_length: int, truncation: str, *, static_length: int | None = None
) -> Windows:
    """Computes the windows of texts.

    Args:
        lengths: <int32>[B], tokens of each text, without EOS.
        max_length: tokens of a window, EOS included, at least 2.
        truncation: "head", "tail", "both" or "windows".
        static_length: the most tokens of a text, if W and S must be static.
    """
    size = max_length - 1
    if static_length is None:
        longest = tf.minimum(tf.reduce_max(tf.concat([lengths, [1]], axis=0)), size)
    else:
        longest = min(static_length, size)
    if truncation != "windows":
        head = {"head": size, "tail": 0, "both": size // 2}[truncation]
        read = tf.minimum(lengths, size)[:, None]
        position = tf.range(longest)[None, :]
        # The last tokens follow the head; in a short text they are its next tokens.
        positions = position + tf.where(position < head, 0, lengths[:, None] - read)
        return Windows(positions[:, None], read, tf.ones_like(lengths))
    counts = tf.maximum((lengths + size - 1) // size, 1)
    most_windows = tf.reduce_max(tf.concat([counts, [1]], axis=0))
    num_windows = most_windows if static_length is None else -(-static_length // size)
    window = tf.range(num_windows)[None, :]  # [1, W]
    starts, ends = (
        lengths[:, None] * tf.minimum(index, counts[:, None]) // counts[:, None]
        for index in (window, window + 1)
    )
    return Windows(starts[:, :, None] + tf.range(longest), ends - starts, counts)


def calibrated_probabilities(logits: tf.Tensor, calibration: Any) -> tf.Tensor:
    """Returns probabilities <float32>[B, L] of logits <float32>[B, L] without calibration."""
    calibrated = calibration.apply(logits)
    is_multi_label = calibration.thresholds is not None
    return tf.nn.sigmoid(calibrated) if is_multi_label else tf.nn.softmax(calibrated)


class SentimentSignatures(Signatures):
    """`serving_default`, `probabilities` and `attend`.

    With several labels a text, `serving_default` has all labels that reach their thresholds, and
    `probabilities` has the thresholds too.

    Args:
        classifier: the classifier, with its calibration and truncation.
    """

    def __init__(self, classifier: TextClassifier):
        super().__init__(classifier.model)
        self._classifier = classifier
        self.tokenizer = GraphTokenizer(classifier.tokenizer)
        self._predict = signature(self._predict_normalized)
        self.functions = {
            "serving_default": signature(self._classify),
            "probabilities": signature(self._probabilities),
            "attend": signature(self._attend),
        }

    def _classify(self, text: tf.Tensor) -> Outputs:
        text = self._normalize(text)
        probabilities, _, _, too_long = self._predict(text)
        if self._classifier.calibration.thresholds is None:
            return {**self._best(text, probabilities), "too_long": too_long}
        return {**self._selected(text, probabilities), "too_long": too_long}

    def _probabilities(self, text: tf.Tensor) -> Outputs:
        text = self._normalize(text)
        probabilities, _, _, too_long = self._predict(text)
        (probabilities,) = clear_empty(is_empty(text), [probabilities])
        labels = tf.broadcast_to(self._labels()[None, :], tf.shape(probabilities))
        outputs = {"labels": labels, "probabilities": probabilities, "too_long": too_long}
        if self._classifier.calibration.thresholds is None:
            return outputs
        thresholds = tf.broadcast_to(self._thresholds()[None, :], tf.shape(probabilities))
        return {**outputs, "thresholds": thresholds, "selected": probabilities >= thresholds}

    def _attend(self, text: tf.Tensor) -> Outputs:
        text = self._normalize(text)
        probabilities, token_ids, weights, _ = self._predict(text)
        values = [self.tokenizer.subwords(token_ids), weights]
        pieces, weights = clear_empty(is_empty(text), values)
        return {**self._best(text, probabilities), "pieces": pieces, "weights": weights}

    def _normalize(self, text: tf.Tensor) -> tf.Tensor:
        """Computes `TextClassifier.normalize`: <string>[B] to <string>[B]."""
        return normalize_input(clean_html(text) if self._classifier.clean_html else text)

    def _labels(self) -> tf.Tensor:
        return tf.constant(self._classifier.labels)

    def _thresholds(self) -> tf.Tensor:
        return tf.constant(self._classifier.calibration.thresholds, tf.float32)

    def _selected(self, text: tf.Tensor, probabilities: tf.Tensor) -> Outputs:
        """Returns the labels that reach their thresholds, the most probable first.

        Returns:
            labels <string>[B, K] and probabilities <float32>[B, K], where K is the size of the
            largest set, at least 1; smaller ones are padded with "" and 0.
        """
        is_selected = (probabilities >= self._thresholds()) & ~is_empty(text)[:, None]
        selected = tf.where(is_selected, probabilities, 0.0)
        sizes = tf.reduce_sum(tf.cast(is_selected, tf.int32), axis=1)
        width = tf.reduce_max(tf.concat([sizes, [1]], axis=0))
        values, index = tf.math.top_k(selected, k=width)
        labels = tf.where(values > 0.0, tf.gather(self._labels(), index), "")
        return {"labels": labels, "probabilities": values}

    def _best(self, text: tf.Tensor, probabilities: tf.Tensor) -> Outputs:
        best = tf.argmax(probabilities, axis=1, output_type=tf.int32)
        values = [tf.gather(self._labels(), best), tf.reduce_max(probabilities, axis=1)]
        label, probability = clear_empty(is_empty(text), values)
        return {"label": label, "probability": probability}

    def _predict_normalized(
        self, text: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Classifies normalized texts.

        Returns:
            Probabilities <float32>[B, L], token ids <int32>[B, N], their attention weights
            <float32>[B, N], and whether only a part of the text was read <bool>[B].
        """
        settings = self._classifier
        token_ids, lengths = self.tokenizer.encode(text)
        windows = truncation_windows(lengths, settings.max_length, settings.truncation)
        shape = tf.shape(windows.positions)  # B, W, S
        is_read = tf.range(shape[2]) < windows.lengths[:, :, None]
        positions = tf.where(is_read, windows.positions, 0)
        tokens = tf.where(is_read, tf.gather(token_ids, positions, axis=1, batch_dims=1), PAD)
        flat = tf.reshape(tokens, (-1, shape[2]))
        source = append_eos(flat, tf.reshape(windows.lengths, (-1,)))
        logits, weights = settings.model.logits_and_weights(source)

        # The mean over the windows of a text.
        share = tf.range(shape[1])[None, :] < windows.counts[:, None]
        share = tf.cast(share, tf.float32) / tf.cast(windows.counts, tf.float32)[:, None]  # [B, W]
        logits = tf.reshape(logits, (shape[0], shape[1], len(settings.labels)))
        logits = tf.reduce_sum(logits * share[:, :, None], axis=1)
        probabilities = calibrated_probabilities(logits, settings.calibration)

        weights = tf.reshape(tf.cast(weights, tf.float32)[:, :-1], shape) * share[:, :, None]
        rows = tf.broadcast_to(tf.range(shape[0])[:, None, None], shape)
        token_weights = tf.scatter_nd(
            tf.stack([rows, positions], axis=-1),
            tf.where(is_read, weights, 0.0),
            tf.shape(token_ids),
        )
        num_read = tf.reduce_sum(windows.lengths, axis=1)
        return probabilities, token_ids, token_weights, lengths > num_read
