"""Tests of nlp_apps.blocks.gates: every gate against its equation, in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.cells import CELLS
from nlp_apps.blocks.decoder import Decoder
from nlp_apps.blocks.gates import GATED, gates
from nlp_apps.blocks.recurrent import Recurrent

BATCH, UNITS = 3, 4


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def draw(name):
    """Shares, state and further weights of a cell, as NumPy has them."""
    cell, rng = CELLS[name], np.random.default_rng(1)
    width = cell.num_gates * UNITS
    projected, recurrent = rng.normal(size=(2, BATCH, width)).astype(np.float32)
    state = tuple(rng.normal(size=(cell.state_size, BATCH, UNITS)).astype(np.float32))
    parameters = [
        rng.normal(size=width if parameter.endswith("bias") else UNITS).astype(np.float32)
        for parameter in cell.parameters
    ]
    after = tuple(value.numpy() for value in cell.advance(projected, recurrent, state, parameters))
    return projected, recurrent, state, after, parameters


def opened(name):
    """The gates of a cell, and what they were computed from."""
    drawn = draw(name)
    return {key: value.numpy() for key, value in gates(CELLS[name], *drawn).items()}, *drawn


def test_lstm_has_three_gates_in_the_order_of_its_matrices():
    found, projected, recurrent, state, after, _ = opened("lstm")
    i, f, g, o = np.split(projected + recurrent, 4, axis=-1)
    np.testing.assert_allclose(found["input"], sigmoid(i), rtol=1e-5)
    np.testing.assert_allclose(found["forget"], sigmoid(f), rtol=1e-5)
    np.testing.assert_allclose(found["output"], sigmoid(o), rtol=1e-5)
    c = found["forget"] * state[1] + found["input"] * np.tanh(g)
    np.testing.assert_allclose(after[1], c, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(after[0], found["output"] * np.tanh(c), rtol=1e-4, atol=1e-6)


def test_peepholes_see_the_old_cell_state_and_the_output_gate_the_new():
    found, projected, recurrent, state, after, (p_i, p_f, p_o) = opened("peephole")
    i, f, _, o = np.split(projected + recurrent, 4, axis=-1)
    np.testing.assert_allclose(found["input"], sigmoid(i + p_i * state[1]), rtol=1e-5)
    np.testing.assert_allclose(found["forget"], sigmoid(f + p_f * state[1]), rtol=1e-5)
    np.testing.assert_allclose(found["output"], sigmoid(o + p_o * after[1]), rtol=1e-5)
    np.testing.assert_allclose(after[0], found["output"] * np.tanh(after[1]), rtol=1e-4, atol=1e-6)


def test_coupled_gates_add_up_to_one():
    found, projected, recurrent, state, after, _ = opened("cifg")
    f, g, o = np.split(projected + recurrent, 3, axis=-1)
    np.testing.assert_allclose(found["forget"], sigmoid(f), rtol=1e-5)
    np.testing.assert_allclose(found["output"], sigmoid(o), rtol=1e-5)
    np.testing.assert_allclose(found["input"] + found["forget"], 1.0, rtol=1e-6)
    c = found["forget"] * state[1] + found["input"] * np.tanh(g)
    np.testing.assert_allclose(after[1], c, rtol=1e-4, atol=1e-6)


def test_gru_keeps_what_its_update_gate_lets_through():
    found, projected, recurrent, (h,), (after,), (bias,) = opened("gru")
    x_z, x_r, x_n = np.split(projected, 3, axis=-1)
    h_z, h_r, h_n = np.split(recurrent + bias, 3, axis=-1)
    np.testing.assert_allclose(found["update"], sigmoid(x_z + h_z), rtol=1e-5)
    np.testing.assert_allclose(found["reset"], sigmoid(x_r + h_r), rtol=1e-5)
    new = np.tanh(x_n + found["reset"] * h_n)
    kept = found["update"] * h + (1.0 - found["update"]) * new
    np.testing.assert_allclose(after, kept, rtol=1e-4, atol=1e-6)


def test_a_cell_without_gates_is_refused():
    with pytest.raises(ValueError, match="a cell with gates is needed; got RNN"):
        gates(CELLS["rnn"], *draw("rnn"))
    assert {name for name, cell in CELLS.items() if cell not in GATED} == {"rnn"}


@pytest.mark.parametrize("use_keras", [False, True])
def test_a_layer_multiplies_before_it_looks_at_its_gates(use_keras):
    layer = Recurrent("lstm", UNITS, use_keras=use_keras)
    layer.build((None, None, 5))
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(BATCH, 2, 5)).astype(np.float32)
    state = tuple(tf.constant(rng.normal(size=(2, BATCH, 2, UNITS)), tf.float32))
    found = layer.gates(tf.constant(inputs), state, layer.step(tf.constant(inputs), state))
    kernel, recurrent_kernel, bias = (value.numpy() for value in layer._weights()[:3])
    share = inputs @ kernel + bias + state[0].numpy() @ recurrent_kernel
    np.testing.assert_allclose(found["forget"], sigmoid(share[..., UNITS : 2 * UNITS]), rtol=1e-4)


def test_a_decoder_takes_the_same_step_with_its_gates_in_sight():
    decoder = Decoder(20, 6, UNITS, attention="none", num_layers=3)
    state = tuple(
        tuple(tf.random.stateless_normal((1, 2, UNITS), (layer, part)) for part in range(2))
        for layer in range(3)
    )
    token_ids = tf.constant([[5, 9]])
    after, found = decoder.gates(token_ids, state)
    for ours, wanted in zip(after, decoder.step(token_ids, state).state, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-6)
    assert [list(layer) for layer in found] == [["input", "forget", "output"]] * 3
    assert found[0]["input"].shape == (1, 2, UNITS)
