"""Tests of nlp_apps.blocks.pooling."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.attention import Additive
from nlp_apps.blocks.pooling import Pooling

B, S, D = 3, 5, 8
LENGTHS = [5, 2, 0]
MASK = np.arange(S)[None, :] < np.array(LENGTHS)[:, None]
KINDS = ["dot", "general", "additive", "multi_head", "none"]


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(B, S, D)).astype(np.float32)


@pytest.fixture(params=KINDS)
def pooling(request):
    keras.utils.set_random_seed(1)
    layer = Pooling(D, attention=request.param)
    layer.build()
    if layer.attention is not None:
        layer.query.assign(np.linspace(-1.0, 1.0, D))
    return layer


def pool(layer, values, mask):
    found, weights = layer(tf.constant(values), tf.constant(mask))
    return found.numpy(), weights.numpy()


def test_the_output_has_the_width_of_the_attribute(pooling, values):
    found, weights = pool(pooling, values, MASK)
    assert found.shape == (B, pooling.width)
    assert pooling.width == (D if pooling.attention is None else 2 * D)
    assert weights.shape == (B, S)


def test_the_weights_sum_to_1_over_real_tokens(pooling, values):
    _, weights = pool(pooling, values, MASK)
    np.testing.assert_allclose(weights[:2].sum(axis=1), 1.0, rtol=1e-5)
    assert (weights >= 0.0).all()
    np.testing.assert_array_equal(weights[~MASK], 0.0)


def test_padding_changes_nothing(pooling, values):
    found, weights = pool(pooling, values, MASK)
    values[~MASK] = 1e3
    other, other_weights = pool(pooling, values, MASK)
    np.testing.assert_array_equal(found, other)
    np.testing.assert_array_equal(weights, other_weights)
    short, short_weights = pool(pooling, values[1:2, :2], MASK[1:2, :2])
    np.testing.assert_allclose(found[1:2], short, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(weights[1:2, :2], short_weights, rtol=1e-5, atol=1e-6)


def test_a_row_without_tokens_is_pooled_to_zeros(pooling, values):
    found, weights = pool(pooling, values, MASK)
    np.testing.assert_array_equal(found[2], 0.0)
    np.testing.assert_array_equal(weights[2], 0.0)


def test_the_order_of_the_words_does_not_matter(pooling, values):
    found, weights = pool(pooling, values[:1], MASK[:1])
    other, other_weights = pool(pooling, values[:1, ::-1], MASK[:1])
    np.testing.assert_allclose(found, other, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(weights, other_weights[:, ::-1], rtol=1e-4, atol=1e-6)


def test_additive_attention_is_that_of_its_equations(values):
    keras.utils.set_random_seed(1)
    layer = Pooling(D, attention="additive")
    found, weights = pool(layer, values, MASK)
    attention = layer.attention
    assert isinstance(attention, Additive)
    keys = values @ attention.key.kernel.numpy()
    query = layer.query.numpy() @ attention.query.kernel.numpy() + attention.query.bias.numpy()
    scores = (np.tanh(query + keys) @ attention.combine.kernel.numpy())[..., 0]  # [B, S]
    for row, length in enumerate(LENGTHS[:2]):
        powers = np.exp(scores[row, :length])
        np.testing.assert_allclose(weights[row, :length], powers / powers.sum(), rtol=1e-4)
        context = (powers / powers.sum()) @ values[row, :length]
        np.testing.assert_allclose(found[row, :D], context, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(found[row, D:], values[row, :length].max(axis=0))


def test_without_attention_it_is_the_maximum_with_weights_at_its_positions():
    values = np.array([[[3.0, -1.0, 0.0, -9.0], [1.0, -2.0, 0.5, -8.0], [9.0] * 4]], np.float32)
    found, weights = pool(Pooling(4, attention="none"), values, np.array([[True, True, False]]))
    np.testing.assert_array_equal(found, [[3.0, -1.0, 0.5, -8.0]])
    np.testing.assert_array_equal(weights, [[0.5, 0.5, 0.0]])


def test_without_attention_it_has_no_weights():
    with_attention, without = Pooling(D), Pooling(D, attention="none")
    for layer in (with_attention, without):
        layer.build()
    assert not without.weights
    assert any(weight.name == "query" for weight in with_attention.weights)


def test_every_weight_learns(values):
    for kind in ("additive", "general", "multi_head"):
        keras.utils.set_random_seed(1)
        layer = Pooling(D, attention=kind)
        with tf.GradientTape() as tape:
            found, _ = layer(tf.constant(values), tf.constant(MASK))
            loss = tf.reduce_sum(found**2)
        weights = [variable.value for variable in layer.trainable_variables]
        for variable, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
            assert np.isfinite(gradient).all() and np.any(gradient), (kind, variable.name)


@pytest.fixture
def mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_stays_half_precision_and_finite(kind, mixed_precision, values):
    layer = Pooling(D, attention=kind)
    found, weights = layer(tf.constant(values, tf.bfloat16), tf.constant(MASK))
    assert found.dtype == weights.dtype == tf.bfloat16
    assert np.isfinite(tf.cast(found, tf.float32)).all()
    np.testing.assert_allclose(tf.reduce_sum(weights, axis=1)[:2], [1.0, 1.0], atol=0.02)


def test_an_unknown_attention_is_an_error():
    with pytest.raises(ValueError, match="attention must be one of dot, .*; got 'luong'"):
        Pooling(D, attention="luong")
