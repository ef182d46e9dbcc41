"""Losses of a decoder with a pointer (See et al. 2017).

Letters in shapes: B batch, S source length, T target length, V vocabulary.
"""

import tensorflow as tf

from nlp_apps.blocks.pointer import MIN_PROBABILITY, PointerOutputs
from nlp_apps.blocks.split_step import compiled
from nlp_apps.text.special_ids import PAD
from nlp_apps.training.losses import cross_entropy


def pointer_cross_entropy(
    outputs: PointerOutputs, targets: tf.Tensor, *, smoothing: float = 0.0
) -> tf.Tensor:
    """Computes the cross-entropy of every position, without the mixture of other tokens.

    Only the target's probability is needed: p_gen P_vocab(target) + (1 - p_gen) times the weights
    where the source has the target. Label smoothing applies to P_vocab.

    Args:
        outputs: the parts of the distribution.
        targets: <int32>[B, T]; PAD positions have loss 0.
        smoothing: from 0 to below 1.

    Returns:
        <float32>[B, T], in nats.
    """
    nats = cross_entropy(outputs.logits, targets)
    smoothed = nats
    if smoothing:
        smoothed = cross_entropy(outputs.logits, targets, smoothing=smoothing)

    def run(nats: tf.Tensor, smoothed: tf.Tensor, gate: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        is_target = tf.equal(outputs.token_ids[:, None, :], targets[:, :, None])  # [B, T, S]
        copied = tf.reduce_sum(tf.where(is_target, weights, 0.0), axis=-1)
        log_copied = tf.math.log(tf.maximum(copied, MIN_PROBABILITY))
        # log of P(target) / P_vocab(target)
        sides = [tf.math.log_sigmoid(gate), tf.math.log_sigmoid(-gate) + log_copied + nats]
        gain = tf.reduce_logsumexp(tf.stack(sides), axis=0)
        losses = smoothed - (1.0 - smoothing) * gain
        return tf.where(tf.equal(targets, PAD), 0.0, losses)

    return compiled(run)(nats, smoothed, outputs.gate, outputs.weights)


def coverage_loss(weights: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Computes the sum of min(a_i, c_i) over the source (See et al. 2017, eq. 12).

    a are the attention weights of a position and c their sum over the positions before it, so that
    attention to the same token again costs.

    Args:
        weights: <float32>[B, T, S].
        targets: <int32>[B, T]; PAD positions have loss 0.

    Returns:
        <float32>[B, T], from 0 to 1.
    """
    before = tf.cumsum(weights, axis=1, exclusive=True)
    losses = tf.reduce_sum(tf.minimum(weights, before), axis=-1)
    return tf.where(tf.equal(targets, PAD), 0.0, losses)
