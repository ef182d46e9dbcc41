"""Tests of nlp_apps.cli.score_table."""

import pytest

from nlp_apps import generation, sentiment, translation
from nlp_apps.cli.score_table import (
    baseline_table,
    fine_tuning_rows,
    named_scores,
    verdict,
)

SCORES = {
    "validation": {"accuracy": 0.9, "macro_f1": 0.89, "loss": 0.31, "calibration_error": 0.02},
    "test": {"accuracy": 0.875, "macro_f1": 0.86, "loss": 0.35, "calibration_error": 0.03},
}
BASELINES = {
    split: {
        "majority_label": {"accuracy": 0.5, "macro_f1": 0.333, "loss": 0.693},
        "tfidf_logistic_regression": {"accuracy": 0.88, "macro_f1": 0.88, "loss": 0.3},
    }
    for split in SCORES
}


def test_a_table_has_a_row_for_the_model_and_for_each_baseline():
    assert baseline_table(sentiment.APP, SCORES, BASELINES).splitlines() == [
        "                           validation                       test",
        "                             accuracy  macro_f1   loss  accuracy  macro_f1   loss",
        "model                             0.9      0.89   0.31     0.875      0.86   0.35",
        "majority label                    0.5     0.333  0.693       0.5     0.333  0.693",
        "tfidf logistic regression        0.88      0.88    0.3      0.88      0.88    0.3",
    ]


def test_a_split_without_baselines_has_no_column():
    table = baseline_table(sentiment.APP, SCORES, {"test": BASELINES["test"]})
    assert "validation" not in table
    assert baseline_table(sentiment.APP, SCORES, {}) == ""


def test_a_baseline_without_means_has_a_dash():
    scores = {"bleu": 20.5, "chrf": 30.5, "loss": 1.5}
    baselines = {
        "validation": {"source_copy": {"bleu": 1.0, "chrf": 2.0}},
        "test": {
            "source_copy": {"bleu": 1.0, "chrf": 2.0},
            "before_fine_tuning": {"bleu_fr": 9.0, "chrf_fr": 8.0},
        },
    }
    both = {"validation": scores, "test": scores}
    assert baseline_table(translation.APP, both, baselines).splitlines() == [
        "                    validation          test",
        "                          bleu   chrf   bleu   chrf",
        "model                    20.50  30.50  20.50  30.50",
        "source copy                  1      2      1      2",
        "before fine tuning           -      -      -      -",
    ]
    tuning = {"before": {"test": {**baselines["test"]["before_fine_tuning"], "loss": 2.0}}}
    assert fine_tuning_rows(translation.APP, tuning) == {
        "before.test": {"bleu_fr": 9.0, "chrf_fr": 8.0}
    }
    alone = {"before": {"test": {"micro_f1": 0.5, "micro_f1_standard_error": 0.1}}}
    assert fine_tuning_rows(sentiment.APP, alone) == {}


def test_bleu_with_another_tokenizer_has_its_name():
    scores = {"bleu": 20.5, "bleu_tokenizer": "zh", "chrf": 30.5, "beam_size": 4}
    names = translation.APP.train_scores
    assert list(named_scores(scores, names)) == ["bleu (zh)", "chrf", "beam_size"]
    assert list(named_scores({**scores, "bleu_tokenizer": "13a"}, names))[0] == "bleu"
    table = baseline_table(
        translation.APP, {"test": scores}, {"test": {"source_copy": {"bleu": 1.0, "chrf": 2.0}}}
    )
    assert table.splitlines()[1].split() == ["bleu", "(zh)", "chrf"]


@pytest.mark.parametrize(
    ("result", "beginning", "has_advice"),
    [
        ("better", "The model is better than the baselines on test: ", False),
        (
            "tie",
            "The model is no better than a baseline, within the standard error, on test: ",
            True,
        ),
        ("worse", "The model is worse than a baseline on test: ", True),
    ],
)
def test_the_last_line_says_whether_the_model_is_worth_it(result, beginning, has_advice):
    comparison = {
        **{"split": "test", "score": "loss", "model": 4.25, "baseline": "5_gram"},
        **{"baseline_score": 4.5, "standard_error": 0.01, "result": result},
    }
    line = verdict(generation.APP, comparison)
    assert line.startswith(f"{beginning}loss 4.25, 5 gram 4.5, standard error 0.01.")
    assert ("--thorough" in line and "model.init_from" in line) == has_advice
    assert verdict(generation.APP, {}) == ""


def test_two_models_without_errors_need_no_advice():
    comparison = {
        **{"split": "test", "score": "accuracy", "model": 1.0, "baseline": "majority_label"},
        **{"baseline_score": 1.0, "standard_error": 0.0, "result": "tie"},
    }
    assert verdict(sentiment.APP, comparison) == (
        "The model and the best baseline have no errors on test: accuracy 1, majority label 1, "
        "standard error 0. Only more text can show a difference."
    )
    assert "--thorough" in verdict(sentiment.APP, {**comparison, "model": 0.99})
