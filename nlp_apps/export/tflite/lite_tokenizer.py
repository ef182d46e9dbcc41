"""The tokenizer in operations that TFLite has built in: code points to token ids and back.

What `GraphTokenizer` does for strings and batches is done here for one text of whole numbers, as a
phone or a browser can hold it: shapes are static, no string, variable, hash table or operation of
somebody else is needed. The answers are the same to the last id.

Letters in shapes: N code points that a text may have, P places (N, and room for the marks that are
put before words), M tokens, C code points that M tokens may have, L characters of the longest
piece, S slots of the tree of pieces, V vocabulary.
"""

import numpy as np
import tensorflow as tf
from tensorflow.compiler.tf2xla.ops.gen_xla_ops import xla_dynamic_update_slice

from nlp_apps.export.graph_text.characters import LINE_FEED, MARK, SPACE
from nlp_apps.export.graph_text.piece_tables import PieceTables, read_tables
from nlp_apps.export.graph_text.trie import NOWHERE, OTHER, PAGE, ROOT
from nlp_apps.export.graph_text.viterbi import RESET
from nlp_apps.export.tflite.lite_piece_tables import NEG_INF_STEPS, look_up, whole_numbers
from nlp_apps.export.tflite.lite_utf8 import (
    NO_CHARACTER,
    REPLACEMENT,
    count_bytes,
    find_characters,
    take_byte,
)
from nlp_apps.text.special_ids import EOS, PAD
from nlp_apps.text.tokenizer import SCORE_STEP, Tokenizer

HIGHEST = 0x10FFFF
"""The last code point."""

SURROGATES = 0xD800, 0xDFFF
"""Code points from here to there are no characters."""


class LiteTokenizer(tf.Module):
    """A tokenizer for TFLite that answers as the one it is made of.

    It takes about as long as the text is, not as it might be. Scores are counted in steps of
    `SCORE_STEP`, as whole numbers in the tables, which no quantisation touches; sums of them are
    float32 and rounded as SentencePiece rounds them.

    Args:
        tokenizer: the tokenizer.
        characters: N, the code points that a text may have.
        tokens: M, the tokens that are given and taken.
        prose: texts have several lines: as `Tokenizer.encode_documents` and `decode_document`.

    Attributes:
        characters: N.
        tokens: M.
        most_codepoints: C.

    Raises:
        WorkError: the tokenizer is not one that this suite trains.
        ValueError: `characters` or `tokens` is less than 1, or `characters` is so large that
            SentencePiece would begin its sums anew.
    """

    def __init__(self, tokenizer: Tokenizer, *, characters: int, tokens: int, prose: bool = False):
        super().__init__(name="lite_tokenizer")
        tables = read_tables(tokenizer)
        _check_size("characters", characters, _most_characters(tables))
        _check_size("tokens", tokens, None)
        self.characters = characters
        self.tokens = tokens
        self._find = {
            "sentencepiece": self._find_best,
            "characters": self._find_characters,
            "words": self._find_words,
        }[tables.kind]
        self._prose = prose
        self._drops_blanks = tables.drops_blanks
        # Before the first character, and after each end of a line, a mark may come in.
        self._num_places = characters
        if self._drops_blanks:
            self._num_places += 1 + (characters // 2 if prose else 0)
        self._line_end = tokenizer.newline_id
        self._vocabulary_size = tokenizer.vocabulary_size
        self._unknown_score = round(tables.singles[OTHER] / SCORE_STEP)
        self._tables = whole_numbers(tables)
        self._longest = int(tf.reduce_max(self._tables.lengths))
        self.most_codepoints = tokens * self._longest

    # Text to token ids

    def tokenize(self, codepoints: tf.Tensor) -> dict[str, tf.Tensor]:
        """Splits a text into pieces, as `Tokenizer.encode`.

        Args:
            codepoints: <int32>[1, N]. The text ends with the last positive one. What is no
                character counts as U+FFFD.

        Returns:
            `ids` <int32>[1, M], the first M tokens, then PAD; and `count` <int32>[1], how many
            tokens the text has, which may be more.
        """
        places, length = self._read(tf.reshape(codepoints, (-1,)))
        codes = self._code(places)
        if self._prose:
            codes = tf.where(tf.equal(places, LINE_FEED), OTHER, codes)
        ids = self._find(places, codes, length)
        is_known = ids >= 0
        steps = tf.where(is_known, look_up(self._tables.lengths, tf.maximum(ids, 0)), 1)  # [P]
        spelt = count_bytes(places)  # [P]
        sizes = tf.where(is_known, 1, spelt) * self._follow(steps, length)
        starts = tf.cumsum(sizes, exclusive=True)
        count = tf.reduce_sum(sizes)
        # Where a piece's first token is stands how far the text has come by then.
        is_chosen = tf.cast(sizes > 0, tf.int32)
        come = tf.scatter_nd(
            tf.minimum(starts, self.tokens)[:, tf.newaxis], steps * is_chosen, (self.tokens + 1,)
        )
        ends = tf.cumsum(come[: self.tokens])  # [M]
        last = tf.maximum(ends - 1, 0)
        index = np.arange(self.tokens, dtype=np.int32)
        found = tf.gather(ids, last)
        byte = take_byte(
            tf.gather(places, last), tf.gather(spelt, last), index - tf.gather(starts, last)
        )
        found = tf.where(found >= 0, found, look_up(self._tables.byte_ids, byte))
        found = tf.where(index < count, found, PAD)
        return {"ids": found[tf.newaxis, :], "count": tf.reshape(count, (1,))}

    def _read(self, codepoints: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The characters that are cut into pieces, <int32>[P], and how many there are, <int32>[].

        There is a mark for each blank that stays; what follows the last character does not count.
        """
        index = np.arange(self.characters, dtype=np.int32)
        length = tf.reduce_max(tf.where(codepoints > 0, index + 1, 0))
        is_inside = index < length
        is_surrogate = (codepoints >= SURROGATES[0]) & (codepoints <= SURROGATES[1])
        is_wrong = is_surrogate | (codepoints < 0) | (codepoints > HIGHEST)
        codepoints = tf.where(is_wrong, REPLACEMENT, codepoints)
        is_space = tf.equal(codepoints, SPACE)
        marked = tf.where(is_space, MARK, codepoints)
        if not self._drops_blanks:
            return marked, length
        is_blank = tf.equal(marked, MARK)
        is_sign = is_inside & ~is_blank
        is_end = is_sign & tf.equal(codepoints, LINE_FEED) & self._prose
        # Of each sign whether it is more than the end of a line, and from it, of each character
        # whether such a sign follows in its line: other blanks are the last ones of a line.
        signs = tf.cast(is_sign, tf.int32)
        rank = tf.cumsum(signs, exclusive=True)
        shows = tf.scatter_nd(
            rank[:, tf.newaxis], tf.cast(is_sign & ~is_end, tf.int32), (self.characters + 1,)
        )
        follows = tf.gather(shows, rank + signs)
        before = tf.concat([[SPACE], codepoints[:-1]], axis=0)
        is_again = is_space & tf.equal(before, SPACE)
        if self._prose:
            is_again |= is_space & tf.equal(before, LINE_FEED)
        widths = tf.where(is_sign, 1, tf.where(is_again, 0, follows))
        widths += tf.where(is_end, follows, 0)
        starts = shows[0] + tf.cumsum(widths, exclusive=True)
        # Gaps are marks: one is before the first word, one after each end of a line.
        is_kept = widths > 0
        places = MARK + tf.scatter_nd(
            tf.where(is_kept, starts, self._num_places - 1)[:, tf.newaxis],
            tf.where(is_kept, marked - MARK, 0),
            (self._num_places,),
        )
        return places, shows[0] + tf.reduce_sum(widths)

    def _code(self, codepoints: tf.Tensor) -> tf.Tensor:
        """What a character is called in the tree: <int32>[P] to <int32>[P]."""
        pages = look_up(self._tables.pages, codepoints // PAGE)
        return look_up(self._tables.codes, pages + codepoints % PAGE)

    def _step(self, nodes: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
        """One character down the tree of pieces: nodes to nodes, <int32> of any shape."""
        slots = look_up(self._tables.base, nodes) + codes
        return tf.where(tf.equal(look_up(self._tables.parent, slots), nodes), slots, NOWHERE)

    def _find_characters(self, _: tf.Tensor, codes: tf.Tensor, __: tf.Tensor) -> tf.Tensor:
        """Each character's id, or -1: it is spelt. <int32>[P]."""
        return look_up(self._tables.values, self._step(tf.fill(codes.shape, ROOT), codes))

    def _find_words(self, places: tf.Tensor, codes: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        """At each known word's last character its id, or -1. <int32>[P]."""
        is_end = tf.equal(places, LINE_FEED) & self._prose
        ends = tf.concat([[True], is_end[:-1]], axis=0)
        begins = tf.equal(places, MARK) | is_end | ends
        index = np.arange(self._num_places, dtype=np.int32)
        is_last = tf.concat([begins[1:], [True]], axis=0) | tf.equal(index, length - 1)

        def advance(
            place: tf.Tensor, node: tf.Tensor, found: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            node = tf.where(tf.gather(begins, place), ROOT, node)
            node = self._step(node, tf.gather(codes, place))
            return place + 1, node, xla_dynamic_update_slice(found, node, place)

        *_, found = tf.while_loop(
            lambda place, *_: tf.reshape(place < length, ()),
            advance,
            (
                tf.zeros((1,), tf.int32),
                tf.fill((1,), ROOT),
                tf.zeros((self._num_places,), tf.int32),
            ),
        )
        return tf.where(is_last, look_up(self._tables.values, found), -1)

    def _find_best(self, places: tf.Tensor, codes: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        """The id of the best piece that ends at each place, or -1. <int32>[P].

        Viterbi's algorithm, as in `export.graph_text.viterbi`: of equal sums, the longer piece.
        What is carried from place to place are the nodes of the L pieces that may go on, and the
        best sums before them, the longest first.
        """
        num_nodes = max(self._longest, 2)  # one alone is no list
        floor, first = np.full((2, num_nodes), NEG_INF_STEPS, np.int32)
        floor[-1], first[-1] = self._unknown_score, 0
        continues = tf.cast(tf.not_equal(places, LINE_FEED), tf.float32) if self._prose else None

        def advance(
            place: tf.Tensor, nodes: tf.Tensor, sums: tf.Tensor, found: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
            nodes = self._step(tf.concat([nodes[1:], [ROOT]], axis=0), tf.gather(codes, place))
            # Whole numbers as long as may be: float16 would not hold them.
            scores = tf.maximum(look_up(self._tables.scores, nodes), floor)
            candidates = sums + tf.cast(scores, tf.float32)
            best = tf.reduce_max(candidates, axis=0, keepdims=True)
            if continues is not None:
                best *= tf.gather(continues, place)  # every line begins with 0
            choice = tf.argmax(candidates, axis=0, output_type=tf.int32)
            node = tf.reshape(tf.gather(nodes, choice), (1,))
            return (
                place + 1,
                nodes,
                tf.concat([sums[1:], best], axis=0),
                xla_dynamic_update_slice(found, node, place),
            )

        *_, found = tf.while_loop(
            lambda place, *_: tf.reshape(place < length, ()),
            advance,
            (
                tf.zeros((1,), tf.int32),
                tf.fill((num_nodes,), NOWHERE),
                tf.constant(first, tf.float32),
                tf.zeros((self._num_places,), tf.int32),
            ),
        )
        return look_up(self._tables.values, found)

    def _follow(self, steps: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        """Follows pieces from the last place to the first.

        Args:
            steps: <int32>[P], characters of the piece that ends at a place.
            length: <int32>[].

        Returns:
            <int32>[P], 1 where a piece ends that was come by, else 0.
        """

        def go_back(place: tf.Tensor, seen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            seen = xla_dynamic_update_slice(seen, tf.ones((1,), tf.int32), place)
            return place - tf.gather(steps, place), seen

        _, seen = tf.while_loop(
            lambda place, _: tf.reshape(place >= 0, ()),
            go_back,
            (tf.reshape(length - 1, (1,)), tf.zeros(steps.shape, tf.int32)),
        )
        return seen

    # Token ids to text

    def detokenize(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """Joins token ids to a text, as `Tokenizer.decode`.

        Args:
            ids: <int32>[1, M]. Special ids vanish, and so does what is no id.

        Returns:
            `codepoints` <int32>[1, C], then 0; and `count` <int32>[1], how many there are.
        """
        ids = self._keep(tf.reshape(ids, (-1,)))
        is_end = tf.equal(ids, self._line_end) & self._prose
        values = tf.where(is_end, -1, look_up(self._tables.byte_of, ids))
        slots, lengths = look_up(self._tables.slots, ids), look_up(self._tables.lengths, ids)
        is_byte, is_marked = values >= 0, slots < 0
        # The blank before a line's first word falls away, and so do pieces that are nothing else.
        shows = is_byte | (lengths > tf.cast(is_marked, tf.int32))
        is_begin = _is_begin(shows, is_end)
        lengths -= tf.cast(is_marked & is_begin, tf.int32)
        characters = find_characters(values)
        # Blanks of words that are spelt in bytes are marks still.
        characters = tf.where(
            tf.equal(characters, MARK), tf.where(is_begin, NO_CHARACTER, SPACE), characters
        )
        characters = tf.where(is_end, LINE_FEED, characters)
        is_single = is_byte | is_end
        lengths = tf.where(is_single, tf.cast(characters >= 0, tf.int32), lengths)  # [M]
        letters = self._spell(tf.abs(slots), tf.reduce_max(lengths))
        letters = tf.concat(
            [tf.where(is_single, characters, letters[0])[tf.newaxis, :], letters[1:]], axis=0
        )  # [L, M]
        ends, back = tf.cumsum(lengths), np.arange(letters.shape[0], dtype=np.int32)[:, np.newaxis]
        is_real = back < lengths
        found = tf.scatter_nd(
            tf.where(is_real, ends - 1 - back, self.most_codepoints)[:, :, tf.newaxis],
            tf.where(is_real, letters, 0),
            (self.most_codepoints + 1,),
        )
        return {
            "codepoints": found[tf.newaxis, : self.most_codepoints],
            "count": tf.reshape(tf.reduce_sum(lengths), (1,)),
        }

    def _keep(self, ids: tf.Tensor) -> tf.Tensor:
        """Moves ids together that do not vanish, and PAD behind them: <int32>[M] to <int32>[M]."""
        keeps = (ids > EOS) & (ids < self._vocabulary_size)
        places = tf.cumsum(tf.cast(keeps, tf.int32), exclusive=True)
        places = tf.where(keeps, places, self.tokens)[:, tf.newaxis]
        return tf.scatter_nd(places, tf.where(keeps, ids, PAD), (self.tokens + 1,))[:-1]

    def _spell(self, slots: tf.Tensor, longest: tf.Tensor) -> tf.Tensor:
        """The characters of pieces, the last ones first: <int32>[M] to <int32>[L, M].

        Before a piece's first character, and after the `longest`, stands anything.
        """

        def go_up(
            turn: tf.Tensor, slots: tf.Tensor, found: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            above = tf.maximum(look_up(self._tables.parent, slots), NOWHERE)
            letters = look_up(self._tables.letters, slots - look_up(self._tables.base, above))
            found = xla_dynamic_update_slice(
                found, letters[tf.newaxis, :], tf.concat([turn, [0]], axis=0)
            )
            return turn + 1, above, found

        *_, found = tf.while_loop(
            lambda turn, *_: tf.reshape(turn < longest, ()),
            go_up,
            (
                tf.zeros((1,), tf.int32),
                slots,
                tf.broadcast_to(slots, (self._longest, self.tokens)),  # any, but no constant
            ),
        )
        return found


def _check_size(name: str, value: int, most: int | None) -> None:
    if value < 1 or most is not None and value > most:
        rule = "at least 1" if most is None else f"1 to {most}"
        raise ValueError(f"{name} must be {rule}, got {value}")


def _most_characters(tables: PieceTables) -> int | None:
    """Code points of which no sum is so low that SentencePiece counts from 0 again."""
    if tables.kind != "sentencepiece":
        return None
    return int(0.9 * RESET / tables.singles[OTHER]) - 1  # one for the mark before the text


def _is_begin(shows: tf.Tensor, is_end: tf.Tensor) -> tf.Tensor:
    """Whether nothing is shown before in the same line: <bool>[M] each to <bool>[M]."""
    ends = tf.cast(is_end, tf.int32)
    before = tf.cumsum(tf.cast(shows, tf.int32), exclusive=True)
    lines = tf.cumsum(ends, exclusive=True)
    of_lines = tf.scatter_nd(
        (lines + 1)[:, tf.newaxis], before * ends, (shows.shape[0] + 1,)
    )  # what was shown before each line
    return tf.equal(before, tf.gather(of_lines, lines))
