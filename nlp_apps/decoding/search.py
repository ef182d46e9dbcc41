"""Greedy and beam search over a step function.

Letters in shapes: B batch, K beams, S source length, T most tokens of a hypothesis, V vocabulary.

A search stops as soon as every sentence has ended, and leaves those that have ended out of its
steps. B, S and T may be dynamic, so that one traced function serves every batch. The search is
plain TensorFlow, because XLA's CPU compiler sorts the
whole vocabulary for a top-k (measured: 30 times slower).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.constraints import (
    Constraints,
    advance_progress,
    first_progress,
    score_continuations,
)
from nlp_apps.decoding.open_rows import run_until_closed
from nlp_apps.decoding.penalties import coverage_penalty, length_penalty, repeated_ngram_mask
from nlp_apps.decoding.top_tokens import Normalizer, top_tokens
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


StepFunction = Callable[..., Any]
"""(last tokens <int32>[B, K], state), and `memory` if the search has one -> an object with the
fields of `StepOutput`."""


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
    memory: Any = None,
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
        memory: nested tensors, each [B, ...], that `step` receives as its third argument, and no
            step changes. With it, and a dynamic B, sentences that have ended are left out of
            further steps.
        static_length: T, if it must be static; no `max_length` may be larger.

    Returns:
        `Hypotheses` with K = 1; scores are log probabilities.
    """
    limits, longest = _limits(max_length, batch_size, static_length)

    def advance(time: tf.Tensor, results: Any, rows: Any, constants: Any) -> tuple[Any, Any]:
        tokens, total = results
        last, ended, state = rows
        limits, memory = constants
        output = step(last[:, None], state, *memory)
        is_last = time >= limits - 1
        logits = _mask_repeated(output.logits, tokens[:, None], time, no_repeat_ngram_size)[:, 0]
        forbidden = np.zeros(logits.shape[-1], np.float32)
        forbidden[[PAD, bos_id]] = NEG_INF
        chosen = tf.argmax(logits + forbidden, axis=-1, output_type=tf.int32)
        chosen = tf.where(is_last, eos_id, chosen)
        largest, log_sum = Normalizer.of(output.logits[:, 0])
        log_prob = (tf.gather(output.logits[:, 0], chosen, batch_dims=1) - largest) - log_sum
        chosen = tf.where(ended, PAD, chosen)
        total += tf.where(ended, 0.0, log_prob)
        tokens = _write(tokens, time, chosen)
        return (tokens, total), (chosen, ended | tf.equal(chosen, eos_id), output.state)

    tokens, total = run_until_closed(
        advance,
        lambda _time, _results, rows, _constants: ~rows[1],
        (tf.fill((batch_size, longest), PAD), tf.zeros((batch_size,))),
        (tf.fill((batch_size,), bos_id), tf.zeros((batch_size,), tf.bool), state),
        (limits, _arguments(memory)),
        longest=longest,
        leave_out=memory is not None and tf.is_tensor(batch_size),
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
    memory: Any = None,
    memory_mask: tf.Tensor | None = None,
    static_length: int | None = None,
    constraints: Constraints | None = None,
    continues_word: Any = None,
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
        memory: see `greedy_search`.
        memory_mask: <bool>[B, S], real source positions.
        static_length: see `greedy_search`.
        constraints: token sequences that every hypothesis contains; None: none. A `max_length` must
            have a step for each of their tokens and one for EOS.
        continues_word: see `score_continuations`; needed with constraints.

    Returns:
        `Hypotheses`, best first. A token of constraint c has the id `token + V * (c + 1)`, and adds
        nothing to the log probability.
    """
    state = tf.nest.map_structure(lambda value: tf.repeat(value, beam_size, axis=1), state)
    limits, longest = _limits(max_length, batch_size, static_length)
    covers = bool(coverage_beta) and memory_mask is not None

    def advance(time: tf.Tensor, results: Any, rows: Any, constants: Any) -> tuple[Any, Any]:
        pool, pool_total, pool_score = results
        alive, alive_total, last, state, count, coverage, progress = rows
        limits, memory, mask, rules = constants
        output = step(last, state, *memory)
        is_last = time >= limits - 1
        normalizer = Normalizer.of(output.logits)
        size = output.logits.shape[-1]
        before = alive % size if rules else alive
        logits = _mask_repeated(output.logits, before, time, no_repeat_ngram_size)
        if covers:
            coverage += tf.cast(output.weights, tf.float32)
        if rules:
            scores = score_continuations(
                *(rules, progress, logits, normalizer, output.weights),
                steps_left=limits - time,
                eos_id=eos_id,
                continues_word=continues_word,
            )
            logits, normalizer = scores.best, Normalizer(*[tf.zeros_like(alive_total)] * 2)

        chosen = top_tokens(
            *(logits, normalizer, alive_total, is_last),
            num_tokens=2 * beam_size,  # K continue even if K of them end
            bos_id=bos_id,
            eos_id=eos_id,
        )
        total, parent, token = chosen
        coded = token
        if rules:
            owner, progress = advance_progress(rules, progress, scores, chosen)
            coded += size * owner
        tokens = _write(tf.gather(alive, parent, batch_dims=1), time, coded)  # [B, 2 K, T]
        ends = tf.equal(token, eos_id)

        # Finished hypotheses among the best K enter the pool of a sentence that has not ended.
        is_open = count < beam_size
        enters = (ends & (total > NEG_INF / 2))[:, :beam_size] & is_open[:, None]
        score = total[:, :beam_size] / length_penalty(time + 1, length_alpha)
        if covers:
            covered = tf.gather(coverage, parent[:, :beam_size], batch_dims=1)
            score += coverage_penalty(covered, mask, coverage_beta)
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
        progress = tf.nest.map_structure(
            lambda value: tf.gather(value, kept, batch_dims=1), progress
        )
        parent = tf.gather(parent, kept, batch_dims=1)
        state, coverage = tf.nest.map_structure(
            lambda value: tf.gather(value, parent, batch_dims=1), (output.state, coverage)
        )
        return (
            (pool, pool_total, pool_score),
            (alive, alive_total, last, state, count, coverage, progress),
        )

    def is_open(time: tf.Tensor, _results: Any, rows: Any, constants: Any) -> tf.Tensor:
        # A sentence may have fewer hypotheses than beams: it ends at its limit.
        return (rows[4] < beam_size) & (time < tf.maximum(constants[0], 1))

    first = tf.where(tf.range(beam_size) > 0, NEG_INF, 0.0)[None]  # all beams are equal at first
    padding = tf.fill((batch_size, beam_size, longest), PAD)
    lowest = tf.fill((batch_size, beam_size), NEG_INF)
    rows: tuple[Any, ...] = (
        padding,
        tf.repeat(first, batch_size, axis=0),
        tf.fill((batch_size, beam_size), bos_id),
        state,
        tf.zeros((batch_size,), tf.int32),
        tf.zeros((batch_size, beam_size, tf.shape(memory_mask)[1])) if covers else (),
        first_progress(constraints, beam_size) if constraints else (),
    )
    constants: tuple[Any, ...] = (
        limits,
        _arguments(memory),
        memory_mask if covers else (),
        constraints or (),
    )
    pool, pool_total, pool_score = run_until_closed(
        advance,
        is_open,
        (padding, lowest, lowest),
        rows,
        constants,
        longest=longest,
        leave_out=memory is not None and tf.is_tensor(batch_size),
    )
    return Hypotheses(pool, _lengths(pool), pool_total, pool_score)


def _arguments(memory: Any) -> tuple[Any, ...]:
    """Returns the further arguments of a step function."""
    return () if memory is None else (memory,)


def _mask_repeated(
    logits: tf.Tensor, tokens: tf.Tensor, time: tf.Tensor, ngram_size: int
) -> tf.Tensor:
    """Sets the logits of the tokens that would repeat an n-gram to `NEG_INF`.

    Args:
        logits: <float32>[B, K, V].
        tokens: <int32>[B, K, T], the hypotheses so far.
        time: <int32>[], their number of tokens.
        ngram_size: tokens of an n-gram; 0: off.

    Returns:
        <float32>[B, K, V].
    """
    if not ngram_size:
        return logits
    shape, size = tf.shape(logits), logits.shape[-1]
    flat = tf.reshape(tokens, (-1, tf.shape(tokens)[-1]))
    repeated = tf.reshape(repeated_ngram_mask(flat, time, ngram_size, size), shape)
    return tf.where(repeated, NEG_INF, logits)


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
