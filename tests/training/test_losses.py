"""Tests of nlp_apps.training.losses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.text.batches.negative_sampling import NegativeSampler
from nlp_apps.training.losses import (
    TokenCrossEntropy,
    cross_entropy,
    label_cross_entropy,
    num_tokens,
    sampled_cross_entropy,
)

VOCABULARY = 7
TARGETS = np.array([[3, 6, 2, 0], [5, 2, 0, 0]], np.int32)
LOGITS = np.random.default_rng(0).normal(size=(2, 4, VOCABULARY)).astype(np.float32) * 3.0

SMOOTHINGS = pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])


def in_numpy(logits, targets, smoothing):
    """- sum of wanted probability times log probability, position by position."""
    losses = np.zeros(targets.shape)
    for place in np.ndindex(*targets.shape):
        if targets[place] == 0:
            continue
        scores = logits[place].astype(np.float64)
        log_probabilities = scores - np.log(np.sum(np.exp(scores)))
        wanted = np.full(len(scores), smoothing / len(scores))
        wanted[targets[place]] += 1.0 - smoothing
        losses[place] = -np.sum(wanted * log_probabilities)
    return losses


@SMOOTHINGS
def test_losses_are_those_of_the_plain_formula(smoothing):
    losses = cross_entropy(tf.constant(LOGITS), tf.constant(TARGETS), smoothing=smoothing)
    np.testing.assert_allclose(losses, in_numpy(LOGITS, TARGETS, smoothing), rtol=1e-5, atol=1e-6)


@SMOOTHINGS
def test_the_gradient_is_that_of_the_plain_formula(smoothing):
    logits, upstream = tf.constant(LOGITS), tf.constant([[1.0, 2.0, -1.0, 4.0], [0.5, 3, 1, 1]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        ours = tf.reduce_sum(
            upstream * cross_entropy(logits, tf.constant(TARGETS), smoothing=smoothing)
        )
        wanted = (1.0 - smoothing) * tf.one_hot(TARGETS, VOCABULARY) + smoothing / VOCABULARY
        losses = -tf.reduce_sum(wanted * tf.nn.log_softmax(logits), axis=-1)
        plain = tf.reduce_sum(upstream * tf.cast(TARGETS != 0, tf.float32) * losses)
    np.testing.assert_allclose(
        tape.gradient(ours, logits), tape.gradient(plain, logits), rtol=1e-4, atol=1e-6
    )


def test_padding_has_neither_loss_nor_gradient():
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = cross_entropy(logits, tf.constant(TARGETS), smoothing=0.1)
    gradient = tape.gradient(losses, logits)
    padded = TARGETS == 0
    assert not np.any(losses[padded]) and not np.any(gradient[padded])
    assert np.all(losses[~padded] > 0)


def test_equal_logits_cost_the_log_of_the_vocabulary_with_any_smoothing():
    for smoothing in (0.0, 0.3):
        loss = cross_entropy(tf.zeros((1, 1, 8)), tf.constant([[5]]), smoothing=smoothing)
        np.testing.assert_allclose(loss, [[np.log(8.0)]], rtol=1e-6)


def test_huge_logits_stay_finite():
    logits = tf.constant([[[1e4, -1e4, 0.0]]])
    np.testing.assert_allclose(cross_entropy(logits, tf.constant([[1]])), [[2e4]])
    assert np.isfinite(cross_entropy(logits, tf.constant([[1]]), smoothing=0.1))


def test_against_every_token_once_the_sampled_loss_is_the_whole_one():
    logits, targets = tf.constant(LOGITS), tf.constant(TARGETS)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        sampled = sampled_cross_entropy(
            tf.gather(logits, targets, axis=-1, batch_dims=2),
            logits,
            targets,
            tf.range(VOCABULARY),
            tf.zeros((VOCABULARY,)),
        )
        whole = cross_entropy(logits, targets)
    np.testing.assert_allclose(sampled, whole, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        tape.gradient(sampled, logits), tape.gradient(whole, logits), rtol=1e-4, atol=1e-6
    )


def test_learning_against_a_few_drawn_tokens_finds_the_probabilities_of_all():
    probabilities = 1.0 / np.arange(1, 31) ** 1.2
    probabilities[0] = 0.0  # padding
    probabilities /= probabilities.sum()
    counts = 1000.0 * np.roll(probabilities, 7)  # other frequencies than the learned ones
    negatives = NegativeSampler(counts, 8, seed=1)
    logits = tf.Variable(tf.zeros((30,)))
    generator = np.random.default_rng(1)

    @tf.function
    def gradient(targets, drawn):
        with tf.GradientTape() as tape:
            losses = sampled_cross_entropy(
                tf.gather(logits, targets),
                tf.tile(tf.gather(logits, drawn)[None, None], (1, 512, 1)),
                targets,
                drawn,
                negatives.log_expected,
            )
            loss = tf.reduce_mean(losses)
        return tf.convert_to_tensor(tape.gradient(loss, logits))

    for step in range(3000):
        targets = generator.choice(30, size=(1, 512), p=probabilities).astype(np.int32)
        rate = 4.0 * (1.0 - step / 3000)
        logits.assign_sub(rate * gradient(tf.constant(targets), negatives.sample(0, step)))
    found = tf.nn.softmax(logits[1:]).numpy()
    assert 0.5 * abs(found - probabilities[1:]).sum() < 0.06  # uncorrected: 0.32


def test_the_sampled_loss_of_padding_is_zero_and_huge_logits_stay_finite():
    losses = sampled_cross_entropy(
        tf.constant([[1e4, -1e4, 5.0]]),
        tf.constant([[[-1e4, 1e4], [1e4, 1e4], [1.0, 1.0]]]),
        tf.constant([[4, 5, 0]]),
        tf.constant([4, 6]),
        tf.zeros((VOCABULARY,)),
    ).numpy()
    np.testing.assert_allclose(losses, [[np.log(2.0), 2e4 + np.log(2.0), 0.0]], rtol=1e-3)


def test_the_number_of_real_tokens():
    assert float(num_tokens(tf.constant(TARGETS))) == 5.0
    assert float(num_tokens(tf.zeros((2, 3), tf.int32))) == 0.0


@SMOOTHINGS
def test_the_keras_loss_is_the_mean_over_real_tokens(smoothing):
    loss = TokenCrossEntropy(smoothing)(TARGETS, LOGITS)
    assert loss.shape == ()
    assert float(loss) == pytest.approx(np.sum(in_numpy(LOGITS, TARGETS, smoothing)) / 5, rel=1e-5)


def test_the_keras_loss_of_padding_alone_is_zero():
    assert float(TokenCrossEntropy()(np.zeros_like(TARGETS), LOGITS)) == 0.0


def test_the_keras_loss_comes_back_from_its_configuration():
    loss = TokenCrossEntropy(0.2, name="mine")
    again = TokenCrossEntropy.from_config(loss.get_config())
    assert (again.smoothing, again.name) == (0.2, "mine")
    assert isinstance(again, keras.losses.Loss)


# One label for each text

LABELS = np.array([2, 1, 0, 3], np.int32)  # counted from 1; 0 is a row of padding
LABEL_LOGITS = LOGITS[0, :, :3]


@SMOOTHINGS
def test_losses_of_labels_are_those_of_the_plain_formula(smoothing):
    losses = label_cross_entropy(
        tf.constant(LABEL_LOGITS), tf.constant(LABELS), smoothing=smoothing
    ).numpy()
    scores = LABEL_LOGITS.astype(np.float64)
    log_probabilities = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    for row, label in enumerate(LABELS):
        wanted = np.full(3, smoothing / 3)
        wanted[label - 1] += 1.0 - smoothing
        loss = -np.sum(wanted * log_probabilities[row]) if label else 0.0
        assert losses[row] == pytest.approx(loss, rel=1e-5, abs=1e-6)


@SMOOTHINGS
def test_the_gradient_of_a_label_is_softmax_minus_the_target(smoothing):
    logits = tf.constant(LABEL_LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = label_cross_entropy(logits, tf.constant(LABELS), smoothing=smoothing)
    gradient = tape.gradient(losses, logits).numpy()
    for row, label in enumerate(LABELS):
        wanted = np.full(3, smoothing / 3)
        wanted[label - 1] += 1.0 - smoothing
        softmax = np.exp(LABEL_LOGITS[row]) / np.sum(np.exp(LABEL_LOGITS[row]))
        np.testing.assert_allclose(gradient[row], (softmax - wanted) * (label > 0), atol=1e-6)


def test_a_row_of_padding_has_neither_loss_nor_gradient_with_any_logits():
    logits = tf.constant([[1e4, -1e4, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = label_cross_entropy(logits, tf.constant([0]), smoothing=0.1)
    np.testing.assert_array_equal(losses, [0.0])
    np.testing.assert_array_equal(tape.gradient(losses, logits), [[0.0, 0.0, 0.0]])


def test_huge_logits_of_labels_stay_finite():
    logits = tf.constant([[1e4, -1e4, 0.0]])
    np.testing.assert_allclose(label_cross_entropy(logits, tf.constant([2])), [2e4])
