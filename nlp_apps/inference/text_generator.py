"""The predictor of a language model: continues and scores texts.

Letters in shapes: B texts, T tokens, V vocabulary, D units.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.sampling import next_token, uniform_noise
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.search import Hypotheses, beam_search
from nlp_apps.decoding.text_stream import TextStream
from nlp_apps.io import stages
from nlp_apps.networks.language_model import LanguageModel
from nlp_apps.recipe.decoding_section import GenerationDecoding
from nlp_apps.recipe.schema import GenerationRecipe
from nlp_apps.results import GeneratedText, Surprisals
from nlp_apps.text.normalize import normalize_document
from nlp_apps.text.special_ids import BOS, EOS, NEG_INF, PAD, UNKNOWN
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training.losses import cross_entropy

WINDOW = 256
"""Tokens of a call; the state is carried from window to window, so that a text or a prompt may have
any length."""


class TextGenerator:
    """Continues prompts, and computes the surprisal of texts.

    Args:
        model: the language model.
        tokenizer: its tokenizer.
        batch_size: texts generated or scored together.
        recipe: the recipe, whose [decoding] has the defaults of `predict`.
    """

    def __init__(
        self,
        model: LanguageModel,
        tokenizer: Tokenizer,
        *,
        batch_size: int = 64,
        recipe: GenerationRecipe | None = None,
    ):
        self.model, self.tokenizer, self.batch_size = model, tokenizer, batch_size
        self.recipe = recipe
        self._steps: dict[SamplingConfig, Any] = {}
        self._searches: dict[tuple[int, int, int], Any] = {}
        self._read = tf.function(self._read_window, autograph=False, reduce_retracing=True)
        self._score = tf.function(self._score_window, autograph=False, reduce_retracing=True)
        self._noise = tf.function(uniform_noise, autograph=False, reduce_retracing=True)
        self._forbidden = tf.constant(forbidden_ids_mask(tokenizer))

    @property
    def decoding(self) -> dict[str, Any]:
        """The settings of the recipe's [decoding]."""
        return (self.recipe.decoding if self.recipe else GenerationDecoding()).model_dump()

    @property
    def beam_size(self) -> int:
        """The beam size of the recipe; 1 samples."""
        return int(self.decoding["beam_size"])

    # Generation ----------------------------------------------------------------------------------

    def predict(
        self,
        texts: Iterable[str],
        *,
        max_tokens: int | None = None,
        seed: int = 1,
        stop: Sequence[str] = (),
        **sampling: float | None,
    ) -> list[GeneratedText]:
        """Continues texts, in order, with the settings of the recipe unless others are passed.

        Args:
            texts: the prompts.
            max_tokens: tokens after which a text is truncated.
            seed: equal seeds produce equal texts.
            stop: a text ends before the first occurrence of any of these strings.
            sampling: settings of `SamplingConfig`.
        """
        decoding = self.decoding
        config = SamplingConfig.from_decoding(decoding, **sampling)
        generated = self.generate(
            texts,
            config,
            max_tokens=decoding["max_tokens"] if max_tokens is None else max_tokens,
            seed=seed,
            stop=stop,
            beam_size=self.beam_size,
        )
        return [one for (one,) in generated]

    def generate(
        self,
        prompts: Iterable[str],
        sampling: SamplingConfig,
        *,
        max_tokens: int = 200,
        seed: int = 1,
        num_samples: int = 1,
        stop: Sequence[str] = (),
        beam_size: int = 1,
        first_index: int = 0,
    ) -> Iterator[list[GeneratedText]]:
        """Continues prompts, in order.

        Args:
            prompts: the prompts; a prompt may be empty.
            sampling: settings of sampling.
            max_tokens: tokens after which a text is truncated.
            seed: equal seeds produce equal texts; they depend on the index of the prompt.
            num_samples: texts per prompt.
            stop: a text ends before the first occurrence of any of these strings.
            beam_size: 1 samples; more searches for the most probable text, always the same one.
            first_index: index of the first prompt.

        Yields:
            The texts of each prompt.
        """
        prompts = iter(prompts)
        first = first_index * num_samples
        while chunk := list(islice(prompts, max(1, self.batch_size // num_samples))):
            if beam_size > 1:
                for prompt in chunk:
                    best = self._search(
                        prompt, beam_size, max_tokens, sampling.no_repeat_ngram_size, stop
                    )
                    yield [best] * num_samples
                continue
            rows = [prompt for prompt in chunk for _ in range(num_samples)]
            texts = [TextStream(self.tokenizer, prompt, stop) for prompt in rows]
            for start in range(0, len(texts), self.batch_size):
                batch = texts[start : start + self.batch_size]
                for _ in self._extend(batch, sampling, max_tokens, seed, first + start):
                    pass
            first += len(rows)
            results = [text.result() for text in texts]
            for index in range(len(chunk)):
                yield results[index * num_samples : (index + 1) * num_samples]

    def stream(
        self,
        prompt: str,
        sampling: SamplingConfig,
        *,
        max_tokens: int = 200,
        seed: int = 1,
        stop: Sequence[str] = (),
        place: int = 0,
    ) -> Iterator[str]:
        """Continues one prompt as `generate` does and yields the continuation in parts.

        Args:
            prompt: the prompt.
            sampling: settings of sampling.
            max_tokens: tokens after which the text is truncated.
            seed: equal seeds produce equal text.
            stop: the text ends before the first occurrence of any of these strings.
            place: index of the prompt among the prompts of `generate`.
        """
        text = TextStream(self.tokenizer, prompt, stop)
        return text.stream(self._extend([text], sampling, max_tokens, seed, place))

    def _extend(
        self,
        texts: Sequence[TextStream],
        sampling: SamplingConfig,
        max_tokens: int,
        seed: int,
        first: int,
    ) -> Iterator[None]:
        """Samples tokens until every text has ended; yields after each token."""
        if sampling not in self._steps:

            def step(*args: Any) -> Any:
                return self._step(sampling, *args)

            self._steps[sampling] = tf.function(step, autograph=False, reduce_retracing=True)
        longest = max(len(text.prompt_ids) for text in texts)
        # Prompts are aligned on the right, so that all texts have the same `time`.
        tokens = np.full((len(texts), longest + max_tokens), PAD, np.int32)
        for row, text in enumerate(texts):
            tokens[row, longest - len(text.prompt_ids) : longest] = text.prompt_ids
        state = self.state_after([text.prompt_ids[:-1] for text in texts])
        state = tf.nest.map_structure(lambda value: value[:, None], state)  # [B, 1, D]
        last = tf.constant([text.prompt_ids[-1] for text in texts])
        history, rows = tf.constant(tokens), tf.range(first, first + len(texts))

        def noise_of(count: int) -> tf.Tensor:
            return self._noise(tf.constant(seed), tf.constant(count), rows)

        for time in range(longest, longest + max_tokens):
            last, log_probs, state, history = self._steps[sampling](
                last, state, history, tf.constant(time), noise_of(time - longest)
            )
            for text, token, log_prob in zip(texts, last.numpy(), log_probs.numpy(), strict=True):
                text.add(int(token), float(log_prob))
            stages.report_part(time - longest + 1, max_tokens)
            yield
            if all(text.ended for text in texts):
                return

    def _step(
        self,
        sampling: SamplingConfig,
        last: tf.Tensor,
        state: Any,
        history: tf.Tensor,
        time: tf.Tensor,
        uniform: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor, Any, tf.Tensor]:
        output = self.model.decoder.step(last[:, None], state)
        logits = output.logits[:, 0] + self._forbidden
        chosen, log_probs = next_token(logits, history, time, uniform, sampling)
        places = tf.stack([tf.range(tf.shape(last)[0]), tf.fill(tf.shape(last), time)], axis=-1)
        return chosen, log_probs, output.state, tf.tensor_scatter_nd_update(history, places, chosen)

    def state_after(self, sequences: Sequence[Sequence[int]]) -> Any:
        """Returns the state after each sequence of tokens, window by window."""
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
        padding_mask = tf.sequence_mask(lengths, tf.shape(target_in)[1])
        _, after = self.model.decoder(target_in, state, padding_mask=padding_mask)
        is_longer = tf.greater(lengths, 0)[:, None]
        return tf.nest.map_structure(lambda new, old: tf.where(is_longer, new, old), after, state)

    def _search(
        self,
        prompt: str,
        beam_size: int,
        max_tokens: int,
        no_repeat_ngram_size: int,
        stop: Sequence[str],
    ) -> GeneratedText:
        """Searches for the text of the highest log probability divided by (5 + length) / 6."""
        text = TextStream(self.tokenizer, prompt, stop)
        state = self.state_after([text.prompt_ids[:-1]])
        settings = beam_size, max_tokens, no_repeat_ngram_size
        if settings not in self._searches:
            search = functools.partial(self._beam_search, *settings)
            self._searches[settings] = tf.function(search, autograph=False)
        found = self._searches[settings](tf.constant(text.prompt_ids[-1]), state)
        length = int(found.lengths[0, 0])
        log_prob = float(found.log_probabilities[0, 0]) / max(length, 1)
        for token in found.token_ids[0, 0, :length].numpy():
            text.add(int(token), log_prob)
        return text.result()

    def _beam_search(
        self,
        beam_size: int,
        max_tokens: int,
        no_repeat_ngram_size: int,
        last: tf.Tensor,
        state: Any,
    ) -> Hypotheses:
        """Searches after a prompt that ends in the token `last` <int32>[]."""

        def step(token_ids: tf.Tensor, state: Any) -> Any:
            # The search starts from BOS, which it never returns: replace it with the last token of
            # the prompt, which it may return again.
            prompted = tf.where(tf.equal(token_ids, BOS), last, token_ids)
            return self.model.decoder.step(prompted, state)

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

    # Scoring -------------------------------------------------------------------------------------

    def surprisals(self, texts: Iterable[str]) -> Iterator[Surprisals]:
        """Computes the surprisal of each token of each text, in order."""
        texts = iter(texts)
        while chunk := list(islice(texts, self.batch_size)):
            encoded = self.tokenizer.encode_documents(list(map(normalize_document, chunk)))
            nats = self._nats(encoded)
            for token_ids, row in zip(encoded, nats, strict=True):
                yield Surprisals(token_texts(self.tokenizer, token_ids), row)

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


def forbidden_ids_mask(tokenizer: Tokenizer) -> np.ndarray:
    """Returns a term for logits, <float32>[V]: NEG_INF for ids that no text has, otherwise 0."""
    mask = np.zeros((tokenizer.vocabulary_size,), np.float32)
    mask[[PAD, UNKNOWN, BOS]] = NEG_INF
    return mask


def token_texts(tokenizer: Tokenizer, token_ids: Sequence[int]) -> list[str]:
    """Returns the text of each token, with spaces and newlines as themselves."""
    pieces = tokenizer.vocabulary
    return [
        "\n" if index == tokenizer.newline_id else pieces[index].replace("\u2581", " ")
        for index in token_ids
    ]
