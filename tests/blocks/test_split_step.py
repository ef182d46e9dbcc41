"""Tests of nlp_apps.blocks.split_step: products in bfloat16, sums and weights in float32."""

from contextlib import nullcontext
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.dense import Dense
from nlp_apps.blocks.split_step import (
    compiled,
    compiled_once,
    is_split,
    matmul,
    split_step,
)
from nlp_apps.networks.classifier import Classifier
from nlp_apps.networks.language_model import LanguageModel
from nlp_apps.networks.translator import Translator
from nlp_apps.training.losses import cross_entropy, label_cross_entropy, sampled_cross_entropy

ROWS, LENGTH, VOCABULARY, LABELS = 8, 7, 60, 3

SIZES: dict[str, Any] = {"embedding_size": 16, "units": 24, "num_layers": 1}


def token_ids(seed):
    ids = np.random.default_rng(seed).integers(4, VOCABULARY, (ROWS, LENGTH))
    ids[0, 4:] = 0  # padding
    return tf.constant(ids, tf.int32)


SOURCE, TARGET_IN, TARGETS = (token_ids(seed) for seed in range(3))


def translator_loss(**keys):
    model = Translator(VOCABULARY, VOCABULARY, **SIZES, **keys)

    def loss():
        logits = model({"source": SOURCE, "target_in": TARGET_IN}, training=True)
        return tf.reduce_mean(cross_entropy(logits, TARGETS, smoothing=0.1))

    return model, loss


def classifier_loss(**keys):
    model = Classifier(VOCABULARY, LABELS, **SIZES, **keys)

    def loss():
        logits, _ = model.lstm_logits(SOURCE, training=True)
        return tf.reduce_mean(label_cross_entropy(logits, 1 + tf.range(ROWS) % LABELS))

    return model, loss


def language_model_loss(**keys):
    model = LanguageModel(VOCABULARY, **SIZES, **keys)

    def loss():
        logits = model({"target_in": TARGET_IN}, training=True)
        return tf.reduce_mean(cross_entropy(logits, TARGETS))

    return model, loss


def gradients(make, *, products=None, many_rows=False, **keys):
    """The loss and the gradients of all weights, in a graph as of a training step.

    `products` is the dtype of a step in parts; None: the step is compiled as a whole.
    """
    keras.utils.set_random_seed(1)
    model, loss = make(**keys)
    model.build()

    @tf.function(autograph=False, jit_compile=products is None)
    def step():
        weights = [variable.value for variable in model.trainable_variables]
        with (
            split_step(products, many_rows=many_rows) if products else nullcontext(),
            tf.GradientTape() as tape,
        ):
            value = loss()
            found = tape.gradient(value, weights)
        return value, [tf.convert_to_tensor(gradient) for gradient in found]

    value, found = step()
    return value.numpy(), [gradient.numpy() for gradient in found]


def cosine(one, other):
    return np.sum(one * other) / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-20)


@pytest.mark.parametrize(
    ("make", "keys", "many_rows"),
    [
        (translator_loss, {"attention": "multi_head", "dropout": 0.2, "word_dropout": 0.1}, False),
        (translator_loss, {"cell": "gru", "share_embeddings": True}, False),
        (translator_loss, {"embedding_skip": True}, False),
        (classifier_loss, {"cell": "peephole", "layer_norm": True, "weight_drop": 0.1}, False),
        (language_model_loss, {"cell": "cifg"}, False),
        (language_model_loss, {"cell": "rnn", "tie_embeddings": False}, False),
        (language_model_loss, {"cell": "mogrifier", "weight_drop": 0.1}, False),
        (classifier_loss, {"cell": "min_lstm"}, False),
        (translator_loss, {"cell": "slstm"}, False),
        (translator_loss, {"attention": "additive", "dropout": 0.2}, True),
        (classifier_loss, {"cell": "gru"}, True),
        (language_model_loss, {"cell": "peephole"}, True),
    ],
)
def test_loss_and_gradients_are_those_of_single_precision(make, keys, many_rows):
    loss, found = gradients(make, **keys)
    mixed_loss, mixed_found = gradients(make, products=tf.bfloat16, many_rows=many_rows, **keys)
    assert mixed_loss == pytest.approx(loss, rel=2e-3)
    assert [gradient.dtype for gradient in mixed_found] == [np.float32] * len(found)
    assert [gradient.shape for gradient in mixed_found] == [gradient.shape for gradient in found]
    largest = max(np.linalg.norm(gradient) for gradient in found)
    for one, other in zip(found, mixed_found, strict=True):
        if np.linalg.norm(one) > 1e-3 * largest:  # Smaller ones are differences of rounded values.
            assert cosine(one, other) > 0.99
            assert np.linalg.norm(other) == pytest.approx(np.linalg.norm(one), rel=0.03)
        else:
            assert np.linalg.norm(other) < 2e-3 * largest


@pytest.mark.parametrize(
    ("make", "keys", "many_rows"),
    [
        (translator_loss, {"attention": "multi_head", "dropout": 0.2, "weight_drop": 0.1}, False),
        (classifier_loss, {"cell": "min_lstm", "layer_norm": True}, False),
        (language_model_loss, {"cell": "gru", "tie_embeddings": False}, True),
        (language_model_loss, {"cell": "mogrifier"}, False),
    ],
)
def test_a_step_in_parts_in_single_precision_is_that_of_a_whole_one(make, keys, many_rows):
    loss, found = gradients(make, **keys)
    split_loss, split_found = gradients(make, products=tf.float32, many_rows=many_rows, **keys)
    assert split_loss == pytest.approx(loss, rel=1e-6)
    largest = max(np.abs(gradient).max() for gradient in found)
    for one, other in zip(found, split_found, strict=True):
        size = max(np.abs(one).max(), 1e-3 * largest)
        np.testing.assert_allclose(other, one, rtol=0.0, atol=1e-4 * size)


@pytest.mark.parametrize(
    ("products", "many_rows"), [(tf.bfloat16, False), (tf.bfloat16, True), (tf.float32, True)]
)
def test_the_same_step_has_the_same_bits(products, many_rows):
    first, second = (
        gradients(classifier_loss, products=products, many_rows=many_rows, dropout=0.2)
        for _ in range(2)
    )
    assert first[0] == second[0]
    assert all(np.array_equal(*pair) for pair in zip(first[1], second[1], strict=True))


def test_a_product_is_rounded_to_bfloat16_and_its_gradients_are_in_the_dtype_of_the_matrices():
    left = tf.constant(np.random.default_rng(0).normal(size=(5, 4)), tf.float32)
    right = tf.constant(np.random.default_rng(1).normal(size=(4, 3)), tf.float32)
    with split_step(), tf.GradientTape() as tape:
        tape.watch([left, right])
        product = matmul(left, right, keep_bfloat16=True)
        cast = matmul(left, right)
    assert (product.dtype, cast.dtype) == (tf.bfloat16, tf.float32)
    np.testing.assert_array_equal(cast, tf.cast(product, tf.float32))
    np.testing.assert_allclose(tf.cast(product, tf.float32), left @ right, rtol=0.02, atol=0.02)
    upstream = tf.ones_like(product)
    d_left, d_right = tape.gradient(product, [left, right], upstream)
    assert d_left.dtype == d_right.dtype == tf.float32
    ones = tf.ones((5, 3))
    np.testing.assert_allclose(d_left, ones @ tf.transpose(right), rtol=0.02, atol=0.02)
    np.testing.assert_allclose(d_right, tf.transpose(left) @ ones, rtol=0.02, atol=0.02)


def test_outside_of_it_products_are_those_of_tensorflow():
    left, right = tf.random.normal((5, 4)), tf.random.normal((4, 3))
    assert not is_split()
    np.testing.assert_array_equal(matmul(left, right), tf.matmul(left, right))
    with split_step():
        assert is_split()
    assert not is_split()


def test_functions_are_compiled_only_within_it_and_only_on_request():
    def double(value):
        return 2.0 * value

    assert compiled(double) is double
    with split_step(jit_compile=False):
        assert compiled(double) is double
    with split_step():
        function: Any = compiled(double)
        graph = function.get_concrete_function(tf.constant(1.0)).function_def
        assert graph.attr["_XlaMustCompile"].b
        assert function(tf.constant(3.0)).numpy() == 6.0


def test_a_function_without_tensors_is_compiled_once_for_each_shape():
    traces = []

    def scale(factor, value):
        traces.append((factor, value.shape))
        return factor * value

    assert compiled_once(scale, 2.0)(3.0 * tf.ones(())).numpy() == 6.0
    traces.clear()
    with split_step():
        for _ in range(3):
            assert compiled_once(scale, 2.0)(tf.constant(3.0)).numpy() == 6.0
            assert compiled_once(scale, 5.0)(tf.ones(2)).numpy().tolist() == [5.0, 5.0]
    assert traces == [(2.0, ()), (5.0, (2,))]


def test_known_shapes_stay_known_after_a_trace_of_unknown_ones():
    def double(values):
        return 2.0 * values

    shapes = []

    def step(values):
        shapes.append(compiled_once(double)(values).shape.as_list())
        return values

    with split_step():
        for spec in (tf.TensorSpec([None, 3]), tf.TensorSpec([2, 3]), tf.TensorSpec([None, None])):
            tf.function(step, autograph=False).get_concrete_function(spec)
    assert shapes == [[None, 3], [2, 3], [None, None]]


@pytest.mark.parametrize("activation", [None, "tanh"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_a_dense_layer_equals_that_of_keras(activation, use_bias):
    keras.utils.set_random_seed(1)
    layer = Dense(6, activation=activation, use_bias=use_bias, bias_initializer="ones")
    values = tf.random.normal((2, 3, 5))
    single = layer(values)
    expected = keras.layers.Dense.call(layer, values)
    np.testing.assert_array_equal(single, expected)
    with split_step():
        mixed = layer(values)
    assert mixed.dtype == tf.float32
    np.testing.assert_allclose(mixed, expected, rtol=0.02, atol=0.02)


def test_the_sampled_loss_has_the_gradient_of_single_precision():
    negatives = tf.constant([5, 9, 11], tf.int32)
    log_expected = tf.constant(np.linspace(-4.0, -1.0, VOCABULARY), tf.float32)
    target_logits = tf.random.normal((ROWS, LENGTH))
    sampled_logits = tf.random.normal((ROWS, LENGTH, 3))

    @tf.function(autograph=False)
    def run():
        with tf.GradientTape() as tape:
            tape.watch([target_logits, sampled_logits])
            losses = sampled_cross_entropy(
                target_logits, sampled_logits, TARGETS, negatives, log_expected
            )
        return losses, tape.gradient(losses, [target_logits, sampled_logits])

    expected = tf.nest.flatten(run())
    with split_step():
        found = tf.nest.flatten(run.python_function())
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-5, atol=1e-6)
