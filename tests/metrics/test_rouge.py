"""Tests of ROUGE; expected values are those that Google's rouge_score prints, or by hand."""

import pytest

from nlp_apps.metrics.rouge import rouge_l, rouge_n, words

REFERENCE = ["The quick brown fox jumps over the lazy dog"]
SUMMARY = ["The quick brown dog jumps on the log."]


def test_the_example_of_rouge_score_has_its_values():
    assert rouge_n(SUMMARY, REFERENCE, 1) == pytest.approx([70.5882], abs=1e-3)
    assert rouge_l(SUMMARY, REFERENCE) == pytest.approx([58.8235], abs=1e-3)


def test_bigrams_are_counted_once_each():
    # "the cat" twice, of 3 bigrams of the summary and 4 of the reference
    summary, reference = ["the cat the cat"], ["the cat saw the cat"]
    assert rouge_n(summary, reference, 2) == pytest.approx([200 * 2 / (3 + 4)])


def test_the_order_of_words_matters_for_rouge_l_only():
    assert rouge_n(["b a"], ["a b"], 1) == [100.0]
    assert rouge_l(["b a"], ["a b"]) == [50.0]


def test_every_summary_has_a_score():
    assert rouge_l(["a b", ""], ["a b", "c"]) == [100.0, 0.0]


def test_words_are_runs_of_letters_and_digits_of_every_script():
    assert words("Two-day fair: 5 Übungen, дом!") == ["two", "day", "fair", "5", "übungen", "дом"]


def test_unequal_numbers_are_an_error():
    with pytest.raises(ValueError, match="received 1 and 2"):
        rouge_l(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="received 0 and 0"):
        rouge_n([], [], 1)
