"""A language model as signatures.

Letters in shapes: B texts, T tokens, V vocabulary, D units.
"""

from typing import Any

import tensorflow as tf

from nlp_apps.decoding.sampling import (
    apply_repetition_rules,
    apply_temperature,
    log_probs_of,
    sample,
    top_k_top_p_filter,
    uniform_noise,
)
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.signatures import TEXT, Signatures, signature
from nlp_apps.inference.text_generator import WINDOW, TextGenerator, never_drawn
from nlp_apps.recipe.decoding_section import GenerationDecoding
from nlp_apps.text.special_ids import BOS, EOS, PAD

Named = dict[str, tf.Tensor]

MOST_TOKENS = 4096
"""The most that one call may ask for: a server's time is not one client's."""

LIMITS = {
    "temperature": "above 0 and at most 100",
    "top_k": "at least 0",
    "top_p": "above 0 and at most 1",
    "max_tokens": f"from 1 to {MOST_TOKENS}",
}
"""What the inputs may be."""


class GenerationSignatures(Signatures):
    """`serving_default` and `score`.

    Beside `text`, `serving_default` takes `temperature`, `top_k`, `top_p`, `max_tokens` and `seed`:
    one value for each text, or one for all. Left out, they are the recipe's.

    Args:
        writer: the language model.
        decoding: the recipe's [decoding].

    Attributes:
        defaults: what the inputs beside `text` are where they are left out.
    """

    def __init__(self, writer: TextGenerator, decoding: GenerationDecoding):
        super().__init__(writer.model)
        self._writer, self._decoding = writer, decoding
        self.tokenizer = GraphTokenizer(writer.tokenizer)
        self._line_end = writer.tokenizer.newline_id
        self._never = never_drawn(writer.tokenizer)
        self.defaults: dict[str, float | int] = {
            "temperature": decoding.temperature,
            "top_k": decoding.top_k,
            "top_p": decoding.top_p,
            "max_tokens": min(decoding.max_tokens, MOST_TOKENS),
            "seed": 1,
        }
        self.functions = {"serving_default": self._continuing(), "score": signature(self._score)}

    def _continuing(self) -> Any:
        """The function with the recipe's settings as defaults, which a SavedModel keeps."""
        given, row = self.defaults, (None,)

        def write(
            text: tf.Tensor,
            temperature: tf.Tensor = tf.constant([given["temperature"]]),  # noqa: B008
            top_k: tf.Tensor = tf.constant([given["top_k"]]),  # noqa: B008
            top_p: tf.Tensor = tf.constant([given["top_p"]]),  # noqa: B008
            max_tokens: tf.Tensor = tf.constant([given["max_tokens"]]),  # noqa: B008
            seed: tf.Tensor = tf.constant([given["seed"]], tf.int64),  # noqa: B008
        ) -> Named:
            return self._write(text, temperature, top_k, top_p, max_tokens, seed)

        return tf.function(
            write,
            autograph=False,
            input_signature=[
                TEXT,
                tf.TensorSpec(row, tf.float32, name="temperature"),
                tf.TensorSpec(row, tf.int32, name="top_k"),
                tf.TensorSpec(row, tf.float32, name="top_p"),
                tf.TensorSpec(row, tf.int32, name="max_tokens"),
                tf.TensorSpec(row, tf.int64, name="seed"),
            ],
        )

    def _write(
        self,
        text: tf.Tensor,
        temperature: tf.Tensor,
        top_k: tf.Tensor,
        top_p: tf.Tensor,
        max_tokens: tf.Tensor,
        seed: tf.Tensor,
    ) -> Named:
        batch_size = tf.shape(text)[0]
        _require("temperature", (temperature > 0.0) & (temperature <= 100.0))
        _require("top_k", top_k >= 0)
        _require("top_p", (top_p > 0.0) & (top_p <= 1.0))
        _require("max_tokens", (max_tokens >= 1) & (max_tokens <= MOST_TOKENS))
        temperature, top_k, top_p = (
            tf.broadcast_to(value, (batch_size,))[:, None] for value in (temperature, top_k, top_p)
        )
        limits = tf.broadcast_to(max_tokens, (batch_size,))
        seed = tf.broadcast_to(seed, (batch_size,))
        seeds, rows = tf.cast(seed % 2**31, tf.int32), tf.cast(seed // 2**32, tf.int32)

        prompt, lengths = self.tokenizer.encode_documents(text)
        begin = tf.fill(tf.stack([batch_size, 1]), BOS)
        fed = tf.concat([begin, prompt], axis=1)  # BOS and the prompt; its last token is fed below
        state = self._state_after(fed, lengths)
        last = tf.gather(fed, lengths, axis=1, batch_dims=1)
        longest = tf.reduce_max(tf.concat([limits, [1]], axis=0))

        # The prompt stands right before what is drawn, so that all have the same `time`.
        width = tf.shape(fed)[1]
        places = tf.range(width)[None, :] - (width - 1 - lengths)[:, None]
        before = tf.gather(fed, tf.maximum(places, 0), axis=1, batch_dims=1)
        before = tf.where(places >= 0, before, PAD)
        history = tf.pad(before, [[0, 0], [0, longest]])
        how = SamplingConfig(
            repetition_penalty=self._decoding.repetition_penalty,
            no_repeat_ngram_size=self._decoding.no_repeat_ngram_size,
        )

        def step(
            time: tf.Tensor,
            last: tf.Tensor,
            state: Any,
            history: tf.Tensor,
            total: tf.Tensor,
            ended: tf.Tensor,
        ) -> tuple[Any, ...]:
            output = self._writer.model.step(last[:, None], state)
            logits = output.logits[:, 0] + self._never
            chances = apply_temperature(
                apply_repetition_rules(logits, history, width + time, how), temperature
            )
            chances = top_k_top_p_filter(chances, top_k, top_p)
            chosen = sample(chances, uniform_noise(seeds, time, rows))
            total += tf.where(ended, 0.0, log_probs_of(logits, chosen))
            chosen = tf.where(ended, PAD, chosen)
            here = tf.equal(tf.range(tf.shape(history)[1]), width + time)
            history = tf.where(here, chosen[:, None], history)
            ended |= tf.equal(chosen, EOS) | (time + 1 >= limits)
            return time + 1, chosen, output.state, history, total, ended

        state = tf.nest.map_structure(lambda value: value[:, None], state)  # [B, 1, D]
        _, _, _, history, total, _ = tf.while_loop(
            lambda time, last, state, history, total, ended: ~tf.reduce_all(ended),
            step,
            (0, last, state, history, tf.zeros((batch_size,)), tf.zeros((batch_size,), tf.bool)),
            maximum_iterations=longest,
        )
        count = tf.math.count_nonzero(history[:, width:], axis=1, dtype=tf.int32)
        old, whole = (
            self.tokenizer.decode_documents(before),
            self.tokenizer.decode_documents(history),
        )
        continuation = tf.strings.substr(whole, tf.strings.length(old), tf.strings.length(whole))
        prompt = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")  # of other bytes U+FFFD
        return {
            "text": tf.strings.join([prompt, continuation]),
            "continuation": continuation,
            "tokens": count,
            "log_probability": total / tf.cast(tf.maximum(count, 1), tf.float32),
            "ended": tf.reduce_any(tf.equal(history[:, width:], EOS), axis=1),
        }

    def _state_after(self, fed: tf.Tensor, lengths: tf.Tensor) -> Any:
        """The state after each row's first `lengths` tokens."""
        first = self._writer.model.initial_state(tf.shape(fed)[0])
        _, after = self._writer.model.read(fed, first, lengths=lengths)
        went_on = (lengths > 0)[:, None]
        return tf.nest.map_structure(lambda new, old: tf.where(went_on, new, old), after, first)

    def _score(self, text: tf.Tensor) -> Named:
        token_ids, lengths = self.tokenizer.encode_documents(text)
        batch_size, longest = tf.shape(token_ids)[0], tf.shape(token_ids)[1]
        width = tf.minimum(longest, WINDOW)  # short texts are not padded to a whole window
        count = (longest + width - 1) // width
        targets = tf.pad(token_ids, [[0, 0], [0, count * width - longest]])
        begin = tf.fill(tf.stack([batch_size, 1]), BOS)
        fed = tf.concat([begin, targets[:, :-1]], axis=1)

        def read(index: tf.Tensor, state: Any, nats: tf.TensorArray) -> tuple[Any, ...]:
            start = index * width
            part = fed[:, start : start + width]
            logits, state = self._writer.model.advance(part, state)
            wanted = targets[:, start : start + width]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits)
            losses = tf.where(tf.equal(wanted, PAD), 0.0, losses)
            return index + 1, state, nats.write(index, losses)

        array = tf.TensorArray(tf.float32, count, element_shape=(None, None))
        _, _, array = tf.while_loop(
            lambda index, state, nats: index < count,
            read,
            (0, self._writer.model.initial_state(batch_size), array),
        )
        nats = tf.reshape(tf.transpose(array.stack(), (1, 0, 2)), (batch_size, -1))[:, :longest]
        pieces = tf.strings.regex_replace(self.tokenizer.pieces(token_ids), "\u2581", " ")
        pieces = tf.where(tf.equal(token_ids, self._line_end), "\n", pieces)
        mean = tf.reduce_sum(nats, axis=1) / tf.cast(tf.maximum(lengths, 1), tf.float32)
        return {"pieces": pieces, "nats": nats, "perplexity": tf.exp(tf.minimum(mean, 80.0))}


def _require(name: str, holds: tf.Tensor) -> None:
    message = f"{name} must be {LIMITS[name]}"
    tf.debugging.Assert(tf.reduce_all(holds), [message], summarize=1)
