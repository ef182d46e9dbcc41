"""Tests of nlp_apps.blocks.decoder."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.attention import ATTENTIONS, Memory
from nlp_apps.blocks.cells import CELLS
from nlp_apps.blocks.decoder import Decoder

VOCABULARY, EMBEDDING, UNITS = 11, 4, 6
BATCH, LENGTH, SOURCE = 2, 4, 4
TARGET_IN = np.array([[1, 3, 4, 5], [1, 7, 8, 9]], np.int32)
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
KINDS = [*ATTENTIONS, "none"]


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def decoder(**options):
    keras.utils.set_random_seed(4)
    layer = Decoder(VOCABULARY, EMBEDDING, UNITS, **{"num_heads": 2, **options})
    layer.output_bias.assign(random(VOCABULARY, seed=1))
    return layer


def initial_state(layer, *shape, seed=2):
    """A random state of every layer, each tensor of `shape` and the width of a layer."""
    return tuple(
        tuple(
            tf.constant(random(*shape, UNITS, seed=seed + 10 * index + part))
            for part in range(recurrent.cell.state_size)
        )
        for index, recurrent in enumerate(layer.stack)
    )


def memory_of(layer, values=None, mask=MASK):
    if layer.attention is None:
        return None
    if values is None:
        values = random(BATCH, SOURCE, UNITS, seed=3)
    return layer.attention.prepare_memory(tf.constant(values), tf.constant(mask))


def beams_of(state):
    return tf.nest.map_structure(lambda value: value[:, None], state)


def assert_steps_agree(layer):
    state, memory = initial_state(layer, BATCH), memory_of(layer)
    logits, last = layer(TARGET_IN, state, memory)
    assert logits.shape == (BATCH, LENGTH, VOCABULARY)
    now = beams_of(state)
    for position in range(LENGTH):
        stepped = layer.step(tf.constant(TARGET_IN[:, position : position + 1]), now, memory)
        np.testing.assert_allclose(stepped.logits[:, 0], logits[:, position], atol=1e-5)
        now = stepped.state
    for ours, theirs in zip(tf.nest.flatten(now), tf.nest.flatten(beams_of(last)), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"num_layers": 1, "layer_norm": True},
        {"num_layers": 2, "tie_embeddings": False},
        {"num_layers": 3, "tie_embeddings": False, "layer_norm": True},
    ],
    ids=["one_layer", "two_layers", "three_layers"],
)
@pytest.mark.parametrize("attention", KINDS)
def test_call_and_step_agree_position_by_position(attention, options):
    assert_steps_agree(decoder(attention=attention, **options))


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_call_and_step_agree_for_every_cell(cell, residual):
    assert_steps_agree(decoder(cell=cell, residual=residual))


@pytest.mark.parametrize("attention", KINDS)
def test_several_beams_in_one_step_equal_as_many_single_steps(attention):
    layer, num_beams = decoder(attention=attention), 3
    memory, state = memory_of(layer), initial_state(layer, BATCH, num_beams)
    token_ids = np.array([[3, 4, 5], [6, 7, 8]], np.int32)
    together = layer.step(tf.constant(token_ids), state, memory)
    assert together.logits.shape == (BATCH, num_beams, VOCABULARY)
    for beam in range(num_beams):
        part = slice(beam, beam + 1)
        alone = layer.step(
            tf.constant(token_ids[:, part]),
            tf.nest.map_structure(lambda value, part=part: value[:, part], state),
            memory,
        )
        np.testing.assert_allclose(alone.logits, together.logits[:, part], atol=1e-5)
        for one, both in zip(
            tf.nest.flatten(alone.state), tf.nest.flatten(together.state), strict=True
        ):
            np.testing.assert_allclose(one, both[:, part], atol=1e-5)


@pytest.mark.parametrize("attention", KINDS)
def test_a_step_tells_where_it_looked(attention):
    layer = decoder(attention=attention)
    step = layer.step(tf.constant([[3], [4]]), initial_state(layer, BATCH, 1), memory_of(layer))
    assert step.logits.dtype == tf.float32
    if attention == "none":
        assert step.weights is None
    else:
        np.testing.assert_allclose(np.sum(step.weights, axis=-1), 1.0, atol=1e-6)
        assert not np.any(step.weights.numpy()[1, :, 2:])


@pytest.mark.parametrize("attention", KINDS)
def test_what_comes_later_never_changes_what_came_before(attention):
    layer = decoder(attention=attention)
    changed = TARGET_IN.copy()
    changed[:, 2:] = 2
    before, _ = layer(TARGET_IN, initial_state(layer, BATCH), memory_of(layer))
    after, _ = layer(changed, initial_state(layer, BATCH), memory_of(layer))
    np.testing.assert_allclose(before[:, :2], after[:, :2], atol=1e-6)
    assert not np.allclose(before[:, 2:], after[:, 2:], atol=1e-3)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_padding_of_the_memory_never_changes_the_logits(attention):
    layer, values = decoder(attention=attention), random(BATCH, SOURCE, UNITS, seed=3)
    state = initial_state(layer, BATCH)
    rubbish = np.where(MASK[:, :, None], values, 1e3)
    wide = np.pad(rubbish, ((0, 0), (0, 3), (0, 0)), constant_values=-9.0)
    wanted, _ = layer(TARGET_IN, state, memory_of(layer, values))
    found, _ = layer(TARGET_IN, state, memory_of(layer, wide, np.pad(MASK, ((0, 0), (0, 3)))))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_memory_matters_unless_there_is_no_attention():
    for attention in KINDS:
        layer = decoder(attention=attention)
        state = initial_state(layer, BATCH)
        one, _ = layer(TARGET_IN, state, memory_of(layer))
        other, _ = layer(TARGET_IN, state, memory_of(layer, random(BATCH, SOURCE, UNITS, seed=8)))
        assert np.allclose(one, other, atol=1e-4) == (attention == "none")


def test_a_tied_output_is_the_matrix_of_the_embedding():
    tied, untied = decoder(), decoder(tie_embeddings=False)
    size = VOCABULARY * EMBEDDING
    assert untied.count_params() == tied.count_params() + size
    assert sum(int(np.prod(weight.shape)) == size for weight in tied.weights) == 1
    # A word that is never fed still has its own row of the output: change it and its logit moves.
    state, memory = initial_state(tied, BATCH), memory_of(tied)
    before, _ = tied(TARGET_IN, state, memory)
    table = tied.embedding.table.get_weights()[0]
    table[2] += 1.0
    tied.embedding.table.set_weights([table])
    after, _ = tied(TARGET_IN, state, memory)
    moved = np.any(np.abs(after - before) > 1e-4, axis=(0, 1))
    assert list(np.flatnonzero(moved)) == [2]


def test_an_untied_output_does_not_read_the_embedding():
    layer = decoder(tie_embeddings=False)
    state, memory = initial_state(layer, BATCH), memory_of(layer)
    before, _ = layer(TARGET_IN, state, memory)
    table = layer.embedding.table.get_weights()[0]
    table[2] += 1.0
    layer.embedding.table.set_weights([table])
    np.testing.assert_array_equal(layer(TARGET_IN, state, memory)[0], before)


@pytest.mark.parametrize("tied", [True, False])
def test_output_vectors_are_what_logits_compares_features_with(tied):
    layer = decoder(attention="none", tie_embeddings=tied)
    features = tf.constant(random(BATCH, LENGTH, EMBEDDING, seed=5))
    token_ids = tf.constant([[3, 0, 10, 3], [1, 2, 3, 4]])
    vectors, bias = layer.output_embeddings(token_ids)
    logits = tf.gather(layer.logits(features), token_ids, axis=-1, batch_dims=2)
    np.testing.assert_allclose(
        tf.reduce_sum(features * vectors, axis=-1) + bias, logits, rtol=1e-5, atol=1e-5
    )


def test_both_uses_of_a_tied_matrix_add_to_its_gradient():
    layer = decoder()
    with tf.GradientTape() as tape:
        logits, _ = layer(TARGET_IN, initial_state(layer, BATCH), memory_of(layer))
        loss = tf.reduce_sum(tf.nn.log_softmax(logits)[:, :, 2])
    gradient = tf.convert_to_tensor(tape.gradient(loss, layer.embedding.table.embeddings))
    assert np.all(np.any(gradient != 0.0, axis=1))  # also words that were never fed


def test_a_residual_adds_to_the_second_layer_and_not_to_the_first():
    plain, residual = decoder(residual=False), decoder(residual=True)
    residual.set_weights(plain.get_weights())
    state, memory = initial_state(plain, BATCH), memory_of(plain)
    assert not np.allclose(
        plain(TARGET_IN, state, memory)[0], residual(TARGET_IN, state, memory)[0], atol=1e-3
    )
    one, other = decoder(residual=False, num_layers=1), decoder(residual=True, num_layers=1)
    other.set_weights(one.get_weights())
    state = initial_state(one, BATCH)
    np.testing.assert_array_equal(
        one(TARGET_IN, state, memory)[0], other(TARGET_IN, state, memory)[0]
    )


def test_dropout_acts_in_training_only():
    layer = decoder(dropout=0.5, word_dropout=0.2)
    state, memory = initial_state(layer, BATCH), memory_of(layer)
    calm, _ = layer(TARGET_IN, state, memory)
    np.testing.assert_array_equal(calm, layer(TARGET_IN, state, memory, training=False)[0])
    shaken, _ = layer(TARGET_IN, state, memory, training=True)
    assert not np.allclose(calm, shaken, atol=1e-3)
    assert_steps_agree(layer)


def test_a_memory_is_values_keys_and_mask():
    assert Memory._fields == ("values", "keys", "mask")


def test_an_unknown_attention_is_an_error():
    with pytest.raises(ValueError, match="attention must be one of .*; got 'some'"):
        decoder(attention="some")
