"""Signatures of a language model.

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
from nlp_apps.decoding.sampling_config import RANGES, Range, SamplingConfig
from nlp_apps.export.graph_text.graph_normalize import normalize_document
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.signatures import TEXT, Outputs, Signatures, signature
from nlp_apps.export.saved_model.suggest_signature import SuggestSignature
from nlp_apps.inference.text_generator import WINDOW, TextGenerator, forbidden_ids_mask
from nlp_apps.recipe.decoding_section import GenerationDecoding
from nlp_apps.text.special_ids import BOS, EOS, PAD

MAX_TOKENS = 4096
"""Largest `max_tokens` of a request, so that no client occupies a server."""

INPUT_RANGES = {
    **{name: RANGES[name] for name in ("temperature", "top_k", "top_p")},
    "max_tokens": Range(1, MAX_TOKENS),
}
"""Input of `serving_default` -> its range."""


class GenerationSignatures(Signatures):
    """`serving_default`, `score` and `suggest`.

    Beside `text`, `serving_default` accepts `temperature`, `top_k`, `top_p`, `max_tokens` and
    `seed`: one value per text, or one for all. Their defaults are those of the recipe.

    Args:
        generator: the language model.
        decoding: the recipe's [decoding] section.

    Attributes:
        defaults: defaults of the inputs beside `text`.
    """

    def __init__(self, generator: TextGenerator, decoding: GenerationDecoding):
        super().__init__(generator.model)
        self._generator = generator
        self._penalties = SamplingConfig(
            repetition_penalty=decoding.repetition_penalty,
            no_repeat_ngram_size=decoding.no_repeat_ngram_size,
        )
        self.tokenizer = GraphTokenizer(generator.tokenizer)
        self._newline_id = generator.tokenizer.newline_id
        self._never = forbidden_ids_mask(generator.tokenizer)
        self.defaults: dict[str, float | int] = {
            "temperature": decoding.temperature,
            "top_k": decoding.top_k,
            "top_p": decoding.top_p,
            "max_tokens": min(decoding.max_tokens, MAX_TOKENS),
            "seed": 1,
        }
        suggestions = SuggestSignature(generator, self.tokenizer, self._state_after)
        self.functions = {
            "serving_default": self._serving_default(),
            "score": signature(self._score),
            "suggest": signature(suggestions.suggest),
        }

    def _serving_default(self) -> Any:
        """Returns the function with the recipe's settings as its defaults."""
        defaults, row = self.defaults, (None,)

        def generate(
            text: tf.Tensor,
            temperature: tf.Tensor = tf.constant([defaults["temperature"]]),  # noqa: B008
            top_k: tf.Tensor = tf.constant([defaults["top_k"]]),  # noqa: B008
            top_p: tf.Tensor = tf.constant([defaults["top_p"]]),  # noqa: B008
            max_tokens: tf.Tensor = tf.constant([defaults["max_tokens"]]),  # noqa: B008
            seed: tf.Tensor = tf.constant([defaults["seed"]], tf.int64),  # noqa: B008
        ) -> Outputs:
            return self._generate(text, temperature, top_k, top_p, max_tokens, seed)

        return tf.function(
            generate,
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

    def _generate(
        self,
        text: tf.Tensor,
        temperature: tf.Tensor,
        top_k: tf.Tensor,
        top_p: tf.Tensor,
        max_tokens: tf.Tensor,
        seed: tf.Tensor,
    ) -> Outputs:
        batch_size = tf.shape(text)[0]
        for name, value in (
            ("temperature", temperature),
            ("top_k", top_k),
            ("top_p", top_p),
            ("max_tokens", max_tokens),
        ):
            _require(name, value)
        temperature, top_k, top_p = (
            tf.broadcast_to(value, (batch_size,))[:, None] for value in (temperature, top_k, top_p)
        )
        limits = tf.broadcast_to(max_tokens, (batch_size,))
        seed = tf.broadcast_to(seed, (batch_size,))
        seeds, rows = tf.cast(seed % 2**31, tf.int32), tf.cast(seed // 2**32, tf.int32)

        prompt, lengths = self.tokenizer.encode_documents(normalize_document(text))
        bos = tf.fill(tf.stack([batch_size, 1]), BOS)
        target_in = tf.concat([bos, prompt], axis=1)  # the last token is fed in the loop
        state = self._state_after(target_in, lengths)
        last = tf.gather(target_in, lengths, axis=1, batch_dims=1)
        longest = tf.reduce_max(tf.concat([limits, [1]], axis=0))

        # Prompts are aligned on the right, so that all rows have the same `time`.
        width = tf.shape(target_in)[1]
        positions = tf.range(width)[None, :] - (width - 1 - lengths)[:, None]
        before = tf.gather(target_in, tf.maximum(positions, 0), axis=1, batch_dims=1)
        before = tf.where(positions >= 0, before, PAD)
        history = tf.pad(before, [[0, 0], [0, longest]])

        def step(
            time: tf.Tensor,
            last: tf.Tensor,
            state: Any,
            history: tf.Tensor,
            total: tf.Tensor,
            ended: tf.Tensor,
        ) -> tuple[Any, ...]:
            output = self._generator.model.decoder.step(last[:, None], state)
            logits = output.logits[:, 0] + self._never
            filtered = apply_repetition_rules(logits, history, width + time, self._penalties)
            filtered = apply_temperature(filtered, temperature)
            filtered = top_k_top_p_filter(filtered, top_k, top_p)
            chosen = sample(filtered, uniform_noise(seeds, time, rows))
            total += tf.where(ended, 0.0, log_probs_of(logits, chosen))
            chosen = tf.where(ended, PAD, chosen)
            is_now = tf.equal(tf.range(tf.shape(history)[1]), width + time)
            history = tf.where(is_now, chosen[:, None], history)
            ended |= tf.equal(chosen, EOS) | (time + 1 >= limits)
            return time + 1, chosen, output.state, history, total, ended

        state = tf.nest.map_structure(lambda value: value[:, None], state)  # [B, 1, D]
        _, _, _, history, total, _ = tf.while_loop(
            lambda time, last, state, history, total, ended: ~tf.reduce_all(ended),
            step,
            (0, last, state, history, tf.zeros((batch_size,)), tf.zeros((batch_size,), tf.bool)),
            maximum_iterations=longest,
        )
        generated = history[:, width:]
        count = tf.math.count_nonzero(generated, axis=1, dtype=tf.int32)
        old, new = self.tokenizer.decode_documents(before), self.tokenizer.decode_documents(history)
        continuation = tf.strings.substr(new, tf.strings.length(old), tf.strings.length(new))
        prompt = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")  # invalid bytes: U+FFFD
        return {
            "text": tf.strings.join([prompt, continuation]),
            "continuation": continuation,
            "tokens": count,
            "log_probability": total / tf.cast(tf.maximum(count, 1), tf.float32),
            "ended": tf.reduce_any(tf.equal(generated, EOS), axis=1),
        }

    def _state_after(self, target_in: tf.Tensor, lengths: tf.Tensor) -> Any:
        """Returns the state after the first `lengths` tokens of each row."""
        initial = self._generator.model.decoder.get_initial_state(tf.shape(target_in)[0])
        mask = tf.sequence_mask(lengths, tf.shape(target_in)[1])
        _, after = self._generator.model.decoder.hidden_states(
            target_in, initial, padding_mask=mask
        )
        is_read = (lengths > 0)[:, None]
        return tf.nest.map_structure(lambda new, old: tf.where(is_read, new, old), after, initial)

    def _score(self, text: tf.Tensor) -> Outputs:
        token_ids, lengths = self.tokenizer.encode_documents(normalize_document(text))
        batch_size, longest = tf.shape(token_ids)[0], tf.shape(token_ids)[1]
        width = tf.minimum(longest, WINDOW)  # short texts are not padded to a whole window
        count = (longest + width - 1) // width
        targets = tf.pad(token_ids, [[0, 0], [0, count * width - longest]])
        bos = tf.fill(tf.stack([batch_size, 1]), BOS)
        target_in = tf.concat([bos, targets[:, :-1]], axis=1)

        def score(index: tf.Tensor, state: Any, nats: tf.TensorArray) -> tuple[Any, ...]:
            window = slice(index * width, index * width + width)
            logits, state = self._generator.model.decoder(target_in[:, window], state)
            target_out = targets[:, window]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(target_out, logits)
            losses = tf.where(tf.equal(target_out, PAD), 0.0, losses)
            return index + 1, state, nats.write(index, losses)

        array = tf.TensorArray(tf.float32, count, element_shape=(None, None))
        _, _, array = tf.while_loop(
            lambda index, state, nats: index < count,
            score,
            (0, self._generator.model.decoder.get_initial_state(batch_size), array),
        )
        nats = tf.reshape(tf.transpose(array.stack(), (1, 0, 2)), (batch_size, -1))[:, :longest]
        pieces = tf.strings.regex_replace(self.tokenizer.subwords(token_ids), "\u2581", " ")
        pieces = tf.where(tf.equal(token_ids, self._newline_id), "\n", pieces)
        mean = tf.reduce_sum(nats, axis=1) / tf.cast(tf.maximum(lengths, 1), tf.float32)
        return {"pieces": pieces, "nats": nats, "perplexity": tf.exp(tf.minimum(mean, 80.0))}


def _require(name: str, value: tf.Tensor) -> None:
    allowed = INPUT_RANGES[name]
    message = f"{name} must be {allowed}"
    tf.debugging.Assert(tf.reduce_all(allowed.contains(value)), [message], summarize=1)
