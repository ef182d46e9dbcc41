"""Tests of the scores of answers."""

import pytest

from nlp_apps.metrics.answers import answer_f1, exact_match, normalized_words
from nlp_apps.metrics.baselines.question_sentence import question_sentence
from nlp_apps.metrics.output_scores import SCORES_OF_KIND, scores_of_kind


def test_case_punctuation_and_articles_do_not_count():
    assert normalized_words("The 3 red boats, a sail.") == ["3", "red", "boats", "sail"]
    assert exact_match(["the Mill!"], ["mill"]) == [100.0]
    assert exact_match(["theatre"], ["atre"]) == [0.0]


def test_f1_is_that_of_shared_words():
    # 1 shared word of 2 and 3: 2 * 1 / 5
    assert answer_f1(["Ada Lovel"], ["Ada of Turin"]) == pytest.approx([40.0])
    assert answer_f1(["red red"], ["red"]) == pytest.approx([100 * 2 / 3])
    assert answer_f1(["", "x"], ["", "y"]) == [100.0, 0.0]


def test_unequal_numbers_are_an_error():
    with pytest.raises(ValueError, match="received 1 and 2"):
        exact_match(["a"], ["a", "b"])


def test_the_sentence_with_most_words_of_the_question_is_the_baseline():
    sentences = ["Who sold the mill?", "It rained.", "Ada sold the mill.", "Ben bought the mill."]
    assert question_sentence(sentences) == "Ada sold the mill."
    assert question_sentence(sentences[:1]) == ""


def test_every_kind_has_its_scores():
    for kind, names in SCORES_OF_KIND.items():
        assert scores_of_kind(kind, ["a b"], ["a b"]) == dict.fromkeys(names, 100.0)


def test_the_standard_error_is_that_of_a_mean():
    found = scores_of_kind("answer", ["a b", "c"], ["a b", "d"], with_errors=True)
    assert found["f1"] == 50.0
    assert found["f1_standard_error"] == 50.0  # deviation 70.71 / sqrt(2)
