"""Tests of the losses of a pointer."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.pointer import PointerOutputs, mixture
from nlp_apps.training.losses import cross_entropy
from nlp_apps.training.pointer_loss import coverage_loss, pointer_cross_entropy

B, T, S, V = 2, 4, 5, 11
RANDOM = np.random.default_rng(3)
SOURCE = np.array([[4, 7, 4, 3, 0], [5, 5, 9, 10, 3]], np.int32)
TARGETS = np.array([[4, 8, 3, 0], [5, 9, 6, 3]], np.int32)
LOGITS = RANDOM.normal(size=(B, T, V)).astype(np.float32)
GATE = RANDOM.normal(size=(B, T)).astype(np.float32)
WEIGHTS = RANDOM.dirichlet(np.ones(S), size=(B, T)).astype(np.float32)
WEIGHTS[0, :, 4] = 0.0  # padding
WEIGHTS /= WEIGHTS.sum(axis=-1, keepdims=True)


def outputs(logits: tf.Tensor, gate: tf.Tensor, weights: tf.Tensor) -> PointerOutputs:
    return PointerOutputs(logits, gate, weights, tf.constant(SOURCE))


def test_the_loss_and_its_gradients_are_those_of_the_mixture():
    parts = [tf.constant(part) for part in (LOGITS, GATE, WEIGHTS)]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(parts)
        fast = pointer_cross_entropy(outputs(*parts), TARGETS)
        slow = cross_entropy(mixture(outputs(*parts)), TARGETS)
    np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=1e-6)
    assert not fast.numpy()[TARGETS == 0].any()
    # The weights in the mixture are normalized by cross_entropy: compare along the simplex.
    for part, one, other in zip(
        ("logits", "gate", "weights"),
        tape.gradient(fast, parts),
        tape.gradient(slow, parts),
        strict=True,
    ):
        one, other = one.numpy(), other.numpy()
        if part == "weights":
            real = (SOURCE != 0)[:, None, :]
            mean = np.where(real, other - one, 0).sum(-1, keepdims=True) / real.sum(
                -1, keepdims=True
            )
            other = np.where(real, other - mean, 0)
            one = np.where(real, one, 0)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5, err_msg=part)


def test_smoothing_applies_to_the_vocabulary():
    parts = [tf.constant(part) for part in (LOGITS, GATE, WEIGHTS)]
    found = pointer_cross_entropy(outputs(*parts), TARGETS, smoothing=0.1).numpy()
    exact = pointer_cross_entropy(outputs(*parts), TARGETS).numpy()
    log_softmax = LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))
    wanted = 0.9 * exact - 0.1 * log_softmax.mean(-1)
    np.testing.assert_allclose(found, np.where(TARGETS == 0, 0, wanted), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("gate", [-90.0, 0.0, 90.0])
def test_extreme_parts_have_finite_losses_and_gradients(gate: float):
    logits = tf.constant(LOGITS * 100.0)
    weights = tf.constant(np.eye(S, dtype=np.float32)[np.zeros((B, T), int)])
    gates = tf.fill((B, T), gate)
    with tf.GradientTape() as tape:
        tape.watch([logits, gates, weights])
        losses = pointer_cross_entropy(outputs(logits, gates, weights), TARGETS, smoothing=0.1)
    assert np.isfinite(losses).all()
    for gradient in tape.gradient(losses, [logits, gates, weights]):
        assert np.isfinite(gradient).all()


def test_repeated_attention_costs():
    weights = np.array([[[1, 0, 0], [1, 0, 0], [0, 0.5, 0.5], [1, 0, 0]]], np.float32)
    found = coverage_loss(tf.constant(weights), tf.constant([[5, 5, 3, 0]]))
    np.testing.assert_allclose(found, [[0.0, 1.0, 0.0, 0.0]])
