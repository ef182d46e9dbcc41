"""Search over a step function: greedy and beam. Knows no model.

Letters in shapes: B batch, K beams, S memory length, T most tokens of an answer, V vocabulary.

A search stops as soon as every sentence has ended. B, S and T may be known only at run time, so
that one traced function serves every batch; in plain TensorFlow, because XLA's CPU compiler sorts
the whole vocabulary for a top-k (measured: 30 times slower).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from nlp_apps.text.special_ids import NEG_INF, PAD


class StepOutput(NamedTuple):
    """What a step function gives.

    Attributes:
        logits: <float32>[B, K, V].
        state: nested tensors, each [B, K, ...].
        weights: <float>[B, K, S], attention; or None.
    """

    logits: tf.Tensor
    state: Any
    weights: tf.Tensor | None


StepFunction = Callable[[tf.Tensor, Any], Any]
"""(last tokens <int32>[B, K], state) -> something with the fields of `StepOutput`."""


class Hypotheses(NamedTuple):
    """Answers, the best first.

    Attributes:
        token_ids: <int32>[B, K, T], each ending in EOS and then PAD.
        lengths: <int32>[B, K], tokens with EOS.
        log_probabilities: <float32>[B, K], of the whole answer, in nats.
        scores: <float32>[B, K], what they are ranked by.
    """

    token_ids: tf.Tensor
    lengths: tf.Tensor
    log_probabilities: tf.Tensor
    scores: tf.Tensor


def length_penalty(length: tf.Tensor, alpha: float) -> tf.Tensor:
    """lp(Y) = ((5 + |Y|) / 6) ** alpha (Wu et al. 2016, eq. 14). Shape of `length`, <float32>."""
    return tf.pow((5.0 + tf.cast(length, tf.float32)) / 6.0, alpha)


def coverage(coverage_sum: tf.Tensor, mask: tf.Tensor, beta: float) -> tf.Tensor:
    """cp(X; Y) = beta * sum_i log(min(sum_j p_ij, 1)) (Wu et al. 2016, eq. 14).

    Args:
        coverage_sum: <float32>[B, K, S], attention summed over the answer's tokens.
        mask: <bool>[B, S], real source positions.
        beta: weight of the penalty.

    Returns:
        <float32>[B, K], at most 0.
    """
    logs = tf.math.log(tf.clip_by_value(coverage_sum, 1e-4, 1.0))
    return beta * tf.reduce_sum(tf.where(mask[:, None, :], logs, 0.0), axis=-1)


def repeated_ngram_mask(
    tokens: tf.Tensor, time: tf.Tensor, size: int, vocabulary_size: int
) -> tf.Tensor:
    """Marks the tokens that would repeat an n-gram.

    Example: after `a b c a b` with size 3, `c` is marked.

    Args:
        tokens: <int32>[N, T], answers so far.
        time: <int32>[], how many tokens they have.
        size: tokens of an n-gram, at least 1.
        vocabulary_size: V.

    Returns:
        <bool>[N, V].
    """
    rows, most = tf.shape(tokens)[0], tf.shape(tokens)[1]
    starts = tf.range(most)[None, :]  # position of each n-gram's last token
    same = tf.broadcast_to(
        tf.logical_and(starts >= size - 1, starts < time) & (time >= size - 1), (rows, most)
    )
    for back in range(1, size):
        earlier = tf.roll(tokens, shift=back, axis=1)
        last = tf.gather(tokens, tf.maximum(time - back, 0), axis=1)
        same &= tf.equal(earlier, last[:, None])
    row_ids = tf.broadcast_to(tf.range(rows)[:, None], (rows, most))
    where = tf.stack([row_ids, tf.where(same, tokens, PAD)], axis=-1)
    hits = tf.zeros((rows, vocabulary_size), tf.int32)
    hits = tf.tensor_scatter_nd_add(hits, where, tf.cast(same, tf.int32))
    return hits > 0


def greedy_search(
    step: StepFunction,
    state: Any,
    *,
    batch_size: int | tf.Tensor,
    max_length: int | tf.Tensor,
    bos_id: int,
    eos_id: int,
    no_repeat_ngram_size: int = 0,
    static_length: int | None = None,
) -> Hypotheses:
    """Takes the most probable token, every time.

    Args:
        step: the step function; called with K = 1.
        state: the first state, each tensor [B, 1, ...].
        batch_size: B.
        max_length: an answer that is not over by then is cut and ends in `eos_id`: one number, or
            <int32>[B], one for each sentence; T is the largest.
        bos_id: id of the token fed first.
        eos_id: id of the token that ends an answer.
        no_repeat_ngram_size: no n-gram of this many tokens occurs twice; 0 to allow it.
        static_length: T, where it must be known when the graph is made; no limit may be larger.

    Returns:
        `Hypotheses` with K = 1; scores are log probabilities.
    """
    limits, longest = _limits(max_length, batch_size, static_length)

    def choose(
        time: tf.Tensor,
        tokens: tf.Tensor,
        last: tf.Tensor,
        total: tf.Tensor,
        ended: tf.Tensor,
        state: Any,
    ) -> tuple[Any, ...]:
        output = step(last[:, None], state)
        log_probs = tf.nn.log_softmax(output.logits[:, 0])  # [B, V]
        log_probs = _allowed(log_probs, tokens, time, limits, bos_id, eos_id, no_repeat_ngram_size)
        chosen = tf.where(ended, PAD, tf.argmax(log_probs, axis=-1, output_type=tf.int32))
        total += tf.where(ended, 0.0, tf.reduce_max(log_probs, axis=-1))
        tokens = _write(tokens, time, chosen)
        return time + 1, tokens, chosen, total, ended | tf.equal(chosen, eos_id), output.state

    _, tokens, _, total, _, _ = tf.while_loop(
        lambda time, _tokens, _last, _total, ended, _state: ~tf.reduce_all(ended),
        choose,
        (
            0,
            tf.fill((batch_size, longest), PAD),
            tf.fill((batch_size,), bos_id),
            tf.zeros((batch_size,)),
            tf.zeros((batch_size,), tf.bool),
            state,
        ),
        maximum_iterations=longest,
    )
    tokens, total = tokens[:, None], total[:, None]  # [B, 1, T], [B, 1]
    return Hypotheses(tokens, _lengths(tokens), total, total)


def beam_search(
    step: StepFunction,
    state: Any,
    *,
    batch_size: int | tf.Tensor,
    beam_size: int,
    max_length: int | tf.Tensor,
    bos_id: int,
    eos_id: int,
    length_alpha: float = 0.6,
    coverage_beta: float = 0.0,
    no_repeat_ngram_size: int = 0,
    memory_mask: tf.Tensor | None = None,
    static_length: int | None = None,
) -> Hypotheses:
    """Keeps the `beam_size` most probable beginnings, and the answers that ended among them.

    A sentence is done when `beam_size` of its answers have ended; they are ranked by
    log P / lp + cp (Wu et al. 2016, eq. 14). With `beam_size` 1 this is greedy search.

    Args:
        step: the step function; called with K = beam_size.
        state: the first state, each tensor [B, 1, ...].
        batch_size: B.
        beam_size: K.
        max_length: an answer that is not over by then is cut and ends in `eos_id`: one number, or
            <int32>[B], one for each sentence; T is the largest.
        bos_id: id of the token fed first.
        eos_id: id of the token that ends an answer.
        length_alpha: alpha of `length_penalty`; 0 ranks by log probability.
        coverage_beta: beta of `coverage`; 0 leaves it out. Needs attention weights and
            `memory_mask`.
        no_repeat_ngram_size: no n-gram of this many tokens occurs twice; 0 to allow it.
        memory_mask: <bool>[B, S], real source positions.
        static_length: as in `greedy_search`.

    Returns:
        `Hypotheses`, the best first.
    """
    state = tf.nest.map_structure(lambda value: tf.repeat(value, beam_size, axis=1), state)
    limits, longest = _limits(max_length, batch_size, static_length)
    width = tf.shape(memory_mask)[1] if coverage_beta and memory_mask is not None else 1

    def advance(
        time: tf.Tensor,
        alive: tf.Tensor,
        alive_total: tf.Tensor,
        coverage_sum: tf.Tensor,
        last: tf.Tensor,
        state: Any,
        pool: tf.Tensor,
        pool_total: tf.Tensor,
        pool_score: tf.Tensor,
        count: tf.Tensor,
    ) -> tuple[Any, ...]:
        output = step(last, state)
        size = output.logits.shape[-1]
        log_probs = tf.reshape(tf.nn.log_softmax(output.logits), (batch_size * beam_size, size))
        history = tf.reshape(alive, (batch_size * beam_size, longest))
        beam_limits = tf.repeat(limits, beam_size)
        log_probs = _allowed(
            log_probs, history, time, beam_limits, bos_id, eos_id, no_repeat_ngram_size
        )
        totals = alive_total[:, :, None] + tf.reshape(log_probs, (batch_size, beam_size, size))
        if coverage_beta:
            coverage_sum += tf.cast(output.weights, tf.float32)

        total, chosen = tf.math.top_k(
            tf.reshape(totals, (batch_size, beam_size * size)), 2 * beam_size
        )  # [B, 2 K]: enough to go on even if K of them end
        parent, token = chosen // size, chosen % size
        tokens = _write(tf.gather(alive, parent, batch_dims=1), time, token)  # [B, 2 K, T]
        ends = tf.equal(token, eos_id)

        # Answers that ended among the best K enter the pool of a sentence that is still open.
        is_open = count < beam_size
        enters = (ends & (total > NEG_INF / 2))[:, :beam_size] & is_open[:, None]
        score = total[:, :beam_size] / length_penalty(time + 1, length_alpha)
        if coverage_beta:
            seen = tf.gather(coverage_sum, parent[:, :beam_size], batch_dims=1)
            score += coverage(seen, memory_mask, coverage_beta)
        score = tf.where(enters, score, NEG_INF)
        pool_score, best = tf.math.top_k(tf.concat([pool_score, score], axis=1), beam_size)
        pool = tf.gather(tf.concat([pool, tokens[:, :beam_size]], axis=1), best, batch_dims=1)
        pool_total = tf.gather(
            tf.concat([pool_total, total[:, :beam_size]], axis=1), best, batch_dims=1
        )
        count += tf.reduce_sum(tf.cast(enters, tf.int32), axis=1)

        # The best K that did not end go on.
        alive_total, kept = tf.math.top_k(tf.where(ends, 2 * NEG_INF, total), beam_size)
        alive = tf.gather(tokens, kept, batch_dims=1)
        last = tf.gather(token, kept, batch_dims=1)
        parent = tf.gather(parent, kept, batch_dims=1)
        state = tf.nest.map_structure(
            lambda value: tf.gather(value, parent, batch_dims=1), output.state
        )
        if coverage_beta:
            coverage_sum = tf.gather(coverage_sum, parent, batch_dims=1)
        return (
            *(time + 1, alive, alive_total, coverage_sum, last, state),
            *(pool, pool_total, pool_score, count),
        )

    first = tf.where(tf.range(beam_size) > 0, NEG_INF, 0.0)[None]  # all beams start alike
    nothing = tf.fill((batch_size, beam_size, longest), PAD)
    lowest = tf.fill((batch_size, beam_size), NEG_INF)
    *_, pool, pool_total, pool_score, _ = tf.while_loop(
        lambda *variables: tf.reduce_any(variables[-1] < beam_size),
        advance,
        (
            0,
            nothing,
            tf.repeat(first, batch_size, axis=0),
            tf.zeros((batch_size, beam_size, width)),
            tf.fill((batch_size, beam_size), bos_id),
            state,
            nothing,
            lowest,
            lowest,
            tf.zeros((batch_size,), tf.int32),
        ),
        maximum_iterations=longest,
    )
    return Hypotheses(pool, _lengths(pool), pool_total, pool_score)


def _allowed(
    log_probs: tf.Tensor,
    tokens: tf.Tensor,
    time: tf.Tensor,
    limits: tf.Tensor,
    bos_id: int,
    eos_id: int,
    no_repeat_ngram_size: int,
) -> tf.Tensor:
    """Makes forbidden tokens impossible.

    Forbidden are padding, a second beginning, repeats, and at the last position all but the end.
    `log_probs` are <float32>[N, V], `tokens` <int32>[N, T] the answers so far, and
    `limits` <int32>[N] how long they may become.
    """
    size, is_last = log_probs.shape[-1], (time >= limits - 1)[:, None]  # [N, 1]
    ids = tf.range(size)
    forbidden = (tf.equal(ids, PAD) | tf.equal(ids, bos_id))[None]
    forbidden |= is_last & tf.not_equal(ids, eos_id)  # [N, V]
    if no_repeat_ngram_size:
        forbidden |= repeated_ngram_mask(tokens, time, no_repeat_ngram_size, size) & ~is_last
    return tf.where(forbidden, NEG_INF, log_probs)


def _limits(
    max_length: int | tf.Tensor, batch_size: int | tf.Tensor, static_length: int | None
) -> tuple[tf.Tensor, int | tf.Tensor]:
    """The most tokens of each sentence's answer, <int32>[B], and of any answer."""
    limits = tf.convert_to_tensor(max_length, tf.int32)
    if static_length is not None:
        return tf.broadcast_to(limits, (batch_size,)), static_length
    # Of no sentence at all the largest is the smallest number there is.
    longest = max_length if isinstance(max_length, int) else tf.maximum(tf.reduce_max(limits), 1)
    return tf.broadcast_to(limits, (batch_size,)), longest


def _write(tokens: tf.Tensor, time: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Puts a token at position `time` of every answer: <int32>[..., T] and <int32>[...]."""
    here = tf.equal(tf.range(tf.shape(tokens)[-1]), time)
    return tf.where(here, chosen[..., None], tokens)


def _lengths(tokens: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(tf.not_equal(tokens, PAD), tf.int32), axis=-1)
