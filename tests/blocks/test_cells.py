"""Tests of nlp_apps.blocks.cells: every cell against the equations of its paper, in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.cells.cell import CellWeights
from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.blocks.cells.cell_sizes import CELL_SIZES
from nlp_apps.blocks.recurrent import Recurrent

BATCH, INPUT, UNITS, STEPS = 3, 5, 4, 6

# The order in which each cell keeps its gates, by the letters of the papers.
GATES = {
    **{"lstm": "ifgo", "gru": "zrn", "rnn": "h", "peephole": "ifgo", "cifg": "fgo"},
    **{"mogrifier": "ifgo", "min_lstm": "ifn", "min_gru": "zn", "slstm": "ifgo"},
}


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(x, state, W, R, b, extra):
    """Gers, Schmidhuber & Cummins 2000: gates, then the cell state, then the output."""
    h, c = state
    input_gate = sigmoid(x @ W["i"] + h @ R["i"] + b["i"])
    forget_gate = sigmoid(x @ W["f"] + h @ R["f"] + b["f"])
    output_gate = sigmoid(x @ W["o"] + h @ R["o"] + b["o"])
    block_input = np.tanh(x @ W["g"] + h @ R["g"] + b["g"])
    c = forget_gate * c + input_gate * block_input
    return output_gate * np.tanh(c), c


def peephole(x, state, W, R, b, extra):
    """Greff et al. 2015, section 2: i and f see the old cell state, o the new."""
    h, c = state
    p_i, p_f, p_o = extra
    input_gate = sigmoid(x @ W["i"] + h @ R["i"] + p_i * c + b["i"])
    forget_gate = sigmoid(x @ W["f"] + h @ R["f"] + p_f * c + b["f"])
    block_input = np.tanh(x @ W["g"] + h @ R["g"] + b["g"])
    c = input_gate * block_input + forget_gate * c
    output_gate = sigmoid(x @ W["o"] + h @ R["o"] + p_o * c + b["o"])
    return output_gate * np.tanh(c), c


def cifg(x, state, W, R, b, extra):
    """Greff et al. 2015, section 3: the input gate is i = 1 - f."""
    h, c = state
    forget_gate = sigmoid(x @ W["f"] + h @ R["f"] + b["f"])
    output_gate = sigmoid(x @ W["o"] + h @ R["o"] + b["o"])
    block_input = np.tanh(x @ W["g"] + h @ R["g"] + b["g"])
    c = forget_gate * c + (1.0 - forget_gate) * block_input
    return output_gate * np.tanh(c), c


def gru(x, state, W, R, b, extra):
    """Cho et al. 2014, eq. 5 to 8, but r multiplies U h instead of h, as in cuDNN."""
    (h,) = state
    b_z, b_r, b_n = np.split(extra[0], 3)
    update = sigmoid(x @ W["z"] + b["z"] + h @ R["z"] + b_z)
    reset = sigmoid(x @ W["r"] + b["r"] + h @ R["r"] + b_r)
    candidate = np.tanh(x @ W["n"] + b["n"] + reset * (h @ R["n"] + b_n))
    return (update * h + (1.0 - update) * candidate,)


def rnn(x, state, W, R, b, extra):
    """Elman 1990."""
    (h,) = state
    return (np.tanh(x @ W["h"] + h @ R["h"] + b["h"]),)


def mogrifier(x, state, W, R, b, extra):
    """Melis et al. 2020, eq. 1 and 2, factorized: odd gatings change x, even ones h."""
    h, c = state
    for number, start in enumerate(range(0, len(extra), 3), start=1):
        down, up, bias = extra[start : start + 3]
        if number % 2:
            x = 2 * sigmoid(h @ (down @ up) + bias) * x
        else:
            h = 2 * sigmoid(x @ (down @ up) + bias) * h
    return lstm(x, (h, c), W, R, b, ())


def min_lstm(x, state, W, R, b, extra):
    """Feng et al. 2024, section 3.2.2: minLSTM with scaled gates."""
    (h,) = state
    forget_gate, input_gate = sigmoid(x @ W["f"] + b["f"]), sigmoid(x @ W["i"] + b["i"])
    total = forget_gate + input_gate
    return (forget_gate / total * h + input_gate / total * (x @ W["n"] + b["n"]),)


def min_gru(x, state, W, R, b, extra):
    """Feng et al. 2024, section 3.1.2: minGRU."""
    (h,) = state
    update = sigmoid(x @ W["z"] + b["z"])
    return ((1 - update) * h + update * (x @ W["n"] + b["n"]),)


def slstm(x, state, W, R, b, extra):
    """Beck et al. 2024, eq. 8 to 17, with the forget gate sigmoid: c and n are kept over exp(m)."""
    h, c, n, m = state
    input_log = x @ W["i"] + h @ R["i"] + b["i"]
    forget_log = np.log(sigmoid(x @ W["f"] + h @ R["f"] + b["f"]))
    output_gate = sigmoid(x @ W["o"] + h @ R["o"] + b["o"])
    block_input = np.tanh(x @ W["g"] + h @ R["g"] + b["g"])
    m_new = np.maximum(forget_log + m, input_log)
    forget_gate, input_gate = np.exp(forget_log + m - m_new), np.exp(input_log - m_new)
    c, n = forget_gate * c + input_gate * block_input, forget_gate * n + input_gate
    return output_gate * c / n, c, n, m_new


PAPERS = {
    **{"lstm": lstm, "gru": gru, "rnn": rnn, "peephole": peephole, "cifg": cifg},
    **{"mogrifier": mogrifier, "min_lstm": min_lstm, "min_gru": min_gru, "slstm": slstm},
}


def extra_shapes(name, input_size, units):
    cell = CELLS[name](units)
    cell.build((None, input_size))
    return [weight.shape for weight in cell.weights_of_step().extra]


def random_state(rng, name, shape):
    """A valid state: the tensors that a cell adds itself, such as a normalizer, are positive."""
    state = tuple(rng.normal(size=shape) for _ in range(CELLS[name].num_states))
    return tuple(abs(value) + 0.1 if index > 1 else value for index, value in enumerate(state))


def in_columns(by_gate, gates):
    return np.concatenate([by_gate[gate] for gate in gates], axis=-1)


def one_step(name, x, state, kernel, recurrent_kernel, bias, extra):
    weights = CellWeights(
        tf.constant(kernel), tf.constant(recurrent_kernel), tf.constant(bias), tuple(extra)
    )
    projected, recurrent = CELLS[name].shares(tf.constant(x), state[0], weights, tf.matmul)
    return CELLS[name].step(projected, recurrent, state, [tf.constant(value) for value in extra])


def test_every_cell_is_tested_here():
    assert set(PAPERS) == set(GATES) == set(CELLS)


@pytest.mark.parametrize("name", CELLS)
def test_a_registered_size_is_that_of_the_matrices(name):
    units, input_size = 16, 24
    cell = CELLS[name](units)
    cell.build((None, input_size))
    found = sum(np.prod(weight.shape) for weight in cell.weights if len(weight.shape) > 1)
    if name == "gru":
        found -= np.prod(cell.bias.shape)  # two rows
    inputs, states = CELL_SIZES[name]
    assert found == units * (inputs * input_size + states * units)


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_was_saved_when_all_were_in_one_module_loads(name):
    saved = keras.saving.serialize_keras_object(CELLS[name](3))
    saved["module"] = "nlp_apps.blocks.cells"
    assert type(keras.saving.deserialize_keras_object(saved)) is CELLS[name]


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_follows_the_equations_of_its_paper(name):
    rng = np.random.default_rng(1)
    W = {gate: rng.normal(size=(INPUT, UNITS)) for gate in GATES[name]}
    R = {gate: rng.normal(size=(UNITS, UNITS)) for gate in GATES[name]}
    b = {gate: rng.normal(size=UNITS) for gate in GATES[name]}
    extra = [rng.normal(size=shape) for shape in extra_shapes(name, INPUT, UNITS)]
    wanted = random_state(rng, name, (BATCH, UNITS))
    state = tuple(tf.constant(value) for value in wanted)
    kernel, recurrent_kernel, bias = (in_columns(part, GATES[name]) for part in (W, R, b))
    for _ in range(STEPS):
        x = rng.normal(size=(BATCH, INPUT))
        wanted = PAPERS[name](x, wanted, W, R, b, extra)
        state = one_step(name, x, state, kernel, recurrent_kernel, bias, extra)
        assert len(state) == len(wanted) == CELLS[name].num_states
        for value, number in zip(state, wanted, strict=True):
            np.testing.assert_allclose(value, number, rtol=1e-10, atol=1e-12)


# Every weight 0.25 but: bias 0.1, further weights 0.5, recurrent bias of the GRU 0.2. Two units,
# inputs (1, 2), (-1, 0.5), (0, 3). Both units are alike. Worked out in NumPy as above.
GOLDEN = {
    "lstm": (0.3149424, 0.1689726, 0.4610255),
    "gru": (0.1972232, 0.1740593, 0.3232738),
    "rnn": (0.6910695, 0.3099904, 0.763684),
    "peephole": (0.3366128, 0.2073679, 0.5493129),
    "cifg": (0.1429333, 0.0654057, 0.2047978),
    "mogrifier": (0.5251466, 0.227178, 0.7752525),
    "min_lstm": (0.425, 0.2, 0.525),
    "min_gru": (0.5954821, 0.2891188, 0.6820538),
    "slstm": (0.4841406, 0.2534585, 0.4584524),
}


@pytest.mark.parametrize("name", CELLS)
def test_constant_weights_lead_to_the_golden_numbers(name):
    width = CELLS[name].num_gates * 2
    kernel, recurrent_kernel = np.full((2, width), 0.25), np.full((2, width), 0.25)
    extra = [np.full(shape, 0.2 if name == "gru" else 0.5) for shape in extra_shapes(name, 2, 2)]
    state = tuple(tf.zeros((1, 2), tf.float64) for _ in range(CELLS[name].num_states))
    outputs = []
    for x in ([[1.0, 2.0]], [[-1.0, 0.5]], [[0.0, 3.0]]):
        state = one_step(
            name, np.array(x), state, kernel, recurrent_kernel, np.full(width, 0.1), extra
        )
        outputs.append(state[0].numpy()[0])
    wanted = np.repeat(np.array(GOLDEN[name])[:, None], 2, axis=1)
    np.testing.assert_allclose(outputs, wanted, atol=5e-7)


@pytest.mark.parametrize("name", [name for name, cell in CELLS.items() if not cell.is_linear])
def test_an_additive_cell_only_sees_the_sum_and_the_others_do_not(name):
    rng = np.random.default_rng(2)
    cell, shape = CELLS[name], (BATCH, CELLS[name].num_gates * UNITS)
    projected, recurrent = tf.constant(rng.normal(size=shape)), tf.constant(rng.normal(size=shape))
    state = tuple(map(tf.constant, random_state(rng, name, (BATCH, UNITS))))
    shapes = extra_shapes(name, UNITS, UNITS)
    extra = [tf.constant(rng.normal(size=shape)) for shape in shapes]
    apart = cell.step(projected, recurrent, state, extra)
    summed = cell.step(projected + recurrent, tf.zeros_like(recurrent), state, extra)
    assert np.allclose(apart[0], summed[0], atol=1e-12) == cell.additive


@pytest.mark.parametrize("name", ["lstm", "peephole", "cifg", "mogrifier"])
def test_a_wide_open_forget_gate_keeps_the_cell_state(name):
    cell = CELLS[name]
    assert cell.forget_gate is not None
    projected = np.full((1, cell.num_gates, UNITS), -50.0)
    projected[:, cell.forget_gate] = 50.0
    c = np.linspace(-1.0, 1.0, UNITS)[None]
    extra = [tf.zeros(shape, tf.float64) for shape in extra_shapes(name, UNITS, UNITS)]
    flat = tf.constant(projected.reshape(1, -1))
    _, kept = cell.step(
        flat, tf.zeros_like(flat), (tf.zeros((1, UNITS), tf.float64), tf.constant(c)), extra
    )
    np.testing.assert_allclose(kept, c, atol=1e-12)


# Gates ------------------------------------------------------------------------------------------


def draw(name):
    """Shares, state and further weights of a cell, as NumPy has them."""
    cell, rng = CELLS[name], np.random.default_rng(1)
    width = cell.num_gates * UNITS
    projected, recurrent = rng.normal(size=(2, BATCH, width)).astype(np.float32)
    state = tuple(value.astype(np.float32) for value in random_state(rng, name, (BATCH, UNITS)))
    shapes = extra_shapes(name, UNITS, UNITS)
    extra = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    after = tuple(value.numpy() for value in cell.step(projected, recurrent, state, extra))
    return projected, recurrent, state, after, extra


def opened(name):
    """The gates of a cell, and the arguments of `gates`."""
    drawn = draw(name)
    return {key: value.numpy() for key, value in CELLS[name].gates(*drawn).items()}, *drawn


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


def test_an_open_update_gate_of_a_gru_keeps_the_old_state():
    found, projected, recurrent, (h,), (after,), (bias,) = opened("gru")
    x_z, x_r, x_n = np.split(projected, 3, axis=-1)
    h_z, h_r, h_n = np.split(recurrent + bias, 3, axis=-1)
    np.testing.assert_allclose(found["update"], sigmoid(x_z + h_z), rtol=1e-5)
    np.testing.assert_allclose(found["reset"], sigmoid(x_r + h_r), rtol=1e-5)
    new = np.tanh(x_n + found["reset"] * h_n)
    kept = found["update"] * h + (1.0 - found["update"]) * new
    np.testing.assert_allclose(after, kept, rtol=1e-4, atol=1e-6)


def test_the_shares_of_a_min_lstm_add_up_to_one_and_make_the_state():
    found, projected, _, (h,), (after,), _ = opened("min_lstm")
    i, f, n = np.split(projected, 3, axis=-1)
    np.testing.assert_allclose(found["input"], sigmoid(i) / (sigmoid(i) + sigmoid(f)), rtol=1e-5)
    np.testing.assert_allclose(found["input"] + found["forget"], 1.0, rtol=1e-6)
    np.testing.assert_allclose(after, found["forget"] * h + found["input"] * n, rtol=1e-4)


def test_an_open_input_gate_of_a_min_gru_replaces_the_old_state():
    found, projected, _, (h,), (after,), _ = opened("min_gru")
    z, n = np.split(projected, 2, axis=-1)
    np.testing.assert_allclose(found["input"], sigmoid(z), rtol=1e-5)
    kept = (1.0 - found["input"]) * h + found["input"] * n
    np.testing.assert_allclose(after, kept, rtol=1e-4, atol=1e-6)


def test_the_gates_of_an_slstm_are_the_shares_of_new_and_old_memory():
    found, projected, recurrent, (_, c, n, _), after, _ = opened("slstm")
    _, _, g, o = np.split(projected + recurrent, 4, axis=-1)
    mean = found["forget"] * (c / n) + found["input"] * np.tanh(g)
    np.testing.assert_allclose(after[1] / after[2], mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(after[0], sigmoid(o) * mean, rtol=1e-4, atol=1e-5)


def test_a_layer_without_gates_names_the_cells_that_have_them():
    layer = Recurrent("rnn", UNITS)
    state = layer.get_initial_state(BATCH)
    with pytest.raises(ValueError, match=r"gates need one of lstm, gru, .*cifg.*; got rnn"):
        layer.gates(tf.zeros((BATCH, INPUT)), state, state)
    assert {name for name, cell in CELLS.items() if not cell.gate_names} == {"rnn"}


@pytest.mark.parametrize("name", [name for name, cell in CELLS.items() if cell.gate_names])
def test_the_names_of_the_gates_are_those_of_a_step(name):
    assert tuple(CELLS[name].gates(*draw(name))) == CELLS[name].gate_names


# Extreme inputs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [30.0, 200.0])
@pytest.mark.parametrize("name", CELLS)
def test_closed_and_open_gates_stay_finite_with_their_gradients(name, scale):
    cell, rng = CELLS[name], np.random.default_rng(3)
    shape = (20, cell.num_gates * UNITS)
    extra = [tf.zeros(shape) for shape in extra_shapes(name, UNITS, UNITS)]
    state = tuple(tf.zeros((20, UNITS)) for _ in range(cell.num_states))
    projected = tf.constant(scale * rng.normal(size=(8, *shape)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(projected)
        for now in tf.unstack(projected):
            state = cell.step(now, tf.zeros(shape), state, extra)
        loss = tf.reduce_sum(state[0])
    assert all(np.all(np.isfinite(value)) for value in (*state, tape.gradient(loss, projected)))


def test_the_stabilizer_of_an_slstm_changes_no_output():
    """Eq. 8 to 10 of Beck et al. 2024, without a stabilizer, from a state of zeros."""
    rng, cell = np.random.default_rng(4), CELLS["slstm"]
    state = tuple(tf.zeros((BATCH, UNITS), tf.float64) for _ in range(4))
    c = n = np.zeros((BATCH, UNITS))
    for gates in 3.0 * rng.normal(size=(STEPS, BATCH, 4 * UNITS)):
        i, f, g, o = np.split(gates, 4, axis=-1)
        c = sigmoid(f) * c + np.exp(i) * np.tanh(g)
        n = sigmoid(f) * n + np.exp(i)
        state = cell.step(tf.constant(gates), tf.zeros_like(gates), state, ())
        np.testing.assert_allclose(state[0], sigmoid(o) * c / n, rtol=1e-10)
        assert np.all(state[2] >= 1.0)


# In a layer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("use_keras", [False, True])
def test_a_layer_multiplies_before_it_computes_its_gates(use_keras):
    layer = Recurrent("lstm", UNITS, use_keras=use_keras)
    layer.build((None, None, 5))
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(BATCH, 2, 5)).astype(np.float32)
    state = tuple(tf.constant(rng.normal(size=(2, BATCH, 2, UNITS)), tf.float32))
    found = layer.gates(tf.constant(inputs), state, layer.step(tf.constant(inputs), state))
    kernel, recurrent_kernel, bias, _ = layer.cell.weights_of_step()
    share = inputs @ kernel.numpy() + bias + state[0].numpy() @ recurrent_kernel
    np.testing.assert_allclose(found["forget"], sigmoid(share[..., UNITS : 2 * UNITS]), rtol=1e-4)
