"""Tests of the n-gram path."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.feature_extraction.text import TfidfVectorizer

from nlp_apps.blocks.ngram_counts import ngram_counts
from nlp_apps.blocks.ngrams import MAX_ROWS, Ngrams, distinct
from nlp_apps.text.special_ids import EOS
from nlp_apps.text.tokenizer import Tokenizer
from tests.blocks.ngram_texts import LINES, padded, sequence, tokenizer

__all__ = ["tokenizer"]


def tiny(tokenizer: Tokenizer, num_rows: int = 1000) -> Ngrams:
    layer = Ngrams(tokenizer.vocabulary, 3, num_rows=num_rows)
    layer.build()
    return layer


def test_logits_are_those_of_tf_idf_with_l2_norm(tokenizer: Tokenizer):
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+", sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    texts = LINES[:4]
    features = [vectorizer.fit_transform(texts).toarray() for vectorizer in (words, letters)]
    layer = Ngrams(tokenizer.vocabulary, 3, num_rows=MAX_ROWS)  # no collisions
    layer.build()
    random = np.random.default_rng(1)
    table = layer.table.numpy()
    wanted = np.zeros((len(texts), 3))
    for vectorizer, found in zip((words, letters), features, strict=True):
        for ngram, column in vectorizer.vocabulary_.items():
            row = row_of(layer, tokenizer, ngram, is_word=vectorizer is words)
            values, idf = random.normal(size=3), vectorizer.idf_[column]
            table[row] = [*(values * idf), idf**2]
            wanted += found[:, column, None] * values
    layer.table.assign(table)
    layer.bias.assign([0.1, 0.2, 0.3])
    logits = layer(padded([sequence(tokenizer, text) for text in texts]))
    np.testing.assert_allclose(logits, wanted + [0.1, 0.2, 0.3], rtol=1e-4, atol=1e-4)


def row_of(layer: Ngrams, tokenizer: Tokenizer, ngram: str, *, is_word: bool) -> int:
    """The row of an n-gram: in a text of its own it is the only one of its length."""
    ids = sequence(tokenizer, ngram.strip())
    rows = layer.find(ids[None]).numpy()[0]
    if is_word:
        return int(rows[len(ids) * ngram.count(" ")])
    size = (len(rows) - 2 * len(ids)) // 4
    of_length = rows[2 * len(ids) + size * (len(ngram) - 2) :][:size]
    return int(of_length[0 if ngram[0] == " " else 1])


def test_padding_changes_nothing(tokenizer: Tokenizer):
    layer = tiny(tokenizer)
    layer.table.assign(np.random.default_rng(1).uniform(0.1, 2.0, layer.table.shape))
    sequences = [sequence(tokenizer, text) for text in LINES[:4]]
    alone = [layer(one[None]).numpy()[0] for one in sequences]
    np.testing.assert_allclose(layer(padded(sequences, more=9)), alone, rtol=1e-5)


def test_a_text_without_ngrams_has_the_bias(tokenizer: Tokenizer):
    layer = tiny(tokenizer)
    layer.bias.assign([0.5, -0.5, 0.0])
    found = layer(np.array([[EOS, 0, 0], [0, 0, 0]]))
    np.testing.assert_array_equal(found, [[0.5, -0.5, 0.0]] * 2)


def test_training_leaves_squared_weights_and_the_first_row(tokenizer: Tokenizer):
    layer = tiny(tokenizer)
    batch = padded([sequence(tokenizer, text) for text in LINES[:4]])
    labels = np.array([0, 1, 2, 1])
    model = keras.Sequential([keras.Input((None,), dtype="int32"), layer])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=True)
    before = layer.table.numpy()
    first = model.evaluate(batch, labels, verbose=0)
    model.fit(batch, labels, epochs=20, verbose=0)
    after = layer.table.numpy()
    assert model.evaluate(batch, labels, verbose=0) < 0.9 * first
    np.testing.assert_array_equal(after[:, -1], before[:, -1])
    np.testing.assert_array_equal(after[0], 0.0)


def test_equal_ngrams_are_counted():
    rows, frequencies = distinct(tf.constant([[5, 0, 7, 5], [0, 0, 0, 0], [3, 3, 3, 2]]))
    np.testing.assert_array_equal(rows, [[0, 5, 5, 7], [0, 0, 0, 0], [2, 3, 3, 3]])
    np.testing.assert_array_equal(frequencies, [[0, 2, 0, 1], [0, 0, 0, 0], [1, 3, 0, 0]])


def test_counts_are_those_of_the_rows(tokenizer: Tokenizer):
    find = tiny(tokenizer).find
    texts = [LINES[0], "soup", "", LINES[1] * 40, LINES[2]]
    sequences = [sequence(tokenizer, text) for text in texts]
    counts = ngram_counts(find, sequences)
    assert counts.shape == (5, 1000)
    assert counts.dtype == np.float32
    for row, one in enumerate(sequences):
        found = find(one[None]).numpy()[0]
        wanted = np.bincount(found[found > 0], minlength=1000)
        np.testing.assert_array_equal(counts[row].toarray()[0], wanted)
    assert ngram_counts(find, []).shape == (0, 1000)


@pytest.mark.parametrize("num_rows", [3, MAX_ROWS + 1])
def test_the_number_of_rows_has_limits(num_rows: int):
    with pytest.raises(ValueError, match=f"num_rows.*received {num_rows}"):
        Ngrams(["<pad>"], 2, num_rows=num_rows)
