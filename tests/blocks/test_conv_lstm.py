"""Tests of nlp_apps.blocks.conv_lstm and nlp_apps.blocks.unfold."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.conv_lstm import ConvLSTM
from nlp_apps.blocks.unfold import fold, unfold

BATCH, TIME, LETTERS, CHANNELS, FEATURES = 3, 5, 6, 4, 2
LENGTHS = [5, 2, 3]
MASK = tf.sequence_mask(LENGTHS, TIME)
KERNEL_SIZES = pytest.mark.parametrize("kernel_size", [1, 3, 5])
BOTH_WAYS = pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def random_layer(kernel_size=3, **options):
    """A built layer, every weight of which is random."""
    layer = ConvLSTM(FEATURES, kernel_size, **options)
    layer.build((None, None, LETTERS, CHANNELS))
    layer.set_weights([random(*one.shape, seed=index) for index, one in enumerate(layer.weights)])
    return layer


def keras_twin(layer, **options):
    """Keras's own layer with the weights of our layer."""
    twin = keras.layers.ConvLSTM1D(
        FEATURES,
        layer.kernel_size,
        padding="same",
        activation="tanh",
        recurrent_activation="sigmoid",
        return_sequences=True,
        **options,
    )
    twin.build((None, None, LETTERS, CHANNELS))
    twin.set_weights(layer.get_weights())
    return twin


def sigmoid(values):
    return 1.0 / (1.0 + np.exp(-values))


def convolved(row, kernel):
    """The sum of the products with each letter and its neighbours: [L, C] -> [L, 4F]."""
    half = len(kernel) // 2
    found = np.zeros((len(row), kernel.shape[-1]))
    for letter in range(len(row)):
        for offset, matrix in enumerate(kernel):
            neighbour = letter + offset - half
            if 0 <= neighbour < len(row):
                found[letter] += row[neighbour] @ matrix
    return found


@KERNEL_SIZES
def test_the_equations_of_the_paper_without_peepholes(kernel_size):
    layer, inputs = random_layer(kernel_size), random(BATCH, TIME, LETTERS, CHANNELS)
    kernel, recurrent_kernel, bias = (np.float64(one) for one in layer.get_weights())
    for row, found in zip(inputs, layer(inputs).numpy(), strict=True):
        h = c = np.zeros((LETTERS, FEATURES))
        for x, output in zip(row, found, strict=True):
            gates = convolved(x, kernel) + convolved(h, recurrent_kernel) + bias
            i, f, g, o = np.split(gates, 4, axis=-1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            np.testing.assert_allclose(output, h, atol=1e-5)


@BOTH_WAYS
@KERNEL_SIZES
def test_our_layer_equals_that_of_keras_with_its_weights(kernel_size, backward):
    layer = random_layer(kernel_size, backward=backward)
    inputs = random(BATCH, TIME, LETTERS, CHANNELS)
    wanted = keras_twin(layer, go_backwards=backward)(inputs)
    wanted = wanted[:, ::-1] if backward else wanted
    np.testing.assert_allclose(layer(inputs), wanted, atol=1e-6)
    np.testing.assert_allclose(layer(inputs, training=True), wanted, atol=1e-6)


def test_real_outputs_with_a_mask_are_those_of_keras():
    layer, inputs = random_layer(), random(BATCH, TIME, LETTERS, CHANNELS)
    wanted = keras_twin(layer)(inputs, mask=MASK)
    found = layer(inputs, MASK)
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(found[row, :length], wanted[row, :length], atol=1e-6)


@KERNEL_SIZES
def test_every_gradient_equals_that_of_keras(kernel_size):
    layer = random_layer(kernel_size)
    twin, inputs = keras_twin(layer), tf.constant(random(BATCH, TIME, LETTERS, CHANNELS))
    weigh = random(BATCH, TIME, LETTERS, FEATURES, seed=9)
    found = []
    for one, options in ((layer, {"training": True}), (twin, {})):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(one(inputs, **options) * weigh)
        found.append(tape.gradient(loss, [inputs, *(weight.value for weight in one.weights)]))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_steps_are_the_whole_sequence():
    layer, inputs = random_layer(), random(BATCH, TIME, LETTERS, CHANNELS)
    state = layer.get_initial_state(BATCH, LETTERS)
    for time, wanted in enumerate(tf.unstack(layer(inputs), axis=1)):
        state = layer.step(inputs[:, time], state)
        np.testing.assert_allclose(state[0], wanted, atol=1e-6)


@BOTH_WAYS
def test_padding_changes_no_real_row(backward):
    layer, inputs = random_layer(backward=backward), random(BATCH, TIME, LETTERS, CHANNELS)
    found = layer(inputs, MASK)
    for row, length in enumerate(LENGTHS):
        alone = layer(inputs[row : row + 1, :length])
        np.testing.assert_allclose(found[row, :length], alone[0], atol=1e-6)


def test_a_graph_accepts_any_length_and_batch():
    layer = random_layer()
    spec = tf.TensorSpec((None, None, LETTERS, CHANNELS), tf.float32)

    @tf.function(input_signature=[spec])
    def gradient(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(layer(inputs, training=True))
        return tape.gradient(total, inputs)

    inputs = random(BATCH, TIME, LETTERS, CHANNELS)
    whole = gradient(inputs)
    for row in range(BATCH):
        one = gradient(inputs[row : row + 1])
        np.testing.assert_allclose(one[0], whole[row], rtol=1e-4, atol=1e-5)


def test_weight_drop_changes_training_only():
    layer = random_layer(weight_drop=0.5)
    inputs = random(BATCH, TIME, LETTERS, CHANNELS)
    plain = random_layer()(inputs)
    np.testing.assert_array_equal(layer(inputs), plain)
    assert np.abs(layer(inputs, training=True) - plain).max() > 1e-3


def test_an_even_kernel_is_an_error():
    with pytest.raises(ValueError, match="odd; got 2"):
        ConvLSTM(FEATURES, 2)


@KERNEL_SIZES
def test_unfold_has_neighbours_and_fold_is_its_gradient(kernel_size):
    values = tf.constant(random(2, LETTERS, 3))
    found = unfold(values, kernel_size)
    half = kernel_size // 2
    padded = np.pad(values, ((0, 0), (half, half), (0, 0)))
    for letter in range(LETTERS):
        wanted = padded[:, letter : letter + kernel_size].reshape(2, -1)
        np.testing.assert_array_equal(found[:, letter], wanted)
    weigh = random(*found.shape, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(values)
        total = tf.reduce_sum(unfold(values, kernel_size) * weigh)
    np.testing.assert_allclose(
        fold(tf.constant(weigh), kernel_size), tape.gradient(total, values), atol=1e-6
    )
