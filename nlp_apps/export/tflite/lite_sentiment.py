"""A classifier as signatures of a `.tflite`.

Letters in shapes: M tokens of a text, W windows of it, S tokens of a window with EOS, L labels.
"""

import tensorflow as tf

from nlp_apps.export.saved_model.sentiment_signatures import truncation_windows
from nlp_apps.export.saved_model.signatures import append_eos
from nlp_apps.export.tflite.lite_networks import encode
from nlp_apps.export.tflite.lite_ngrams import ngram_logits
from nlp_apps.export.tflite.lite_signatures import (
    LiteSignatures,
    Outputs,
    ints,
    lengths_of,
    lite_signature,
)
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.recipe.export_section import SentimentExport
from nlp_apps.text.special_ids import PAD


class LiteSentiment(LiteSignatures):
    """`classify`: probabilities, and the attention weight of each token.

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
        self.functions["classify"] = lite_signature(self._classify, ids=ints(1, self._tokens))

    def _classify(self, ids: tf.Tensor) -> Outputs:
        settings = self._classifier
        windows = truncation_windows(
            lengths_of(ids), settings.max_length, settings.truncation, static_length=self._tokens
        )
        lengths, count = windows.lengths[0], windows.counts[0]
        width = windows.positions.shape[2]

        def read(
            window: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            length = tf.gather(lengths, window)
            is_read = tf.range(width) < length
            positions = tf.where(is_read, tf.gather(windows.positions[0], window), 0)
            tokens = tf.where(is_read, tf.gather(ids[0], positions), PAD)
            source = append_eos(tokens[None], length[None])
            memory, mask = encode(settings.model.encoder, source)
            new_logits, new_weights = settings.model.classify(memory, mask)
            if settings.model.ngrams is not None:
                new_logits += ngram_logits(settings.model.ngrams, source)
            new_weights = tf.where(is_read, new_weights[0, :-1], 0.0)
            spread = tf.scatter_nd(positions[:, None], new_weights, (self._tokens,))
            return window + 1, logits + new_logits, weights + spread[None]

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
