"""`text.constrained_text` and `text.protected_spans` as TensorFlow operations.

Letters in shapes: B texts, N sentences of all texts, G terms of all glossaries, X characters of all
sentences, M constraints of all sentences in sequence, C constraints of a sentence, K beams, S
source length, T target length, L tokens of a constraint, V tokens of a vocabulary.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.constraints import Constraints
from nlp_apps.export.graph_text.graph_normalize import (
    WHITE_SPACE,
    normalize_input,
    sentence_case,
)
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.signatures import append_eos
from nlp_apps.text.constrained_text import (
    CASELESS_MARK,
    MARKS,
    MAX_TARGET_CHARACTERS,
    NEUTRAL,
    WITH_SPACE,
    WITHOUT_SPACE,
    TargetTables,
)
from nlp_apps.text.glossary import MAX_TERM, is_word
from nlp_apps.text.normalize import LINE_BREAK, SPACE_MARK
from nlp_apps.text.protected_spans import KEEP_END, KEEP_START, MARK, MAX_SPANS, pattern_of
from nlp_apps.text.sentences import character_ranges
from nlp_apps.text.special_ids import EOS, PAD
from nlp_apps.text.token_offsets import count_characters

FIRST_TERM, MAX_TERMS = 0xF0000, 0x8000
"""Code point that represents the first term of a text, and maximum number of its terms."""

WORD_END = "\ufdd1"
"""Marks both ends of each word while terms are found."""

INTERNAL = r"[\x{fdd0}\x{fdd1}\x{ffff}\x{f0000}-\x{fffff}]"


class Terms(NamedTuple):
    """The terms of all glossaries; those of a text are together, longest first.

    Attributes:
        rows: <int64>[G], the text that each belongs to.
        numbers: <int32>[G], the place of each in the terms of its text.
        sources: <string>[G].
        targets: <string>[G].
    """

    rows: tf.Tensor
    numbers: tf.Tensor
    sources: tf.Tensor
    targets: tf.Tensor


class ConstraintTexts(NamedTuple):
    """The constraints of all sentences, in order; see `text.constrained_text.Constraint`.

    Attributes:
        places: <int32>[M, 2], sentence and index in it.
        starts, ends: <int32>[M].
        targets, outputs: <string>[M].
        is_reserved, is_capital, is_attached: <bool>[M].
    """

    places: tf.Tensor
    starts: tf.Tensor
    ends: tf.Tensor
    targets: tf.Tensor
    outputs: tf.Tensor
    is_reserved: tf.Tensor
    is_capital: tf.Tensor
    is_attached: tf.Tensor


CONSTRAINT_TEXTS = ConstraintTexts(
    tf.TensorSpec((None, 2), tf.int32),
    *(tf.TensorSpec((None,), tf.int32) for _ in range(2)),
    *(tf.TensorSpec((None,), tf.string) for _ in range(2)),
    *(tf.TensorSpec((None,), tf.bool) for _ in range(3)),
)
"""Dtypes and shapes."""


class GraphPreparation:
    """Finds the constraints of texts.

    Args:
        kinds: kinds of protected spans.
        substitute: result of `choose_substitute`.
        has_sentence_case: whether the model reads `sentence_case`.
    """

    def __init__(self, kinds: Sequence[str], substitute: str, *, has_sentence_case: bool):
        self._pattern, self._substitute = pattern_of(kinds), substitute
        self._has_sentence_case = has_sentence_case
        codes = (code for code in range(0x110000) if is_word(chr(code)))
        self._word = f"[{character_ranges(codes)}]"

    def mark(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Marks the protected spans of texts <string>[B]: marked texts, and all spans in order."""
        texts = tf.strings.regex_replace(texts, INTERNAL, "\ufffd")
        if not self._pattern:
            return texts, tf.zeros((0,), tf.string)
        wrapped = tf.strings.regex_replace(
            texts, f"({self._pattern})", rf"{CASELESS_MARK}\1{CASELESS_MARK}"
        )
        parts = tf.strings.split(wrapped, CASELESS_MARK)
        values, rows = parts.values, parts.value_rowids()
        column = tf.range(tf.size(values, tf.int64)) - tf.gather(parts.row_starts(), rows)
        is_span = tf.equal(column % 2, 1) & (column < 2 * MAX_SPANS)
        spans = tf.strings.regex_replace(values, f"^{KEEP_START}((?s:.*)){KEEP_END}$", r"\1")
        spans = tf.strings.regex_replace(spans, f"{LINE_BREAK}+", " ")
        is_real = is_span & tf.not_equal(spans, "")
        kept = tf.where(is_real, MARK, tf.where(is_span, "", values))
        marked = tf.strings.unsorted_segment_join(kept, rows, tf.size(texts))
        return marked, tf.boolean_mask(spans, is_real)

    def read_terms(self, glossaries: tf.Tensor) -> Terms:
        """Reads glossaries <string>[B] of lines `term TAB translation`.

        Drops other lines, longer ones than `MAX_TERM`, and the shortest terms of a text with more
        than `MAX_TERMS`.
        """
        lines = tf.strings.split(glossaries, "\n")
        values, rows = lines.values, lines.value_rowids()
        is_term = tf.strings.regex_full_match(values, r"[^\t]+\t[^\t]+")
        values, rows = tf.boolean_mask(values, is_term), tf.boolean_mask(rows, is_term)
        ends = f"^[{WHITE_SPACE}]+|[{WHITE_SPACE}]+$"
        sources = normalize_input(tf.strings.regex_replace(values, r"\t.*", ""))
        sources = tf.strings.regex_replace(sources, INTERNAL, "\ufffd")
        targets = tf.strings.regex_replace(values, r"^[^\t]*\t", "")
        targets = tf.strings.regex_replace(targets, ends, "")
        lengths = tf.strings.length(sources, "UTF8_CHAR")
        is_lower = tf.equal(sources, tf.strings.lower(sources, "utf-8"))
        rank = 2 * lengths + tf.cast(~is_lower, tf.int32)
        order = tf.argsort(rank, direction="DESCENDING", stable=True)
        longest = tf.maximum(lengths, tf.strings.length(targets, "UTF8_CHAR"))
        is_valid = (lengths > 0) & (longest <= MAX_TERM)
        order = tf.boolean_mask(order, tf.gather(is_valid, order))
        order = tf.gather(order, tf.argsort(tf.gather(rows, order), stable=True))
        rows = tf.gather(rows, order)
        numbers = tf.range(tf.size(rows)) - tf.searchsorted(rows, rows)
        terms = rows, numbers, tf.gather(sources, order), tf.gather(targets, order)
        return Terms(*(tf.boolean_mask(one, numbers < MAX_TERMS) for one in terms))

    def constrain(
        self, sentences: tf.Tensor, rows: tf.Tensor, spans: tf.Tensor, glossaries: tf.Tensor
    ) -> tuple[tf.Tensor, ConstraintTexts]:
        """Finds the constraints of sentences.

        Args:
            sentences: <string>[N], normalized, of marked texts.
            rows: <int64>[N], the text of each sentence.
            spans: all protected spans in order.
            glossaries: <string>[B].

        Returns:
            The sentences as the model reads them, <string>[N], and their constraints.
        """
        texts = tf.strings.regex_replace(sentences, MARK, CASELESS_MARK)
        if self._has_sentence_case:
            texts = sentence_case(texts)
        texts = tf.strings.regex_replace(
            tf.strings.regex_replace(texts, SPACE_MARK, " "), " +", " "
        )
        texts = tf.strings.regex_replace(texts, "^ | $", "")
        has_name = tf.strings.regex_full_match(texts, rf"\C*{self._substitute}\C*")
        substitutes = tf.where(has_name, NEUTRAL, self._substitute)
        terms = self.read_terms(glossaries)
        texts = tf.cond(
            tf.size(terms.rows) > 0, lambda: self._mark_terms(texts, rows, terms), lambda: texts
        )

        characters = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        codes, of_sentence = characters.flat_values, tf.cast(characters.value_rowids(), tf.int32)
        is_span = tf.equal(codes, ord(CASELESS_MARK))
        is_term = (codes >= FIRST_TERM) & (codes < FIRST_TERM + 2 * MAX_TERMS)
        first_terms = tf.gather(tf.searchsorted(terms.rows, rows), of_sentence)
        number = tf.where(is_term, first_terms + (codes - FIRST_TERM) // 2, 0)
        is_capital = is_term & tf.equal(codes % 2, 1)
        sources = tf.concat([terms.sources, [""]], axis=0)  # never empty
        targets = tf.concat([terms.targets, [""]], axis=0)
        source = tf.gather(sources, number)
        source = tf.where(is_capital, capitalize(source), source)
        written = tf.where(is_term, source, tf.strings.unicode_encode(codes[:, None], "UTF-8"))
        substitute = tf.gather(substitutes, of_sentence)
        written = tf.where(is_span, substitute, written)
        lengths = tf.strings.length(written, "UTF8_CHAR")
        index = tf.range(tf.size(codes))
        first = tf.cast(tf.gather(characters.row_starts(), of_sentence), tf.int32)
        before = tf.pad(tf.cumsum(lengths), [[1, 0]])  # [X + 1]
        starts = before[:-1] - tf.gather(before, first)
        # Spans come first, then the first terms.
        num_before = tf.cumsum(tf.cast(is_term, tf.int32), exclusive=True)
        num_before -= tf.gather(num_before, first)
        num_spans = tf.math.unsorted_segment_sum(
            tf.cast(is_span, tf.int32), of_sentence, tf.size(texts)
        )
        is_chosen = num_before + tf.gather(num_spans, of_sentence) < MAX_SPANS
        num_characters = tf.strings.length(tf.gather(targets, number), "UTF8_CHAR")
        num_characters = tf.pad(tf.cumsum(tf.where(is_term, num_characters, 0)), [[1, 0]])
        num_characters = num_characters[1:] - tf.gather(num_characters, first)
        is_chosen &= num_characters <= MAX_TARGET_CHARACTERS

        places = tf.cast(tf.where(is_span | is_term & is_chosen)[:, 0], tf.int32)  # [M]
        sentence = tf.gather(of_sentence, places)
        column = tf.range(tf.size(places)) - tf.searchsorted(sentence, sentence)
        target = tf.gather(tf.where(is_term, tf.gather(targets, number), substitute), places)
        spans = tf.concat([spans, [""]], axis=0)
        span = tf.gather(spans, tf.maximum(tf.cumsum(tf.cast(is_span, tf.int32)) - 1, 0))
        previous = tf.concat([[ord(" ")], codes], axis=0)[:-1]
        follows = (index > first) & tf.not_equal(previous, ord(" "))
        is_span, start = tf.gather(is_span, places), tf.gather(starts, places)
        has_no_spaces = tf.strings.regex_full_match(target, r"[\pL\pN]\C*")
        has_no_spaces &= ~tf.strings.regex_full_match(target, rf"{self._word}\C*")
        return tf.strings.unsorted_segment_join(written, of_sentence, tf.size(texts)), (
            ConstraintTexts(
                places=tf.stack([sentence, column], axis=1),
                starts=start,
                ends=start + tf.gather(lengths, places),
                targets=target,
                outputs=tf.where(is_span, tf.gather(span, places), target),
                is_reserved=is_span & tf.not_equal(target, NEUTRAL),
                is_capital=tf.gather(is_capital, places),
                is_attached=tf.where(is_span, tf.gather(follows, places), has_no_spaces),
            )
        )

    def _mark_terms(self, texts: tf.Tensor, rows: tf.Tensor, terms: Terms) -> tf.Tensor:
        """Replaces terms by code points: two for each term, the second for another case."""
        sources = self._with_word_ends(terms.sources)
        patterns = tf.strings.regex_replace(sources, r"([!-/:-@\[-^`{-~])", r"\\\1")
        is_lower = tf.equal(terms.sources, tf.strings.lower(terms.sources, "utf-8"))
        codes = FIRST_TERM + 2 * terms.numbers
        exact, other = (
            tf.strings.unicode_encode(one[:, None], "UTF-8") for one in (codes, codes + 1)
        )

        def step(index: tf.Tensor, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            members = tf.where(tf.equal(rows, terms.rows[index]))
            found = tf.gather_nd(texts, members)
            found = tf.raw_ops.RegexReplace(
                input=found, pattern=patterns[index], rewrite=exact[index]
            )
            pattern = tf.strings.join(["(?i)", patterns[index]])
            found = tf.cond(
                is_lower[index],
                lambda: tf.raw_ops.RegexReplace(input=found, pattern=pattern, rewrite=other[index]),
                lambda: found,
            )
            return index + 1, tf.tensor_scatter_nd_update(texts, members, found)

        _, texts = tf.while_loop(
            lambda index, _: index < tf.size(terms.rows), step, (0, self._with_word_ends(texts))
        )
        return tf.strings.regex_replace(texts, WORD_END, "")

    def _with_word_ends(self, texts: tf.Tensor) -> tf.Tensor:
        return tf.strings.regex_replace(texts, f"({self._word}+)", rf"{WORD_END}\1{WORD_END}")


class GraphConstraints(tf.Module):
    """Encodes constraints for the search, and puts them in place afterwards.

    Args:
        source, target: the tokenizers.
        source_pieces: V tokens of the source.
        tables: properties of the target's tokens.
    """

    def __init__(
        self,
        source: GraphTokenizer,
        target: GraphTokenizer,
        source_pieces: Sequence[str],
        tables: TargetTables,
    ):
        super().__init__(name="constraints")
        self._source, self._target = source, target
        counts = np.array([count_characters(piece) for piece in source_pieces], np.int32)
        counts[: EOS + 1] = 0
        with tf.device("CPU"):
            self._counts = tf.constant(counts)
            self._ends_word = tf.constant(tables.ends_word)
            self._attaches = tf.constant(tables.attaches)
        self._size = len(tables.attaches)

    def owners(self, coded: tf.Tensor) -> tf.Tensor:
        """Returns 1 + the constraint of each coded token, 0 for none: <int32>, same shape."""
        return coded // self._size

    def token_ids(self, coded: tf.Tensor) -> tf.Tensor:
        """Returns the token ids of coded tokens: <int32>, same shape."""
        return coded % self._size

    def source_ends(self, source: tf.Tensor) -> tf.Tensor:
        """Counts the characters up to and including each token, <int32>[N, S], without a tag."""
        return tf.cumsum(tf.gather(self._counts, source), axis=1)

    def encode(
        self, texts: tf.Tensor, found: ConstraintTexts, tags: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, Constraints]:
        """Encodes sentences <string>[N] with EOS, <int32>[N, S], and their constraints.

        `tags` <int32>[N] are those of the target languages, the first tokens; None: no tags.
        """
        source = append_eos(*self._source.encode(texts))
        is_real = source > EOS
        ends = self.source_ends(source)
        starts = tf.minimum(tf.pad(ends, [[0, 0], [1, 0]])[:, :-1], ends - 1)
        added = ends[:, -1] - tf.strings.length(texts, "UTF8_CHAR")
        shape = tf.stack([tf.size(texts), tf.maximum(tf.reduce_max(found.places[:, 1]) + 1, 1)])
        dense_starts, dense_ends = (
            tf.scatter_nd(found.places, one, shape) + added[:, None]
            for one in (found.starts, found.ends)
        )
        token_ids, lengths = self._target.encode(found.targets)
        lengths = tf.scatter_nd(found.places, lengths, shape)
        spans = (
            (starts[:, None] < dense_ends[..., None])
            & (ends[:, None] > dense_starts[..., None])
            & is_real[:, None]
            & (lengths > 0)[..., None]
        )
        token_ids = tf.scatter_nd(
            found.places, token_ids, tf.concat([shape, tf.shape(token_ids)[1:]], axis=0)
        )
        if tags is not None:
            source = tf.concat([tags[:, None], source], axis=1)
            spans = tf.pad(spans, [[0, 0], [0, 0], [1, 0]])
        is_reserved = tf.scatter_nd(found.places, tf.cast(found.is_reserved, tf.int32), shape) > 0
        return source, Constraints(tf.cast(spans, tf.float32), token_ids, lengths, is_reserved)

    def put_back(self, coded: tf.Tensor, found: ConstraintTexts, size: tf.Tensor) -> tf.Tensor:
        """Writes hypotheses: see `constrained_text.put_back`.

        Args:
            coded: <int32>[N, K, T], of `beam_search`.
            found: the constraints.
            size: <int32>[], C.

        Returns:
            <string>[N, K].
        """
        shape = tf.shape(coded)
        owners, ids = self.owners(coded), self.token_ids(coded)
        before = tf.pad(owners, [[0, 0], [0, 0], [1, 0]])[..., :-1]
        is_first = (owners > 0) & tf.not_equal(owners, before)
        previous = tf.pad(tf.where(owners > 0, EOS, ids), [[0, 0], [0, 0], [1, 0]])[..., :-1]
        # The index of each constraint in `found`; that of the last one elsewhere.
        numbers = tf.scatter_nd(
            found.places, tf.range(tf.size(found.starts)), tf.stack([shape[0], size])
        )
        number = tf.gather(numbers, tf.maximum(owners - 1, 0), batch_dims=1)  # [N, K, T]
        is_attached = tf.concat([found.is_attached, [False]], axis=0)
        is_attached = tf.gather(is_attached, number) & ~tf.gather(self._ends_word, previous)
        is_attached |= tf.gather(self._attaches, previous)
        marks = tf.where(is_attached, MARKS[True], MARKS[False])
        is_dropped = (owners > 0) | tf.equal(ids, MARKS[0]) | tf.equal(ids, MARKS[1])
        ids = tf.where(is_first, marks, tf.where(is_dropped, PAD, ids))
        texts = self._target.decode(tf.reshape(ids, (-1, shape[2])))
        texts = tf.strings.regex_replace(texts, chr(WITH_SPACE), f" {chr(WITHOUT_SPACE)}")
        parts = tf.strings.split(tf.strings.regex_replace(texts, "^ ", ""), chr(WITHOUT_SPACE))
        values, rows = parts.values, parts.value_rowids()
        index = tf.range(tf.size(values, tf.int64)) - tf.gather(parts.row_starts(), rows)
        is_start = tf.equal(index, 0) & tf.equal(values, "")
        counts = tf.math.count_nonzero(tf.reshape(is_first, (-1, shape[2])), axis=1)
        is_last = index >= tf.gather(counts, rows)
        order = tf.concat([tf.boolean_mask(number, is_first), [0]], axis=0)
        first = tf.gather(tf.cumsum(counts, exclusive=True), rows)
        order = tf.gather(order, tf.where(is_last, tf.zeros_like(index), first + index))
        outputs = tf.gather(tf.concat([found.outputs, [""]], axis=0), order)
        is_capital = tf.gather(tf.concat([found.is_capital, [False]], axis=0), order)
        outputs = tf.where(is_start & is_capital, capitalize(outputs), outputs)
        joined = tf.strings.join([values, tf.where(is_last, "", outputs)])
        joined = tf.strings.unsorted_segment_join(joined, rows, shape[0] * shape[1])
        return tf.reshape(joined, shape[:2])


def capitalize(texts: tf.Tensor) -> tf.Tensor:
    """Writes the first character of texts in upper case: <string>[...] to <string>[...]."""
    first = tf.strings.substr(texts, 0, 1, "UTF8_CHAR")
    rest = tf.strings.substr(texts, tf.strings.length(first), tf.strings.length(texts))
    return tf.strings.join([tf.strings.upper(first, "utf-8"), rest])
