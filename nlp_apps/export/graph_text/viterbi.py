"""The most probable pieces of many lines at once, as SentencePiece finds them.

Letters in shapes: U lines, N places (characters) of the longest line, L characters of the longest
piece.

The algorithm is Viterbi's, over the pieces of a unigram language model (Kudo 2018, sec. 3.1).
Sums are taken in the order and in the precision of SentencePiece, so that ties and rounding come
out alike. What can be known before is looked up outside of the loop, for all places at once: a loop
over characters is only as fast as its steps are small.
"""

import tensorflow as tf

from nlp_apps.export.graph_text.piece_tables import NO_PIECE_SCORE
from nlp_apps.text.tokenizer import SCORE_STEP

UNROLLED = 16
"""Places that one turn of the loop takes: a turn costs more than what is done in it."""

EXACT = -(2.0**24) * SCORE_STEP
"""From this sum up float32 adds scores without rounding: the best pieces of a word are the same
whatever stands before it."""

RESET = -1e5
"""Below this sum SentencePiece counts from 0 again, lest float32 round the scores away."""


def best_pieces(
    scores: tf.Tensor, lengths: tf.Tensor, lowest: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Cuts lines into the pieces whose scores have the largest sum; of equals, the longer first.

    Args:
        scores: <float32>[N, U, L], of the piece of L - l characters that ends at a place;
            `NO_PIECE_SCORE` where there is none. N is a multiple of `UNROLLED` and exceeds every
            length.
        lengths: <int32>[U], places of each line.
        lowest: <float32>[], a bound: no sum is below.

    Returns:
        The places where a chosen piece ends, <bool>[N, U]; and the index l of the best piece that
        ends at a place, chosen or not, <int32>[N, U].
    """
    choices = tf.cond(
        lowest < 0.9 * RESET,  # the bound is rounded too
        lambda: _choices(scores, unrolled=1, resets=True),
        lambda: _choices(scores, unrolled=UNROLLED, resets=False),
    )
    return _ends(scores.shape[-1] - choices, lengths), choices


def _choices(scores: tf.Tensor, *, unrolled: int, resets: bool) -> tf.Tensor:
    """The index of the best piece that ends at each place, <int32>[N, U].

    Carried from place to place are the best sums up to the L places before, <float32>[U, L], the
    farthest first: `tf.argmax` takes the first of equals, and so does SentencePiece. With `resets`,
    also what was taken off the sum after each of these places.
    """
    num_lines, longest = tf.shape(scores)[1], scores.shape[-1]
    turns = tf.shape(scores)[0] // unrolled
    scores = tf.reshape(scores, tf.stack([turns, unrolled, num_lines, longest]))

    def advance(
        turn: tf.Tensor, sums: tf.Tensor, taken: tf.Tensor, choices: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.TensorArray]:
        found = []
        for here in tf.unstack(scores[turn], unrolled):
            candidates = sums + here
            if resets:
                candidates -= taken
            found.append(tf.argmax(candidates, axis=1, output_type=tf.int32))
            best = tf.reduce_max(candidates, axis=1, keepdims=True)
            if resets:
                offset = tf.where(best < RESET, best, 0.0)
                best -= offset
                taken = tf.concat([taken[:, 1:] + offset, tf.zeros_like(offset)], axis=1)
            sums = tf.concat([sums[:, 1:], best], axis=1)
        return turn + 1, sums, taken, choices.write(turn, tf.stack(found))

    first = tf.concat([tf.fill((longest - 1,), NO_PIECE_SCORE), [0.0]], axis=0)
    *_, choices = tf.while_loop(
        lambda turn, *_: turn < turns,
        advance,
        (
            0,
            tf.repeat(first[None], num_lines, axis=0),
            tf.zeros((num_lines, longest)),
            tf.TensorArray(tf.int32, turns, element_shape=(unrolled, None)),
        ),
    )
    return tf.reshape(choices.stack(), (-1, num_lines))


def _ends(steps: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """Follows each line's pieces from its end to its beginning.

    Paths double in every turn, so that a thousand pieces are followed in ten.

    Args:
        steps: <int32>[N, U], characters of the piece that ends at a place.
        lengths: <int32>[U].

    Returns:
        The places that were come by, <bool>[N, U].
    """
    num_places, num_lines = tf.shape(steps)[0], tf.shape(steps)[1]
    lines = tf.range(num_lines)
    # Nodes lie between places: node n * U + u is line u after n places.
    back = (tf.range(1, num_places + 1)[:, None] - steps) * num_lines + lines
    back = tf.concat([lines, tf.reshape(back, (-1,))], axis=0)  # [(N + 1) * U]

    def double(path: tf.Tensor, back: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.concat([path, tf.gather(back, path)], axis=1), tf.gather(back, back)

    path, _ = tf.while_loop(
        lambda path, _: tf.reduce_any(path[:, -1] >= num_lines),
        double,
        ((lengths * num_lines + lines)[:, None], back),
        shape_invariants=(tf.TensorShape((None, None)), tf.TensorShape((None,))),
    )
    flat = tf.reshape(path, (-1,))
    seen = tf.scatter_nd(flat[:, None], tf.ones_like(flat), ((num_places + 1) * num_lines,))
    return tf.reshape(seen[num_lines:] > 0, (num_places, num_lines))
