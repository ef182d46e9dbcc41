"""A language model as signatures of a `.tflite`.

Letters in shapes: M tokens of a call, V vocabulary, R tensors of a state, D units.
"""

import tensorflow as tf

from nlp_apps.decoding.sampling import (
    apply_repetition_rules,
    apply_temperature,
    log_probs_of,
    sample,
)
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.export.tflite.keyboard_signatures import KeyboardSignatures
from nlp_apps.export.tflite.lite_networks import decode, step
from nlp_apps.export.tflite.lite_recurrent import write
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
from nlp_apps.export.tflite.lite_top_k_top_p import top_k_top_p_filter
from nlp_apps.inference.text_generator import TextGenerator, forbidden_ids_mask
from nlp_apps.recipe.decoding_section import GenerationDecoding
from nlp_apps.recipe.export_section import GenerationExport


class LiteGeneration(LiteSignatures):
    """`prefill` reads a prompt, `step` predicts, `sample` samples, `score` computes surprisals.

    Each of them has a state as input and returns the next one; the first is all zeros. The host
    feeds BOS first, and supplies the random numbers. `KeyboardSignatures` has the others.

    Args:
        generator: the language model.
        decoding: the recipe's [decoding]; `sample` has its penalties.
        limits: the recipe's [export], with the longest text of a call.

    Attributes:
        needs_history: `sample` has an input `history` <int32>[1, M], the text's last tokens with
            zeros before them, because the recipe penalises repetitions.
    """

    def __init__(
        self, generator: TextGenerator, decoding: GenerationDecoding, limits: GenerationExport
    ):
        super().__init__(
            generator.model,
            generator.tokenizer,
            generator.tokenizer,
            characters=limits.max_characters,
            tokens=limits.max_tokens,
            multiline=True,
        )
        self._generator = generator
        self._penalties = SamplingConfig(
            repetition_penalty=decoding.repetition_penalty,
            no_repeat_ngram_size=decoding.no_repeat_ngram_size,
        )
        self.needs_history = self._penalties != SamplingConfig()
        stack = generator.model.decoder.stack
        self._num_states = stack[0].cell.num_states
        self._never = forbidden_ids_mask(generator.tokenizer)
        shape = [len(stack) * self._num_states, stack[0].units]
        self.metadata.update(
            {
                "state": shape,
                "line_end": generator.tokenizer.newline_id,
                "remembers": self.needs_history,
            }
        )
        state = floats(1, *shape)
        ids, token = ints(1, limits.max_tokens), ints(1)
        self.functions.update(
            prefill=lite_signature(self._prefill, ids=ids, state=state),
            step=lite_signature(self._step, token=token, state=state),
            sample=lite_signature(
                self._sample,
                token=token,
                state=state,
                temperature=floats(1),
                top_k=ints(1),
                top_p=floats(1),
                uniform=floats(1),
                **({"history": ids} if self.needs_history else {}),
            ),
            score=lite_signature(self._score, ids=ids, token=token, state=state),
        )
        keyboard = KeyboardSignatures(generator, decoding, limits.max_tokens)
        self.functions.update(keyboard.functions)
        self.metadata.update(keyboard.metadata)

    def _prefill(self, ids: tf.Tensor, state: tf.Tensor) -> Outputs:
        decoder, count = self._generator.model.decoder, lengths_of(ids)
        states = unpack(state, self._num_states)
        features, _, after = decode(decoder, ids, states, None, count[0])
        last = tf.gather(features, tf.maximum(count - 1, 0), axis=1)[:, 0]
        logits = decoder.logits(last) + self._never
        return {"log_probabilities": tf.nn.log_softmax(logits), "state": pack(after)}

    def _step(self, token: tf.Tensor, state: tf.Tensor) -> Outputs:
        logits, after = self._next(token, state)
        return {"log_probabilities": tf.nn.log_softmax(logits), "state": after}

    def _sample(
        self,
        token: tf.Tensor,
        state: tf.Tensor,
        temperature: tf.Tensor,
        top_k: tf.Tensor,
        top_p: tf.Tensor,
        uniform: tf.Tensor,
        history: tf.Tensor | None = None,
    ) -> Outputs:
        logits, after = self._next(token, state)
        filtered = logits
        if history is not None:
            filtered = apply_repetition_rules(
                logits, history, tf.constant(history.shape[1]), self._penalties
            )
        filtered = apply_temperature(filtered, temperature[:, None])
        chosen = sample(top_k_top_p_filter(filtered, top_k, top_p), uniform)
        return {"token": chosen, "log_probability": log_probs_of(logits, chosen), "state": after}

    def _score(self, ids: tf.Tensor, token: tf.Tensor, state: tf.Tensor) -> Outputs:
        count = lengths_of(ids)[0]
        target_in = tf.concat([token[:, None], ids[:, :-1]], axis=1)

        def score(
            position: tf.Tensor, state: tf.Tensor, nats: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            logits, after = self._next(tf.gather(target_in[0], position)[None], state, full=True)
            loss = -log_probs_of(logits, tf.gather(ids[0], position)[None])
            return position + 1, after, write(nats, loss[:, None, None], position)

        _, after, nats = tf.while_loop(
            lambda position, *_: position < count, score, (0, state, tf.zeros((1, ids.shape[1], 1)))
        )
        return {"nats": nats[:, :, 0], "state": after}

    def _next(
        self, token: tf.Tensor, state: tf.Tensor, *, full: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes one step.

        Args:
            token: <int32>[1].
            state: <float32>[1, R, D].
            full: keep the logits of the ids that no text has; otherwise they become NEG_INF.

        Returns:
            logits <float32>[1, V] and the new state.
        """
        states = tf.nest.map_structure(
            lambda value: value[None], unpack(state, self._num_states)
        )  # [1, 1, D]
        found = step(self._generator.model.decoder, token[None], states)
        after = tf.nest.map_structure(lambda value: value[0], found.state)
        logits = found.logits[0]
        return logits if full else logits + self._never, pack(after)
