"""Tests of nlp_apps.metrics.baselines.tfidf_classifier."""

import logging
import time

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_union

from nlp_apps.metrics.baselines import tfidf_classifier as module
from nlp_apps.metrics.baselines.tfidf_classifier import label_frequencies, tfidf_classifier

WORDS = {"good": ["fine", "lovely", "great"], "bad": ["dull", "awful", "cold"]}


def corpus(size, seed, words=WORDS):
    generator = np.random.default_rng(seed)
    labels = [list(words)[index] for index in generator.integers(len(words), size=size)]
    things = ["the soup", "a room", "this film", "my book"]
    texts = [f"{generator.choice(things)} was {generator.choice(words[one])}" for one in labels]
    return texts, labels


def test_the_majority_label_has_the_scores_of_its_frequency():
    found = label_frequencies(["a", "a", "b"], {"test": ["a", "b", "b", "a", "a"]}, ["a", "b", "c"])
    # Counts plus one: 3/6, 2/6, 1/6.
    wanted = f1_score([0, 1, 1, 0, 0], [0] * 5, average="macro", zero_division=0.0)
    assert found["test"] == pytest.approx(
        {"accuracy": 3 / 5, "macro_f1": wanted, "loss": -np.log([3 / 6] * 3 + [2 / 6] * 2).mean()}
    )


def test_words_that_decide_the_label_are_learned():
    found = tfidf_classifier(corpus(100, 1), {"test": corpus(200, 2)}, ["bad", "good"])
    assert found["test"]["accuracy"] == found["test"]["macro_f1"] == 1.0
    assert 0.0 < found["test"]["loss"] < 0.3


def test_the_scores_are_nearly_those_of_scikit_learns_own_vectorizers():
    generator = np.random.default_rng(3)
    words = ["".join(generator.choice(list("aeioukmnst"), 5)) for _ in range(60)]
    noisy = {name: words[start : start + 30] for name, start in (("a", 0), ("b", 15), ("c", 30))}
    (texts, labels), (tests, wanted) = corpus(300, 4, noisy), corpus(300, 5, noisy)
    vectorizer = make_union(
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True),
        TfidfVectorizer(ngram_range=(2, 5), analyzer="char_wb", sublinear_tf=True),
    )
    model = LogisticRegression(C=10.0).fit(vectorizer.fit_transform(texts), labels)
    found = tfidf_classifier((texts, labels), {"test": (tests, wanted)}, ["a", "b", "c"])
    accuracy = model.score(vectorizer.transform(tests), wanted)
    assert found["test"]["accuracy"] == pytest.approx(accuracy, abs=0.02)
    assert 0.4 < accuracy < 0.9


def test_two_texts_are_enough():
    found = tfidf_classifier(
        (["fine", "dull"], ["good", "bad"]), {"v": (["fine"], ["good"])}, ["bad", "good"]
    )
    assert found["v"]["accuracy"] == 1.0


def test_a_label_of_one_text_and_texts_without_a_word_are_no_error():
    texts, labels = corpus(40, 6)
    texts, labels = [*texts, "!!!", "?"], [*labels, "odd", "good"]
    splits = {"test": (["!!!", "\u4f60\u597d", "."], ["odd", "good", "bad"])}
    found = tfidf_classifier((texts, labels), splits, ["bad", "good", "odd"])
    assert np.isfinite(list(found["test"].values())).all()


def test_chinese_is_read_by_characters():
    train = (
        ["我很高兴今天", "他很高兴昨天", "我很难过今天", "他很难过昨天"],
        ["good"] * 2 + ["bad"] * 2,
    )
    test = (["她高兴极了", "她难过极了"], ["good", "bad"])
    assert tfidf_classifier(train, {"test": test}, ["bad", "good"])["test"]["accuracy"] == 1.0


@pytest.mark.parametrize("text", ["word " * 40, "\u6f22" * 200])
def test_long_texts_have_words_or_if_they_have_none_characters(text, monkeypatch):
    monkeypatch.setattr(module, "MAX_NGRAM_CHARACTERS", 100)
    (_, pipeline), *others = module.make_vectorizer([text]).transformer_list
    assert not others
    assert pipeline[0].analyzer == ("word" if " " in text else "char_wb")


def test_a_hundred_labels_stay_small_and_fast():
    generator = np.random.default_rng(7)
    words = ["".join(generator.choice(list("abcdefghijklmnop"), 6)) for _ in range(4_000)]
    many = {f"label {n:03}": words[n * 40 : n * 40 + 40] for n in range(100)}
    started = time.perf_counter()
    found = tfidf_classifier(corpus(3_000, 8, many), {"test": corpus(500, 9, many)}, sorted(many))
    assert time.perf_counter() - started < 60.0
    assert found["test"]["accuracy"] > 0.4


def test_a_sample_of_many_texts_has_every_label_and_is_logged(monkeypatch, caplog):
    monkeypatch.setattr(module, "MAX_TEXTS", 50)
    texts, labels = corpus(200, 10)
    with caplog.at_level(logging.INFO):
        found = tfidf_classifier(
            ([*texts, "strange"], [*labels, "odd"]),
            {"test": corpus(100, 11)},
            ["bad", "good", "odd"],
        )
    assert found["test"]["accuracy"] == 1.0
    assert "50 of the 201 training texts" in caplog.text


def test_scores_are_reproducible():
    texts, labels = corpus(60, 12)
    labels = list(np.random.default_rng(0).permutation(labels))
    runs = [
        tfidf_classifier((texts, labels), {"test": corpus(50, 13)}, ["bad", "good"])
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
