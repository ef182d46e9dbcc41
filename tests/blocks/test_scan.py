"""Tests of nlp_apps.blocks.scan: the loop and its gradient."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.cells import CELLS
from nlp_apps.blocks.recurrent import matmul_last
from nlp_apps.blocks.scan import scan

BATCH, TIME, INPUT, UNITS = 3, 5, 4, 6

EVERY_CELL = pytest.mark.parametrize("cell", CELLS)


def random(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def extra_shapes(cell):
    if cell is CELLS["gru"]:
        return [(3 * UNITS,)]  # the recurrent bias
    return [(UNITS,)] * len(cell.extra_weights)


def scan_weights(cell, dtype=np.float64):
    """inputs [T, B, D], kernel, bias, recurrent kernel, first state and further weights."""
    width = cell.num_gates * UNITS
    inputs = random(TIME, BATCH, INPUT, dtype=dtype)
    kernel = random(INPUT, width, seed=1, dtype=dtype)
    bias = random(width, seed=2, dtype=dtype)
    recurrent_kernel = 0.5 * random(UNITS, width, seed=3, dtype=dtype)
    state = [random(BATCH, UNITS, seed=4 + index, dtype=dtype) for index in range(cell.num_states)]
    extra = [
        random(*shape, seed=6 + index, dtype=dtype)
        for index, shape in enumerate(extra_shapes(cell))
    ]
    return tf.nest.map_structure(
        tf.constant, (inputs, kernel, bias, recurrent_kernel, tuple(state), tuple(extra))
    )


def scanned(cell, inputs, kernel, bias, recurrent_kernel, state, extra):
    return scan(cell, matmul_last(inputs, kernel), bias, state, recurrent_kernel, extra)


def unrolled(cell, inputs, kernel, bias, recurrent_kernel, state, extra):
    history = []
    for x in tf.unstack(inputs):
        projected, recurrent = tf.matmul(x, kernel) + bias, tf.matmul(state[0], recurrent_kernel)
        state = cell.step(projected, recurrent, state, extra)
        history.append(state)
    return tuple(tf.stack(values) for values in zip(*history, strict=True))


def weighed(states):
    """A sum that weighs every number of every state differently."""
    return tf.add_n(
        [
            tf.reduce_sum(values * random(TIME, BATCH, UNITS, seed=9 + index, dtype=np.float64))
            for index, values in enumerate(states)
        ]
    )


def last_output(states):
    """A sum that uses little of the scan's output."""
    return tf.reduce_sum(states[0][-1] ** 2)


def gradients(run, cell, weights, loss):
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = loss(run(cell, *weights))
    return tf.nest.flatten(tape.gradient(value, weights))


@EVERY_CELL
def test_a_scan_equals_an_unrolled_loop(cell):
    weights = scan_weights(CELLS[cell])
    for ours, plain in zip(
        scanned(CELLS[cell], *weights), unrolled(CELLS[cell], *weights), strict=True
    ):
        np.testing.assert_allclose(ours, plain, rtol=1e-10)


@EVERY_CELL
def test_a_scan_outside_training_has_the_same_states(cell):
    inputs, kernel, bias, recurrent_kernel, state, extra = scan_weights(CELLS[cell])
    weights = (matmul_last(inputs, kernel), bias, state, recurrent_kernel, extra)
    for ours, plain in zip(
        scan(CELLS[cell], *weights, training=False),
        scan(CELLS[cell], *weights),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, plain)


@pytest.mark.parametrize("loss", [weighed, last_output])
@EVERY_CELL
def test_every_gradient_of_a_scan_equals_automatic_differentiation(cell, loss):
    weights = scan_weights(CELLS[cell])
    ours = gradients(scanned, CELLS[cell], weights, loss)
    plain = gradients(unrolled, CELLS[cell], weights, loss)
    for our_gradient, plain_gradient in zip(ours, plain, strict=True):
        assert our_gradient.shape == plain_gradient.shape
        assert np.any(plain_gradient != 0)
        np.testing.assert_allclose(our_gradient, plain_gradient, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gradients_agree_in_single_precision(cell):
    weights = scan_weights(CELLS[cell], np.float32)
    ours = gradients(scanned, CELLS[cell], weights, last_output)
    plain = gradients(unrolled, CELLS[cell], weights, last_output)
    for our_gradient, plain_gradient in zip(ours, plain, strict=True):
        np.testing.assert_allclose(our_gradient, plain_gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "peephole"])
def test_a_scan_in_a_graph_accepts_any_length_and_batch(cell):
    inputs, kernel, bias, recurrent_kernel, _, extra = scan_weights(CELLS[cell])
    signature = [tf.TensorSpec((None, None, INPUT), tf.float64)]

    @tf.function(input_signature=signature)
    def run(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            zeros = tf.zeros((tf.shape(inputs)[1], UNITS), tf.float64)
            state = (zeros,) * CELLS[cell].num_states
            total = tf.reduce_sum(
                scanned(CELLS[cell], inputs, kernel, bias, recurrent_kernel, state, extra)[0]
            )
        return tape.gradient(total, inputs)

    whole = run(inputs)
    for row in range(BATCH):
        np.testing.assert_allclose(run(inputs[:, row : row + 1]), whole[:, row : row + 1])
    assert run(inputs[:1]).shape == (1, BATCH, INPUT)


def test_a_scan_compiled_by_xla_has_the_same_numbers_and_gradients():
    weights = scan_weights(CELLS["lstm"], np.float32)

    @tf.function(jit_compile=True)
    def run(weights):
        with tf.GradientTape() as tape:
            tape.watch(weights)
            states = scanned(CELLS["lstm"], *weights)
            total = tf.reduce_sum(states[0] * states[1])
        return states, tape.gradient(total, weights)

    compiled = tf.nest.flatten(run(weights))
    with tf.GradientTape() as tape:
        tape.watch(weights)
        states = unrolled(CELLS["lstm"], *weights)
        total = tf.reduce_sum(states[0] * states[1])
    plain = tf.nest.flatten((states, tape.gradient(total, weights)))
    for ours, theirs in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
