"""A classifier as signatures of a `.tflite`.

Letters in shapes: M tokens of a text, W windows of it, S tokens read at once with EOS, L labels.
"""

import tensorflow as tf

from nlp_apps.export.saved_model.sentiment_signatures import truncation_windows
from nlp_apps.export.saved_model.signatures import append_eos
from nlp_apps.export.tflite.lite_signatures import (
    LiteSignatures,
    Named,
    lite_signature,
    numbers,
    real,
)
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.recipe.export_section import SentimentExport
from nlp_apps.text.special_ids import PAD


class LiteSentiment(LiteSignatures):
    """`classify`: probabilities, and which tokens counted.

    Args:
        classifier: the classifier; its calibration and its way with long texts are taken over.
        room: how long texts may be.
    """

    def __init__(self, classifier: TextClassifier, room: SentimentExport):
        self._tokens = max(room.max_tokens, classifier.max_length)
        super().__init__(
            classifier.model,
            classifier.tokenizer,
            classifier.tokenizer,
            characters=room.max_characters,
            tokens=self._tokens,
        )
        self.metadata["truncation"] = classifier.truncation
        self.metadata["clean_html"] = classifier.clean_html
        self._classifier = classifier
        self.functions["classify"] = lite_signature(self._classify, ids=numbers(1, self._tokens))

    def _classify(self, ids: tf.Tensor) -> Named:
        settings = self._classifier
        found = truncation_windows(
            real(ids), settings.max_length, settings.truncation, static_length=self._tokens
        )
        places, lengths, count = found.positions[0], found.lengths[0], found.counts[0]
        width = places.shape[1]

        def read(
            window: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            length = tf.gather(lengths, window)
            is_read = tf.range(width) < length
            here = tf.where(is_read, tf.gather(places, window), 0)
            tokens = tf.where(is_read, tf.gather(ids[0], here), PAD)
            more, looked = settings.model.look(append_eos(tokens[None], length[None]))
            looked = tf.where(is_read, looked[0, :-1], 0.0)
            spread = tf.scatter_nd(here[:, None], looked, (self._tokens,))
            return window + 1, logits + more, weights + spread[None]

        _, logits, weights = tf.while_loop(
            lambda window, *_: window < count,
            read,
            (0, tf.zeros((1, len(settings.labels))), tf.zeros((1, self._tokens))),
        )
        share = 1.0 / tf.cast(count, tf.float32)
        return {
            "probabilities": tf.nn.softmax(settings.calibration.apply(logits * share)),
            "weights": weights * share,
        }
