"""Tests of nlp_apps.blocks.attention."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.attention import ATTENTIONS, MultiHead, make_attention, masked_softmax

BATCH, QUERIES, LENGTH, UNITS, HEADS = 3, 2, 5, 8, 2
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 1, 1, 1, 0]], bool)

EVERY_KIND = pytest.mark.parametrize("kind", ATTENTIONS)


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def random_attention(kind):
    layer = make_attention(kind, UNITS, HEADS)
    layer.build()
    layer.set_weights(
        [random(*weight.shape, seed=index) for index, weight in enumerate(layer.weights)]
    )
    return layer


def attend(layer, query, values, mask):
    return layer(tf.constant(query), tf.constant(values), tf.constant(mask))


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.fixture
def keep_policy():
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@EVERY_KIND
def test_weights_sum_to_one_over_real_positions_and_are_zero_elsewhere(kind):
    query, values = random(BATCH, QUERIES, UNITS), random(BATCH, LENGTH, UNITS, seed=1)
    context, weights = attend(random_attention(kind), query, values, MASK)
    assert context.shape == (BATCH, QUERIES, UNITS)
    assert weights.shape == (BATCH, QUERIES, LENGTH)
    np.testing.assert_allclose(np.sum(weights, axis=-1), 1.0, atol=1e-6)
    assert np.all(weights.numpy()[np.broadcast_to(~MASK[:, None], weights.shape)] == 0.0)
    assert np.all(weights.numpy()[np.broadcast_to(MASK[:, None], weights.shape)] >= 0.0)


@EVERY_KIND
def test_a_row_without_real_positions_has_a_context_of_zeros_and_finite_gradients(kind):
    layer = random_attention(kind)
    query, values = tf.constant(random(2, QUERIES, UNITS)), tf.constant(random(2, LENGTH, UNITS))
    mask = tf.constant([[False] * LENGTH, [True] * LENGTH])
    with tf.GradientTape() as tape:
        tape.watch([query, values])
        context, weights = layer(query, values, mask)
        loss = tf.reduce_sum(context**2)
    assert not np.any(context[0]) and not np.any(weights[0])
    np.testing.assert_allclose(np.sum(weights[1], axis=-1), 1.0, atol=1e-6)
    for gradient in tape.gradient(loss, [query, values, *layer.trainable_weights]):
        assert np.all(np.isfinite(gradient))


@EVERY_KIND
def test_padded_positions_never_change_the_context(kind):
    layer = random_attention(kind)
    query, values = random(BATCH, QUERIES, UNITS), random(BATCH, LENGTH, UNITS, seed=1)
    rubbish = np.where(MASK[:, :, None], values, 1e3 * random(BATCH, LENGTH, UNITS, seed=2))
    wide = np.pad(rubbish, ((0, 0), (0, 3), (0, 0)), constant_values=7.0)
    wanted, _ = attend(layer, query, values, MASK)
    for other, mask in ((rubbish, MASK), (wide, np.pad(MASK, ((0, 0), (0, 3))))):
        np.testing.assert_allclose(attend(layer, query, other, mask)[0], wanted, atol=1e-5)


@EVERY_KIND
def test_queries_do_not_influence_each_other(kind):
    layer = random_attention(kind)
    query, values = random(BATCH, QUERIES, UNITS), random(BATCH, LENGTH, UNITS, seed=1)
    together, weights = attend(layer, query, values, MASK)
    for index in range(QUERIES):
        alone, alone_weights = attend(layer, query[:, index : index + 1], values, MASK)
        np.testing.assert_allclose(alone[:, 0], together[:, index], atol=1e-5)
        np.testing.assert_allclose(alone_weights[:, 0], weights[:, index], atol=1e-5)


def scores_in_numpy(kind, layer, query, values):
    """The scores [T, S] of one row, by the papers' equations, one pair at a time."""

    def score(q, k):
        if kind == "dot":
            return q @ k
        if kind == "general":
            return q @ (k @ layer.key.kernel.numpy())
        inner = q @ layer.query.kernel.numpy() + layer.query.bias.numpy()
        inner = inner + k @ layer.key.kernel.numpy()
        return np.tanh(inner) @ layer.combine.kernel.numpy()[:, 0]

    return np.array([[score(q, k) for k in values] for q in query])


@pytest.mark.parametrize("kind", ["dot", "general", "additive"])
def test_scores_follow_the_papers(kind):
    layer = random_attention(kind)
    query, values = random(BATCH, QUERIES, UNITS), random(BATCH, LENGTH, UNITS, seed=1)
    context, weights = attend(layer, query, values, MASK)
    for row in range(BATCH):
        real = values[row][MASK[row]]
        wanted = softmax(scores_in_numpy(kind, layer, query[row], real))
        np.testing.assert_allclose(weights[row][:, : len(real)], wanted, atol=1e-5)
        np.testing.assert_allclose(context[row], wanted @ real, atol=1e-5)


def test_multi_head_follows_the_paper_head_by_head():
    layer = random_attention("multi_head")
    query, values = random(BATCH, QUERIES, UNITS), random(BATCH, LENGTH, UNITS, seed=1)
    context, weights = attend(layer, query, values, MASK)
    size = UNITS // HEADS
    for row in range(BATCH):
        real = values[row][MASK[row]]
        contexts, all_weights = [], []
        for head in range(HEADS):
            columns = slice(head * size, (head + 1) * size)
            q = query[row] @ layer.query.kernel.numpy()[:, columns]
            k = real @ layer.key.kernel.numpy()[:, columns]
            v = real @ layer.value.kernel.numpy()[:, columns]
            all_weights.append(softmax(q @ k.T / np.sqrt(size)))
            contexts.append(all_weights[-1] @ v)
        wanted = np.concatenate(contexts, axis=-1) @ layer.output_layer.kernel.numpy()
        np.testing.assert_allclose(context[row], wanted, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(
            weights[row][:, : len(real)], np.mean(all_weights, axis=0), atol=1e-5
        )


def test_a_worked_example_of_dot():
    # Scores 0, ln 3 and, at a padded position, 100: weights 1/4, 3/4 and nothing.
    values = np.array([[[0.0, 4.0], [np.log(3.0), 8.0], [100.0, 9.0]]], np.float32)
    layer = make_attention("dot", 2)
    query = np.array([[[1.0, 0.0]]], np.float32)
    context, weights = attend(layer, query, values, np.array([[True, True, False]]))
    np.testing.assert_allclose(weights, [[[0.25, 0.75, 0.0]]], atol=1e-6)
    np.testing.assert_allclose(context, [[[0.75 * np.log(3.0), 7.0]]], atol=1e-6)


def test_large_scores_neither_overflow_nor_leak_into_padding():
    scores = tf.constant([[3e4, -3e4, 3e4], [1e8, 1e8, 1e8]])
    mask = tf.constant([[True, True, False], [True, True, True]])
    np.testing.assert_allclose(
        masked_softmax(scores, mask), [[1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]], atol=1e-6
    )


@EVERY_KIND
def test_mixed_precision_is_finite_and_close_to_single_precision(kind, keep_policy):
    query, values = random(BATCH, QUERIES, UNITS), random(BATCH, LENGTH, UNITS, seed=1)
    exact = random_attention(kind)
    keras.config.set_dtype_policy("mixed_bfloat16")
    mixed = random_attention(kind)
    context, weights = attend(mixed, query, values, MASK)
    assert context.dtype == weights.dtype == tf.bfloat16
    np.testing.assert_allclose(np.sum(tf.cast(weights, tf.float32), axis=-1), 1.0, atol=0.02)
    _, wanted = attend(exact, query, values, MASK)
    np.testing.assert_allclose(tf.cast(weights, tf.float32), wanted, atol=0.1)


def test_an_unknown_name_is_an_error_that_names_those_there_are():
    with pytest.raises(
        ValueError,
        match="attention must be one of dot, general, additive, multi_head; got 'luong'",
    ):
        make_attention("luong", UNITS)


def test_heads_must_divide_the_units():
    with pytest.raises(ValueError, match="num_heads must divide units = 8; got 3"):
        MultiHead(8, num_heads=3)
