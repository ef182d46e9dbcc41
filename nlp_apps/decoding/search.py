"""Greedy and beam search over a step function.

Letters in shapes: B batch, K beams, S source length, T most tokens of a hypothesis, V vocabulary.

A search stops as soon as every sentence has ended. B, S and T may be dynamic, so that one traced
function serves every batch. The search is plain TensorFlow, because XLA's CPU compiler sorts the
whole vocabulary for a top-k (measured: 30 times slower).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from nlp_apps.decoding.penalties import coverage_penalty, length_penalty, repeated_ngram_mask
from nlp_apps.text.special_ids import NEG_INF, PAD


class StepOutput(NamedTuple):
    """Result of a step function.

    Attributes:
        logits: <float32>[B, K, V].
        state: nested tensors, each [B, K, ...].
        weights: <float>[B, K, S], attention; or None.
    """

    logits: tf.Tensor
    state: Any
    weights: tf.Tensor | None


StepFunction = Callable[[tf.Tensor, Any], Any]
"""(last tokens <int32>[B, K], state) -> an object with the fields of `StepOutput`."""


class Hypotheses(NamedTuple):
    """Hypotheses, best first.

    Attributes:
        token_ids: <int32>[B, K, T], each ending in EOS and padded with PAD.
        lengths: <int32>[B, K], tokens with EOS.
        log_probabilities: <float32>[B, K], of the whole hypothesis, in nats.
        scores: <float32>[B, K], by which they are ranked.
    """

    token_ids: tf.Tensor
    lengths: tf.Tensor
    log_probabilities: tf.Tensor
    scores: tf.Tensor


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
    """Chooses the most probable token at every step.

    Args:
        step: the step function; called with K = 1.
        state: the initial state, each tensor [B, 1, ...].
        batch_size: B.
        max_length: tokens after which a hypothesis is truncated; its last one is then `eos_id`. One
            number, or <int32>[B], one per sentence; T is the largest.
        bos_id: id of the first input token.
        eos_id: id of the token that ends a hypothesis.
        no_repeat_ngram_size: no n-gram of this many tokens occurs twice; 0: off.
        static_length: T, if it must be static; no `max_length` may be larger.

    Returns:
        `Hypotheses` with K = 1; scores are log probabilities.
    """
    limits, longest = _limits(max_length, batch_size, static_length)

    def advance(
        time: tf.Tensor,
        tokens: tf.Tensor,
        last: tf.Tensor,
        total: tf.Tensor,
        ended: tf.Tensor,
        state: Any,
    ) -> tuple[Any, ...]:
        output = step(last[:, None], state)
        log_probs = tf.nn.log_softmax(output.logits[:, 0])  # [B, V]
        log_probs = _mask_forbidden(
            log_probs, tokens, time, limits, bos_id, eos_id, no_repeat_ngram_size
        )
        chosen = tf.where(ended, PAD, tf.argmax(log_probs, axis=-1, output_type=tf.int32))
        total += tf.where(ended, 0.0, tf.reduce_max(log_probs, axis=-1))
        tokens = _write(tokens, time, chosen)
        return time + 1, tokens, chosen, total, ended | tf.equal(chosen, eos_id), output.state

    _, tokens, _, total, _, _ = tf.while_loop(
        lambda time, _tokens, _last, _total, ended, _state: ~tf.reduce_all(ended),
        advance,
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
    """Keeps the `beam_size` most probable prefixes, and the finished hypotheses among them.

    A sentence ends when `beam_size` of its hypotheses have ended. They are ranked by
    log P / lp + cp (Wu et al. 2016, eq. 14). With `beam_size` 1 this is greedy search.

    Args:
        step: the step function; called with K = beam_size.
        state: the initial state, each tensor [B, 1, ...].
        batch_size: B.
        beam_size: K.
        max_length: see `greedy_search`.
        bos_id: id of the first input token.
        eos_id: id of the token that ends a hypothesis.
        length_alpha: alpha of `length_penalty`; 0 ranks by log probability.
        coverage_beta: beta of `coverage_penalty`; 0: off. Needs attention weights and
            `memory_mask`.
        no_repeat_ngram_size: no n-gram of this many tokens occurs twice; 0: off.
        memory_mask: <bool>[B, S], real source positions.
        static_length: see `greedy_search`.

    Returns:
        `Hypotheses`, best first.
    """
    state = tf.nest.map_structure(lambda value: tf.repeat(value, beam_size, axis=1), state)
    limits, longest = _limits(max_length, batch_size, static_length)
    width = tf.shape(memory_mask)[1] if coverage_beta and memory_mask is not None else 1

    def advance(
        time: tf.Tensor,
        alive: tf.Tensor,
        alive_total: tf.Tensor,
        coverage: tf.Tensor,
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
        log_probs = _mask_forbidden(
            log_probs, history, time, beam_limits, bos_id, eos_id, no_repeat_ngram_size
        )
        totals = alive_total[:, :, None] + tf.reshape(log_probs, (batch_size, beam_size, size))
        if coverage_beta:
            coverage += tf.cast(output.weights, tf.float32)

        total, chosen = tf.math.top_k(
            tf.reshape(totals, (batch_size, beam_size * size)), 2 * beam_size
        )  # [B, 2 K]: K continue even if K of them end
        parent, token = chosen // size, chosen % size
        tokens = _write(tf.gather(alive, parent, batch_dims=1), time, token)  # [B, 2 K, T]
        ends = tf.equal(token, eos_id)

        # Finished hypotheses among the best K enter the pool of a sentence that has not ended.
        is_open = count < beam_size
        enters = (ends & (total > NEG_INF / 2))[:, :beam_size] & is_open[:, None]
        score = total[:, :beam_size] / length_penalty(time + 1, length_alpha)
        if coverage_beta:
            covered = tf.gather(coverage, parent[:, :beam_size], batch_dims=1)
            score += coverage_penalty(covered, memory_mask, coverage_beta)
        score = tf.where(enters, score, NEG_INF)
        pool_score, best = tf.math.top_k(tf.concat([pool_score, score], axis=1), beam_size)
        pool = tf.gather(tf.concat([pool, tokens[:, :beam_size]], axis=1), best, batch_dims=1)
        pool_total = tf.gather(
            tf.concat([pool_total, total[:, :beam_size]], axis=1), best, batch_dims=1
        )
        count += tf.reduce_sum(tf.cast(enters, tf.int32), axis=1)

        # The best K unfinished hypotheses continue.
        alive_total, kept = tf.math.top_k(tf.where(ends, 2 * NEG_INF, total), beam_size)
        alive = tf.gather(tokens, kept, batch_dims=1)
        last = tf.gather(token, kept, batch_dims=1)
        parent = tf.gather(parent, kept, batch_dims=1)
        state = tf.nest.map_structure(
            lambda value: tf.gather(value, parent, batch_dims=1), output.state
        )
        if coverage_beta:
            coverage = tf.gather(coverage, parent, batch_dims=1)
        return (
            *(time + 1, alive, alive_total, coverage, last, state),
            *(pool, pool_total, pool_score, count),
        )

    first = tf.where(tf.range(beam_size) > 0, NEG_INF, 0.0)[None]  # all beams are equal at first
    padding = tf.fill((batch_size, beam_size, longest), PAD)
    lowest = tf.fill((batch_size, beam_size), NEG_INF)
    *_, pool, pool_total, pool_score, _ = tf.while_loop(
        lambda *variables: tf.reduce_any(variables[-1] < beam_size),
        advance,
        (
            0,
            padding,
            tf.repeat(first, batch_size, axis=0),
            tf.zeros((batch_size, beam_size, width)),
            tf.fill((batch_size, beam_size), bos_id),
            state,
            padding,
            lowest,
            lowest,
            tf.zeros((batch_size,), tf.int32),
        ),
        maximum_iterations=longest,
    )
    return Hypotheses(pool, _lengths(pool), pool_total, pool_score)


def _mask_forbidden(
    log_probs: tf.Tensor,
    tokens: tf.Tensor,
    time: tf.Tensor,
    limits: tf.Tensor,
    bos_id: int,
    eos_id: int,
    no_repeat_ngram_size: int,
) -> tf.Tensor:
    """Sets forbidden tokens to `NEG_INF`.

    Forbidden are PAD, BOS, repeated n-grams, and at the last position all tokens except EOS.

    Args:
        log_probs: <float32>[N, V].
        tokens: <int32>[N, T], the hypotheses so far.
        time: <int32>[], their number of tokens.
        limits: <int32>[N], their largest number of tokens.
        bos_id: id of BOS.
        eos_id: id of EOS.
        no_repeat_ngram_size: tokens of an n-gram; 0: off.

    Returns:
        <float32>[N, V].
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
    """Returns the largest number of tokens of each sentence, <int32>[B], and T."""
    limits = tf.convert_to_tensor(max_length, tf.int32)
    if static_length is not None:
        return tf.broadcast_to(limits, (batch_size,)), static_length
    # The maximum over an empty batch is the smallest integer.
    longest = max_length if isinstance(max_length, int) else tf.maximum(tf.reduce_max(limits), 1)
    return tf.broadcast_to(limits, (batch_size,)), longest


def _write(tokens: tf.Tensor, time: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Writes a token at position `time` of every row: <int32>[..., T] and <int32>[...]."""
    is_now = tf.equal(tf.range(tf.shape(tokens)[-1]), time)
    return tf.where(is_now, chosen[..., None], tokens)


def _lengths(tokens: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(tf.not_equal(tokens, PAD), tf.int32), axis=-1)
