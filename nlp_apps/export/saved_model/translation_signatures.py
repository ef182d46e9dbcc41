"""Signatures of a translator.

Letters in shapes: B texts, N sentences of all texts, K beams, S source length, T target length.
"""

from functools import partial
from typing import Any

import tensorflow as tf

from nlp_apps.decoding.search import Hypotheses
from nlp_apps.export.graph_text.graph_alignment import read_constraints, target_tokens
from nlp_apps.export.graph_text.graph_constraints import (
    CONSTRAINT_TEXTS,
    ConstraintTexts,
    GraphConstraints,
    GraphPreparation,
)
from nlp_apps.export.graph_text.graph_normalize import is_empty, normalize_input, sentence_case
from nlp_apps.export.graph_text.graph_sentences import GraphSplitter
from nlp_apps.export.graph_text.graph_tags import GraphTags
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.signatures import (
    Outputs,
    Signatures,
    append_eos,
    clear_empty,
    signature,
)
from nlp_apps.inference.text_translator import TextTranslator, search
from nlp_apps.text.saved_markup import ALIGN_CONSTRAINED
from nlp_apps.text.special_ids import BOS, NEG_INF, PAD

GLOSSARY = tf.TensorSpec((None,), tf.string, name="glossary")
"""An input of `constrained`: lines `term TAB translation` for each text, or "" for none."""
CONSTRAINTS = tf.TensorSpec((None,), tf.string, name="constraints")
"""An input of `align_constrained`: see `text.constraint_lines`; "" for none."""
SENTENCE_TAGS = tf.TensorSpec((None,), tf.int32, name="tags")
"""The tag of each sentence, of a model with several target languages."""
TO = tf.TensorSpec((None,), tf.string, name="to")
"""The target language of each text, <string>[B], or one for all; of a model with several."""


class TranslationSignatures(Signatures):
    """`serving_default`, `greedy`, `nbest`, `constrained` and, if the model has attention, `align`.

    `constrained` is `nbest` with the protected spans of the recipe and a glossary for each text.
    A model that keeps tags also has `align_constrained`: see `text.saved_markup`.

    With several target languages, each has a further input `to` <string>[B], the language codes.

    The search is that of `TextTranslator`: it stops when every sentence has ended. Texts are split
    into sentences if the translator splits them; `align` reads each text as one sentence.

    Args:
        translator: the translator; `serving_default` has its beam size and penalties.
    """

    def __init__(self, translator: TextTranslator):
        super().__init__(translator.model)
        self._translator = translator
        self.source = GraphTokenizer(translator.source_tokenizer)
        self.target = self.source
        if translator.target_tokenizer is not translator.source_tokenizer:
            self.target = GraphTokenizer(translator.target_tokenizer)
        self._splitter = GraphSplitter(translator.sentence_rules)
        self._preparation = GraphPreparation(
            translator.decoding.protect,
            translator.substitute,
            has_sentence_case=translator.sentence_case,
        )
        self.constraints = GraphConstraints(
            self.source,
            self.target,
            translator.source_tokenizer.vocabulary,
            translator.constrained.tables,
        )
        tags = translator.targets.tags
        self._tags = GraphTags(tags) if tags else None
        of_tags = [SENTENCE_TAGS] if tags else []
        self._greedy_search, self._beam_search = (
            signature(partial(self._search_of_size, beam_size=beam_size), *of_tags)
            for beam_size in (1, translator.decoding.beam_size)
        )
        if translator.decoding.beam_size == 1:
            self._beam_search = self._greedy_search  # traced once
        self._constrained_search = signature(
            self._search_with_constraints, CONSTRAINT_TEXTS, *of_tags
        )
        inputs = [TO] if tags else []
        self.functions = {
            "serving_default": signature(self._beam, *inputs),
            "greedy": signature(self._greedy, *inputs),
            "nbest": signature(self._nbest, *inputs),
            "constrained": self._constrained(),
        }
        if translator.model.decoder.attention is not None:
            self.functions["align"] = signature(self._align, *inputs)
        if translator.keeps_markup:
            self.functions[ALIGN_CONSTRAINED] = self._align_constrained()

    def _beam(self, text: tf.Tensor, to: tf.Tensor | None = None) -> Outputs:
        return self._best(text, to, self._translator.decoding.beam_size)

    def _greedy(self, text: tf.Tensor, to: tf.Tensor | None = None) -> Outputs:
        return self._best(text, to, 1)

    def _best(self, text: tf.Tensor, to: tf.Tensor | None, beam_size: int) -> Outputs:
        translations, scores, too_long = self._translate(text, to, beam_size, best_only=True)
        best = {"translation": translations[:, 0], "score": scores[:, 0]}
        return {**best, "too_long": too_long}

    def _nbest(self, text: tf.Tensor, to: tf.Tensor | None = None) -> Outputs:
        found = self._translate(text, to, self._translator.decoding.beam_size)
        return dict(zip(("translations", "scores", "too_long"), found, strict=True))

    def _translate(
        self, text: tf.Tensor, to: tf.Tensor | None, beam_size: int, *, best_only: bool = False
    ) -> list[tf.Tensor]:
        """Translates the sentences of texts <string>[B] and joins their translations.

        Args:
            text: the texts.
            to: <string>[B], or [1] for all, the target languages; None for the only one.
            beam_size: K.
            best_only: returns the best translation alone.

        Returns:
            Translations <string>[B, K], their scores per token <float32>[B, K], and whether a
            sentence of the text is too long, <bool>[B]; K is 1 with `best_only`.
        """
        sentences, rows = self._splitter.split(normalize_input(text))
        tags = self._tags_of(text, to)
        source, found = self._search(
            sentences, None if tags is None else tf.gather(tags, rows), beam_size
        )
        if best_only:
            found = Hypotheses(*(value[:, :1] for value in found))
        shape = tf.shape(found.token_ids)
        flat = tf.reshape(found.token_ids, (-1, shape[2]))
        decoded = tf.reshape(self.target.decode(flat), shape[:2])
        return self._join(text, rows, source, found, decoded)

    def _constrained(self) -> Any:
        """Returns the function with no glossary as its default."""
        none = tf.constant([""])

        def constrained(text: tf.Tensor, glossary: tf.Tensor = none) -> Outputs:
            return self._constrained_nbest(text, None, glossary)

        def constrained_to(text: tf.Tensor, to: tf.Tensor, glossary: tf.Tensor = none) -> Outputs:
            return self._constrained_nbest(text, to, glossary)

        if self._tags is None:
            return signature(constrained, GLOSSARY)
        return signature(constrained_to, TO, GLOSSARY)

    def _constrained_nbest(
        self, text: tf.Tensor, to: tf.Tensor | None, glossary: tf.Tensor
    ) -> Outputs:
        marked, spans = self._preparation.mark(text)
        sentences, rows = self._splitter.split(normalize_input(marked))
        glossary = tf.broadcast_to(glossary, tf.shape(text))
        sentences, found = self._preparation.constrain(sentences, rows, spans, glossary)
        tags = self._tags_of(text, to)
        source, hypotheses, size = self._search_constrained(
            sentences, found, None if tags is None else tf.gather(tags, rows)
        )
        decoded = self.constraints.put_back(hypotheses.token_ids, found, size)
        values = self._join(text, rows, source, hypotheses, decoded)
        return dict(zip(("translations", "scores", "too_long"), values, strict=True))

    def _search_constrained(
        self, sentences: tf.Tensor, found: ConstraintTexts, tags: tf.Tensor | None
    ) -> Any:
        """Computes `_search_with_constraints` in a graph that all signatures share."""
        return self._constrained_search(sentences, found, *([] if tags is None else [tags]))

    def _search_with_constraints(
        self, sentences: tf.Tensor, found: ConstraintTexts, tags: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, Hypotheses, tf.Tensor]:
        """Returns the source, the hypotheses, and the constraints of a sentence, <int32>[]."""
        source, constraints = self.constraints.encode(sentences, found, tags)
        hypotheses = search(
            self._translator.model,
            source,
            self._translator.decoding,
            constraints=constraints,
            continues_word=self._translator.constrained.tables.continues_word,
        )
        return source, hypotheses, tf.shape(constraints.lengths)[1]

    def _align_constrained(self) -> Any:
        """Returns the function with no constraint as its default."""
        none = tf.constant([""])

        def align(text: tf.Tensor, constraints: tf.Tensor = none) -> Outputs:
            return self._align_sentences(text, None, constraints)

        def align_to(text: tf.Tensor, to: tf.Tensor, constraints: tf.Tensor = none) -> Outputs:
            return self._align_sentences(text, to, constraints)

        if self._tags is None:
            return signature(align, CONSTRAINTS)
        return signature(align_to, TO, CONSTRAINTS)

    def _align_sentences(
        self, text: tf.Tensor, to: tf.Tensor | None, constraints: tf.Tensor
    ) -> Outputs:
        """Translates sentences <string>[N], as the model reads them, and aligns their tokens."""
        found = read_constraints(tf.broadcast_to(constraints, tf.shape(text)))
        tags = self._tags_of(text, to)
        source, hypotheses, size = self._search_constrained(text, found, tags)
        coded = hypotheses.token_ids[:, 0]
        lengths = hypotheses.lengths[:, 0]
        coded = coded[:, : tf.maximum(tf.reduce_max(lengths), 1)]
        translation, ends, owners = target_tokens(self.constraints, coded, found, size)
        bos = tf.fill(tf.stack([tf.shape(coded)[0], 1]), BOS)
        target_in = tf.concat([bos, self.constraints.token_ids(coded)[:, :-1]], axis=1)
        weights = self._translator.model.attention_weights(source, target_in)
        num_tags = 0 if tags is None else 1
        num_source = tf.math.count_nonzero(source, axis=1, dtype=tf.int32)
        aligned = {
            "translation": translation,
            "log_probability": hypotheses.log_probabilities[:, 0],
            "source_ends": self.constraints.source_ends(source[:, num_tags:]),
            "source_length": num_source - num_tags - 1,  # without EOS
            "target_ends": ends,
            "target_owners": owners,
            "target_length": lengths,
            "attention": weights[:, :, num_tags:],
        }
        cleared = clear_empty(is_empty(text), list(aligned.values()))
        return {**dict(zip(aligned, cleared, strict=True)), "too_long": self._too_long(source)}

    def _join(
        self,
        text: tf.Tensor,
        rows: tf.Tensor,
        source: tf.Tensor,
        found: Hypotheses,
        decoded: tf.Tensor,
    ) -> list[tf.Tensor]:
        """Joins the translations of sentences, <string>[N, K]; result as `_translate`."""
        size = tf.shape(text)[0]
        translations = self._splitter.join(decoded, rows, size)
        log_probabilities = self._splitter.sum(found.log_probabilities, rows, size)
        lengths = self._splitter.sum(found.lengths, rows, size)
        scores = log_probabilities / tf.cast(tf.maximum(lengths, 1), tf.float32)
        # The text lacks a hypothesis that one of its sentences lacks.
        lacking = self._splitter.any(tf.equal(found.lengths, 0), rows, size)
        values = [tf.where(lacking, "", translations), tf.where(lacking, NEG_INF, scores)]
        too_long = self._splitter.any(self._too_long(source)[:, None], rows, size)[:, 0]
        return [*clear_empty(is_empty(text), values), too_long]

    def _tags_of(self, text: tf.Tensor, to: tf.Tensor | None) -> tf.Tensor | None:
        """Returns the tag of each text, <int32>[B]; None for a translator of one language."""
        if self._tags is None or to is None:
            return None
        return self._tags.find(tf.broadcast_to(to, tf.shape(text)))

    def _align(self, text: tf.Tensor, to: tf.Tensor | None = None) -> Outputs:
        beam_size = self._translator.decoding.beam_size
        tags = self._tags_of(text, to)
        source, found = self._search(normalize_input(text), tags, beam_size)
        target = found.token_ids[:, 0]
        bos = tf.fill(tf.stack([tf.shape(target)[0], 1]), BOS)
        target_in = tf.concat([bos, target[:, :-1]], axis=1)
        weights = self._translator.model.attention_weights(source, target_in)
        longest = tf.maximum(tf.reduce_max(found.lengths[:, 0]), 1)
        values = [
            self.target.decode(target),
            per_token(found)[:, 0],
            self.source.subwords(source),
            self.target.subwords(target)[:, :longest],
            tf.where((target != PAD)[:, :, None], weights, 0.0)[:, :longest],
        ]
        names = ("translation", "score", "source_pieces", "target_pieces", "attention")
        aligned = dict(zip(names, clear_empty(is_empty(text), values), strict=True))
        return {**aligned, "too_long": self._too_long(source)}

    def _search(self, sentences: tf.Tensor, tags: tf.Tensor | None, beam_size: int) -> Any:
        """Computes `_search_of_size` in a graph that all signatures share."""
        search = self._greedy_search if beam_size == 1 else self._beam_search
        return search(sentences, *([] if tags is None else [tags]))

    def _search_of_size(
        self, sentences: tf.Tensor, tags: tf.Tensor | None = None, *, beam_size: int
    ) -> tuple[tf.Tensor, Hypotheses]:
        """Returns the source, <int32>[N, S], and the hypotheses."""
        if self._translator.sentence_case:
            sentences = sentence_case(sentences)
        source = append_eos(*self.source.encode(sentences))
        if tags is not None:
            source = tf.concat([tags[:, None], source], axis=1)
        settings = self._translator.decoding.model_copy(update={"beam_size": beam_size})
        return source, search(self._translator.model, source, settings)

    def _too_long(self, source: tf.Tensor) -> tf.Tensor:
        """Computes whether sentences are too long: <int32>[N, S] with EOS to <bool>[N]."""
        lengths = tf.math.count_nonzero(source, axis=1, dtype=tf.int32)
        max_length = self._translator.max_length
        return tf.zeros_like(lengths, tf.bool) if max_length is None else lengths > max_length


def per_token(found: Hypotheses) -> tf.Tensor:
    """Computes the log probability per token, in nats: <float32>[B, K]."""
    return found.log_probabilities / tf.cast(tf.maximum(found.lengths, 1), tf.float32)
