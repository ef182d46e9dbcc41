"""Tests of nlp_apps.metrics.bleu."""

import pytest

from nlp_apps.metrics.bleu import bleu, chrf

REFERENCES = ["The cat sat on the mat .", "It is raining again in the north .", "Où est la gare ?"]
BOTH = pytest.mark.parametrize("metric", [bleu, chrf])


@BOTH
def test_hypotheses_that_are_the_references_score_100(metric):
    assert metric(REFERENCES, REFERENCES).value == pytest.approx(100.0)


@BOTH
def test_hypotheses_with_nothing_in_common_score_0(metric):
    assert metric(["xxxx"] * 3, REFERENCES).value == pytest.approx(0.0, abs=1e-6)


@BOTH
def test_empty_hypotheses_score_0(metric):
    assert metric([""] * 3, REFERENCES).value == pytest.approx(0.0, abs=1e-6)


def test_bleu_of_one_extra_word_follows_the_paper():
    # n-gram precisions 6/7, 5/6, 4/5, 3/4, no brevity penalty: (3/7) ** (1/4).
    score = bleu(["the cat sat on the mat today"], ["the cat sat on the mat"])
    assert score.value == pytest.approx(100 * (3 / 7) ** 0.25, abs=1e-3)


def test_bleu_of_a_whole_corpus_adds_up_counts_and_not_scores():
    answers, references = ["a b c d e", "a b c x"], ["a b c d e", "a b c d"]
    # Precisions 8/9, 6/7, 4/5, 2/3 and equal lengths.
    wanted = 100 * (8 / 9 * 6 / 7 * 4 / 5 * 2 / 3) ** 0.25
    assert bleu(answers, references).value == pytest.approx(wanted, abs=1e-3)


@BOTH
def test_case_counts(metric):
    shouted = [reference.upper() for reference in REFERENCES]
    assert metric(shouted, REFERENCES).value < 60


def test_chrf_rewards_half_a_word_and_bleu_does_not():
    answers, references = ["kitten"], ["kittens"]
    assert 50 < chrf(answers, references).value < 100
    assert bleu(answers, references).value < 1


def test_signatures_say_how_the_scores_were_computed():
    signature = bleu(REFERENCES, REFERENCES).signature
    assert signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.")
    signature = chrf(REFERENCES, REFERENCES).signature
    assert signature.startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.")


@BOTH
def test_unequal_numbers_are_an_error_that_names_both(metric):
    with pytest.raises(ValueError, match="at least one; received 2 and 3"):
        metric(REFERENCES[:2], REFERENCES)
    with pytest.raises(ValueError, match="received 0 and 0"):
        metric([], [])


@BOTH
def test_a_standard_error_is_the_spread_over_samples_of_the_sentences(metric):
    references = [f"number {n} of the house on the long hill" for n in range(100)]
    # Half are right and half have nothing in common: the score follows the share of right ones.
    answers = references[:50] + ["zzz"] * 50
    few = metric(answers[40:60], references[40:60], with_error=True)
    many = metric(answers, references, with_error=True)
    assert many.value == metric(answers, references).value
    assert "bs:" not in many.signature
    assert 2.0 < many.standard_error < 12.0
    assert 1.5 < few.standard_error / many.standard_error < 3.5
    assert metric(references, references, with_error=True).standard_error == pytest.approx(0.0)
    assert metric(["x y"], ["x z"], with_error=True).standard_error == 0.0
    assert metric(answers, references).standard_error == 0.0
