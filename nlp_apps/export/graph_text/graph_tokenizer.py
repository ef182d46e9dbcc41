"""The tokenizer as a graph: core TensorFlow operations from strings to token ids and back.

Replaces SentencePiece, so that a SavedModel accepts and returns strings
wherever TensorFlow runs: no Python, no custom operation, no file beside it. The token ids are equal
to those of SentencePiece.

Letters in shapes: B texts, T tokens of the longest text, C characters of all texts in sequence, P
the same with gaps between runs, U lines, W words, R runs (all the words or all the lines), N
positions (characters) of the longest run, L characters of the longest subword, M tokens of all
texts in sequence.
"""

import numpy as np
import tensorflow as tf

from nlp_apps.export.graph_text.characters import (
    Characters,
    find_words,
    read_characters,
    run_lengths,
    shift,
)
from nlp_apps.export.graph_text.detokenizer import GraphDetokenizer
from nlp_apps.export.graph_text.lowercase_pages import lowercase_pages
from nlp_apps.export.graph_text.shared_graph import on_texts, on_token_ids
from nlp_apps.export.graph_text.subword_tables import read_tables
from nlp_apps.export.graph_text.trie import NOWHERE, OTHER, PAGE, ROOT
from nlp_apps.export.graph_text.utf8 import MAX_BYTES, count_bytes, encode_utf8
from nlp_apps.export.graph_text.viterbi import EXACT, UNROLLED, best_segmentation
from nlp_apps.text.normalize import SPACE_MARK
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import Tokenizer

INSIDE, IN_BYTES = -2, -1
"""Values of a character that does not end a subword: no token, or the ids of its bytes."""

MAX_PADDING = 8
"""Words are split side by side if the longest has at most this many times the mean length: all
others are padded to it."""


class GraphTokenizer(tf.Module):
    """A tokenizer with the token ids of the `Tokenizer` it is made from.

    Its methods are traced once, for batches of every size, and may be called in the graphs of many
    signatures, which then share the traces and the tables. The tables are constants made outside of
    every graph, which a SavedModel stores once, apart from the trained variables. All of it runs on
    the CPU, where strings are: on a GPU every step of a loop would be a kernel launch.

    Args:
        tokenizer: the tokenizer.

    Raises:
        WorkError: this suite did not train the tokenizer.
    """

    def __init__(self, tokenizer: Tokenizer):
        super().__init__(name="tokenizer")
        tables = read_tables(tokenizer)
        self._find = {
            "sentencepiece": self._find_best,
            "characters": self._find_characters,
            "words": self._find_words,
        }[tables.kind]
        self._collapses_spaces = tables.collapses_spaces
        self._depth = tables.trie.depth
        self._splits_words = tables.splits_words
        self._encodes_words = (
            tables.kind == "sentencepiece" and tables.splits_words and tables.collapses_spaces
        )
        with tf.device("CPU"):
            self._pages = tf.constant(tables.trie.alphabet.pages)
            self._codes = tf.constant(tables.trie.alphabet.codes)
            # Side by side: memory access dominates a step, and one lookup finds both.
            self._tree = tf.constant(np.stack([tables.trie.parent, tables.trie.base], axis=1))
            self._values = tf.constant(tables.trie.values)
            self._scores = tf.constant(tables.scores)
            self._single_scores = tf.constant(tables.single_scores)
            self._byte_ids = tf.constant(tables.byte_ids)
            self._subwords = tf.constant(tables.subwords)
            self._lowercase = None
            if tokenizer.lowercases:
                self._lowercase = tuple(map(tf.constant, lowercase_pages()))
            self._detokenizer = GraphDetokenizer(tables, tokenizer.newline_id)

    @on_texts
    def encode(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Splits texts into token ids, as `Tokenizer.encode`.

        Args:
            texts: <string>[B], UTF-8; invalid bytes become U+FFFD as in `bytes.decode`.

        Returns:
            Token ids <int32>[B, T], padded with PAD, with T at least 1; and their numbers
            <int32>[B].
        """
        return self._encode(texts, multiline=False)

    @on_texts
    def encode_documents(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Splits texts of several lines, as `Tokenizer.encode_documents`; see `encode`."""
        return self._encode(texts, multiline=True)

    @on_token_ids
    def decode(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Joins token ids, as `Tokenizer.decode`: <int32>[B, T] to <string>[B]."""
        with tf.device("CPU"):
            return self._detokenizer.decode(token_ids)

    @on_token_ids
    def decode_documents(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Joins token ids to texts of several lines: <int32>[B, T] to <string>[B]."""
        with tf.device("CPU"):
            return self._detokenizer.decode_documents(token_ids)

    @on_token_ids
    def subwords(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Returns each id's subword, with U+2581, "" for PAD: <int32>[B, T] to <string>[B, T]."""
        with tf.device("CPU"):
            return tf.gather(self._subwords, token_ids)

    def _encode(self, texts: tf.Tensor, *, multiline: bool) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.device("CPU"):
            if self._encodes_words and not multiline:
                return self._encode_words(texts)
            return self._encode_texts(texts, multiline=multiline)

    def _encode_texts(self, texts: tf.Tensor, *, multiline: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Encodes all characters of all texts; arguments and results as `encode`."""
        characters = self._read(texts, collapse_spaces=self._collapses_spaces, multiline=multiline)
        found = self._find(characters, self._code(characters))
        return _pad_rows(*self._token_ids(characters, found))

    def _encode_words(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Encodes each distinct word once; arguments and results as `encode`.

        Falls back to `_encode_texts` if a text contains marks, if one long word would pad all
        others, or if a sum would be rounded.
        """
        # As `tf.strings.split`, without the twenty operations that make a ragged tensor of it.
        words = tf.raw_ops.StringSplitV2(input=texts, sep=" ")
        of_text, num_texts = tf.cast(words.indices[:, 0], tf.int32), tf.shape(texts)[0]
        distinct, numbers = tf.unique(words.values)  # numbers: <int32>[W]
        characters = self._read(distinct, collapse_spaces=True, multiline=False)
        codes = self._code(characters)
        num_distinct = characters.num_lines
        sums = tf.math.unsorted_segment_sum(
            tf.gather(self._single_scores, codes), characters.lines, num_distinct
        )
        sums = tf.math.unsorted_segment_sum(tf.gather(sums, numbers), of_text, num_texts)
        # \C matches any byte; a dot matches valid characters only.
        has_marks = tf.strings.regex_full_match(
            tf.strings.reduce_join(distinct), rf"\C*{SPACE_MARK}\C*"
        )

        def encode_distinct() -> tuple[tf.Tensor, tf.Tensor]:
            ids, lengths = self._token_ids(characters, self._find(characters, codes))
            gathered = tf.raw_ops.RaggedGather(
                params_nested_splits=[tf.pad(tf.cumsum(lengths), [[1, 0]])],
                params_dense_values=ids,
                indices=numbers,
                OUTPUT_RAGGED_RANK=1,
            )
            lengths = tf.gather(lengths, numbers)  # [W]
            lengths = tf.math.unsorted_segment_sum(lengths, of_text, num_texts)
            return _pad_rows(gathered.output_dense_values, lengths)

        return tf.cond(
            ~has_marks
            & _is_even(run_lengths(characters.lines, num_distinct))
            & (tf.reduce_min(sums) >= EXACT),
            encode_distinct,
            lambda: self._encode_texts(texts, multiline=False),
        )

    def _read(self, texts: tf.Tensor, *, collapse_spaces: bool, multiline: bool) -> Characters:
        """Splits texts into characters; lowercases them if the tokenizer does."""
        found = read_characters(texts, collapse_spaces=collapse_spaces, multiline=multiline)
        if self._lowercase is None:
            return found
        pages, offsets = self._lowercase
        index = tf.gather(pages, found.codepoints // PAGE) + found.codepoints % PAGE
        return found._replace(codepoints=found.codepoints + tf.gather(offsets, index))

    def _code(self, characters: Characters) -> tf.Tensor:
        """Returns the code of each character: <int32>[C]."""
        pages = tf.gather(self._pages, characters.codepoints // PAGE)
        codes = tf.gather(self._codes, pages + characters.codepoints % PAGE)
        return tf.where(characters.is_end, OTHER, codes)

    def _find_characters(self, _: Characters, codes: tf.Tensor) -> tf.Tensor:
        """Finds each character's id, or `IN_BYTES`: <int32>[C]."""
        return tf.gather(self._values, self._step(tf.fill(tf.shape(codes), ROOT), codes))

    def _find_words(self, characters: Characters, codes: tf.Tensor) -> tf.Tensor:
        """Finds each known word's id, at its last character; otherwise `IN_BYTES`: <int32>[C]."""
        words, first = find_words(characters)
        lengths = run_lengths(words, tf.size(first))

        def step(position: tf.Tensor, nodes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            here = tf.gather(codes, first + tf.minimum(position, lengths - 1))
            return position + 1, tf.where(position < lengths, self._step(nodes, here), nodes)

        _, nodes = tf.while_loop(
            lambda position, _: position < tf.minimum(tf.reduce_max(lengths), self._depth),
            step,
            (0, tf.fill(tf.shape(first), ROOT)),
        )
        ids = tf.where(lengths > self._depth, IN_BYTES, tf.gather(self._values, nodes))  # [W]
        found = tf.gather(ids, words)
        is_last = tf.equal(tf.range(tf.size(words)), tf.gather(first + lengths - 1, words))
        return tf.where(is_last | tf.equal(found, IN_BYTES), found, INSIDE)

    def _find_best(self, characters: Characters, codes: tf.Tensor) -> tf.Tensor:
        """Finds the id of each subword of the best segmentation, at its last character: <int32>[C].

        An unknown character is `IN_BYTES`.
        """
        # In the worst case every character is a token.
        single_scores = tf.gather(self._single_scores, codes)
        lines, num_lines = characters.lines, characters.num_lines
        lowest = tf.reduce_min(tf.math.unsorted_segment_sum(single_scores, lines, num_lines))
        runs, lengths = self._runs(characters, lowest)
        num_runs, index = tf.size(lengths), tf.range(tf.size(runs))
        before = tf.cumsum(lengths, exclusive=True)  # [R]
        # A gap follows each run; no subword crosses it.
        spaced, num_spaced = index + runs, tf.size(runs) + num_runs  # P = C + R
        codes = tf.scatter_nd(spaced[:, None], codes, (num_spaced,))
        slots = self._walk(codes)  # [L, P]
        # An unknown token is a single character.
        scores = [tf.gather(self._scores, slots[:-1]), tf.gather(self._single_scores, codes)[None]]
        scores = tf.transpose(tf.concat(scores, axis=0))  # [P, L]
        # Runs side by side, each with at least one gap at its end.
        num_positions = (tf.maximum(tf.reduce_max(lengths), 0) // UNROLLED + 1) * UNROLLED
        position = tf.range(num_positions)[:, None]
        grid = tf.where(position < lengths, before + tf.range(num_runs) + position, num_spaced - 1)
        is_chosen, choices = best_segmentation(tf.gather(scores, grid), lengths, lowest)
        cells = (index - tf.gather(before, runs)) * num_runs + runs  # [C]
        choices = tf.gather(tf.reshape(choices, (-1,)), cells)
        chosen = tf.gather(tf.reshape(slots, (-1,)), choices * num_spaced + spaced)
        is_chosen = tf.gather(tf.reshape(is_chosen, (-1,)), cells)
        return tf.where(is_chosen, tf.gather(self._values, chosen), INSIDE)

    def _runs(self, characters: Characters, lowest: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Chooses the runs that are segmented separately: words, many and short, or lines.

        Args:
            characters: the characters.
            lowest: <float32>[], a lower bound of the sum of scores of every line.

        Returns:
            The run of each character, <int32>[C], and characters of each run, <int32>[R].
        """
        words, first = find_words(characters)
        lengths = run_lengths(words, tf.size(first))
        return tf.cond(
            self._splits_words & _is_even(lengths) & (lowest >= EXACT),
            lambda: (words, lengths),
            lambda: (characters.lines, run_lengths(characters.lines, characters.num_lines)),
        )

    def _walk(self, codes: tf.Tensor) -> tf.Tensor:
        """Finds the nodes of the last L, L - 1, ... 1 characters: <int32>[P] to <int32>[L, P]."""
        nodes, walked = tf.fill(tf.shape(codes), ROOT), []
        bases, lost = tf.fill(tf.shape(codes), self._tree[ROOT, 1]), self._tree[NOWHERE, 1]
        for _ in range(self._depth):
            slots = bases + codes
            found = tf.gather(self._tree, slots)  # [P, 2]
            is_child = tf.equal(found[:, 0], nodes)
            nodes, bases = tf.where(is_child, slots, NOWHERE), tf.where(is_child, found[:, 1], lost)
            walked.append(nodes)
            nodes, bases = shift(nodes, NOWHERE), shift(bases, lost)
        return tf.stack(walked[::-1])

    def _step(self, nodes: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
        """Walks one character down the trie: nodes to nodes, <int32> of any shape."""
        slots = tf.gather(self._tree, nodes)[..., 1] + codes
        return tf.where(tf.equal(tf.gather(self._tree, slots)[..., 0], nodes), slots, NOWHERE)

    def _token_ids(self, characters: Characters, found: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns token ids of all texts in sequence, <int32>[M], and their numbers <int32>[B]."""
        ends = tf.where(tf.not_equal(found, INSIDE))[:, 0]
        found, texts = tf.gather(found, ends), tf.gather(characters.texts, ends)
        codepoints = tf.gather(characters.codepoints, ends)
        num_bytes = count_bytes(codepoints)
        index = tf.range(MAX_BYTES)
        is_known = found >= 0
        utf8 = encode_utf8(codepoints[:, None], num_bytes[:, None], index)  # [C, 4]
        counts = tf.where(is_known, 1, num_bytes)
        ids = tf.where(is_known[:, None], found[:, None], tf.gather(self._byte_ids, utf8))
        ids = tf.boolean_mask(ids, index < counts[:, None])
        lengths = tf.math.unsorted_segment_sum(counts, texts, characters.num_texts)
        return ids, lengths


def _is_even(lengths: tf.Tensor) -> tf.Tensor:
    """Returns whether runs fit side by side without much padding: <int32>[R] to <bool>[]."""
    sizes = tf.reduce_sum(lengths), tf.size(lengths), tf.reduce_max(lengths)
    num_characters, num_runs, longest = (tf.cast(size, tf.float32) for size in sizes)
    return num_runs * longest <= MAX_PADDING * num_characters


def _pad_rows(ids: tf.Tensor, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns token ids of texts, <int32>[M], as rows <int32>[B, T], T at least 1; and lengths."""
    rows = tf.RaggedTensor.from_row_lengths(ids, lengths, validate=False).to_tensor(PAD)
    missing = tf.maximum(1 - tf.shape(rows)[1], 0)
    return tf.pad(rows, [[0, 0], [0, missing]], constant_values=PAD), lengths
