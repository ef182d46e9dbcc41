"""Constraints of beam search: token sequences that every hypothesis contains, placed by attention.

A constraint belongs to a span of source positions. In a step of a hypothesis, its attention to the
span is read as the probability that the constraint comes next; the other tokens share the rest. A
constraint that has started is completed, and EOS waits for all constraints: the probability of an
EOS that comes too early goes to the first constraint that is missing. Without attention, all
constraints are placed so, in the order of the source. The last steps before the limit are reserved
for the missing constraints, so that no hypothesis ends without one of them.

Compared with the banks of Post & Vilar (2018), which fill K beams by the number of constraints met,
the beams stay comparable, and one beam is enough.

Letters in shapes: B batch, K beams, S source length, V vocabulary, C constraints of a sentence, L
tokens of the longest constraint, M continuations of a sentence.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.top_tokens import Normalizer, TopTokens
from nlp_apps.text.special_ids import NEG_INF


class Constraints(NamedTuple):
    """The constraints of a batch.

    Attributes:
        spans: <float32>[B, C, S], 1 at the source positions of a constraint; spans do not overlap.
        token_ids: <int32>[B, C, L], padded with PAD.
        lengths: <int32>[B, C], tokens of each; 0: the sentence has fewer constraints.
        is_reserved: <bool>[B, C], the first token of the constraint may only start it.
    """

    spans: tf.Tensor
    token_ids: tf.Tensor
    lengths: tf.Tensor
    is_reserved: tf.Tensor


class Progress(NamedTuple):
    """Constraints of each hypothesis so far.

    Attributes:
        is_missing: <bool>[B, K, C], not started.
        active: <int32>[B, K], the constraint that has started and is incomplete; -1: none.
        position: <int32>[B, K], tokens of the active constraint so far.
        is_after: <bool>[B, K], the last token completed a constraint.
    """

    is_missing: tf.Tensor
    active: tf.Tensor
    position: tf.Tensor
    is_after: tf.Tensor


class Scores(NamedTuple):
    """Log probabilities of the continuations.

    Attributes:
        best: <float32>[B, K, V], of the next token.
        free: <float32>[B, K, V], of the next token if it starts no constraint.
        starts: <float32>[B, K, C], of the start of each constraint.
    """

    best: tf.Tensor
    free: tf.Tensor
    starts: tf.Tensor


def first_progress(constraints: Constraints, beam_size: int) -> Progress:
    """Returns the progress of hypotheses without tokens."""
    is_missing = tf.repeat((constraints.lengths > 0)[:, None], beam_size, axis=1)
    none = tf.fill(tf.shape(is_missing)[:2], -1)
    return Progress(is_missing, none, tf.zeros_like(none), tf.zeros_like(none, tf.bool))


def score_continuations(
    constraints: Constraints,
    progress: Progress,
    logits: tf.Tensor,
    normalizer: Normalizer,
    weights: tf.Tensor | None,
    *,
    steps_left: tf.Tensor,
    eos_id: int,
    continues_word: np.ndarray,
) -> Scores:
    """Computes the log probabilities of all continuations.

    Args:
        constraints: the constraints.
        progress: those of the hypotheses.
        logits: <float32>[B, K, V].
        normalizer: that of the logits, before any was masked.
        weights: <float>[B, K, S], attention of the step; or None.
        steps_left: <int32>[B], steps of each sentence, this one included.
        eos_id: id of EOS.
        continues_word: <bool>[V], tokens that would continue the last word of a constraint.
    """
    log_probs = (logits - normalizer.largest[..., None]) - normalizer.log_sum[..., None]
    is_missing, is_active = progress.is_missing, progress.active >= 0
    missing = tf.cast(is_missing, tf.float32)
    mass = tf.zeros_like(missing)
    if weights is not None:
        mass = missing * tf.matmul(
            tf.cast(weights, tf.float32), constraints.spans, transpose_b=True
        )
    rest = tf.maximum(1.0 - tf.reduce_sum(mass, axis=-1), 0.0)  # [B, K]
    is_first = is_missing & tf.equal(tf.cumsum(missing, axis=-1), 1.0)
    early_eos = (rest * tf.exp(log_probs[..., eos_id]))[..., None]
    starts = _log(mass + tf.where(is_first, early_eos, 0.0))
    starts = tf.where(is_missing & ~is_active[..., None], starts, 2 * NEG_INF)

    ids = tf.range(logits.shape[-1])
    lengths = constraints.lengths[:, None]  # [B, 1, C]
    num_left = tf.reduce_sum(tf.where(is_missing, lengths, 0), axis=-1) + 1  # with EOS
    only_starts = tf.reduce_any(is_missing, axis=-1) & (num_left >= steps_left[:, None])
    is_forbidden = tf.equal(ids, eos_id) & tf.reduce_any(is_missing, axis=-1)[..., None]
    is_forbidden |= (only_starts | is_active)[..., None]
    is_forbidden |= tf.constant(continues_word) & progress.is_after[..., None]
    free = tf.where(is_forbidden, NEG_INF, log_probs + _log(rest)[..., None])

    first_ids = tf.broadcast_to(constraints.token_ids[:, None, :, 0], tf.shape(starts))
    batch, beams, _ = tf.meshgrid(*map(tf.range, tf.unstack(tf.shape(starts))), indexing="ij")
    places = tf.stack([batch, beams, first_ids], axis=-1)
    reserved = tf.where(constraints.is_reserved[:, None], NEG_INF, 0.0) + tf.zeros_like(starts)
    free = tf.tensor_scatter_nd_min(
        free, places, tf.where(reserved < 0.0, reserved, free.dtype.max)
    )
    best = tf.tensor_scatter_nd_max(free, places, starts)
    next_id = _of_constraint(constraints, progress)[..., None]  # [B, K, 1]
    forced = tf.where(tf.equal(ids, next_id), 0.0, NEG_INF)
    return Scores(tf.where(is_active[..., None], forced, best), free, starts)


def advance_progress(
    constraints: Constraints, progress: Progress, scores: Scores, chosen: TopTokens
) -> tuple[tf.Tensor, Progress]:
    """Advances hypotheses by their chosen tokens.

    Args:
        constraints: the constraints.
        progress: those of the hypotheses before.
        scores: result of `score_continuations`.
        chosen: the continuations.

    Returns:
        1 + the constraint of each token, 0 for other tokens, <int32>[B, M]; and the progress of
        [B, M] hypotheses.
    """
    parents, tokens = chosen.parents, chosen.token_ids
    before = Progress(*(tf.gather(value, parents, batch_dims=1) for value in progress))
    starts = tf.gather(scores.starts, parents, batch_dims=1)  # [B, M, C]
    free = tf.gather(tf.gather(scores.free, parents, batch_dims=1), tokens, batch_dims=2)
    is_same = tf.equal(constraints.token_ids[:, None, :, 0], tokens[..., None])
    starts = tf.where(is_same, starts, 2 * NEG_INF)
    started = tf.argmax(starts, axis=-1, output_type=tf.int32)
    best = tf.reduce_max(starts, axis=-1)
    is_active = before.active >= 0
    is_start = ~is_active & (best > NEG_INF) & (best >= free)
    active = tf.where(is_start, started, before.active)
    position = tf.where(is_start, 1, before.position + 1)
    index = tf.range(tf.shape(starts)[-1])
    is_missing = before.is_missing & ~(is_start[..., None] & tf.equal(index, started[..., None]))
    length = tf.gather(constraints.lengths, tf.maximum(active, 0), batch_dims=1)
    is_complete = (active >= 0) & (position >= length)
    after = Progress(is_missing, tf.where(is_complete, -1, active), position, is_complete)
    return active + 1, after


def _of_constraint(constraints: Constraints, progress: Progress) -> tf.Tensor:
    """Returns the next token of each active constraint: <int32>[B, K]; any id if none is."""
    rows = tf.gather(constraints.token_ids, tf.maximum(progress.active, 0), batch_dims=1)
    last = tf.shape(constraints.token_ids)[-1] - 1
    position = tf.clip_by_value(progress.position, 0, last)
    return tf.gather(rows, position, batch_dims=2)


def _log(values: tf.Tensor) -> tf.Tensor:
    return tf.math.log(tf.maximum(values, 1e-30))
