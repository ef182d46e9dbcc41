"""Tests of nlp_apps.blocks.letter_grid and nlp_apps.blocks.letter_encoder."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.letter_encoder import LetterEncoder
from nlp_apps.blocks.letter_grid import letter_grid

SPACE, EOS, LETTERS = 5, 3, 4
IDS = np.array(
    [
        [5, 6, 7, 8, 9, 6, 5, 7, 3, 0],  # a word of two rows, a word, EOS
        [6, 5, 5, 7, 3, 0, 0, 0, 0, 0],  # a text without a space at its start, two spaces
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
    np.int32,
)
ROWS = [
    [[5, 6, 7, 8], [9, 6], [5, 7], [3]],
    [[6], [5], [5, 7], [3]],
    [],
]
FIRSTS = [[0, 4, 6, 8], [0, 1, 2, 4], []]


def rows_of(grid, token_ids):
    """The letters of each row of each text."""
    found = []
    for positions, is_letter, ids in zip(grid.positions, grid.is_letter, token_ids, strict=True):
        rows = [
            ids[one[real]].tolist()
            for one, real in zip(positions.numpy(), is_letter.numpy(), strict=True)
        ]
        found.append([row for row in rows if row])
    return found


@pytest.mark.parametrize("num_rows", [None, 10])
def test_rows_begin_at_spaces_and_long_words_continue(num_rows):
    grid = letter_grid(tf.constant(IDS), SPACE, LETTERS, num_rows)
    assert grid.positions.shape == (3, num_rows or 4, LETTERS)
    assert rows_of(grid, IDS) == ROWS
    assert [np.flatnonzero(row).tolist() for row in grid.is_first] == FIRSTS
    assert grid.row_of[0].numpy().tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 3, 3]
    np.testing.assert_array_equal(
        tf.reduce_sum(tf.cast(grid.padding_mask, tf.int32), axis=1), [4, 4, 0]
    )


def encoder(**options):
    keras.utils.set_random_seed(0)
    layer = LetterEncoder(12, 5, 6, **{"space_id": SPACE, "num_letters": LETTERS, **options})
    layer.build()
    return layer


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bidirectional": False, "kernel_size": 3},
        {"num_layers": 2, "layer_norm": True},
        {"num_layers": 3, "residual": False},
    ],
    ids=str,
)
def test_padding_never_changes_real_positions(options):
    layer = encoder(**options)
    memory = layer(IDS)
    assert memory.shape == (3, 10, 6)
    wide = layer(np.pad(IDS, ((0, 0), (0, 7))))
    for row, length in ((0, 9), (1, 5)):
        alone = layer(IDS[row : row + 1, :length])
        np.testing.assert_allclose(memory[row, :length], alone[0], atol=1e-6)
        np.testing.assert_allclose(wide[row, :length], alone[0], atol=1e-6)


def test_all_letters_of_a_row_have_its_state():
    memory = encoder()(IDS).numpy()
    for first, last in ((0, 3), (4, 5), (6, 7)):
        np.testing.assert_array_equal(memory[0, first], memory[0, last])
    assert np.abs(memory[0, 0] - memory[0, 4]).max() > 1e-3


def test_vectors_replace_those_of_the_ids():
    layer = encoder()
    vectors = layer.embedding(IDS)
    np.testing.assert_array_equal(layer(IDS, inputs_embeds=vectors), layer(IDS))
    assert np.abs(layer(IDS, inputs_embeds=vectors * 2.0) - layer(IDS)).max() > 1e-3


def test_the_state_of_a_row_is_the_maximum_over_its_letters():
    layer = encoder(bidirectional=False)
    ids = IDS[:1]
    grid = layer.grid(ids)
    letters = tf.gather(layer.embedding(ids), grid.positions, axis=1, batch_dims=1)
    letters = tf.where(grid.is_letter[..., None], letters, 0.0)
    states = layer.stack[0](letters).numpy()[0]  # [R, L, D]
    for row, size in enumerate((4, 2, 2, 1)):
        wanted = states[row, :size].max(axis=0)
        np.testing.assert_allclose(layer(ids)[0, FIRSTS[0][row]], wanted, atol=1e-6)


def test_odd_units_in_both_directions_are_an_error():
    with pytest.raises(ValueError, match="even"):
        LetterEncoder(12, 5, 7, space_id=SPACE)
