"""A language model as signatures of a `.tflite`.

Letters in shapes: M tokens that are read at once, V vocabulary, R tensors of a state, D units.
"""

import tensorflow as tf

from nlp_apps.decoding.sampling import (
    apply_repetition_rules,
    apply_temperature,
    log_probs_of,
    sample,
)
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.export.tflite.lite_recurrent import put
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
from nlp_apps.export.tflite.lite_top_k_top_p import top_k_top_p_filter
from nlp_apps.inference.text_generator import TextGenerator, never_drawn
from nlp_apps.recipe.decoding_section import GenerationDecoding
from nlp_apps.recipe.export_section import GenerationExport


class LiteGeneration(LiteSignatures):
    """`prefill` reads, `step` predicts, `sample` draws, `score` tells how surprising a text is.

    All of them take a state and give the next one; the first is all zeros. The host feeds BOS
    first, and brings the random numbers.

    Args:
        writer: the language model.
        decoding: the recipe's [decoding]; its penalties are those of `sample`.
        room: how much is read at once.

    Attributes:
        needs_history: `sample` takes `history` <int32>[1, M], the text's last tokens with zeros
            before them, because the recipe wants no repetitions.
    """

    def __init__(self, writer: TextGenerator, decoding: GenerationDecoding, room: GenerationExport):
        super().__init__(
            writer.model,
            writer.tokenizer,
            writer.tokenizer,
            characters=room.max_characters,
            tokens=room.max_tokens,
            multiline=True,
        )
        self._writer = writer
        self._how = SamplingConfig(
            repetition_penalty=decoding.repetition_penalty,
            no_repeat_ngram_size=decoding.no_repeat_ngram_size,
        )
        self.needs_history = self._how != SamplingConfig()
        stack = writer.model.decoder.stack
        self._state_size = stack[0].cell.state_size
        self._never = never_drawn(writer.tokenizer)
        shape = [len(stack) * self._state_size, stack[0].units]
        self.metadata.update(
            {
                "state": shape,
                "line_end": writer.tokenizer.newline_id,
                "remembers": self.needs_history,
            }
        )
        state = figures(1, *shape)
        ids, token = numbers(1, room.max_tokens), numbers(1)
        self.functions.update(
            prefill=lite_signature(self._prefill, ids=ids, state=state),
            step=lite_signature(self._step, token=token, state=state),
            sample=lite_signature(
                self._sample,
                token=token,
                state=state,
                temperature=figures(1),
                top_k=numbers(1),
                top_p=figures(1),
                uniform=figures(1),
                **({"history": ids} if self.needs_history else {}),
            ),
            score=lite_signature(self._score, ids=ids, token=token, state=state),
        )

    def _prefill(self, ids: tf.Tensor, state: tf.Tensor) -> Named:
        model, count = self._writer.model, real(ids)
        features, after = model.read(ids, unpack(state, self._state_size), lengths=count)
        last = tf.gather(features, tf.maximum(count - 1, 0), axis=1)[:, 0]
        logits = model.decoder.logits(last) + self._never
        return {"log_probabilities": tf.nn.log_softmax(logits), "state": pack(after)}

    def _step(self, token: tf.Tensor, state: tf.Tensor) -> Named:
        logits, after = self._advance(token, state)
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
    ) -> Named:
        logits, after = self._advance(token, state)
        filtered = logits
        if history is not None:
            filtered = apply_repetition_rules(
                logits, history, tf.constant(history.shape[1]), self._how
            )
        filtered = apply_temperature(filtered, temperature[:, None])
        chosen = sample(top_k_top_p_filter(filtered, top_k, top_p), uniform)
        return {"token": chosen, "log_probability": log_probs_of(logits, chosen), "state": after}

    def _score(self, ids: tf.Tensor, token: tf.Tensor, state: tf.Tensor) -> Named:
        count = real(ids)[0]
        fed = tf.concat([token[:, None], ids[:, :-1]], axis=1)

        def read(
            place: tf.Tensor, state: tf.Tensor, nats: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            logits, after = self._advance(tf.gather(fed[0], place)[None], state, full=True)
            loss = -log_probs_of(logits, tf.gather(ids[0], place)[None])
            return place + 1, after, put(nats, loss[:, None, None], place)

        _, after, nats = tf.while_loop(
            lambda place, *_: place < count, read, (0, state, tf.zeros((1, ids.shape[1], 1)))
        )
        return {"nats": nats[:, :, 0], "state": after}

    def _advance(
        self, token: tf.Tensor, state: tf.Tensor, *, full: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """One step: logits <float32>[1, V], what is never drawn only if `full`, and the state."""
        states = tf.nest.map_structure(
            lambda value: value[None], unpack(state, self._state_size)
        )  # [1, 1, D]
        found = self._writer.model.step(token[None], states)
        after = tf.nest.map_structure(lambda value: value[0], found.state)
        logits = found.logits[0]
        return logits if full else logits + self._never, pack(after)
