"""Baselines of texts with several labels."""

import numpy as np
import pytest

from nlp_apps.metrics.baselines import label_set_baselines as module
from nlp_apps.metrics.baselines.label_set_baselines import frequent_label, tfidf_label_sets

WORDS = ("apple", "brick", "cloud")


def texts(num_texts: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Texts with the words of their labels, and others."""
    random = np.random.default_rng(seed)
    targets = random.random((num_texts, 3)) < [0.6, 0.3, 0.3]
    made = [
        " ".join([*(word for word, has in zip(WORDS, row, strict=True) if has), f"word{number}"])
        for number, row in enumerate(targets)
    ]
    return made, targets


def test_the_most_frequent_label_is_predicted_for_every_text() -> None:
    train = np.array([[True, False], [True, True], [True, False]])
    known = np.array([[True, True], [False, False]])
    (found,) = frequent_label(train, {"test": known}).values()
    assert found["micro_f1"] == pytest.approx(2 * 1 / (2 + 2))
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    shares = np.array([4 / 5, 2 / 5])
    expected = -np.log([*shares, *(1 - shares)]).mean()
    assert found["loss"] == pytest.approx(expected)


def test_each_split_has_scores_of_its_labels() -> None:
    train, targets = texts(200, 1)
    targets[:, 2] = False  # Validation has the label, and the thresholds are fitted to it.
    (one, of_validation), (two, of_test) = texts(60, 2), texts(60, 3)
    of_test[:, 2] = False
    column, known = {"validation": one, "test": two}, {"validation": of_validation, "test": of_test}
    scored = {"validation": np.ones(3, bool), "test": np.array([True, True, False])}
    fitted = tfidf_label_sets(train, targets, column, known, scored)
    assert fitted["test"]["micro_f1"] > 0.98 > fitted["validation"]["micro_f1"]
    assert tfidf_label_sets(train, targets, column, known)["test"]["loss"] != fitted["test"]["loss"]
    part = frequent_label(targets[:, :2], {"test": of_test[:, :2]})
    assert frequent_label(targets, known, scored)["test"] == pytest.approx(part["test"])


@pytest.mark.parametrize("split", ["validation", "test"])
def test_the_regressions_find_the_words_of_the_labels(split: str) -> None:
    train, targets = texts(200, 1)
    scored, known = texts(60, 2)
    found = tfidf_label_sets(train, targets, {split: scored}, {split: known})
    assert found[split]["micro_f1"] > 0.98
    assert found[split]["loss"] < 0.2


def test_a_label_without_a_text_and_many_texts_are_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_TEXTS", 50)
    train, targets = texts(120, 1)
    targets[:, 2] = False
    scored, known = texts(40, 2)
    known[:, 2] = False
    found = tfidf_label_sets(train, targets, {"validation": scored}, {"validation": known})
    assert found["validation"]["micro_f1"] > 0.9
