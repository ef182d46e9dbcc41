"""A translator as signatures of a `.tflite`.

Letters in shapes: K beams, M tokens of a text, S source length with EOS, T target length, V
vocabulary, R tensors of a state, D units.
"""

from typing import Any

import tensorflow as tf

from nlp_apps.blocks.attention import Memory
from nlp_apps.decoding.search import Hypotheses
from nlp_apps.export.saved_model.signatures import append_eos
from nlp_apps.export.saved_model.translation_signatures import per_token
from nlp_apps.export.tflite.lite_signatures import (
    LiteSignatures,
    Named,
    figures,
    lite_signature,
    numbers,
    pack,
    real,
    unpack,
)
from nlp_apps.inference.text_translator import TextTranslator, search
from nlp_apps.recipe.export_section import TranslationExport
from nlp_apps.text.special_ids import BOS, NEG_INF, PAD


class LiteTranslation(LiteSignatures):
    """`greedy`, `beam`, and for hosts that search by themselves `encode` and `decode_step`.

    Args:
        translator: the translator; its beam and penalties are those of `beam`.
        room: how long texts may be.
    """

    def __init__(self, translator: TextTranslator, room: TranslationExport):
        super().__init__(
            translator.model,
            translator.source_tokenizer,
            translator.target_tokenizer,
            characters=room.max_characters,
            tokens=room.max_tokens,
        )
        self._translator, self._tokens = translator, room.max_tokens
        beams = translator.decoding.beam_size
        ids = numbers(1, self._tokens)
        self.functions["encode"] = lite_signature(self._encode, ids=ids)
        self.functions["decode_step"] = self._stepping(1)
        self.functions["greedy"] = lite_signature(self._greedy, ids=ids)
        if beams > 1:
            self.functions["decode_step_beam"] = self._stepping(beams)
            self.functions["beam"] = lite_signature(self._beam, ids=ids)

    def _encode(self, ids: tf.Tensor) -> Named:
        source = append_eos(ids, real(ids))
        memory, state = self._translator.model.encode(source)
        state = tf.nest.map_structure(lambda value: value[:, 0], state)
        return {
            "memory": memory.values,
            "keys": memory.keys,
            "length": real(source),
            "state": pack(state),
        }

    def _stepping(self, beams: int) -> Any:
        decoder = self._translator.model.decoder
        layers, cell = decoder.stack, decoder.stack[0].cell
        units, length = layers[0].units, self._tokens + 1

        def step(
            token: tf.Tensor,
            state: tf.Tensor,
            memory: tf.Tensor,
            keys: tf.Tensor,
            length: tf.Tensor,
        ) -> Named:
            mask = tf.range(memory.shape[1])[None, :] < length[:, None]
            states = tf.nest.map_structure(
                lambda value: value[None], unpack(state, cell.state_size)
            )  # [1, K, D]
            found = decoder.step(token[None], states, Memory(memory, keys, mask))
            ids = tf.range(found.logits.shape[-1])
            never = tf.equal(ids, PAD) | tf.equal(ids, BOS)
            after = tf.nest.map_structure(lambda value: value[0], found.state)
            named = {
                "log_probabilities": tf.where(never, NEG_INF, tf.nn.log_softmax(found.logits[0])),
                "state": pack(after),
            }
            return named if found.weights is None else {**named, "attention": found.weights[0]}

        return lite_signature(
            step,
            token=numbers(beams),
            state=figures(beams, len(layers) * cell.state_size, units),
            memory=figures(1, length, units),
            keys=figures(1, length, units),
            length=numbers(1),
        )

    def _greedy(self, ids: tf.Tensor) -> Named:
        source, found = self._search(ids, 1)
        return {
            "ids": found.token_ids[:, 0],
            "count": found.lengths[:, 0],
            "score": per_token(found)[:, 0],
            **self._looked(source, found),
        }

    def _beam(self, ids: tf.Tensor) -> Named:
        source, found = self._search(ids, self._translator.decoding.beam_size)
        return {
            "ids": found.token_ids,
            "counts": found.lengths,
            "scores": per_token(found),
            **self._looked(source, found),
        }

    def _search(self, ids: tf.Tensor, beam_size: int) -> tuple[tf.Tensor, Hypotheses]:
        source = append_eos(ids, real(ids))
        decoding = self._translator.decoding
        longest = min(decoding.max_length, self._tokens)
        settings = decoding.model_copy(update={"beam_size": beam_size, "max_length": longest})
        return source, search(self._translator.model, source, settings, static_length=self._tokens)

    def _looked(self, source: tf.Tensor, found: Hypotheses) -> Named:
        """Where the best answer looked: <float32>[1, T, S], zeros after its end."""
        model = self._translator.model
        if model.decoder.attention is None:
            return {}
        target, lengths = found.token_ids[:, 0], found.lengths[:, 0]
        begin = tf.fill((1, 1), BOS)
        target_in = tf.concat([begin, target[:, :-1]], axis=1)
        memory, state = model.encode(source)
        state = tf.nest.map_structure(lambda value: value[:, 0], state)
        weights = model.decoder.look(target_in, state, memory, lengths=lengths)
        is_real = tf.range(self._tokens)[None, :, None] < lengths[:, None, None]
        return {"attention": tf.where(is_real, weights, 0.0)}
