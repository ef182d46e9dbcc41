"""A translator as signatures.

Letters in shapes: B texts, K beams, S source length, T target length.
"""

import tensorflow as tf

from nlp_apps.decoding.search import Hypotheses
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.signatures import (
    Signatures,
    blanked,
    is_blank,
    plain,
    signature,
    with_end,
)
from nlp_apps.inference.text_translator import TextTranslator, search
from nlp_apps.text.special_ids import BOS

Named = dict[str, tf.Tensor]


class TranslationSignatures(Signatures):
    """`serving_default`, `greedy`, `nbest` and, where the model has attention, `align`.

    The search is the one of `serving.translation`: it stops when every sentence has ended.

    Args:
        translator: the translator; its beam and penalties are those of `serving_default`.
    """

    def __init__(self, translator: TextTranslator):
        super().__init__(translator.model)
        self._translator = translator
        self.source = GraphTokenizer(translator.source_tokenizer)
        self.target = self.source
        if translator.target_tokenizer is not translator.source_tokenizer:
            self.target = GraphTokenizer(translator.target_tokenizer)
        self.functions = {
            "serving_default": signature(self._translate),
            "greedy": signature(self._translate_greedily),
            "nbest": signature(self._translate_in_many_ways),
        }
        if translator.model.decoder.attention is not None:
            self.functions["align"] = signature(self._align)

    def _translate(self, text: tf.Tensor) -> Named:
        return self._best(text, self._search(text, self._translator.decoding.beam_size)[1])

    def _translate_greedily(self, text: tf.Tensor) -> Named:
        return self._best(text, self._search(text, 1)[1])

    def _translate_in_many_ways(self, text: tf.Tensor) -> Named:
        _, found = self._search(text, self._translator.decoding.beam_size)
        beams = tf.shape(found.token_ids)
        flat = tf.reshape(found.token_ids, (-1, beams[2]))
        texts = tf.reshape(self.target.decode(flat), beams[:2])
        texts, scores = blanked(is_blank(text), [texts, per_token(found)])
        return {"translations": texts, "scores": scores}

    def _align(self, text: tf.Tensor) -> Named:
        source, found = self._search(text, self._translator.decoding.beam_size)
        target = found.token_ids[:, 0]
        begin = tf.fill(tf.stack([tf.shape(target)[0], 1]), BOS)
        weights = self._translator.model.look(source, tf.concat([begin, target[:, :-1]], axis=1))
        longest = tf.maximum(tf.reduce_max(found.lengths[:, 0]), 1)
        values = [
            self.source.pieces(source),
            self.target.pieces(target)[:, :longest],
            tf.where((target != 0)[:, :, None], weights, 0.0)[:, :longest],
        ]
        names = ("source_pieces", "target_pieces", "attention")
        aligned = dict(zip(names, blanked(is_blank(text), values), strict=True))
        return {**self._best(text, found), **aligned}

    def _search(self, text: tf.Tensor, beam_size: int) -> tuple[tf.Tensor, Hypotheses]:
        source = with_end(*self.source.encode(plain(text)))
        settings = self._translator.decoding.model_copy(update={"beam_size": beam_size})
        return source, search(self._translator.model, source, settings)

    def _best(self, text: tf.Tensor, found: Hypotheses) -> Named:
        values = [self.target.decode(found.token_ids[:, 0]), per_token(found)[:, 0]]
        translation, score = blanked(is_blank(text), values)
        return {"translation": translation, "score": score}


def per_token(found: Hypotheses) -> tf.Tensor:
    """Log probability per token, in nats: <float32>[B, K]."""
    return found.log_probabilities / tf.cast(tf.maximum(found.lengths, 1), tf.float32)
