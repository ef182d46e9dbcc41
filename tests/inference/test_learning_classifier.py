"""A classifier that learns from single texts, of a run and of a `.tflite`."""

import numpy as np
import pytest

import nlp_apps
from nlp_apps.inference.learning_classifier import LearningClassifier
from nlp_apps.metrics.calibration import softmax
from tests.tiny_models import Made

TEXT = "the old house sleeps"


@pytest.fixture(params=["run", "tflite"])
def learner(request: pytest.FixtureRequest, tiny_run: Made, tiny_lite: Made):
    if request.param == "run":
        return LearningClassifier(nlp_apps.load(tiny_run("sentiment")))
    return nlp_apps.load(tiny_lite("sentiment"))


def test_without_learning_it_is_the_classifier(learner, tiny_run: Made):
    (wanted,) = nlp_apps.load(tiny_run("sentiment")).predict([TEXT])
    (found,) = learner.predict([TEXT])
    assert found.probabilities == pytest.approx(wanted.probabilities, abs=1e-4)


def test_a_step_moves_the_logits_by_rate_times_the_error(learner):
    """The normalized step in NumPy: the logits of the text move by rate * (label - p)."""
    (before,) = learner.predict([TEXT])
    labels, p = list(before.probabilities), np.array(list(before.probabilities.values()))
    loss = learner.learn(TEXT, labels[-1], rate=0.5)
    assert loss == pytest.approx(-np.log(p[-1]), abs=1e-3)
    error = -p
    error[-1] += 1.0
    wanted = softmax((np.log(p) + 0.5 * error)[None])[0]
    (after,) = learner.predict([TEXT])
    np.testing.assert_allclose(list(after.probabilities.values()), wanted, atol=1e-3)


def test_it_learns_labels_and_forgets_them(learner):
    (before,) = learner.predict([TEXT])
    other = min(before.probabilities, key=lambda label: before.probabilities[label])
    for _ in range(20):
        learner.learn(TEXT, other)
    (after,) = learner.predict([TEXT])
    assert after.label == other and after.probability > 0.8
    learner.forget()
    (again,) = learner.predict([TEXT])
    assert again.probabilities == pytest.approx(before.probabilities, abs=1e-5)


def test_an_empty_text_teaches_nothing_and_an_unknown_label_is_an_error(learner):
    (before,) = learner.predict([TEXT])
    assert learner.learn("  ", next(iter(before.probabilities))) == 0.0
    (after,) = learner.predict([TEXT])
    assert after.probabilities == pytest.approx(before.probabilities, abs=1e-6)
    with pytest.raises(ValueError, match="no such label"):
        learner.learn(TEXT, "no such label")


def test_the_learned_matrix_may_be_stored(tiny_lite: Made):
    first, second = (nlp_apps.load(tiny_lite("sentiment")) for _ in range(2))
    first.learn(TEXT, first.model.metadata["labels"][0])
    second.learned = first.learned.copy()
    assert first.predict([TEXT]) == second.predict([TEXT])


def test_run_and_tflite_learn_the_same_from_long_texts(tiny_run: Made, tiny_lite: Made):
    run = LearningClassifier(nlp_apps.load(tiny_run("sentiment")))
    lite = nlp_apps.load(tiny_lite("sentiment"))
    labels = lite.model.metadata["labels"]
    for place, text in enumerate(["tea", "the sea and the moon " * 6, "Ünïcode 日本", "a b c"]):
        losses = [one.learn(text, labels[place % len(labels)]) for one in (run, lite)]
        assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    np.testing.assert_allclose(run.learned, lite.learned[0], atol=1e-4)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_out_of_range_is_an_error(learner, rate: float):
    with pytest.raises(ValueError, match="rate must be above 0"):
        learner.learn(TEXT, next(iter(learner.predict([TEXT])[0].probabilities)), rate=rate)
