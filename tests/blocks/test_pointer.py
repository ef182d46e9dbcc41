"""Tests of the pointer: its equations in NumPy, whole sequences against steps, and gradients."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.attention import ATTENTIONS
from nlp_apps.blocks.pointer import PointerDecoder, PointerOutputs, mixture, scatter_weights

B, T, S, D, E, V = 2, 3, 5, 8, 6, 11
RANDOM = np.random.default_rng(3)
MEMORY = RANDOM.normal(size=(B, S, D)).astype(np.float32)
TOKEN_IDS = np.array([[4, 7, 4, 3, 0], [5, 5, 9, 10, 3]], np.int32)
TARGET_IN = np.array([[2, 4, 7], [2, 9, 5]], np.int32)


def decoder(attention: str = "dot", **options: object) -> PointerDecoder:
    made = PointerDecoder(V, E, D, attention=attention, num_heads=2, **options)
    made.build()
    for index, weight in enumerate(made.weights):
        weight.assign(np.random.default_rng(index).normal(size=weight.shape, scale=0.5))
    return made


def test_weights_of_the_same_token_are_summed():
    weights = np.array([[[0.5, 0.2, 0.3, 0.0, 0.0]]], np.float32)
    found = scatter_weights(tf.constant(weights), tf.constant(TOKEN_IDS[:1]), V).numpy()[0, 0]
    wanted = np.zeros(V)
    wanted[[4, 7]] = 0.8, 0.2
    np.testing.assert_allclose(found, wanted, atol=1e-7)


def test_the_mixture_is_that_of_the_paper():
    logits = RANDOM.normal(size=(B, T, V)).astype(np.float32)
    gate = RANDOM.normal(size=(B, T)).astype(np.float32)
    weights = RANDOM.dirichlet(np.ones(S), size=(B, T)).astype(np.float32)
    weights[0, :, 4] = 0.0  # padding
    weights /= weights.sum(axis=-1, keepdims=True)
    p_gen = 1.0 / (1.0 + np.exp(-gate))
    vocabulary = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    wanted = p_gen[..., None] * vocabulary
    for row in range(B):
        for position in range(T):
            for index in range(S):
                token = TOKEN_IDS[row, index]
                share = 1.0 - p_gen[row, position]
                wanted[row, position, token] += share * weights[row, position, index]
    outputs = PointerOutputs(*map(tf.constant, (logits, gate, weights, TOKEN_IDS)))
    found = np.exp(mixture(outputs).numpy())
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("gate", [-200.0, 200.0])
def test_a_saturated_gate_has_finite_logarithms_and_gradients(gate: float):
    logits = tf.constant(np.full((1, 1, V), -50.0, np.float32) + 100.0 * np.eye(V)[8])
    logits = tf.cast(logits, tf.float32)
    weights = tf.constant([[[1.0, 0.0, 0.0, 0.0, 0.0]]])
    with tf.GradientTape() as tape:
        tape.watch([logits, weights])
        outputs = PointerOutputs(logits, tf.fill((1, 1), gate), weights, TOKEN_IDS[:1])
        found = mixture(outputs)
    assert np.isfinite(found).all()
    assert int(tf.argmax(found[0, 0])) == (8 if gate > 0 else 4)
    for gradient in tape.gradient(found, [logits, weights]):
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_steps_equal_the_whole_sequence(attention: str):
    made = decoder(attention)
    mask = TOKEN_IDS != 0
    state = made.get_initial_state(B)
    whole, _ = made(TARGET_IN, state, MEMORY, mask, memory_ids=TOKEN_IDS)
    prepared = made.prepare_memory(tf.constant(MEMORY), mask)._replace(token_ids=TOKEN_IDS)
    state = tf.nest.map_structure(lambda value: value[:, None], state)
    matrix = made.output_matrix()
    for position in range(T):
        token = tf.constant(TARGET_IN[:, position : position + 1])
        step = made.step(token, state, prepared, output_matrix=matrix)
        state = step.state
        np.testing.assert_allclose(step.logits[:, 0], whole[:, position], rtol=1e-4, atol=1e-5)


def test_beams_share_the_tokens_of_their_source():
    made = decoder()
    prepared = made.prepare_memory(tf.constant(MEMORY))._replace(token_ids=TOKEN_IDS)
    state = tf.nest.map_structure(lambda value: value[:, None], made.get_initial_state(B))
    one = made.step(tf.fill((B, 1), 4), state, prepared)
    two = made.step(
        tf.fill((B, 2), 4),
        tf.nest.map_structure(lambda value: tf.repeat(value, 2, 1), state),
        prepared,
    )
    for beam in range(2):
        np.testing.assert_allclose(two.logits[:, beam], one.logits[:, 0], rtol=1e-5, atol=1e-6)


def test_padding_of_the_source_changes_nothing():
    made = decoder()
    state = made.get_initial_state(1)
    short = made(TARGET_IN[:1], state, MEMORY[:1, :4], memory_ids=TOKEN_IDS[:1, :4])[0]
    mask = np.array([[True] * 4 + [False]])
    padded = made(TARGET_IN[:1], state, MEMORY[:1], mask, memory_ids=TOKEN_IDS[:1])[0]
    np.testing.assert_allclose(padded, short, rtol=1e-5, atol=1e-6)


def test_a_pointer_needs_attention_and_a_memory():
    with pytest.raises(ValueError, match="attention"):
        PointerDecoder(V, E, D, attention="none")
    with pytest.raises(ValueError, match="memory"):
        decoder()(TARGET_IN, memory_ids=TOKEN_IDS)
