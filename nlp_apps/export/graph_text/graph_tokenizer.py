"""The tokenizer as a graph: core TensorFlow operations from strings to token ids and back.

What `Tokenizer` leaves to SentencePiece is done here a second time, so that a saved model takes and
gives strings wherever TensorFlow runs: no Python, no operation of somebody's own, no file beside
it. The answers are the same to the last id.

Letters in shapes: B texts, T tokens of the longest text, C characters of all texts one after
another, P the same with gaps between runs, U lines, W words, R runs (all the words or all the
lines), N places (characters) of the longest run, L characters of the longest piece, M tokens of all
texts one after another.
"""

import numpy as np
import tensorflow as tf

from nlp_apps.export.graph_text.characters import (
    Characters,
    find_words,
    later,
    read_characters,
    run_lengths,
)
from nlp_apps.export.graph_text.detokenizer import GraphDetokenizer
from nlp_apps.export.graph_text.piece_tables import read_tables
from nlp_apps.export.graph_text.trie import NOWHERE, OTHER, PAGE, ROOT
from nlp_apps.export.graph_text.utf8 import MOST_BYTES, encode_utf8
from nlp_apps.export.graph_text.viterbi import EXACT, UNROLLED, best_pieces
from nlp_apps.text.normalize import SPACE_MARK
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import Tokenizer

INSIDE, IN_BYTES = -2, -1
"""What stands for a character that is no piece's last one: nothing, or the ids of its bytes."""

MOST_PADDING = 8
"""Words are cut side by side unless the longest has more than so many times the mean's characters:
all the others would be padded to it."""

# Without AutoGraph, which has nothing to translate here and takes seconds to find that out.
of_texts = tf.function(input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False)
of_token_ids = tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False)


class GraphTokenizer(tf.Module):
    """A tokenizer that answers as the one it is made of.

    Its methods are traced once, for batches of every size, and may be called in the graphs of many
    signatures: these share the traces and the tables. The tables are constants made outside of
    every graph, which a saved model keeps once, and apart from the variables that were learnt. All
    of it runs on the CPU, where strings are: on a GPU, every step of a loop would be a launch.

    Args:
        tokenizer: the tokenizer.

    Raises:
        WorkError: the tokenizer is not one that this suite trains.
    """

    def __init__(self, tokenizer: Tokenizer):
        super().__init__(name="tokenizer")
        tables = read_tables(tokenizer)
        self._find = {
            "sentencepiece": self._find_best,
            "characters": self._find_characters,
            "words": self._find_words,
        }[tables.kind]
        self._drops_blanks = tables.drops_blanks
        self._depth = tables.trie.depth
        self._splits_words = tables.splits_words
        self._sums_words = (
            tables.kind == "sentencepiece" and tables.splits_words and tables.drops_blanks
        )
        with tf.device("CPU"):
            self._pages = tf.constant(tables.trie.alphabet.pages)
            self._codes = tf.constant(tables.trie.alphabet.codes)
            # Side by side: where memory is what a step waits for, one look finds both.
            self._tree = tf.constant(np.stack([tables.trie.parent, tables.trie.base], axis=1))
            self._values = tf.constant(tables.trie.values)
            self._scores = tf.constant(tables.scores)
            self._singles = tf.constant(tables.singles)
            self._byte_ids = tf.constant(tables.byte_ids)
            self._pieces = tf.constant(tables.pieces)
            self._detokenizer = GraphDetokenizer(tables, tokenizer.newline_id)

    @of_texts
    def encode(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Splits texts into pieces, as `Tokenizer.encode`.

        Args:
            texts: <string>[B], UTF-8; bytes that are not become U+FFFD as in `bytes.decode`.

        Returns:
            Token ids <int32>[B, T], then PAD, with T at least 1; and how many, <int32>[B].
        """
        return self._encode(texts, prose=False)

    @of_texts
    def encode_documents(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """As `encode`, for texts of several lines; as `Tokenizer.encode_documents`."""
        return self._encode(texts, prose=True)

    @of_token_ids
    def decode(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Joins token ids to texts, as `Tokenizer.decode`: <int32>[B, T] to <string>[B]."""
        with tf.device("CPU"):
            return self._detokenizer.decode(token_ids)

    @of_token_ids
    def decode_documents(self, token_ids: tf.Tensor) -> tf.Tensor:
        """As `decode`, for texts of several lines; as `Tokenizer.decode_document`."""
        with tf.device("CPU"):
            return self._detokenizer.decode_documents(token_ids)

    @of_token_ids
    def pieces(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Gives each id's piece, with U+2581, and "" for PAD: <int32>[B, T] to <string>[B, T]."""
        with tf.device("CPU"):
            return tf.gather(self._pieces, token_ids)

    def _encode(self, texts: tf.Tensor, *, prose: bool) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.device("CPU"):
            if self._sums_words and not prose:
                return self._encode_words(texts)
            return self._encode_whole(texts, prose=prose)

    def _encode_whole(self, texts: tf.Tensor, *, prose: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """As `encode`, character by character."""
        characters = read_characters(texts, drops_blanks=self._drops_blanks, prose=prose)
        found = self._find(characters, self._code(characters))
        return _line_up(*self._assemble(characters, found))

    def _encode_words(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """As `encode`, each different word once: where pieces do not reach over words.

        Not where words are not between spaces, one would pad all others, or sums are rounded.
        """
        # As `tf.strings.split`, less the twenty operations that make a ragged tensor of it.
        words = tf.raw_ops.StringSplitV2(input=texts, sep=" ")
        of_text, num_texts = tf.cast(words.indices[:, 0], tf.int32), tf.shape(texts)[0]
        different, numbers = tf.unique(words.values)  # numbers: <int32>[W]
        characters = read_characters(different, drops_blanks=True, prose=False)
        codes = self._code(characters)
        num_different = characters.num_lines
        sums = tf.math.unsorted_segment_sum(
            tf.gather(self._singles, codes), characters.lines, num_different
        )
        sums = tf.math.unsorted_segment_sum(tf.gather(sums, numbers), of_text, num_texts)
        # \C is any byte; a dot is none that is in no character.
        has_marks = tf.strings.regex_full_match(
            tf.strings.reduce_join(different), rf"\C*{SPACE_MARK}\C*"
        )

        def cut() -> tuple[tf.Tensor, tf.Tensor]:
            ids, lengths = self._assemble(characters, self._find(characters, codes))
            gathered = tf.raw_ops.RaggedGather(
                params_nested_splits=[tf.pad(tf.cumsum(lengths), [[1, 0]])],
                params_dense_values=ids,
                indices=numbers,
                OUTPUT_RAGGED_RANK=1,
            )
            lengths = tf.gather(lengths, numbers)  # [W]
            lengths = tf.math.unsorted_segment_sum(lengths, of_text, num_texts)
            return _line_up(gathered.output_dense_values, lengths)

        return tf.cond(
            ~has_marks
            & _is_even(run_lengths(characters.lines, num_different))
            & (tf.reduce_min(sums) >= EXACT),
            cut,
            lambda: self._encode_whole(texts, prose=False),
        )

    def _code(self, characters: Characters) -> tf.Tensor:
        """The code of each character: <int32>[C]."""
        pages = tf.gather(self._pages, characters.codepoints // PAGE)
        codes = tf.gather(self._codes, pages + characters.codepoints % PAGE)
        return tf.where(characters.is_end, OTHER, codes)

    def _find_characters(self, _: Characters, codes: tf.Tensor) -> tf.Tensor:
        """Each character's id, or `IN_BYTES`. <int32>[C]."""
        return tf.gather(self._values, self._step(tf.fill(tf.shape(codes), ROOT), codes))

    def _find_words(self, characters: Characters, codes: tf.Tensor) -> tf.Tensor:
        """At each known word's last character its id; unknown words are `IN_BYTES`. <int32>[C]."""
        words, first = find_words(characters)
        lengths = run_lengths(words, tf.size(first))

        def advance(place: tf.Tensor, nodes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            here = tf.gather(codes, first + tf.minimum(place, lengths - 1))
            return place + 1, tf.where(place < lengths, self._step(nodes, here), nodes)

        _, nodes = tf.while_loop(
            lambda place, _: place < tf.minimum(tf.reduce_max(lengths), self._depth),
            advance,
            (0, tf.fill(tf.shape(first), ROOT)),
        )
        ids = tf.where(lengths > self._depth, IN_BYTES, tf.gather(self._values, nodes))  # [W]
        found = tf.gather(ids, words)
        is_last = tf.equal(tf.range(tf.size(words)), tf.gather(first + lengths - 1, words))
        return tf.where(is_last | tf.equal(found, IN_BYTES), found, INSIDE)

    def _find_best(self, characters: Characters, codes: tf.Tensor) -> tf.Tensor:
        """At each best piece's last character its id, or `IN_BYTES`. <int32>[C]."""
        # At worst every character is a piece.
        singles = tf.gather(self._singles, codes)
        lines, num_lines = characters.lines, characters.num_lines
        lowest = tf.reduce_min(tf.math.unsorted_segment_sum(singles, lines, num_lines))
        runs, lengths = self._runs(characters, lowest)
        num_runs, index = tf.size(lengths), tf.range(tf.size(runs))
        before = tf.cumsum(lengths, exclusive=True)  # [R]
        # Behind each run is a gap, which no piece reaches over.
        spaced, num_spaced = index + runs, tf.size(runs) + num_runs  # P = C + R
        codes = tf.scatter_nd(spaced[:, None], codes, (num_spaced,))
        slots = self._walk(codes)  # [L, P]
        # Unknown is a single character, and nothing longer.
        scores = [tf.gather(self._scores, slots[:-1]), tf.gather(self._singles, codes)[None]]
        scores = tf.transpose(tf.concat(scores, axis=0))  # [P, L]
        # Runs side by side, each with at least one gap at its end.
        num_places = (tf.maximum(tf.reduce_max(lengths), 0) // UNROLLED + 1) * UNROLLED
        place = tf.range(num_places)[:, None]
        grid = tf.where(place < lengths, before + tf.range(num_runs) + place, num_spaced - 1)
        is_chosen, choices = best_pieces(tf.gather(scores, grid), lengths, lowest)
        cells = (index - tf.gather(before, runs)) * num_runs + runs  # [C]
        choices = tf.gather(tf.reshape(choices, (-1,)), cells)
        chosen = tf.gather(tf.reshape(slots, (-1,)), choices * num_spaced + spaced)
        is_chosen = tf.gather(tf.reshape(is_chosen, (-1,)), cells)
        return tf.where(is_chosen, tf.gather(self._values, chosen), INSIDE)

    def _runs(self, characters: Characters, lowest: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """What is cut into pieces by itself: words, which are many and short, or lines.

        Args:
            characters: the characters.
            lowest: <float32>[], a bound: no line's sum of scores is below.

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
        """The nodes of the L, L - 1, ... 1 characters that end at each: <int32>[P] to [L, P]."""
        nodes, walked = tf.fill(tf.shape(codes), ROOT), []
        bases, lost = tf.fill(tf.shape(codes), self._tree[ROOT, 1]), self._tree[NOWHERE, 1]
        for _ in range(self._depth):
            slots = bases + codes
            found = tf.gather(self._tree, slots)  # [P, 2]
            is_child = tf.equal(found[:, 0], nodes)
            nodes, bases = tf.where(is_child, slots, NOWHERE), tf.where(is_child, found[:, 1], lost)
            walked.append(nodes)
            nodes, bases = later(nodes, NOWHERE), later(bases, lost)
        return tf.stack(walked[::-1])

    def _step(self, nodes: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
        """One character down the tree of pieces: nodes to nodes, <int32> of any shape."""
        slots = tf.gather(self._tree, nodes)[..., 1] + codes
        return tf.where(tf.equal(tf.gather(self._tree, slots)[..., 0], nodes), slots, NOWHERE)

    def _assemble(self, characters: Characters, found: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Token ids of texts one after another, <int32>[M], and how many each has, <int32>[B]."""
        ends = tf.where(tf.not_equal(found, INSIDE))[:, 0]
        found, texts = tf.gather(found, ends), tf.gather(characters.texts, ends)
        utf8, num_bytes = encode_utf8(tf.gather(characters.codepoints, ends))
        is_known = found >= 0
        counts = tf.where(is_known, 1, num_bytes)
        ids = tf.where(is_known[:, None], found[:, None], tf.gather(self._byte_ids, utf8))
        ids = tf.boolean_mask(ids, tf.range(MOST_BYTES) < counts[:, None])
        lengths = tf.math.unsorted_segment_sum(counts, texts, characters.num_texts)
        return ids, lengths


def _is_even(lengths: tf.Tensor) -> tf.Tensor:
    """Whether runs can lie side by side without much padding: <int32>[R] to <bool>[]."""
    sizes = tf.reduce_sum(lengths), tf.size(lengths), tf.reduce_max(lengths)
    num_characters, num_runs, longest = (tf.cast(size, tf.float32) for size in sizes)
    return num_runs * longest <= MOST_PADDING * num_characters


def _line_up(ids: tf.Tensor, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Token ids of texts, <int32>[M], as rows <int32>[B, T] with T at least 1; and lengths [B]."""
    rows = tf.RaggedTensor.from_row_lengths(ids, lengths, validate=False).to_tensor(PAD)
    missing = tf.maximum(1 - tf.shape(rows)[1], 0)
    return tf.pad(rows, [[0, 0], [0, missing]], constant_values=PAD), lengths
