"""Signatures of a translator.

Letters in shapes: B texts, K beams, S source length, T target length.
"""

import tensorflow as tf

from nlp_apps.decoding.search import Hypotheses
from nlp_apps.export.graph_text.graph_normalize import is_empty, normalize_input
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.signatures import (
    Outputs,
    Signatures,
    append_eos,
    clear_empty,
    signature,
)
from nlp_apps.inference.text_translator import TextTranslator, search
from nlp_apps.text.special_ids import BOS, PAD


class TranslationSignatures(Signatures):
    """`serving_default`, `greedy`, `nbest` and, if the model has attention, `align`.

    The search is that of `TextTranslator`: it stops when every sentence has ended.

    Args:
        translator: the translator; `serving_default` has its beam size and penalties.
    """

    def __init__(self, translator: TextTranslator):
        super().__init__(translator.model)
        self._translator = translator
        self.source = GraphTokenizer(translator.source_tokenizer)
        self.target = self.source
        if translator.target_tokenizer is not translator.source_tokenizer:
            self.target = GraphTokenizer(translator.target_tokenizer)
        self.functions = {
            "serving_default": signature(self._beam),
            "greedy": signature(self._greedy),
            "nbest": signature(self._nbest),
        }
        if translator.model.decoder.attention is not None:
            self.functions["align"] = signature(self._align)

    def _beam(self, text: tf.Tensor) -> Outputs:
        return self._best(text, *self._search(text, self._translator.decoding.beam_size))

    def _greedy(self, text: tf.Tensor) -> Outputs:
        return self._best(text, *self._search(text, 1))

    def _nbest(self, text: tf.Tensor) -> Outputs:
        source, found = self._search(text, self._translator.decoding.beam_size)
        beams = tf.shape(found.token_ids)
        flat = tf.reshape(found.token_ids, (-1, beams[2]))
        texts = tf.reshape(self.target.decode(flat), beams[:2])
        texts, scores = clear_empty(is_empty(text), [texts, per_token(found)])
        return {"translations": texts, "scores": scores, "too_long": self._too_long(source)}

    def _align(self, text: tf.Tensor) -> Outputs:
        source, found = self._search(text, self._translator.decoding.beam_size)
        target = found.token_ids[:, 0]
        bos = tf.fill(tf.stack([tf.shape(target)[0], 1]), BOS)
        target_in = tf.concat([bos, target[:, :-1]], axis=1)
        weights = self._translator.model.attention_weights(source, target_in)
        longest = tf.maximum(tf.reduce_max(found.lengths[:, 0]), 1)
        values = [
            self.source.subwords(source),
            self.target.subwords(target)[:, :longest],
            tf.where((target != PAD)[:, :, None], weights, 0.0)[:, :longest],
        ]
        names = ("source_pieces", "target_pieces", "attention")
        aligned = dict(zip(names, clear_empty(is_empty(text), values), strict=True))
        return {**self._best(text, source, found), **aligned}

    def _search(self, text: tf.Tensor, beam_size: int) -> tuple[tf.Tensor, Hypotheses]:
        source = append_eos(*self.source.encode(normalize_input(text)))
        settings = self._translator.decoding.model_copy(update={"beam_size": beam_size})
        return source, search(self._translator.model, source, settings)

    def _best(self, text: tf.Tensor, source: tf.Tensor, found: Hypotheses) -> Outputs:
        values = [self.target.decode(found.token_ids[:, 0]), per_token(found)[:, 0]]
        translation, score = clear_empty(is_empty(text), values)
        too_long = self._too_long(source)
        return {"translation": translation, "score": score, "too_long": too_long}

    def _too_long(self, source: tf.Tensor) -> tf.Tensor:
        """Computes `Translation.too_long` of token ids with EOS: <int32>[B, S] to <bool>[B]."""
        lengths = tf.math.count_nonzero(source, axis=1, dtype=tf.int32)
        max_length = self._translator.max_length
        return tf.zeros_like(lengths, tf.bool) if max_length is None else lengths > max_length


def per_token(found: Hypotheses) -> tf.Tensor:
    """Computes the log probability per token, in nats: <float32>[B, K]."""
    return found.log_probabilities / tf.cast(tf.maximum(found.lengths, 1), tf.float32)
