"""Translates text with a translator in memory: tokenize, search, join.

Letters in shapes: B batch, K beams, S source length, T target length.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.search import Hypotheses, beam_search, greedy_search
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.decoding_section import TranslationDecoding
from nlp_apps.results import Translation
from nlp_apps.text.normalize import normalize
from nlp_apps.text.special_ids import BOS, EOS, PAD
from nlp_apps.text.tokenizer import Tokenizer

CHUNK = 4096
"""Texts read ahead, to be sorted by length: so many that few positions are padding, so few that
answers flow."""


class Alignment(NamedTuple):
    """Where a translation looked.

    Attributes:
        source_ids: <int32>[S], of the text, EOS included.
        target_ids: <int32>[T], of its translation, EOS included.
        weights: <float>[T, S], whose rows sum to 1; of several heads the mean.
        score: log probability per token, in nats.
    """

    source_ids: np.ndarray
    target_ids: np.ndarray
    weights: np.ndarray
    score: float


class EncoderDecoder(Protocol):
    """A translator for `search`."""

    def encode(self, source: tf.Tensor) -> Any:
        """Encodes sentences: see `Translator.encode`."""

    def step(self, token_ids: tf.Tensor, state: Any, prepared: Any) -> Any:
        """Takes one step: see `Translator.step`."""


def search(
    model: EncoderDecoder,
    source: tf.Tensor,
    settings: TranslationDecoding,
    *,
    static_length: int | None = None,
) -> Hypotheses:
    """Translates token ids, as a recipe's [decoding] has it.

    Args:
        model: the translator.
        source: <int32>[B, S], each row ending in EOS and padded on the right with 0.
        settings: beam size, penalties and lengths; with a beam of 1 the search is greedy.
        static_length: T, where it must be known when the graph is made.

    Returns:
        `Hypotheses`, K of them the beam size, the best first.
    """
    prepared, state = model.encode(source)
    lengths = tf.math.count_nonzero(source, axis=1, dtype=tf.int32)
    common = {
        "batch_size": source.shape[0] or tf.shape(source)[0],
        # Twice the source and some: what is longer is a loop, not a translation. Counted for each
        # sentence by itself, so that its answer does not depend on its neighbours.
        "max_length": tf.minimum(settings.max_length, 2 * lengths + 10),
        "bos_id": BOS,
        "eos_id": EOS,
        "no_repeat_ngram_size": settings.no_repeat_ngram_size,
        "static_length": static_length,
    }

    def step(token_ids: tf.Tensor, state: Any) -> Any:
        return model.step(token_ids, state, prepared)

    if settings.beam_size == 1:
        return greedy_search(step, state, **common)
    return beam_search(
        step,
        state,
        beam_size=settings.beam_size,
        length_alpha=settings.length_penalty,
        coverage_beta=settings.coverage_penalty,
        memory_mask=prepared.padding_mask,
        **common,
    )


class TextTranslator:
    """Text in, text out.

    Args:
        model: the translator.
        source_tokenizer, target_tokenizer: may be one and the same.
        decoding: the recipe's [decoding].
    """

    def __init__(
        self,
        model: Translator,
        source_tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        decoding: TranslationDecoding,
    ):
        self.model = model
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.decoding = decoding
        self._search = tf.function(
            lambda source: search(model, source, decoding),
            autograph=False,
            input_signature=[tf.TensorSpec((None, None), tf.int32)],
        )

    def translate(self, texts: Iterable[str]) -> Iterator[Translation]:
        """Translates texts of any number, in order; reads a chunk ahead of what it gives."""
        texts = iter(texts)
        while chunk := [normalize(text) for text in islice(texts, CHUNK)]:
            yield from self._translate_chunk(chunk)

    def _translate_chunk(self, texts: Sequence[str]) -> list[Translation]:
        sources = [[*ids, EOS] for ids in self.source_tokenizer.encode(texts)]
        order = np.argsort([len(source) for source in sources], kind="stable")[::-1]
        answers: dict[int, Translation] = {}
        size = self.decoding.batch_size
        for start in range(0, len(order), size):
            members = order[start : start + size]
            length = max(len(sources[member]) for member in members)
            batch = np.full((len(members), length), PAD, np.int32)
            for row, member in enumerate(members):
                batch[row, : len(sources[member])] = sources[member]
            found = Hypotheses(*(value.numpy() for value in self._search(batch)))
            for row, member in enumerate(members):
                answers[int(member)] = self._read(found, row)
        return [answers[index] for index in range(len(texts))]

    def align(self, text: str) -> Alignment:
        """Translates a text as `translate` does, and says where each token's step looked.

        Raises:
            ValueError: the model has no attention.
        """
        if self.model.decoder.attention is None:
            raise ValueError("a translator without attention looks nowhere")
        source = np.array([[*self.source_tokenizer.encode([normalize(text)])[0], EOS]], np.int32)
        found = Hypotheses(*(value.numpy() for value in self._search(source)))
        length = int(found.lengths[0, 0])
        target = found.token_ids[0, 0, :length]
        target_in = tf.constant([[BOS, *target[:-1]]], tf.int32)
        weights = self.model.attention_weights(tf.constant(source), target_in)[0].numpy()
        score = float(found.log_probabilities[0, 0]) / max(length, 1)
        return Alignment(source[0], target, weights, score)

    def _read(self, found: Hypotheses, row: int) -> Translation:
        texts = self.target_tokenizer.decode(found.token_ids[row])
        per_token = found.log_probabilities[row] / np.maximum(found.lengths[row], 1)
        alternatives = [
            (text, float(score))
            for text, score, length in zip(texts, per_token, found.lengths[row], strict=True)
            if length  # a short answer may have fewer alternatives than there are beams
        ]
        return Translation(*alternatives[0], alternatives)
