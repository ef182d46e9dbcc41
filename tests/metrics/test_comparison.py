"""Tests of nlp_apps.metrics.comparison."""

import pytest

from nlp_apps.metrics.comparison import compare

BASELINES = {"majority": {"accuracy": 0.5, "loss": 0.7}, "tfidf": {"accuracy": 0.8, "loss": 0.5}}


@pytest.mark.parametrize(
    ("accuracy", "result"),
    [(0.85, "better"), (0.82, "tie"), (0.80, "tie"), (0.78, "tie"), (0.70, "worse")],
)
def test_a_difference_of_at_most_one_standard_error_is_a_tie(accuracy, result):
    scores = {"accuracy": accuracy, "accuracy_standard_error": 0.03}
    assert compare("accuracy", scores, BASELINES) == {
        "score": "accuracy",
        "model": accuracy,
        "baseline": "tfidf",
        "baseline_score": 0.8,
        "standard_error": 0.03,
        "result": result,
    }


@pytest.mark.parametrize(("loss", "result"), [(0.4, "better"), (0.5, "tie"), (0.6, "worse")])
def test_a_lower_loss_is_better(loss, result):
    found = compare("loss", {"loss": loss}, BASELINES)
    assert (found["baseline"], found["result"]) == ("tfidf", result)


def test_a_score_that_no_baseline_has_is_not_compared():
    assert compare("bleu", {"bleu": 1.0}, BASELINES) == {}
    assert compare("accuracy", {"accuracy": 1.0}, {}) == {}
