"""Tests of nlp_apps.blocks.recurrent."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.blocks.recurrent import KERAS_LAYERS, Recurrent
from nlp_apps.blocks.sequence_lengths import last_valid

BATCH, TIME, INPUT, UNITS = 3, 5, 4, 6
LENGTHS = [5, 2, 3]
MASK = tf.sequence_mask(LENGTHS, TIME)

BOTH_WAYS = pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
EVERY_CELL = pytest.mark.parametrize("cell", CELLS)


def random(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def random_layer(cell, **options):
    """A built layer, every weight of which is random."""
    layer = Recurrent(cell, UNITS, **{"use_keras": False, **options})
    layer.build((None, None, INPUT))
    layer.set_weights(
        [0.5 * random(*weight.shape, seed=index) for index, weight in enumerate(layer.weights)]
    )
    return layer


# The same numbers as Keras ------------------------------------------------------------------------

KERAS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}
KERAS_CELLS = pytest.mark.parametrize("cell", KERAS)


def keras_twin(layer, **options):
    """Keras's own layer with the weights of our layer."""
    twin = KERAS[layer.cell_name](UNITS, return_sequences=True, return_state=True, **options)
    twin.build((None, None, INPUT))
    twin.set_weights(layer.get_weights())
    return twin


@KERAS_CELLS
def test_our_layer_equals_a_keras_layer_with_its_weights(cell):
    layer, inputs = random_layer(cell), random(BATCH, TIME, INPUT)
    outputs, state = layer(inputs)
    wanted, *wanted_state = keras_twin(layer)(inputs)
    np.testing.assert_allclose(outputs, wanted, atol=1e-5)
    for ours, theirs in zip(state, wanted_state, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@KERAS_CELLS
def test_with_padding_outputs_and_last_state_are_those_of_keras(cell):
    layer, inputs = random_layer(cell), random(BATCH, TIME, INPUT)
    outputs, state = layer(inputs, padding_mask=MASK)
    wanted, *wanted_state = keras_twin(layer)(inputs, mask=MASK)
    np.testing.assert_allclose(outputs[MASK], wanted[MASK], atol=1e-5)
    for ours, theirs in zip(state, wanted_state, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@KERAS_CELLS
def test_backward_equals_keras_going_backwards_over_each_row_without_its_padding(cell):
    layer, inputs = random_layer(cell, backward=True), random(BATCH, TIME, INPUT)
    outputs, state = layer(inputs, padding_mask=MASK)
    twin = keras_twin(layer, go_backwards=True)
    for row, length in enumerate(LENGTHS):
        wanted, *wanted_state = twin(inputs[row : row + 1, :length])
        np.testing.assert_allclose(outputs[row, :length], wanted[0, ::-1], atol=1e-5)
        for ours, theirs in zip(state, wanted_state, strict=True):
            np.testing.assert_allclose(ours[row], theirs[0], atol=1e-5)


@pytest.mark.parametrize("cell", KERAS_LAYERS)
def test_two_directions_equal_keras_bidirectional_with_a_mask(cell):
    forward, backward = random_layer(cell), random_layer(cell, backward=True)
    inputs = random(BATCH, TIME, INPUT)
    both = keras.layers.Bidirectional(KERAS[cell](UNITS, return_sequences=True))
    both.build((None, None, INPUT))
    both.set_weights([*forward.get_weights(), *backward.get_weights()])
    ours = tf.concat(
        [layer(inputs, padding_mask=MASK)[0] for layer in (forward, backward)], axis=-1
    )
    np.testing.assert_allclose(ours[MASK], both(inputs, mask=MASK)[MASK], atol=1e-5)


@BOTH_WAYS
@pytest.mark.parametrize("cell", KERAS_LAYERS)
def test_the_keras_way_equals_the_scan_even_for_an_empty_row(cell, backward):
    ours = random_layer(cell, backward=backward)
    theirs = random_layer(cell, backward=backward, use_keras=True)
    assert theirs.keras_layer is not None
    inputs, mask = tf.constant(random(BATCH, TIME, INPUT)), tf.sequence_mask([TIME, 0, 2], TIME)
    first = tuple(tf.constant(random(BATCH, UNITS, seed=7)) for _ in range(ours.cell.num_states))
    for state in (None, first):
        found = []
        for layer in (ours, theirs):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs, after = layer(inputs, mask, state, training=True)
                loss = tf.reduce_sum(outputs[mask] ** 2)
            found.append((outputs[mask], after, tape.gradient(loss, [inputs, *layer.weights])))
        for our_value, their_value in zip(*map(tf.nest.flatten, found), strict=True):
            np.testing.assert_allclose(our_value, their_value, atol=1e-5)


@pytest.mark.parametrize("cell", [name for name in CELLS if name not in KERAS_LAYERS])
def test_a_cell_without_a_keras_layer_never_uses_one(cell):
    assert Recurrent(cell, UNITS, use_keras=True).keras_layer is None


# Sequences ----------------------------------------------------------------------------------------


@BOTH_WAYS
@EVERY_CELL
def test_padding_never_changes_an_output(cell, backward):
    layer, inputs = random_layer(cell, backward=backward), random(BATCH, TIME, INPUT)
    wanted, wanted_state = layer(inputs, padding_mask=MASK)
    rubbish = np.where(
        tf.sequence_mask(LENGTHS, TIME + 3)[:, :, None],
        np.pad(inputs, ((0, 0), (0, 3), (0, 0))),
        100.0 * random(BATCH, TIME + 3, INPUT, seed=8),
    )
    outputs, state = layer(rubbish, padding_mask=tf.sequence_mask(LENGTHS, TIME + 3))
    for row, length in enumerate(LENGTHS):
        alone, alone_state = layer(inputs[row : row + 1, :length])
        np.testing.assert_allclose(outputs[row, :length], wanted[row, :length], atol=1e-6)
        np.testing.assert_allclose(outputs[row, :length], alone[0], atol=1e-6)
        for values in zip(state, wanted_state, strict=True):
            np.testing.assert_allclose(values[0][row], values[1][row], atol=1e-6)
        for values in zip(state, alone_state, strict=True):
            np.testing.assert_allclose(values[0][row], values[1][0], atol=1e-6)


@BOTH_WAYS
@EVERY_CELL
def test_a_row_of_length_0_stays_finite_and_leaves_the_others_alone(cell, backward):
    layer, inputs = random_layer(cell, backward=backward), random(BATCH, TIME, INPUT)
    outputs, state = layer(inputs, padding_mask=tf.sequence_mask([TIME, 0, 2], TIME))
    assert all(np.all(np.isfinite(values)) for values in (outputs, *state))
    alone, _ = layer(inputs[2:, :2])
    np.testing.assert_allclose(outputs[2, :2], alone[0], atol=1e-6)


@BOTH_WAYS
@EVERY_CELL
def test_the_last_state_is_the_output_at_the_last_position_read(cell, backward):
    layer = random_layer(cell, backward=backward)
    outputs, state = layer(random(BATCH, TIME, INPUT), padding_mask=MASK)
    for row, length in enumerate(LENGTHS):
        last = 0 if backward else length - 1
        np.testing.assert_array_equal(state[0][row], outputs[row, last])


@EVERY_CELL
def test_a_step_agrees_with_a_call(cell):
    layer, inputs = random_layer(cell), random(BATCH, TIME, INPUT)
    first = tuple(random(BATCH, UNITS, seed=7 + index) for index in range(layer.cell.num_states))
    outputs, last = layer(inputs, initial_state=tuple(map(tf.constant, first)))
    state = tuple(map(tf.constant, first))
    for time in range(TIME):
        state = layer.step(tf.constant(inputs[:, time]), state)
        np.testing.assert_allclose(state[0], outputs[:, time], atol=1e-6)
    for stepped, called in zip(state, last, strict=True):
        np.testing.assert_allclose(stepped, called, atol=1e-6)


@EVERY_CELL
def test_a_sequence_in_two_halves_equals_the_whole(cell):
    layer, inputs = random_layer(cell), random(BATCH, TIME, INPUT)
    whole, last = layer(inputs)
    first, state = layer(inputs[:, :2])
    second, state = layer(inputs[:, 2:], initial_state=state)
    np.testing.assert_allclose(tf.concat([first, second], axis=1), whole, atol=1e-6)
    np.testing.assert_allclose(state[0], last[0], atol=1e-6)


@EVERY_CELL
def test_a_step_of_several_beams_equals_a_step_of_each(cell):
    layer, inputs = random_layer(cell), random(BATCH, 4, INPUT)
    state = tuple(random(BATCH, 4, UNITS, seed=7 + index) for index in range(layer.cell.num_states))
    together = layer.step(tf.constant(inputs), tuple(map(tf.constant, state)))
    for beam in range(4):
        alone = layer.step(
            tf.constant(inputs[:, beam]), tuple(tf.constant(values[:, beam]) for values in state)
        )
        for one, all_beams in zip(alone, together, strict=True):
            np.testing.assert_allclose(one, all_beams[:, beam], atol=1e-6)


@EVERY_CELL
def test_mixed_precision_is_finite_and_close_to_single_precision(cell):
    exact, mixed = random_layer(cell), random_layer(cell, dtype="mixed_bfloat16")
    inputs = random(BATCH, TIME, INPUT)
    with tf.GradientTape() as tape:
        outputs, state = mixed(inputs, padding_mask=MASK)
        loss = tf.reduce_sum(tf.cast(outputs, tf.float32))
    assert outputs.dtype == tf.bfloat16
    assert all(weight.dtype == "float32" for weight in mixed.weights)
    wanted, _ = exact(inputs, padding_mask=MASK)
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), wanted, atol=0.1)
    for gradient in tape.gradient(loss, mixed.trainable_weights):
        assert gradient.dtype == tf.float32
        assert np.all(np.isfinite(gradient))
    stepped = mixed.step(tf.constant(inputs[:, 0]), mixed.get_initial_state(BATCH))
    assert stepped[0].dtype == state[0].dtype == tf.bfloat16
    np.testing.assert_allclose(
        tf.cast(stepped[0], tf.float32), tf.cast(outputs[:, 0], tf.float32), atol=0.05
    )


@pytest.mark.parametrize("cell", CELLS)
def test_a_new_layer_remembers_its_forget_bias_is_one_and_the_rest_zero(cell):
    layer = Recurrent(cell, UNITS, use_keras=False)
    layer.build((None, None, INPUT))
    _, _, bias, extra = layer.cell.weights_of_step()
    gates = bias.numpy().reshape(CELLS[cell].num_gates, UNITS)
    for index, gate in enumerate(gates):
        assert set(gate) == {1.0 if index == CELLS[cell].forget_gate else 0.0}
    assert not any(np.any(value) for value in extra if value.shape.rank == 1)


def test_an_unknown_cell_is_an_error_that_names_those_there_are():
    with pytest.raises(
        ValueError, match="cell must be one of lstm, gru, rnn, peephole, cifg, .*; got 'lstn'"
    ):
        Recurrent("lstn", UNITS)


def test_weight_drop_changes_training_and_is_refused_without_recurrent_weights():
    layer, inputs = random_layer("mogrifier", weight_drop=0.5), random(BATCH, TIME, INPUT)
    assert not np.allclose(layer(inputs, training=True)[0], layer(inputs)[0])
    with pytest.raises(ValueError, match="weight_drop must be 0: 'min_gru' has no recurrent"):
        Recurrent("min_gru", UNITS, weight_drop=0.1)


def test_the_last_real_value_of_each_row():
    values = tf.reshape(tf.range(12.0), (2, 3, 2))
    np.testing.assert_array_equal(last_valid(values, None), [[4, 5], [10, 11]])
    np.testing.assert_array_equal(last_valid(values, tf.constant([1, 3])), [[0, 1], [10, 11]])
    np.testing.assert_array_equal(last_valid(values, tf.constant([0, 2])), [[0, 1], [8, 9]])
