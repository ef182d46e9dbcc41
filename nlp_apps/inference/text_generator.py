"""Writes and scores text with a language model in memory.

Letters in shapes: B texts, T tokens, V vocabulary, D units.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.sampling import next_token, uniform_noise
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.search import beam_search
from nlp_apps.decoding.text_stream import TextStream
from nlp_apps.networks.language_model import LanguageModel
from nlp_apps.results import GeneratedText, Surprisals
from nlp_apps.text.special_ids import BOS, EOS, NEG_INF, PAD, UNKNOWN
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training.losses import cross_entropy

WINDOW = 256
"""Tokens that are read at once; the state is carried from window to window, so that a text or a
prompt may have any length."""


class TextGenerator:
    """Prompts in, texts out; texts in, surprisals out.

    Args:
        model: the language model.
        tokenizer: its tokenizer.
        batch_size: texts written or scored together.
    """

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, *, batch_size: int = 64):
        self.model, self.tokenizer, self.batch_size = model, tokenizer, batch_size
        self._steps: dict[SamplingConfig, Any] = {}
        self._read = tf.function(self._read_window, autograph=False, reduce_retracing=True)
        self._score = tf.function(self._score_window, autograph=False, reduce_retracing=True)
        self._uniforms = tf.function(uniform_noise, autograph=False, reduce_retracing=True)
        self._never = tf.constant(never_drawn(tokenizer))

    # Writing -------------------------------------------------------------------------------------

    def generate(
        self,
        prompts: Iterable[str],
        how: SamplingConfig,
        *,
        max_tokens: int = 200,
        seed: int = 1,
        num_samples: int = 1,
        stop: Sequence[str] = (),
        beam_size: int = 1,
    ) -> Iterator[list[GeneratedText]]:
        """Continues prompts, in order.

        Args:
            prompts: may be empty texts.
            how: how tokens are drawn.
            max_tokens: after which a text is cut off.
            seed: same seed, same texts; they depend on the place of a prompt among the prompts.
            num_samples: texts for each prompt.
            stop: a text ends before the first of these that it comes to.
            beam_size: 1 to draw; more to search for the likeliest text, always the same one.

        Yields:
            For each prompt its texts.
        """
        prompts = iter(prompts)
        first = 0
        while chunk := list(islice(prompts, max(1, self.batch_size // num_samples))):
            if beam_size > 1:
                for prompt in chunk:
                    best = self._search(
                        prompt, beam_size, max_tokens, how.no_repeat_ngram_size, stop
                    )
                    yield [best] * num_samples
                continue
            rows = [prompt for prompt in chunk for _ in range(num_samples)]
            texts = [TextStream(self.tokenizer, prompt, stop) for prompt in rows]
            for start in range(0, len(texts), self.batch_size):
                some = texts[start : start + self.batch_size]
                for _ in self._grow(some, how, max_tokens, seed, first + start):
                    pass
            first += len(rows)
            written = [text.result() for text in texts]
            for index in range(len(chunk)):
                yield written[index * num_samples : (index + 1) * num_samples]

    def stream(
        self,
        prompt: str,
        how: SamplingConfig,
        *,
        max_tokens: int = 200,
        seed: int = 1,
        stop: Sequence[str] = (),
        place: int = 0,
    ) -> Iterator[str]:
        """Continues one prompt, as `generate` would, and gives the continuation as it grows.

        `place` is the prompt's among the prompts that `generate` would be given.
        """
        text = TextStream(self.tokenizer, prompt, stop)
        return text.stream(self._grow([text], how, max_tokens, seed, place))

    def _grow(
        self,
        texts: Sequence[TextStream],
        how: SamplingConfig,
        max_tokens: int,
        seed: int,
        first: int,
    ) -> Iterator[None]:
        """Draws tokens until every text has ended; yields after each."""
        if how not in self._steps:

            def step(*args: Any) -> Any:
                return self._step(how, *args)

            self._steps[how] = tf.function(step, autograph=False, reduce_retracing=True)
        longest = max(len(text.prompt_ids) for text in texts)
        # A prompt stands right before what is drawn, so that all have the same `time`.
        tokens = np.full((len(texts), longest + max_tokens), PAD, np.int32)
        for row, text in enumerate(texts):
            tokens[row, longest - len(text.prompt_ids) : longest] = text.prompt_ids
        state = self._state_after([text.prompt_ids[:-1] for text in texts])
        state = tf.nest.map_structure(lambda value: value[:, None], state)  # [B, 1, D]
        last = tf.constant([text.prompt_ids[-1] for text in texts])
        history, rows = tf.constant(tokens), tf.range(first, first + len(texts))

        def uniforms_of(count: int) -> tf.Tensor:
            return self._uniforms(tf.constant(seed), tf.constant(count), rows)

        for time in range(longest, longest + max_tokens):
            last, log_probs, state, history = self._steps[how](
                last, state, history, tf.constant(time), uniforms_of(time - longest)
            )
            for text, token, log_prob in zip(texts, last.numpy(), log_probs.numpy(), strict=True):
                text.add(int(token), float(log_prob))
            yield
            if all(text.ended for text in texts):
                return

    def _step(
        self,
        how: SamplingConfig,
        last: tf.Tensor,
        state: Any,
        history: tf.Tensor,
        time: tf.Tensor,
        uniform: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor, Any, tf.Tensor]:
        output = self.model.decoder.step(last[:, None], state)
        logits = output.logits[:, 0] + self._never
        chosen, log_probs = next_token(logits, history, time, uniform, how)
        places = tf.stack([tf.range(tf.shape(last)[0]), tf.fill(tf.shape(last), time)], axis=-1)
        return chosen, log_probs, output.state, tf.tensor_scatter_nd_update(history, places, chosen)

    def _state_after(self, sequences: Sequence[Sequence[int]]) -> Any:
        """The state after each sequence of tokens, window by window."""
        state = self.model.decoder.get_initial_state(len(sequences))
        for start in range(0, max(map(len, sequences)), WINDOW):
            parts = [sequence[start : start + WINDOW] for sequence in sequences]
            lengths = [len(part) for part in parts]
            batch = np.full((len(parts), max(lengths)), PAD, np.int32)
            for row, part in enumerate(parts):
                batch[row, : len(part)] = part
            state = self._read(tf.constant(batch), state, tf.constant(lengths))
        return state

    def _read_window(self, target_in: tf.Tensor, state: Any, lengths: tf.Tensor) -> Any:
        _, after = self.model.decoder(
            target_in, state, padding_mask=tf.sequence_mask(lengths, tf.shape(target_in)[1])
        )
        went_on = tf.greater(lengths, 0)[:, None]
        return tf.nest.map_structure(lambda new, old: tf.where(went_on, new, old), after, state)

    def _search(
        self,
        prompt: str,
        beam_size: int,
        max_tokens: int,
        no_repeat_ngram_size: int,
        stop: Sequence[str],
    ) -> GeneratedText:
        """The text that a beam search finds, its log probability divided by (5 + length) / 6."""
        text = TextStream(self.tokenizer, prompt, stop)
        state = self._state_after([text.prompt_ids[:-1]])

        def step(token_ids: tf.Tensor, state: Any) -> Any:
            # The search begins with a token that it never gives: here it stands for the prompt's
            # last one, which may well come again.
            prompted = tf.where(tf.equal(token_ids, BOS), text.prompt_ids[-1], token_ids)
            return self.model.decoder.step(prompted, state)

        def search() -> Any:
            return beam_search(
                step,
                tf.nest.map_structure(lambda value: value[:, None], state),
                batch_size=1,
                max_length=max_tokens,
                bos_id=BOS,
                eos_id=EOS,
                beam_size=beam_size,
                length_alpha=1.0,
                no_repeat_ngram_size=no_repeat_ngram_size,
            )

        found = tf.function(search, autograph=False)()
        length = int(found.lengths[0, 0])
        log_prob = float(found.log_probabilities[0, 0]) / max(length, 1)
        for token in found.token_ids[0, 0, :length].numpy():
            text.add(int(token), log_prob)
        return text.result()

    # Scoring -------------------------------------------------------------------------------------

    def surprisals(self, texts: Iterable[str]) -> Iterator[Surprisals]:
        """How surprising each token of each text is, in order; a text is read from its start."""
        texts = iter(texts)
        while chunk := list(islice(texts, self.batch_size)):
            encoded = self.tokenizer.encode_documents(chunk)
            nats = self._nats(encoded)
            for token_ids, row in zip(encoded, nats, strict=True):
                yield Surprisals(show_tokens(self.tokenizer, token_ids), row)

    def _nats(self, sequences: Sequence[Sequence[int]]) -> list[np.ndarray]:
        found: list[list[np.ndarray]] = [[] for _ in sequences]
        state = self.model.decoder.get_initial_state(len(sequences))
        for start in range(0, max(map(len, sequences)), WINDOW):
            parts = [sequence[start : start + WINDOW] for sequence in sequences]
            width = max(map(len, parts))
            target_in = np.full((len(parts), width), PAD, np.int32)
            target_out = np.full((len(parts), width), PAD, np.int32)
            for row, part in enumerate(parts):
                before = BOS if start == 0 else sequences[row][start - 1] if part else PAD
                target_out[row, : len(part)] = part
                target_in[row, : len(part)] = [before, *part[:-1]] if part else []
            losses, state = self._score(tf.constant(target_in), tf.constant(target_out), state)
            for row, part in enumerate(parts):
                found[row].append(losses.numpy()[row, : len(part)].astype(np.float64))
        return [np.concatenate(rows) if rows else np.zeros(0) for rows in found]

    def _score_window(
        self, target_in: tf.Tensor, target_out: tf.Tensor, state: Any
    ) -> tuple[tf.Tensor, Any]:
        logits, state = self.model.decoder(target_in, state)
        return cross_entropy(logits, target_out), state


def never_drawn(tokenizer: Tokenizer) -> np.ndarray:
    """What is added to logits: NEVER for the ids that no text has, else 0. <float32>[V]."""
    never = np.zeros((tokenizer.vocabulary_size,), np.float32)
    never[[PAD, UNKNOWN, BOS]] = NEG_INF
    return never


def show_tokens(tokenizer: Tokenizer, token_ids: Sequence[int]) -> list[str]:
    """The piece of each id as it stands in the text: blanks and line ends as themselves."""
    pieces = tokenizer.vocabulary
    return [
        "\n" if index == tokenizer.newline_id else pieces[index].replace("\u2581", " ")
        for index in token_ids
    ]
