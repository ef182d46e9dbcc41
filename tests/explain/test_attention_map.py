"""Tests of the attention of a translation."""

import numpy as np
import pytest

import nlp_apps
from nlp_apps.errors import UsageError
from nlp_apps.explain import attention_map


def test_every_target_word_attends_to_the_whole_text(translator):
    found = attention_map.attention_map(translator, "The lazy fox  doesn't mind \u20ac 3.5.")
    wanted = ("The", "lazy", "fox", "doesn't", "mind", "\u20ac", "3.5", ".", "(end)")
    assert found.source_words == wanted
    assert found.weights.shape == (len(found.target_words), len(wanted))
    assert found.weights.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert found.weights.min() >= 0.0
    assert np.ptp(found.weights, axis=0).max() > 0.01  # the rows differ


def test_the_explained_translation_is_that_of_predict(translator):
    found = attention_map.attention_map(translator, "It was the best soup.")
    (wanted,) = translator.translate(["It was the best soup."])
    assert found.translation == wanted.text
    assert found.score == pytest.approx(wanted.score, abs=1e-5)
    assert "".join(found.target_words[:-1]) == "".join(wanted.text.split())


def test_a_word_of_several_pieces_has_the_sum_of_their_weights(translator):
    text = "quickbrownsoup fox"
    looked = translator.align(text)
    found = attention_map.attention_map(translator, text)
    num_pieces = len(translator.source_tokenizer.encode(["quickbrownsoup"])[0])
    assert num_pieces > 1
    direct = looked.weights[-1, :num_pieces].sum()  # the row of the end
    assert found.weights[-1, 0] == pytest.approx(direct, abs=1e-6)


def test_a_translator_without_attention_says_so(make_translator):
    translator = nlp_apps.load(make_translator("none"))
    with pytest.raises(UsageError, match=r"no attention \(model.attention = .none.\)"):
        attention_map.explain(translator, "fox")
    with pytest.raises(ValueError, match="has no attention"):
        translator.align("fox")
