"""The tokenizer in built-in operations of TFLite: code points to token ids and back.

The counterpart of `GraphTokenizer` for one text of integers, as a phone or a browser stores it:
shapes are static, and no string, variable, hash table or custom operation is needed. The token ids
are equal. Both share the trie, the UTF-8 code and the tables of `export.graph_text`. The algorithms
differ: TFLite has neither ragged tensors nor segment sums over a variable number of lines, and for
a single text a loop as long as the text is cheaper than padded matrices.

Letters in shapes: N code points that a text may have, P positions (N and capacity for the marks
that are inserted before words), M tokens, L characters of the longest subword.
"""

import numpy as np
import tensorflow as tf
from tensorflow.compiler.tf2xla.ops.gen_xla_ops import xla_dynamic_update_slice

from nlp_apps.export.graph_text.characters import LINE_FEED, MARK, SPACE
from nlp_apps.export.graph_text.graph_normalize import is_without_case, narrow
from nlp_apps.export.graph_text.lowercase_pages import IS_LOWER, case_pages, lowercase_pages
from nlp_apps.export.graph_text.subword_tables import SubwordTables, read_tables
from nlp_apps.export.graph_text.trie import NOWHERE, OTHER, PAGE, ROOT
from nlp_apps.export.graph_text.utf8 import REPLACEMENT, count_bytes, encode_utf8
from nlp_apps.export.graph_text.viterbi import RESET
from nlp_apps.export.tflite.lite_detokenizer import LiteDetokenizer
from nlp_apps.export.tflite.lite_subword_tables import NEG_INF_STEPS, constant, look_up, to_integers
from nlp_apps.text.normalize import MIN_CAPITALS
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import SCORE_STEP, Tokenizer

MAX_CODEPOINT = 0x10FFFF
"""The last code point."""

SURROGATES = 0xD800, 0xDFFF
"""The first and the last surrogate; surrogates are not characters."""


class LiteTokenizer(tf.Module):
    """A tokenizer for TFLite with the token ids of the `Tokenizer` it is made from.

    Its run time depends on the length of the text rather than on N. Scores are integers in the
    tables, counted in steps of `SCORE_STEP`, so that quantization keeps them; their sums are
    float32 with the rounding of SentencePiece.

    Args:
        tokenizer: the tokenizer.
        characters: N, the code points that a text may have.
        tokens: M, the tokens that are returned and accepted.
        multiline: texts have several lines: as `Tokenizer.encode_documents` and `decode_document`.
        narrows: replaces full width forms and U+3000, as `text.normalize.normalize_input`.
        sentence_case: reads a text in capitals as `text.normalize.sentence_case` writes it.

    Attributes:
        characters: N.
        tokens: M.
        detokenizer: the inverse.

    Raises:
        WorkError: this suite did not train the tokenizer.
        ValueError: `characters` or `tokens` is less than 1, or `characters` is so large that
            SentencePiece would restart its sums.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        characters: int,
        tokens: int,
        multiline: bool = False,
        narrows: bool = False,
        sentence_case: bool = False,
    ):
        super().__init__(name="lite_tokenizer")
        tables = read_tables(tokenizer)
        _check_size("characters", characters, _max_characters(tables))
        _check_size("tokens", tokens, None)
        self.characters = characters
        self.tokens = tokens
        self._find = {
            "sentencepiece": self._find_best,
            "characters": self._find_characters,
            "words": self._find_words,
        }[tables.kind]
        self._multiline = multiline
        self._narrows = narrows
        self._lowercase = None
        if tokenizer.lowercases:
            self._lowercase = tuple(map(constant, lowercase_pages()))
        self._cases = tuple(map(constant, case_pages())) if sentence_case else None
        self._collapses_spaces = tables.collapses_spaces
        # A mark may be inserted before the first character and after each newline.
        self._num_positions = characters
        if self._collapses_spaces:
            self._num_positions += 1 + (characters // 2 if multiline else 0)
        self._unknown_score = round(tables.single_scores[OTHER] / SCORE_STEP)
        self._tables = to_integers(tables)
        self._longest = int(tf.reduce_max(self._tables.lengths))
        self.detokenizer = LiteDetokenizer(
            self._tables, tokens=tokens, newline_id=tokenizer.newline_id if multiline else None
        )

    def tokenize(self, codepoints: tf.Tensor) -> dict[str, tf.Tensor]:
        """Splits a text into subwords, as `Tokenizer.encode`.

        Args:
            codepoints: <int32>[1, N]. The text ends with the last positive one. An invalid code
                point counts as U+FFFD.

        Returns:
            `ids` <int32>[1, M], the first M tokens, padded with PAD; and `count` <int32>[1], the
            number of tokens of the text, which may be larger.
        """
        characters, length = self._read(tf.reshape(codepoints, (-1,)))
        codes = self._code(characters)
        if self._multiline:
            codes = tf.where(tf.equal(characters, LINE_FEED), OTHER, codes)
        ids = self._find(characters, codes, length)
        is_known = ids >= 0
        sizes = tf.where(is_known, look_up(self._tables.lengths, tf.maximum(ids, 0)), 1)  # [P]
        num_bytes = count_bytes(characters)  # [P]
        num_tokens = tf.where(is_known, 1, num_bytes) * self._follow(sizes, length)
        starts = tf.cumsum(num_tokens, exclusive=True)
        count = tf.reduce_sum(num_tokens)
        # At the first token of a subword: the number of characters up to its end.
        is_chosen = tf.cast(num_tokens > 0, tf.int32)
        advanced = tf.scatter_nd(
            tf.minimum(starts, self.tokens)[:, tf.newaxis], sizes * is_chosen, (self.tokens + 1,)
        )
        ends = tf.cumsum(advanced[: self.tokens])  # [M]
        last = tf.maximum(ends - 1, 0)
        index = np.arange(self.tokens, dtype=np.int32)
        found = tf.gather(ids, last)
        byte = encode_utf8(
            tf.gather(characters, last), tf.gather(num_bytes, last), index - tf.gather(starts, last)
        )
        found = tf.where(found >= 0, found, look_up(self._tables.byte_ids, byte))
        found = tf.where(index < count, found, PAD)
        return {"ids": found[tf.newaxis, :], "count": tf.reshape(count, (1,))}

    def detokenize(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """Joins token ids to a text; see `LiteDetokenizer.detokenize`."""
        return self.detokenizer.detokenize(ids)

    def _read(self, codepoints: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the characters to be tokenized, <int32>[P], and their number, <int32>[].

        Each kept space is a mark. Values after the last character are undefined.
        """
        index = np.arange(self.characters, dtype=np.int32)
        length = tf.reduce_max(tf.where(codepoints > 0, index + 1, 0))
        is_inside = index < length
        is_surrogate = (codepoints >= SURROGATES[0]) & (codepoints <= SURROGATES[1])
        is_invalid = is_surrogate | (codepoints < 0) | (codepoints > MAX_CODEPOINT)
        codepoints = self._normalize(tf.where(is_invalid, REPLACEMENT, codepoints))
        is_space = tf.equal(codepoints, SPACE)
        marked = tf.where(is_space, MARK, codepoints)
        if not self._collapses_spaces:
            return marked, length
        is_other = is_inside & tf.not_equal(marked, MARK)  # neither a space nor a mark
        is_end = is_other & tf.equal(codepoints, LINE_FEED) & self._multiline
        # For each other character whether it is more than a newline; from it, for each character
        # whether such a character follows in its line. Otherwise a space is a trailing one.
        others = tf.cast(is_other, tf.int32)
        rank = tf.cumsum(others, exclusive=True)
        has_text = tf.scatter_nd(
            rank[:, tf.newaxis], tf.cast(is_other & ~is_end, tf.int32), (self.characters + 1,)
        )
        text_follows = tf.gather(has_text, rank + others)
        before = tf.concat([[SPACE], codepoints[:-1]], axis=0)
        is_repeated = is_space & tf.equal(before, SPACE)
        if self._multiline:
            is_repeated |= is_space & tf.equal(before, LINE_FEED)
        widths = tf.where(is_other, 1, tf.where(is_repeated, 0, text_follows))
        widths += tf.where(is_end, text_follows, 0)
        starts = has_text[0] + tf.cumsum(widths, exclusive=True)
        # Gaps become marks: one before the first word, one after each newline.
        is_kept = widths > 0
        characters = MARK + tf.scatter_nd(
            tf.where(is_kept, starts, self._num_positions - 1)[:, tf.newaxis],
            tf.where(is_kept, marked - MARK, 0),
            (self._num_positions,),
        )
        return characters, has_text[0] + tf.reduce_sum(widths)

    def _normalize(self, codepoints: tf.Tensor) -> tf.Tensor:
        """Maps each code point to one; see `text.normalize`: <int32>[N] to <int32>[N]."""
        if self._narrows:
            codepoints = narrow(codepoints)
        if self._cases is not None:
            codepoints = _sentence_case(codepoints, *self._cases)
        if self._lowercase is None:
            return codepoints
        pages, offsets = self._lowercase
        return codepoints + look_up(offsets, look_up(pages, codepoints // PAGE) + codepoints % PAGE)

    def _code(self, codepoints: tf.Tensor) -> tf.Tensor:
        """Returns the codes of characters: <int32>[P] to <int32>[P]."""
        pages = look_up(self._tables.pages, codepoints // PAGE)
        return look_up(self._tables.codes, pages + codepoints % PAGE)

    def _step(self, nodes: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
        """Walks one character down the trie: nodes to nodes, <int32> of any shape."""
        slots = look_up(self._tables.base, nodes) + codes
        return tf.where(tf.equal(look_up(self._tables.parent, slots), nodes), slots, NOWHERE)

    def _find_characters(self, _: tf.Tensor, codes: tf.Tensor, __: tf.Tensor) -> tf.Tensor:
        """Finds each character's id, or -1 for bytes: <int32>[P]."""
        return look_up(self._tables.values, self._step(tf.fill(codes.shape, ROOT), codes))

    def _find_words(self, characters: tf.Tensor, codes: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        """Finds the id of each known word at its last character, otherwise -1: <int32>[P]."""
        is_end = tf.equal(characters, LINE_FEED) & self._multiline
        follows_end = tf.concat([[True], is_end[:-1]], axis=0)
        starts_word = tf.equal(characters, MARK) | is_end | follows_end
        index = np.arange(self._num_positions, dtype=np.int32)
        is_last = tf.concat([starts_word[1:], [True]], axis=0) | tf.equal(index, length - 1)

        def step(
            position: tf.Tensor, node: tf.Tensor, found: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            node = tf.where(tf.gather(starts_word, position), ROOT, node)
            node = self._step(node, tf.gather(codes, position))
            return position + 1, node, xla_dynamic_update_slice(found, node, position)

        *_, found = tf.while_loop(
            lambda position, *_: tf.reshape(position < length, ()),
            step,
            (
                tf.zeros((1,), tf.int32),
                tf.fill((1,), ROOT),
                tf.zeros((self._num_positions,), tf.int32),
            ),
        )
        return tf.where(is_last, look_up(self._tables.values, found), -1)

    def _find_best(self, characters: tf.Tensor, codes: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        """Finds the id of the best subword that ends at each position, or -1: <int32>[P].

        The Viterbi algorithm, as in `export.graph_text.viterbi`; among equal sums, the longer
        subword wins. The state are the nodes of the L subwords that may continue, and the best sums
        before them, the longest first.
        """
        num_nodes = max(self._longest, 2)  # at least a list of two
        floor, first = np.full((2, num_nodes), NEG_INF_STEPS, np.int32)
        floor[-1], first[-1] = self._unknown_score, 0
        continues = None
        if self._multiline:
            continues = tf.cast(tf.not_equal(characters, LINE_FEED), tf.float32)

        def step(
            position: tf.Tensor, nodes: tf.Tensor, sums: tf.Tensor, found: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
            nodes = self._step(tf.concat([nodes[1:], [ROOT]], axis=0), tf.gather(codes, position))
            # Integers until here, because float16 would not hold them.
            scores = tf.maximum(look_up(self._tables.scores, nodes), floor)
            candidates = sums + tf.cast(scores, tf.float32)
            best = tf.reduce_max(candidates, axis=0, keepdims=True)
            if continues is not None:
                best *= tf.gather(continues, position)  # every line begins with 0
            choice = tf.argmax(candidates, axis=0, output_type=tf.int32)
            node = tf.reshape(tf.gather(nodes, choice), (1,))
            return (
                position + 1,
                nodes,
                tf.concat([sums[1:], best], axis=0),
                xla_dynamic_update_slice(found, node, position),
            )

        *_, found = tf.while_loop(
            lambda position, *_: tf.reshape(position < length, ()),
            step,
            (
                tf.zeros((1,), tf.int32),
                tf.fill((num_nodes,), NOWHERE),
                tf.constant(first, tf.float32),
                tf.zeros((self._num_positions,), tf.int32),
            ),
        )
        return look_up(self._tables.values, found)

    def _follow(self, sizes: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        """Follows subwords from the last position to the first.

        Args:
            sizes: <int32>[P], characters of the subword that ends at a position.
            length: <int32>[].

        Returns:
            <int32>[P], 1 at the last character of each subword on the path, otherwise 0.
        """

        def step(position: tf.Tensor, seen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            seen = xla_dynamic_update_slice(seen, tf.ones((1,), tf.int32), position)
            return position - tf.gather(sizes, position), seen

        _, seen = tf.while_loop(
            lambda position, _: tf.reshape(position >= 0, ()),
            step,
            (tf.reshape(length - 1, (1,)), tf.zeros(sizes.shape, tf.int32)),
        )
        return seen


def _sentence_case(codepoints: tf.Tensor, pages: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
    """Computes `text.normalize.sentence_case`: <int32>[N] to <int32>[N]."""
    index = np.arange(codepoints.shape[0], dtype=np.int32)
    offset = look_up(offsets, look_up(pages, codepoints // PAGE) + codepoints % PAGE)
    is_lower = tf.equal(offset, IS_LOWER)
    is_capital = tf.not_equal(offset, 0) & ~is_lower
    first = tf.reduce_min(tf.where(is_capital, index, len(index)))
    in_capitals = tf.reduce_sum(tf.cast(is_capital, tf.int32)) >= MIN_CAPITALS
    in_capitals &= ~tf.reduce_any(is_lower | is_without_case(codepoints))
    return codepoints + tf.where(is_capital & (index > first) & in_capitals, offset, 0)


def _check_size(name: str, value: int, maximum: int | None) -> None:
    if value < 1 or maximum is not None and value > maximum:
        rule = "at least 1" if maximum is None else f"at least 1 and at most {maximum}"
        raise ValueError(f"{name} must be {rule}, received {value}")


def _max_characters(tables: SubwordTables) -> int | None:
    """Returns the characters whose sum of scores never makes SentencePiece restart at 0."""
    if tables.kind != "sentencepiece":
        return None
    return int(0.9 * RESET / tables.single_scores[OTHER]) - 1  # one for the mark before the text
