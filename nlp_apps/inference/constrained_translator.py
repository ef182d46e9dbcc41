"""Translation of sentences with constraints.

Letters in shapes: B batch, C constraints of a sentence, S source length, L tokens of a constraint.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.constraints import Constraints
from nlp_apps.decoding.search import Hypotheses
from nlp_apps.recipe.decoding_section import TranslationDecoding
from nlp_apps.text.aligned_translation import (
    AlignedTranslation,
    align_tokens,
    read_target_tokens,
)
from nlp_apps.text.constrained_text import ConstrainedSentence, TargetTables, put_back
from nlp_apps.text.joined_translation import Hypothesis, SentenceTranslation
from nlp_apps.text.special_ids import BOS, EOS, PAD
from nlp_apps.text.target_choice import Tag
from nlp_apps.text.token_offsets import character_ends, tokens_of_span
from nlp_apps.text.tokenizer import Tokenizer

INPUTS = [
    tf.TensorSpec((None, None), tf.int32),  # source
    tf.TensorSpec((None, None, None), tf.float32),
    tf.TensorSpec((None, None, None), tf.int32),
    tf.TensorSpec((None, None), tf.int32),
    tf.TensorSpec((None, None), tf.bool),
]


class ConstrainedTranslator:
    """Translates sentences with constraints. Its search is traced with the first of them.

    Args:
        search: `text_translator.search`.
        model: the translator.
        source_tokenizer, target_tokenizer: may be the same object.
        decoding: the recipe's [decoding].
        max_length: tokens of the longest training pair, EOS included; None: unknown.
    """

    def __init__(
        self,
        search: Any,
        model: Any,
        source_tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        decoding: TranslationDecoding,
        max_length: int | None,
    ):
        self._attention_weights = tf.function(
            model.attention_weights, autograph=False, input_signature=[INPUTS[0], INPUTS[0]]
        )
        self._source, self._target = source_tokenizer, target_tokenizer
        self._batch_size, self._max_length = decoding.batch_size, max_length
        self._source_pieces = source_tokenizer.vocabulary
        self.tables = TargetTables(target_tokenizer.vocabulary)
        self._search = tf.function(
            lambda source, *constraints: search(
                model,
                source,
                decoding,
                constraints=Constraints(*constraints),
                continues_word=self.tables.continues_word,
            ),
            autograph=False,
            input_signature=INPUTS,
        )

    def translate(
        self, sentences: Sequence[ConstrainedSentence], tags: Sequence[Tag]
    ) -> list[SentenceTranslation]:
        """Translates sentences, in order; each has the tag of its target language."""
        encoded = self._source.encode([one.text for one in sentences])
        sources = [[*tag, *ids, EOS] for tag, ids in zip(tags, encoded, strict=True)]
        order = sorted(range(len(sources)), key=lambda index: -len(sources[index]))
        found: dict[int, SentenceTranslation] = {}
        for start in range(0, len(order), self._batch_size):
            members = order[start : start + self._batch_size]
            batch = self._arrays(
                [sentences[one] for one in members],
                [tags[one] for one in members],
                [sources[one] for one in members],
            )
            hypotheses = Hypotheses(*(value.numpy() for value in self._search(*batch)))
            for row, member in enumerate(members):
                too_long = self._max_length is not None and len(sources[member]) > self._max_length
                decoded = self._decode(hypotheses, row, sentences[member])
                found[member] = SentenceTranslation(decoded, too_long)
        return [found[index] for index in range(len(sentences))]

    def align(self, sentence: ConstrainedSentence, tag: Tag) -> AlignedTranslation:
        """Translates a sentence, and aligns it with its translation; the model has attention."""
        (ids,) = self._source.encode([sentence.text])
        source = [*tag, *ids, EOS]
        found = Hypotheses(
            *(value.numpy() for value in self._search(*self._arrays([sentence], [tag], [source])))
        )
        coded = found.token_ids[0, 0, : int(found.lengths[0, 0])]
        target_in = tf.constant([[BOS, *coded[:-1] % self._target.vocabulary_size]], tf.int32)
        weights = self._attention_weights(tf.constant([source], tf.int32), target_in)[0]
        return align_tokens(
            sentence,
            character_ends([self._source_pieces[one] for one in ids]),
            read_target_tokens(coded, sentence.constraints, self.tables, self._decode_ids),
            weights.numpy()[:, len(tag) : -1],
            float(found.log_probabilities[0, 0]),
            too_long=self._max_length is not None and len(source) > self._max_length,
        )

    def _arrays(
        self,
        sentences: Sequence[ConstrainedSentence],
        tags: Sequence[Tag],
        sources: Sequence[Sequence[int]],
    ) -> tuple[np.ndarray, ...]:
        """Returns the inputs of the search."""
        targets = [self._encode_targets(one) for one in sentences]
        shape = len(sentences), max(1, *map(len, targets))
        width = max(map(len, sources))
        source = np.full((len(sources), width), PAD, np.int32)
        spans = np.zeros((*shape, width), np.float32)
        longest = max((len(ids) for row in targets for ids in row), default=1)
        token_ids = np.full((*shape, longest), PAD, np.int32)
        lengths, is_reserved = np.zeros(shape, np.int32), np.zeros(shape, bool)
        for row, (sentence, tag, ids) in enumerate(zip(sentences, tags, sources, strict=True)):
            source[row, : len(ids)] = ids
            ends = character_ends([self._source_pieces[one] for one in ids[len(tag) : -1]])
            for column, one in enumerate(sentence.constraints):
                place = tokens_of_span(ends, len(sentence.text), one.start, one.end)
                spans[row, column, len(tag) : len(tag) + len(place)] = place
                target = targets[row][column]
                token_ids[row, column, : len(target)] = target
                lengths[row, column] = len(target)
                is_reserved[row, column] = one.is_reserved
        return source, spans, token_ids, lengths, is_reserved

    def _encode_targets(self, sentence: ConstrainedSentence) -> list[list[int]]:
        return self._target.encode([one.target for one in sentence.constraints])

    def _decode(
        self, found: Hypotheses, row: int, sentence: ConstrainedSentence
    ) -> list[Hypothesis]:
        per_token = found.log_probabilities[row] / np.maximum(found.lengths[row], 1)
        return [
            Hypothesis(
                put_back(ids[:length], sentence.constraints, self.tables, self._decode_ids),
                float(score),
                int(length),
            )
            for ids, score, length in zip(
                found.token_ids[row], per_token, found.lengths[row], strict=True
            )
            if length
        ]

    def _decode_ids(self, ids: list[int]) -> str:
        return self._target.decode([ids])[0]
