"""Tests of the words that decide a label."""

import numpy as np
import pytest

import nlp_apps
from nlp_apps.explain import word_importance
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.metrics.calibration import softmax

REVIEW = "A good waiter brought a bad soup, and we didn't mind."


def probability(classifier: TextClassifier, text: str, label: str) -> float:
    (answer,) = classifier.classify([text])
    return answer.probabilities[label]


def test_changes_are_those_of_classifying_the_text_without_the_word(classifier_run):
    classifier = nlp_apps.load(classifier_run)
    found = word_importance.word_importance(classifier, REVIEW)
    assert [word.text for word in found.words[5:8]] == ["bad", "soup", ","]
    whole = probability(classifier, REVIEW, found.label)
    assert found.probabilities[found.label] == pytest.approx(whole, abs=1e-6)
    without = probability(classifier, REVIEW.replace("bad ", ""), found.label)
    assert found.changes[5] == pytest.approx(whole - without, abs=1e-6)
    assert np.abs(found.changes).max() > 1e-3


def test_attention_is_that_of_the_pooling(classifier_run):
    classifier = nlp_apps.load(classifier_run)
    found = word_importance.word_importance(classifier, REVIEW)
    (token_ids,) = classifier.tokenizer.encode([REVIEW])
    (pooled,) = classifier.pool([np.array([*token_ids, 3], np.int32)])
    assert found.attention.sum() == pytest.approx(1.0 - pooled.weights[-1], abs=1e-5)
    word = found.words[2]
    assert found.attention[2] == pytest.approx(
        pooled.weights[word.start : word.end].sum(), abs=1e-6
    )


def test_all_windows_of_a_long_text_are_explained(make_classifier):
    classifier = nlp_apps.load(make_classifier(max_length=8, truncation="windows"))
    text = "soup " * 30
    found = word_importance.word_importance(classifier, text)
    assert found.num_windows > 3
    assert found.was_read.all()
    assert not np.isnan(found.changes).any()
    assert 0.5 < found.attention.sum() <= 1.0
    notes = " ".join(word_importance.explain(classifier, text).report.notes)
    assert f"read in {found.num_windows} windows" in notes


def test_words_that_are_not_read_are_pale(make_classifier):
    classifier = nlp_apps.load(make_classifier(max_length=8, truncation="head"))
    explained = word_importance.explain(classifier, "fox " * 20)
    words = next(part for part in explained.report.parts if hasattr(part, "words")).words
    assert [word.dim for word in words] == sorted(word.dim for word in words)
    assert not words[0].dim
    assert words[-1].dim
    assert words[-1].tooltip == "not read"
    assert "data.truncation = 'head'" in " ".join(explained.report.notes)


def test_of_a_very_long_text_the_words_with_most_attention_are_left_out(
    classifier_run, monkeypatch
):
    monkeypatch.setattr(word_importance, "MAX_LEFT_OUT", 4)
    classifier = nlp_apps.load(classifier_run)
    found = word_importance.word_importance(classifier, REVIEW)
    tried = np.flatnonzero(~np.isnan(found.changes))
    assert set(tried) == set(np.argsort(-found.attention, kind="stable")[:4])


def test_a_text_of_one_word_can_be_explained(classifier_run):
    classifier = nlp_apps.load(classifier_run)
    found = word_importance.word_importance(classifier, "fox")
    (logits,) = classifier.calibration.apply(classifier.logits([""]))
    nothing = softmax(logits[None])[0, classifier.labels.index(found.label)]
    wanted = found.probabilities[found.label] - nothing
    assert found.changes.tolist() == pytest.approx([wanted], abs=1e-6)


def test_a_right_to_left_label_is_before_its_probability(make_classifier):
    labels = ("\u0628\u062f", "\u062e\u0648\u0628", "\u0645\u062a\u0648\u0633\u0637")
    found = word_importance.explain(nlp_apps.load(make_classifier(labels=labels)), "A good soup.")
    label, _ = found.prediction.split("\t")
    assert label in labels
    assert found.report.title.startswith(f"\u200e{label}\u200e: ")


def test_a_classifier_without_attention_shows_its_largest_features(make_classifier):
    classifier = nlp_apps.load(make_classifier(attention="none"))
    explained = word_importance.explain(classifier, REVIEW)
    assert "no attention: the colour is the share" in " ".join(explained.report.notes)
