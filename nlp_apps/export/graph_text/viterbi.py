"""The most probable segmentation of many lines at once, equal to that of SentencePiece.

Letters in shapes: U lines, N positions (characters) of the longest line, L characters of the
longest subword.

The Viterbi algorithm over a unigram language model (Kudo 2018, sec. 3.1). Sums have the order and
the precision of SentencePiece, so that ties and rounding are equal. Everything that does not depend
on the sums is looked up before the loop, for all positions at once, because a loop over characters
is only as fast as its steps are small.
"""

import tensorflow as tf

from nlp_apps.export.graph_text.subword_tables import NO_SUBWORD_SCORE
from nlp_apps.text.tokenizer import SCORE_STEP

UNROLLED = 16
"""Positions per iteration: an iteration costs more than the work in it."""

EXACT = -(2.0**24) * SCORE_STEP
"""Sums down to this one are exact in float32: the segmentation of a word does not depend on the
words before it."""

RESET = -1e5
"""Below this sum SentencePiece restarts at 0, because float32 would lose the scores to rounding."""


def best_segmentation(
    scores: tf.Tensor, lengths: tf.Tensor, lowest: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Splits lines into the subwords with the largest sum of scores; of equals, the longer first.

    Args:
        scores: <float32>[N, U, L], of the subword of L - l characters that ends at a position;
            `NO_SUBWORD_SCORE` if there is none. N is a multiple of `UNROLLED` and exceeds every
            length.
        lengths: <int32>[U], positions of each line.
        lowest: <float32>[], a lower bound of all sums.

    Returns:
        The positions at which a chosen subword ends, <bool>[N, U]; and the index l of the best
        subword that ends at a position, chosen or not, <int32>[N, U].
    """
    choices = tf.cond(
        lowest < 0.9 * RESET,  # the bound is rounded too
        lambda: _choices(scores, unrolled=1, resets=True),
        lambda: _choices(scores, unrolled=UNROLLED, resets=False),
    )
    return _ends(scores.shape[-1] - choices, lengths), choices


def _choices(scores: tf.Tensor, *, unrolled: int, resets: bool) -> tf.Tensor:
    """Finds the index of the best subword that ends at each position, <int32>[N, U].

    The state are the best sums up to the L positions before, <float32>[U, L], the farthest first:
    `tf.argmax` returns the first of equals, and so does SentencePiece. With `resets` the state has
    also the amounts that were subtracted after each of these positions.
    """
    num_lines, longest = tf.shape(scores)[1], scores.shape[-1]
    iterations = tf.shape(scores)[0] // unrolled
    scores = tf.reshape(scores, tf.stack([iterations, unrolled, num_lines, longest]))

    def step(
        iteration: tf.Tensor, sums: tf.Tensor, subtracted: tf.Tensor, choices: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.TensorArray]:
        found = []
        for here in tf.unstack(scores[iteration], unrolled):
            candidates = sums + here
            if resets:
                candidates -= subtracted
            found.append(tf.argmax(candidates, axis=1, output_type=tf.int32))
            best = tf.reduce_max(candidates, axis=1, keepdims=True)
            if resets:
                offset = tf.where(best < RESET, best, 0.0)
                best -= offset
                subtracted = tf.concat([subtracted[:, 1:] + offset, tf.zeros_like(offset)], axis=1)
            sums = tf.concat([sums[:, 1:], best], axis=1)
        return iteration + 1, sums, subtracted, choices.write(iteration, tf.stack(found))

    first = tf.concat([tf.fill((longest - 1,), NO_SUBWORD_SCORE), [0.0]], axis=0)
    *_, choices = tf.while_loop(
        lambda iteration, *_: iteration < iterations,
        step,
        (
            0,
            tf.repeat(first[None], num_lines, axis=0),
            tf.zeros((num_lines, longest)),
            tf.TensorArray(tf.int32, iterations, element_shape=(unrolled, None)),
        ),
    )
    return tf.reshape(choices.stack(), (-1, num_lines))


def _ends(sizes: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """Follows the subwords of each line from its end to its beginning.

    Paths double in every iteration, so that a thousand subwords need ten.

    Args:
        sizes: <int32>[N, U], characters of the subword that ends at a position.
        lengths: <int32>[U].

    Returns:
        The positions on the path, <bool>[N, U].
    """
    num_positions, num_lines = tf.shape(sizes)[0], tf.shape(sizes)[1]
    lines = tf.range(num_lines)
    # Nodes are between positions: node n * U + u is line u after n positions.
    back = (tf.range(1, num_positions + 1)[:, None] - sizes) * num_lines + lines
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
    seen = tf.scatter_nd(flat[:, None], tf.ones_like(flat), ((num_positions + 1) * num_lines,))
    return tf.reshape(seen[num_lines:] > 0, (num_positions, num_lines))
