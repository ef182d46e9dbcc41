"""Tests of nlp_apps.blocks.encoder."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.blocks.embedding import TokenEmbedding
from nlp_apps.blocks.encoder import Encoder

VOCABULARY, EMBEDDING, UNITS = 12, 5, 6
LENGTHS = [5, 2, 4]
TOKEN_IDS = np.array([[3, 4, 5, 6, 2], [7, 2, 0, 0, 0], [8, 9, 10, 2, 0]], np.int32)


def encoder(seed=0, **options):
    keras.utils.set_random_seed(seed)
    layer = Encoder(VOCABULARY, EMBEDDING, UNITS, **options)
    layer.build()
    return layer


def same_weights(*layers):
    """Copies the weights of the first layer to the others, as many as it has."""
    first = layers[0].get_weights()
    for layer in layers[1:]:
        layer.set_weights(first[: len(layer.weights)])


@pytest.mark.parametrize(
    "options",
    [
        *({"cell": cell} for cell in CELLS),
        {"bidirectional": False},
        {"layer_norm": True, "num_layers": 1},
        {"layer_norm": True, "residual": False},
        {"embedding_skip": True},
    ],
    ids=str,
)
def test_padding_never_changes_real_positions(options):
    layer = encoder(**options)
    memory = layer(TOKEN_IDS)
    assert memory.shape == (3, 5, UNITS)
    wide = layer(np.pad(TOKEN_IDS, ((0, 0), (0, 4))))
    for row, length in enumerate(LENGTHS):
        alone = layer(TOKEN_IDS[row : row + 1, :length])
        np.testing.assert_allclose(memory[row, :length], alone[0], atol=1e-6)
        np.testing.assert_allclose(wide[row, :length], alone[0], atol=1e-6)


def test_a_row_without_real_tokens_is_finite_and_leaves_the_others_alone():
    layer = encoder(layer_norm=True)
    with_empty = layer(np.concatenate([TOKEN_IDS, np.zeros((1, 5), np.int32)]))
    assert np.all(np.isfinite(with_empty))
    np.testing.assert_allclose(with_empty[:3], layer(TOKEN_IDS), atol=1e-6)


def test_a_residual_adds_the_input_of_the_second_layer_to_its_output():
    with_residual, without = encoder(residual=True), encoder(residual=False)
    first_layer = encoder(num_layers=1)
    same_weights(with_residual, without, first_layer)
    difference = with_residual(TOKEN_IDS) - without(TOKEN_IDS)
    np.testing.assert_allclose(difference, first_layer(TOKEN_IDS), atol=1e-6)


def test_an_embedding_skip_adds_the_embeddings_to_the_memory():
    layer, without = encoder(embedding_skip=True), encoder()
    same_weights(layer, without)
    np.testing.assert_array_equal(layer(TOKEN_IDS), without(TOKEN_IDS))  # its matrix is 0
    matrix = np.random.default_rng(1).normal(size=layer.skip.kernel.shape)
    layer.skip.set_weights([matrix])
    difference = layer(TOKEN_IDS) - without(TOKEN_IDS)
    np.testing.assert_allclose(difference, layer.embedding(TOKEN_IDS) @ matrix, atol=1e-5)


def test_one_direction_sees_only_earlier_tokens_and_two_see_all():
    changed = TOKEN_IDS.copy()
    changed[0, -1] = 11
    for bidirectional in (False, True):
        layer = encoder(bidirectional=bidirectional)
        before, after = layer(TOKEN_IDS)[0, :-1], layer(changed)[0, :-1]
        assert np.allclose(before, after, atol=1e-6) != bidirectional


@pytest.mark.parametrize("layer_norm", [False, True])
def test_layer_norm_makes_the_scale_of_the_embedding_immaterial(layer_norm):
    layer = encoder(layer_norm=layer_norm)
    table = layer.embedding.table
    table.set_weights([100.0 * table.get_weights()[0]])  # so large that epsilon does not matter
    before = layer(TOKEN_IDS)
    table.set_weights([10.0 * table.get_weights()[0]])
    assert np.allclose(before[0], layer(TOKEN_IDS)[0], atol=1e-3) == layer_norm


def spy(call, seen):
    """The same call, which also writes down its inputs."""

    def spied(inputs, *args, **kwargs):
        seen.append(inputs)
        return call(inputs, *args, **kwargs)

    return spied


def test_layer_norm_normalises_the_input_of_each_layer():
    layer = encoder(layer_norm=True, num_layers=3)
    seen: list[tf.Tensor] = []
    for recurrent in layer.stack:
        recurrent.call = spy(recurrent.call, seen)
    layer(TOKEN_IDS)
    assert len(seen) == 6  # three layers, two directions
    for values in seen:
        np.testing.assert_allclose(np.mean(values, axis=-1), 0.0, atol=1e-5)


def ones_embedding(**options):
    keras.utils.set_random_seed(2)
    layer = TokenEmbedding(VOCABULARY, 16, **options)
    layer.build()
    layer.table.set_weights([np.ones((VOCABULARY, 16), np.float32)])
    return layer


def test_word_dropout_drops_whole_words():
    layer = ones_embedding(word_dropout=0.5)
    vectors = layer(np.full((8, 9), 3, np.int32), training=True).numpy()
    assert set(np.unique(vectors)) == {0.0, 2.0}
    assert np.all(vectors == vectors[:, :, :1])  # a word is all there, or all gone
    assert np.any(vectors[0] != vectors[1])
    np.testing.assert_array_equal(layer(np.full((2, 3), 3, np.int32)), 1.0)


def test_dropout_of_the_embedding_drops_the_same_columns_of_every_word():
    vectors = ones_embedding(dropout=0.5)(np.full((8, 9), 3, np.int32), training=True).numpy()
    assert set(np.unique(vectors)) == {0.0, 2.0}
    assert np.all(vectors == vectors[:, :1])
    assert np.any(vectors[0] != vectors[1])


def test_every_layer_of_the_encoder_is_dropped_with_one_mask_over_time():
    layer = encoder(dropout=0.5, residual=False)
    memory = layer(np.repeat(TOKEN_IDS[:1], 8, axis=0), training=True).numpy()
    gone = memory == 0.0
    assert np.any(gone) and not np.all(gone)
    assert np.all(gone == gone[:, :1])
    assert np.any(gone[0] != gone[1])
    np.testing.assert_array_equal(layer(TOKEN_IDS), layer(TOKEN_IDS, training=False))


def test_logits_of_an_embedding_are_products_with_every_word():
    layer = TokenEmbedding(VOCABULARY, EMBEDDING)
    layer.build()
    features = np.random.default_rng(3).normal(size=(2, 3, EMBEDDING)).astype(np.float32)
    logits = layer.logits(tf.constant(features))
    assert logits.shape == (2, 3, VOCABULARY)
    np.testing.assert_allclose(logits, features @ layer.table.get_weights()[0].T, atol=1e-5)


def test_a_shared_embedding_is_the_same_layer():
    shared = TokenEmbedding(VOCABULARY, EMBEDDING)
    layer = encoder(embedding=shared)
    assert layer.embedding is shared
    assert sum(weight.shape == (VOCABULARY, EMBEDDING) for weight in layer.weights) == 1


def test_odd_units_in_two_directions_are_an_error():
    with pytest.raises(ValueError, match="units must be even where the encoder is bidirectional"):
        Encoder(VOCABULARY, EMBEDDING, 7)
    assert Encoder(VOCABULARY, EMBEDDING, 7, bidirectional=False)(TOKEN_IDS).shape == (3, 5, 7)
