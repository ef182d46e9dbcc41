"""Tests of nlp_apps.blocks.decoder."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.attention import ATTENTIONS
from nlp_apps.blocks.cells.cell_registry import CELLS
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
    layer.build()
    layer.output_bias.assign(random(VOCABULARY, seed=1))
    return layer


def initial_state(layer, *shape, seed=2):
    """A random state of every layer, each tensor of `shape` and the width of a layer."""
    return tuple(
        tuple(
            tf.constant(random(*shape, UNITS, seed=seed + 10 * index + part))
            for part in range(recurrent.cell.num_states)
        )
        for index, recurrent in enumerate(layer.stack)
    )


MEMORY = random(BATCH, SOURCE, UNITS, seed=3)


def prepared(layer):
    return layer.prepare_memory(tf.constant(MEMORY), tf.constant(MASK))


def predict(layer, state, memory=MEMORY, mask=MASK, **options):
    return layer(TARGET_IN, state, tf.constant(memory), tf.constant(mask), **options)[0]


def beams_of(state):
    return tf.nest.map_structure(lambda value: value[:, None], state)


def assert_steps_agree(layer):
    state, memory = initial_state(layer, BATCH), prepared(layer)
    logits, last = layer(TARGET_IN, state, tf.constant(MEMORY), tf.constant(MASK))
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
    memory, state = prepared(layer), initial_state(layer, BATCH, num_beams)
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
def test_a_step_returns_its_attention_weights(attention):
    layer = decoder(attention=attention)
    step = layer.step(tf.constant([[3], [4]]), initial_state(layer, BATCH, 1), prepared(layer))
    assert step.logits.dtype == tf.float32
    if attention == "none":
        assert step.weights is None
    else:
        np.testing.assert_allclose(np.sum(step.weights, axis=-1), 1.0, atol=1e-6)
        assert not np.any(step.weights.numpy()[1, :, 2:])


@pytest.mark.parametrize("attention", KINDS)
def test_later_tokens_never_change_earlier_logits(attention):
    layer = decoder(attention=attention)
    changed = TARGET_IN.copy()
    changed[:, 2:] = 2
    state = initial_state(layer, BATCH)
    before = predict(layer, state)
    after, _ = layer(changed, state, tf.constant(MEMORY), tf.constant(MASK))
    np.testing.assert_allclose(before[:, :2], after[:, :2], atol=1e-6)
    assert not np.allclose(before[:, 2:], after[:, 2:], atol=1e-3)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_padding_of_the_memory_never_changes_the_logits(attention):
    layer = decoder(attention=attention)
    state = initial_state(layer, BATCH)
    rubbish = np.where(MASK[:, :, None], MEMORY, 1e3)
    wide = np.pad(rubbish, ((0, 0), (0, 3), (0, 0)), constant_values=-9.0)
    found = predict(layer, state, wide, np.pad(MASK, ((0, 0), (0, 3))))
    np.testing.assert_allclose(found, predict(layer, state), atol=1e-5)


def test_the_memory_matters_unless_there_is_no_attention():
    for attention in KINDS:
        layer = decoder(attention=attention)
        state = initial_state(layer, BATCH)
        one = predict(layer, state)
        other = predict(layer, state, random(BATCH, SOURCE, UNITS, seed=8))
        assert np.allclose(one, other, atol=1e-4) == (attention == "none")


def test_a_tied_output_is_the_matrix_of_the_embedding():
    tied, untied = decoder(), decoder(tie_embeddings=False)
    size = VOCABULARY * EMBEDDING
    assert untied.count_params() == tied.count_params() + size
    assert sum(int(np.prod(weight.shape)) == size for weight in tied.weights) == 1
    # A word that is never fed still has its own row of the output: change it and its logit moves.
    state = initial_state(tied, BATCH)
    before = predict(tied, state)
    table = tied.embedding.table.get_weights()[0]
    table[2] += 1.0
    tied.embedding.table.set_weights([table])
    after = predict(tied, state)
    moved = np.any(np.abs(after - before) > 1e-4, axis=(0, 1))
    assert list(np.flatnonzero(moved)) == [2]


def test_an_untied_output_does_not_read_the_embedding():
    layer = decoder(tie_embeddings=False)
    state = initial_state(layer, BATCH)
    before = predict(layer, state)
    table = layer.embedding.table.get_weights()[0]
    table[2] += 1.0
    layer.embedding.table.set_weights([table])
    np.testing.assert_array_equal(predict(layer, state), before)


@pytest.mark.parametrize("tied", [True, False])
def test_output_embeddings_lead_to_the_logits_of_their_tokens(tied):
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
        logits = predict(layer, initial_state(layer, BATCH))
        loss = tf.reduce_sum(tf.nn.log_softmax(logits)[:, :, 2])
    gradient = tf.convert_to_tensor(tape.gradient(loss, layer.embedding.table.embeddings))
    assert np.all(np.any(gradient != 0.0, axis=1))  # also words that were never fed


def test_a_residual_adds_to_the_second_layer_and_not_to_the_first():
    plain, residual = decoder(residual=False), decoder(residual=True)
    residual.set_weights(plain.get_weights())
    state = initial_state(plain, BATCH)
    assert not np.allclose(predict(plain, state), predict(residual, state), atol=1e-3)
    one, other = decoder(residual=False, num_layers=1), decoder(residual=True, num_layers=1)
    other.set_weights(one.get_weights())
    state = initial_state(one, BATCH)
    np.testing.assert_array_equal(predict(one, state), predict(other, state))


def test_dropout_acts_in_training_only():
    layer = decoder(dropout=0.5, word_dropout=0.2)
    state = initial_state(layer, BATCH)
    calm = predict(layer, state)
    np.testing.assert_array_equal(calm, predict(layer, state, training=False))
    shaken = predict(layer, state, training=True)
    assert not np.allclose(calm, shaken, atol=1e-3)
    assert_steps_agree(layer)


def test_a_state_after_padding_is_the_state_after_the_last_real_token():
    layer = decoder(attention="none")
    mask = tf.constant([[True] * 4, [True, True, False, False]])
    _, state = layer(TARGET_IN, padding_mask=mask)
    _, wanted = layer(TARGET_IN[1:, :2])
    for ours, theirs in zip(tf.nest.flatten(state), tf.nest.flatten(wanted), strict=True):
        np.testing.assert_allclose(ours[1:], theirs, atol=1e-6)


def test_a_step_accepts_vectors_in_place_of_token_ids():
    layer = decoder(attention="none")
    token_ids, state = tf.constant([[3], [4]]), initial_state(layer, BATCH, 1)
    embeds = tf.gather(tf.constant(layer.embedding.table.get_weights()[0]), token_ids)
    found = layer.step(tf.zeros_like(token_ids), state, inputs_embeds=embeds)
    np.testing.assert_array_equal(found.logits, layer.step(token_ids, state).logits)


def test_a_step_with_gates_is_the_same_step():
    layer = decoder(attention="none", num_layers=3)
    token_ids, state = tf.constant([[5, 9]]), initial_state(layer, 1, 2)
    after, found = layer.gates(token_ids, state)
    for ours, wanted in zip(after, layer.step(token_ids, state).state, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-6)
    assert [list(gates) for gates in found] == [["input", "forget", "output"]] * 3
    assert found[0]["input"].shape == (1, 2, UNITS)


def test_an_unknown_attention_is_an_error():
    with pytest.raises(ValueError, match="attention must be one of .*; got 'some'"):
        decoder(attention="some")
