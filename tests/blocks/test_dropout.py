"""Tests of nlp_apps.blocks.dropout."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.dropout import Dropout, WeightDrop
from nlp_apps.blocks.first_row import rows_from
from nlp_apps.blocks.random_hash import hash_uint32, keep_mask


def dropped(layer, *shape):
    return layer(tf.ones(shape), training=True).numpy()


@pytest.fixture
def seeded():
    keras.utils.set_random_seed(1)


def test_over_time_there_is_one_mask_for_every_step_of_a_row(seeded):
    values = dropped(Dropout(0.5), 8, 6, 32)
    assert set(np.unique(values)) == {0.0, 2.0}
    assert np.all(values == values[:, :1])  # the same features at every time
    assert len({row.tobytes() for row in values}) == 8  # other features in every row


def test_over_features_a_whole_word_is_there_or_gone(seeded):
    values = dropped(Dropout(0.5, shared="features"), 8, 32, 6)
    assert set(np.unique(values)) == {0.0, 2.0}
    assert np.all(values == values[:, :, :1])
    assert len({row.tobytes() for row in values}) == 8


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.9])
def test_the_share_that_is_dropped_is_the_rate_and_the_mean_stays(seeded, rate):
    values = dropped(Dropout(rate), 200, 1, 500)  # standard error of the share: at most 0.0016
    assert np.mean(values == 0.0) == pytest.approx(rate, abs=0.008)
    assert np.mean(values) == pytest.approx(1.0, abs=0.03)
    for axis in (0, 1):  # no row and no feature is favoured
        assert np.std(np.mean(values[:, 0] == 0.0, axis=axis)) < 0.06


def test_every_call_draws_another_mask_and_every_layer_its_own(seeded):
    layer, other = Dropout(0.5), Dropout(0.5)
    masks = [dropped(layer, 4, 1, 64) for _ in range(3)] + [dropped(other, 4, 1, 64)]
    assert len({mask.tobytes() for mask in masks}) == 4


def test_the_same_random_seed_draws_the_same_masks():
    drawn = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        layer = Dropout(0.5)
        drawn.append([dropped(layer, 4, 2, 8) for _ in range(3)])
    np.testing.assert_array_equal(drawn[0], drawn[1])


def test_nothing_is_dropped_outside_training_or_at_rate_0(seeded):
    inputs = tf.ones((2, 3, 4))
    np.testing.assert_array_equal(Dropout(0.5)(inputs), 1.0)
    np.testing.assert_array_equal(Dropout(0.5)(inputs, training=False), 1.0)
    np.testing.assert_array_equal(Dropout(0.0)(inputs, training=True), 1.0)
    assert not Dropout(0.0).variables


def test_the_gradient_is_the_mask_itself(seeded):
    layer, inputs = Dropout(0.5), tf.ones((4, 3, 8))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
    np.testing.assert_array_equal(tape.gradient(outputs, inputs), outputs)


def test_half_precision_stays_half_precision(seeded):
    layer = Dropout(0.5, dtype="mixed_bfloat16")
    assert layer(tf.ones((2, 3, 4), tf.bfloat16), training=True).dtype == tf.bfloat16


def test_a_graph_of_unknown_shape_draws_a_new_mask_every_time(seeded):
    layer = Dropout(0.5)

    @tf.function(input_signature=[tf.TensorSpec((None, None, 16))])
    def run(inputs):
        return layer(inputs, training=True)

    first, second = run(tf.ones((3, 2, 16))), run(tf.ones((3, 2, 16)))
    assert np.any(first != second)
    assert np.all(first[:, 0] == first[:, 1])
    assert run(tf.ones((1, 5, 16))).shape == (1, 5, 16)


def test_the_hash_maps_no_two_numbers_to_one_and_scatters_neighbours():
    numbers = tf.cast(tf.range(4096), tf.uint32)
    hashed = hash_uint32(numbers).numpy()
    assert len(set(hashed.tolist())) == 4096
    changed = np.bitwise_count(hashed[::2] ^ hashed[1::2])  # neighbours differ in one bit
    assert np.mean(changed) == pytest.approx(16.0, abs=0.5)
    assert hashed[0] == 0
    # The C function of its author, in Python.
    assert hashed[1:3].tolist() == [lowbias32(1), lowbias32(2)]


def lowbias32(x):
    x ^= x >> 16
    x = x * 0x7FEB352D % 2**32
    x ^= x >> 15
    x = x * 0x846CA68B % 2**32
    return x ^ x >> 16


def test_seeds_draw_masks_that_have_nothing_in_common():
    masks = [
        keep_mask(tf.constant([4096]), tf.constant(seed, tf.uint32), 0.5).numpy() * 2.0 - 1.0
        for seed in ([0, 0], [1, 0], [0, 1], [7, 9])
    ]
    correlations = np.corrcoef(masks) - np.eye(4)
    assert np.max(np.abs(correlations)) < 0.08  # 5 standard errors


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_out_of_range_is_an_error(rate):
    with pytest.raises(ValueError, match=f"dropout must be from 0 to below 1; got {rate}"):
        Dropout(rate)


# Weights


def dropped_weights(layer, *shape):
    return layer(tf.ones(shape), training=True).numpy()


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_single_weights_are_dropped_and_the_mean_stays(seeded, rate):
    values = dropped_weights(WeightDrop(rate), 300, 400)  # standard error: at most 0.0015
    kept = np.float32(1.0 / (1.0 - rate))
    assert set(np.unique(values)) == {np.float32(0.0), kept}
    assert np.mean(values == 0.0) == pytest.approx(rate, abs=0.008)
    assert np.mean(values) == pytest.approx(1.0, abs=0.1)
    for axis in (0, 1):  # no row and no column is favoured
        assert np.std(np.mean(values == 0.0, axis=axis)) < 0.04


def test_kept_weights_of_a_matrix_are_scaled_and_nothing_else(seeded):
    matrix = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    found = WeightDrop(0.5)(tf.constant(matrix), training=True).numpy()
    np.testing.assert_array_equal(found[found != 0.0], 2.0 * matrix[found != 0.0])
    assert 200 < np.count_nonzero(found) < 400


def test_every_step_drops_other_weights_and_every_layer_its_own(seeded):
    layer, other = WeightDrop(0.5), WeightDrop(0.5)
    masks = [dropped_weights(layer, 8, 8) for _ in range(3)] + [dropped_weights(other, 8, 8)]
    assert len({mask.tobytes() for mask in masks}) == 4


def test_no_weight_is_dropped_outside_training_or_at_rate_0(seeded):
    matrix = tf.ones((4, 5))
    np.testing.assert_array_equal(WeightDrop(0.5)(matrix), 1.0)
    np.testing.assert_array_equal(WeightDrop(0.5)(matrix, training=False), 1.0)
    np.testing.assert_array_equal(WeightDrop(0.0)(matrix, training=True), 1.0)
    assert not WeightDrop(0.0).variables


def test_a_dropped_weight_has_no_gradient(seeded):
    layer, matrix = WeightDrop(0.5), tf.ones((6, 7))
    with tf.GradientTape() as tape:
        tape.watch(matrix)
        found = layer(matrix, training=True)
    np.testing.assert_array_equal(tape.gradient(found, matrix), found)


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_of_weights_out_of_range_is_an_error(rate):
    with pytest.raises(ValueError, match=f"weight_drop must be from 0 to below 1; got {rate}"):
        WeightDrop(rate)


@pytest.mark.parametrize("shared", ["time", "features"])
def test_the_mask_of_a_row_is_the_same_in_a_part_of_the_batch(shared):
    def layer():
        keras.utils.set_random_seed(3)
        return Dropout(0.5, shared=shared)

    whole = dropped(layer(), 8, 5, 6)
    with rows_from(5):
        part = dropped(layer(), 3, 5, 6)
    np.testing.assert_array_equal(part, whole[5:])
