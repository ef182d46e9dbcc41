"""A classifier as signatures.

Letters in shapes: B texts, W windows of a text, N tokens of a text, S tokens read at once,
L labels.
"""

from typing import NamedTuple

import tensorflow as tf

from nlp_apps.export.graph_text.graph_html import without_markup
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.signatures import (
    Signatures,
    blanked,
    is_blank,
    plain,
    signature,
    with_end,
)
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.text.special_ids import PAD

Named = dict[str, tf.Tensor]


class Cuts(NamedTuple):
    """What is read of each text; `text.token_texts.cut` in a graph.

    Attributes:
        places: <int32>[B, W, S], positions of a text's tokens; of no meaning past `lengths`.
        lengths: <int32>[B, W], tokens read; 0 where a text has fewer windows than another.
        counts: <int32>[B], windows of each text, at least 1.
    """

    places: tf.Tensor
    lengths: tf.Tensor
    counts: tf.Tensor


def cuts(lengths: tf.Tensor, max_length: int, how: str, *, room: int | None = None) -> Cuts:
    """Where to cut texts of these lengths.

    Args:
        lengths: <int32>[B], tokens of each text, without EOS.
        max_length: tokens of a sequence, EOS included, at least 2.
        how: "head", "tail", "both" or "windows".
        room: the most tokens of a text, where W and S must be known when the graph is made.
    """
    most = max_length - 1
    if room is None:
        longest = tf.minimum(tf.reduce_max(tf.concat([lengths, [1]], axis=0)), most)
    else:
        longest = min(room, most)
    if how != "windows":
        head = {"head": most, "tail": 0, "both": most // 2}[how]
        read = tf.minimum(lengths, most)[:, None]
        place = tf.range(longest)[None, :]
        # Past the head stand the last tokens; of a short text they are the next ones.
        places = place + tf.where(place < head, 0, lengths[:, None] - read)
        return Cuts(places[:, None], read, tf.ones_like(lengths))
    counts = tf.maximum((lengths + most - 1) // most, 1)
    longest_count = tf.reduce_max(tf.concat([counts, [1]], axis=0))
    windows = longest_count if room is None else -(-room // most)
    window = tf.range(windows)[None, :]  # [1, W]
    begins, ends = (
        lengths[:, None] * tf.minimum(index, counts[:, None]) // counts[:, None]
        for index in (window, window + 1)
    )
    return Cuts(begins[:, :, None] + tf.range(longest), ends - begins, counts)


class SentimentSignatures(Signatures):
    """`serving_default`, `probabilities` and `attend`.

    Args:
        classifier: the classifier; its calibration and its way with long texts are taken over.
    """

    def __init__(self, classifier: TextClassifier):
        super().__init__(classifier.model)
        self._classifier = classifier
        self.tokenizer = GraphTokenizer(classifier.tokenizer)
        self.functions = {
            "serving_default": signature(self._classify),
            "probabilities": signature(self._all_probabilities),
            "attend": signature(self._attend),
        }

    def _classify(self, text: tf.Tensor) -> Named:
        text = self._plain(text)
        return self._best(text, self._read(text)[0])

    def _all_probabilities(self, text: tf.Tensor) -> Named:
        text = self._plain(text)
        (probabilities,) = blanked(is_blank(text), [self._read(text)[0]])
        labels = tf.broadcast_to(self._labels()[None, :], tf.shape(probabilities))
        return {"labels": labels, "probabilities": probabilities}

    def _attend(self, text: tf.Tensor) -> Named:
        text = self._plain(text)
        probabilities, token_ids, weights = self._read(text)
        values = [self.tokenizer.pieces(token_ids), weights]
        pieces, weights = blanked(is_blank(text), values)
        return {**self._best(text, probabilities), "pieces": pieces, "weights": weights}

    def _plain(self, text: tf.Tensor) -> tf.Tensor:
        """`TextClassifier.plain`: <string>[B] to <string>[B]."""
        return plain(without_markup(text) if self._classifier.clean_html else text)

    def _labels(self) -> tf.Tensor:
        return tf.constant(self._classifier.labels)

    def _best(self, text: tf.Tensor, probabilities: tf.Tensor) -> Named:
        best = tf.argmax(probabilities, axis=1, output_type=tf.int32)
        values = [tf.gather(self._labels(), best), tf.reduce_max(probabilities, axis=1)]
        label, probability = blanked(is_blank(text), values)
        return {"label": label, "probability": probability}

    def _read(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Probabilities <float32>[B, L]; token ids <int32>[B, N] and their weights <float32>.

        The texts are plain.
        """
        settings = self._classifier
        token_ids, lengths = self.tokenizer.encode(text)
        found = cuts(lengths, settings.max_length, settings.truncation)
        shape = tf.shape(found.places)  # B, W, S
        is_read = tf.range(shape[2]) < found.lengths[:, :, None]
        places = tf.where(is_read, found.places, 0)
        windows = tf.where(is_read, tf.gather(token_ids, places, axis=1, batch_dims=1), PAD)
        flat = tf.reshape(windows, (-1, shape[2]))
        source = with_end(flat, tf.reshape(found.lengths, (-1,)))
        logits, weights = settings.model.look(source)

        # Of several windows the mean.
        share = tf.range(shape[1])[None, :] < found.counts[:, None]
        share = tf.cast(share, tf.float32) / tf.cast(found.counts, tf.float32)[:, None]  # [B, W]
        logits = tf.reshape(logits, (shape[0], shape[1], len(settings.labels)))
        logits = tf.reduce_sum(logits * share[:, :, None], axis=1)
        probabilities = tf.nn.softmax(settings.calibration.apply(logits))

        weights = tf.reshape(tf.cast(weights, tf.float32)[:, :-1], shape) * share[:, :, None]
        rows = tf.broadcast_to(tf.range(shape[0])[:, None, None], shape)
        whole = tf.scatter_nd(
            tf.stack([rows, places], axis=-1), tf.where(is_read, weights, 0.0), tf.shape(token_ids)
        )
        return probabilities, token_ids, whole
