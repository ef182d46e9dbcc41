"""Tests of the scans that run a cell along time, and of their gradients."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.all_states import all_states
from nlp_apps.blocks.cells.cell import CellWeights
from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.blocks.scan import scan
from nlp_apps.blocks.split_step import split_step

BATCH, TIME, INPUT, UNITS = 3, 5, 4, 6

EVERY_CELL = pytest.mark.parametrize("cell", CELLS)


def random(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def scan_weights(cell, dtype=np.float64):
    """inputs [T, B, D], the weights and the first state."""
    layer = cell(UNITS)
    layer.build((None, INPUT))
    shapes = [weight.shape for weight in layer.weights_of_step().extra]
    width = cell.num_gates * UNITS
    inputs = random(TIME, BATCH, INPUT, dtype=dtype)
    kernel = random(INPUT, width, seed=1, dtype=dtype)
    bias = random(width, seed=2, dtype=dtype)
    recurrent_kernel = None
    if not cell.is_linear:
        recurrent_kernel = 0.5 * random(UNITS, width, seed=3, dtype=dtype)
    state = [random(BATCH, UNITS, seed=4 + index, dtype=dtype) for index in range(cell.num_states)]
    state[2:] = [abs(value) + 0.1 for value in state[2:]]  # normalizers
    extra = [random(*shape, seed=6 + index, dtype=dtype) for index, shape in enumerate(shapes)]
    weights = CellWeights(kernel, recurrent_kernel, bias, tuple(extra))
    return tf.nest.map_structure(
        lambda value: None if value is None else tf.constant(value),
        (inputs, weights, tuple(state)),
    )


def unrolled(cell, inputs, weights, state):
    history = []
    for x in tf.unstack(inputs):
        projected, recurrent = cell.shares(x, state[0], weights, tf.matmul)
        state = cell.step(projected, recurrent, state, weights.extra)
        history.append(state)
    return tuple(tf.stack(values) for values in zip(*history, strict=True))


def present(weights):
    return [value for value in tf.nest.flatten(weights) if value is not None]


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
        tape.watch(present(weights))
        value = loss(run(cell, *weights))
    return tape.gradient(value, present(weights))


@EVERY_CELL
def test_a_scan_equals_an_unrolled_loop(cell):
    weights = scan_weights(CELLS[cell])
    for ours, plain in zip(
        all_states(CELLS[cell], *weights), unrolled(CELLS[cell], *weights), strict=True
    ):
        np.testing.assert_allclose(ours, plain, rtol=1e-10)


@EVERY_CELL
def test_a_scan_outside_training_has_the_same_states(cell):
    weights = scan_weights(CELLS[cell])
    for ours, plain in zip(
        all_states(CELLS[cell], *weights, training=False),
        all_states(CELLS[cell], *weights),
        strict=True,
    ):
        if CELLS[cell].is_linear:  # The parallel scan adds in another order.
            np.testing.assert_allclose(ours, plain, rtol=1e-10)
        else:
            np.testing.assert_array_equal(ours, plain)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 64, 65, 200])
@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if cell.is_linear])
def test_a_parallel_scan_of_any_length_equals_a_loop(cell, length):
    _, weights, state = scan_weights(CELLS[cell], np.float32)
    inputs = tf.constant(random(length, BATCH, INPUT))
    found: list[tf.Tensor] = []
    wanted: list[tf.Tensor] = []
    for values, training in ((found, True), (wanted, False)):
        with tf.GradientTape() as tape:
            tape.watch((inputs, present(weights), state))
            (outputs,) = all_states(CELLS[cell], inputs, weights, state, training=training)
            loss = tf.reduce_mean(outputs**2)
        values += [outputs, *tape.gradient(loss, [inputs, *present(weights), *state])]
    for ours, plain in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("loss", [weighed, last_output])
@EVERY_CELL
def test_every_gradient_of_a_scan_equals_automatic_differentiation(cell, loss):
    weights = scan_weights(CELLS[cell])
    ours = gradients(all_states, CELLS[cell], weights, loss)
    plain = gradients(unrolled, CELLS[cell], weights, loss)
    for our_gradient, plain_gradient in zip(ours, plain, strict=True):
        assert our_gradient.shape == plain_gradient.shape
        assert np.any(plain_gradient != 0)
        np.testing.assert_allclose(our_gradient, plain_gradient, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("loss", [weighed, last_output])
@pytest.mark.parametrize(
    "cell", [name for name, cell in CELLS.items() if cell.hoists_inputs and not cell.is_linear]
)
def test_every_gradient_of_a_scan_of_many_rows_equals_automatic_differentiation(cell, loss):
    weights = scan_weights(CELLS[cell])
    inputs, (kernel, recurrent_kernel, bias, extra), state = weights
    plain = gradients(unrolled, CELLS[cell], weights, loss)
    with split_step(tf.float64, jit_compile=False, many_rows=True), tf.GradientTape() as tape:
        tape.watch(present(weights))
        projected = tf.einsum("tbd,dg->tbg", inputs, kernel)
        value = loss(scan(CELLS[cell], projected, bias, state, recurrent_kernel, extra))
    for ours, theirs in zip(tape.gradient(value, present(weights)), plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("cell", ["lstm", "gru", "mogrifier", "slstm"])
def test_gradients_agree_in_single_precision(cell):
    weights = scan_weights(CELLS[cell], np.float32)
    ours = gradients(all_states, CELLS[cell], weights, last_output)
    plain = gradients(unrolled, CELLS[cell], weights, last_output)
    for our_gradient, plain_gradient in zip(ours, plain, strict=True):
        np.testing.assert_allclose(our_gradient, plain_gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "peephole", "mogrifier", "min_lstm", "slstm"])
def test_a_scan_in_a_graph_accepts_any_length_and_batch(cell):
    inputs, weights, _ = scan_weights(CELLS[cell])
    signature = [tf.TensorSpec((None, None, INPUT), tf.float64)]

    @tf.function(input_signature=signature)
    def run(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            zeros = tf.zeros((tf.shape(inputs)[1], UNITS), tf.float64)
            state = (zeros,) * CELLS[cell].num_states
            total = tf.reduce_sum(all_states(CELLS[cell], inputs, weights, state)[0])
        return tape.gradient(total, inputs)

    whole = run(inputs)
    for row in range(BATCH):
        np.testing.assert_allclose(run(inputs[:, row : row + 1]), whole[:, row : row + 1])
    assert run(inputs[:1]).shape == (1, BATCH, INPUT)


@pytest.mark.parametrize("cell", ["lstm", "mogrifier", "min_gru", "slstm"])
def test_a_scan_compiled_by_xla_has_the_same_numbers_and_gradients(cell):
    weights = scan_weights(CELLS[cell], np.float32)

    @tf.function(jit_compile=True)
    def run(weights):
        with tf.GradientTape() as tape:
            tape.watch(present(weights))
            states = all_states(CELLS[cell], *weights)
            total = tf.reduce_sum(states[0] * states[-1])
        return states, tape.gradient(total, present(weights))

    compiled = tf.nest.flatten(run(weights))
    with tf.GradientTape() as tape:
        tape.watch(present(weights))
        states = unrolled(CELLS[cell], *weights)
        total = tf.reduce_sum(states[0] * states[-1])
    plain = tf.nest.flatten((states, tape.gradient(total, present(weights))))
    for ours, theirs in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
