"""A translator as signatures of a `.tflite`.

Letters in shapes: K beams, M tokens of a text, S source length with EOS, T target length, V
vocabulary, R tensors of a state, D units.
"""

from typing import Any

import tensorflow as tf

from nlp_apps.blocks.attention import PreparedMemory
from nlp_apps.blocks.pointer import PointerDecoder
from nlp_apps.decoding.search import Hypotheses
from nlp_apps.export.saved_model.signatures import append_eos
from nlp_apps.export.saved_model.translation_signatures import per_token
from nlp_apps.export.tflite.lite_networks import LiteTranslator, step
from nlp_apps.export.tflite.lite_signatures import (
    LiteSignatures,
    Outputs,
    floats,
    ints,
    lengths_of,
    lite_signature,
    pack,
    unpack,
)
from nlp_apps.inference.text_translator import TextTranslator, search
from nlp_apps.recipe.export_section import TranslationExport
from nlp_apps.text.special_ids import BOS, NEG_INF, PAD


class LiteTranslation(LiteSignatures):
    """`greedy`, `beam`, and for hosts with a search of their own `encode` and `decode_step`.

    Args:
        translator: the translator; `beam` has its beam size and penalties.
        limits: the recipe's [export], with the longest text.
    """

    def __init__(self, translator: TextTranslator, limits: TranslationExport):
        super().__init__(
            translator.model,
            translator.source_tokenizer,
            translator.target_tokenizer,
            characters=limits.max_characters,
            tokens=limits.max_tokens,
            sentence_case=translator.sentence_case,
        )
        self._translator, self._tokens = translator, limits.max_tokens
        self._model = LiteTranslator(translator.model)
        self._copies = isinstance(translator.model.decoder, PointerDecoder)
        beams = translator.decoding.beam_size
        ids = ints(1, self._tokens)
        self.functions["encode"] = lite_signature(self._encode, ids=ids)
        self.functions["decode_step"] = self._decode_step(1)
        self.functions["greedy"] = lite_signature(self._greedy, ids=ids)
        if beams > 1:
            self.functions["decode_step_beam"] = self._decode_step(beams)
            self.functions["beam"] = lite_signature(self._beam, ids=ids)

    def _encode(self, ids: tf.Tensor) -> Outputs:
        source = append_eos(ids, lengths_of(ids))
        prepared, state = self._model.encode(source)
        state = tf.nest.map_structure(lambda value: value[:, 0], state)
        return {
            "memory": prepared.values,
            "keys": prepared.keys,
            "length": lengths_of(source),
            "state": pack(state),
            **({"source": source} if self._copies else {}),
        }

    def _decode_step(self, beams: int) -> Any:
        decoder = self._translator.model.decoder
        layers, cell = decoder.stack, decoder.stack[0].cell
        units, length = layers[0].units, self._tokens + 1

        def decode_step(
            token: tf.Tensor,
            state: tf.Tensor,
            memory: tf.Tensor,
            keys: tf.Tensor,
            length: tf.Tensor,
            source: Any = (),
        ) -> Outputs:
            mask = tf.range(memory.shape[1])[None, :] < length[:, None]
            states = tf.nest.map_structure(
                lambda value: value[None], unpack(state, cell.num_states)
            )  # [1, K, D]
            prepared = PreparedMemory(memory, keys, mask, source)
            found = step(decoder, token[None], states, prepared)
            ids = tf.range(found.logits.shape[-1])
            never = tf.equal(ids, PAD) | tf.equal(ids, BOS)
            after = tf.nest.map_structure(lambda value: value[0], found.state)
            named = {
                "log_probabilities": tf.where(never, NEG_INF, tf.nn.log_softmax(found.logits[0])),
                "state": pack(after),
            }
            return named if found.weights is None else {**named, "attention": found.weights[0]}

        return lite_signature(
            decode_step,
            token=ints(beams),
            state=floats(beams, len(layers) * cell.num_states, units),
            memory=floats(1, length, units),
            keys=floats(1, length, units),
            length=ints(1),
            **({"source": ints(1, length)} if self._copies else {}),
        )

    def _greedy(self, ids: tf.Tensor) -> Outputs:
        source, found = self._search(ids, 1)
        return {
            "ids": found.token_ids[:, 0],
            "count": found.lengths[:, 0],
            "score": per_token(found)[:, 0],
            **self._attention(source, found),
        }

    def _beam(self, ids: tf.Tensor) -> Outputs:
        source, found = self._search(ids, self._translator.decoding.beam_size)
        return {
            "ids": found.token_ids,
            "counts": found.lengths,
            "scores": per_token(found),
            **self._attention(source, found),
        }

    def _search(self, ids: tf.Tensor, beam_size: int) -> tuple[tf.Tensor, Hypotheses]:
        source = append_eos(ids, lengths_of(ids))
        decoding = self._translator.decoding
        longest = min(decoding.max_length, self._tokens)
        settings = decoding.model_copy(update={"beam_size": beam_size, "max_length": longest})
        return source, search(self._model, source, settings, static_length=self._tokens)

    def _attention(self, source: tf.Tensor, found: Hypotheses) -> Outputs:
        """Attention weights of the best hypothesis: <float32>[1, T, S], zeros after its EOS."""
        if self._translator.model.decoder.attention is None:
            return {}
        target, lengths = found.token_ids[:, 0], found.lengths[:, 0]
        bos = tf.fill((1, 1), BOS)
        target_in = tf.concat([bos, target[:, :-1]], axis=1)
        weights = self._model.attention_weights(source, target_in, lengths[0])
        is_real = tf.range(self._tokens)[None, :, None] < lengths[:, None, None]
        return {"attention": tf.where(is_real, weights, 0.0)}
