"""Tests of the contributions of n-grams."""

import numpy as np
import pytest

import nlp_apps
from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.explain import word_importance
from nlp_apps.explain.ngram_contributions import (
    NgramContributions,
    ngram_contributions,
)
from nlp_apps.explain.words import Word, join
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.text.batches.token_texts import truncate
from nlp_apps.text.tokenizer import Tokenizer

REVIEW = "Not good, not bad:  the caf\u00e9 didn't mind \u2603!"


def random_path(tokenizer: Tokenizer, num_labels: int = 3) -> Ngrams:
    """Returns a path with random values and weights."""
    path = Ngrams(tokenizer.vocabulary, num_labels, num_rows=2**16)
    path.build()
    random = np.random.default_rng(1)
    table = random.normal(size=path.table.shape).astype(np.float32)
    table[:, -1] = table[:, -1] ** 2
    table[0] = 0.0
    path.table.assign(table)
    path.bias.assign(random.normal(size=num_labels).astype(np.float32))
    return path


def explained(
    path: Ngrams, tokenizer: Tokenizer, text: str, *, label: int = 1, max_length: int = 256
) -> tuple[NgramContributions, list[Word], list[np.ndarray]]:
    """Returns the contributions in a text, its words and its windows."""
    (token_ids,) = tokenizer.encode([text])
    words = join([path.vocabulary[index] for index in token_ids])
    windows = truncate(token_ids, max_length, "windows")
    positions = truncate(range(len(token_ids)), max_length, "windows")
    return ngram_contributions(path, words, windows, positions, label), words, windows


@pytest.mark.parametrize("text", [REVIEW, "a", "\u2603", "a a a a", "the the  fox,the"])
@pytest.mark.parametrize("max_length", [256, 6])
def test_contributions_sum_to_the_logit_of_the_path(tokenizer, text, max_length):
    path = random_path(tokenizer)
    found, _, windows = explained(path, tokenizer, text, max_length=max_length)
    logits = np.mean([path(window[None]).numpy()[0] for window in windows], axis=0)
    assert found.logit == pytest.approx(logits[1] - logits.mean(), abs=1e-4)
    total = found.logit - found.bias
    assert sum(one.logit for one in found.ngrams) == pytest.approx(total, abs=1e-9)
    assert found.by_word.sum() == pytest.approx(total, abs=1e-9)


def test_words_and_pairs_are_named(tokenizer):
    text = "The good, the bad:  a caf\u00e9 didn't mind."
    found, _, _ = explained(random_path(tokenizer), tokenizer, text)
    words = {"the", "good", ",", "bad", ":", "a", "caf\u00e9", "didn't", "mind", "."}
    pairs = {"the good", "good the", "the bad", "bad a", "a caf\u00e9", "caf\u00e9 didn"}
    assert {one.ngram for one in found.ngrams} == words | pairs | {"didn t", "t mind"}
    sizes = [abs(one.logit) for one in found.ngrams]
    assert sizes == sorted(sizes, reverse=True)


def test_a_word_in_the_table_is_the_largest_contribution_and_has_its_sign(tokenizer):
    path = random_path(tokenizer)
    (token_ids,) = tokenizer.encode(["bad"])
    (row,) = {int(row) for row in path.find(np.array([[*token_ids, 3]], np.int32)).numpy()[0]} & {
        *range(1, path.find.first_of_characters)
    }
    table = np.zeros(path.table.shape, np.float32)
    table[1:, -1] = 1.0
    table[row, :3] = (2.0, -1.0, -1.0)
    path.table.assign(table)
    found, words, _ = explained(path, tokenizer, "the bad fox", label=0)
    # The norm of 3 words and 2 pairs of weight 1 is the root of 5.
    (only,) = found.ngrams
    assert only.ngram == "bad"
    assert only.logit == pytest.approx(2.0 / 5**0.5, abs=1e-6)
    assert [word.text for word in words] == ["the", "bad", "fox"]
    assert found.by_word.tolist() == pytest.approx([0.0, only.logit, 0.0])
    found, _, _ = explained(path, tokenizer, "the bad fox", label=1)
    assert found.ngrams[0].logit == pytest.approx(-1.0 / 5**0.5, abs=1e-6)


def test_an_untrained_path_has_no_contributions(tokenizer):
    path = Ngrams(tokenizer.vocabulary, 2, num_rows=64)
    path.build()
    found, _, _ = explained(path, tokenizer, REVIEW)
    assert (found.logit, found.ngrams) == (0.0, ())


@pytest.fixture(scope="module")
def classifier(make_classifier) -> TextClassifier:
    """A classifier with both paths."""
    predictor: TextClassifier = nlp_apps.load(make_classifier(ngrams=4096))
    path = predictor.model.ngrams
    assert path is not None
    random = np.random.default_rng(2)
    table = random.normal(size=path.table.shape).astype(np.float32)
    table[:, -1] = 1.0
    table[0] = 0.0
    path.table.assign(table)
    return predictor


def test_the_logit_is_the_sum_of_both_paths(classifier):
    found = word_importance.word_importance(classifier, REVIEW)
    assert found.ngrams is not None
    label = classifier.labels.index(found.label)
    (token_ids,) = classifier.tokenizer.encode([classifier.normalize(REVIEW)])
    source = np.array([[*token_ids, 3]], np.int32)
    lstm, ngrams = classifier.model.lstm_logits(source)[0], classifier.model.ngrams(source)
    for logits, value in ((lstm, found.lstm_logit), (ngrams, found.ngrams.logit)):
        row = logits.numpy()[0]
        assert value == pytest.approx(row[label] - row.mean(), abs=1e-4)


def test_leaving_out_a_word_changes_the_ngrams_too(classifier):
    found = word_importance.word_importance(classifier, REVIEW)
    (whole, without) = classifier.predict([REVIEW, REVIEW.replace(" bad", "")])
    index = [word.text for word in found.words].index("bad")
    change = whole.probabilities[found.label] - without.probabilities[found.label]
    assert found.changes[index] == pytest.approx(change, abs=1e-3)


def test_the_report_shows_paths_ngrams_and_their_numbers(classifier):
    explanation = word_importance.explain(classifier, REVIEW)
    found = word_importance.word_importance(classifier, REVIEW)
    assert found.ngrams is not None
    _, paths, ngrams = (part for part in explanation.report.parts if hasattr(part, "bars"))
    assert [bar.name for bar in paths.bars] == ["LSTM", "n-grams"]
    assert paths.bars[1].label == f"{found.ngrams.logit:+.2f}"
    largest = found.ngrams.ngrams[0]
    assert ngrams.bars[0].name.startswith(largest.ngram)
    assert ngrams.bars[0].length == (1.0 if largest.logit > 0 else -1.0)
    assert explanation.rows[0] == ["word", "without it", "attention", "n-grams"]
    assert explanation.tables[1].rows[1] == [largest.ngram, f"{largest.logit:+.3f}"]


def test_a_path_of_weight_0_is_named(make_classifier):
    predictor = nlp_apps.load(make_classifier(ngrams=4096))
    notes = " ".join(word_importance.explain(predictor, REVIEW).report.notes)
    assert "n-grams have weight 0" in notes
    predictor.model.scale_paths(0.0, 1.0)
    notes = " ".join(word_importance.explain(predictor, REVIEW).report.notes)
    assert "LSTM has weight 0" in notes
