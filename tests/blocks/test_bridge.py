"""Tests of nlp_apps.blocks.bridge."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.bridge import Bridge
from nlp_apps.blocks.cells.cell_registry import CELLS

BATCH, LENGTH, UNITS, LAYERS = 2, 4, 6, 3
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def random_bridge(cell="lstm"):
    bridge = Bridge(UNITS, cell=cell, num_layers=LAYERS)
    bridge.build()
    bridge.set_weights(
        [random(*weight.shape, seed=index) for index, weight in enumerate(bridge.weights)]
    )
    return bridge


@pytest.mark.parametrize("cell", CELLS)
def test_the_tensors_of_every_layer_are_tanh_of_the_projected_mean(cell):
    bridge, values = random_bridge(cell), random(BATCH, LENGTH, UNITS, seed=5)
    state = bridge(tf.constant(values), tf.constant(MASK))
    assert [len(layer) for layer in state] == [CELLS[cell].num_states] * LAYERS
    mean = np.stack([values[row][MASK[row]].mean(axis=0) for row in range(BATCH)])
    kernel, bias = bridge.get_weights()
    wanted = np.tanh(mean @ kernel + bias)
    num_bridged = CELLS[cell].num_bridged
    found = np.concatenate([tensor for layer in state for tensor in layer[:num_bridged]], axis=-1)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_memory_of_an_slstm_starts_with_the_weight_1():
    bridge, values = random_bridge("slstm"), random(BATCH, LENGTH, UNITS, seed=5)
    for _, _, n, m in bridge(tf.constant(values)):
        np.testing.assert_array_equal(n, np.ones((BATCH, UNITS)))
        np.testing.assert_array_equal(m, np.zeros((BATCH, UNITS)))


def test_padding_never_changes_the_first_state():
    bridge, values = random_bridge(), random(BATCH, LENGTH, UNITS, seed=5)
    rubbish = np.where(MASK[:, :, None], values, 1e3)
    wide = np.pad(rubbish, ((0, 0), (0, 2), (0, 0)), constant_values=-50.0)
    wanted = bridge(tf.constant(values), tf.constant(MASK))
    found = bridge(tf.constant(wide), tf.constant(np.pad(MASK, ((0, 0), (0, 2)))))
    for ours, theirs in zip(tf.nest.flatten(found), tf.nest.flatten(wanted), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_row_without_real_tokens_starts_from_the_bias():
    bridge, values = random_bridge(), random(1, LENGTH, UNITS)
    state = bridge(tf.constant(values), tf.zeros((1, LENGTH), tf.bool))
    found = np.concatenate([tensor for layer in state for tensor in layer], axis=-1)
    np.testing.assert_allclose(found[0], np.tanh(bridge.get_weights()[1]), atol=1e-6)
