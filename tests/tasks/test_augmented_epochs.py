"""Tests of the epochs that tasks make of augmented text."""

from collections.abc import Sequence
from typing import Any

from nlp_apps.recipe.schema import SentimentRecipe, TranslationRecipe
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.corpus import Corpus, LabelledText, Pair
from nlp_apps.text.special_ids import EOS
from nlp_apps.text.tokenizer import train_tokenizer

PAIRS = [
    Pair("Where is Tom?", "Où est Tom ?"),
    Pair("I am 25 years old.", "J'ai 25 ans."),
    Pair("It is cold.", "Il fait froid."),
] * 20
TEXTS = [LabelledText("Very good", "good"), LabelledText("Very Bad soup", "bad")] * 20


def corpora(examples: Sequence[Any]) -> dict[str, Corpus[Any]]:
    corpus = Corpus(list(examples), 0, "", ["train.tsv"])
    return {"train": corpus, "validation": corpus}


def rows(task: Any, epoch: int, key: str = "source") -> list[tuple[str, Any]]:
    """Returns source and target text, or label id, of each example of an epoch, sorted."""
    tokenizer = task.source_tokenizer if hasattr(task, "source_tokenizer") else task.tokenizer
    found = []

    def text(ids: Any) -> str:
        return str(tokenizer.decode([ids[ids > EOS]])[0])

    for inputs, targets in task.epoch(epoch).batches(0).as_numpy_iterator():
        for source, target in zip(inputs[key], targets, strict=True):
            if source.any():
                found.append((text(source), text(target) if target.ndim else int(target)))
    return sorted(found)


def translation(**data: Any) -> TranslationTask:
    recipe = TranslationRecipe.model_validate(
        {
            "task": "translation",
            "data": {"train": "train.tsv", **data},
            "tokenizer": {"kind": "characters", "vocabulary_size": 330},
        }
    )
    task = TranslationTask(recipe)
    texts = [text for pair in PAIRS for text in (*pair, pair.source.upper(), pair.target.upper())]
    tokenizer = train_tokenizer(texts, kind="characters", vocabulary_size=330)
    task.source_tokenizer = task.target_tokenizer = tokenizer
    task.load_training_data(corpora(PAIRS))
    return task


def test_a_model_that_reads_capitals_as_a_sentence_sees_none() -> None:
    found = {source for source, _ in rows(translation(augment_case=0.9), 0)}
    assert "where is Tom?" in found
    assert "WHERE IS TOM?" not in found


def test_an_epoch_of_pairs_has_changed_and_unchanged_examples() -> None:
    task = translation(augment_case=0.5, augment_numbers=0.5, sentence_case=False)
    found = rows(task, 0)
    assert found == rows(task, 0) != rows(task, 1)
    assert len(found) == len(PAIRS)
    assert ("WHERE IS TOM?", "OÙ EST TOM ?") in found
    assert ("where is tom?", "Où est Tom ?") in found
    assert PAIRS[0] in found and PAIRS[1] in found


def test_a_joined_pair_fits_the_buckets_and_one_that_is_too_long_stays_one_sentence() -> None:
    joined = rows(translation(join_sentences=1.0), 0)
    assert all(source.count(".") + source.count("?") == 2 for source, _ in joined)
    # Two sentences have at least 24 characters, and the longest pair 19 with the end of the text.
    assert rows(translation(join_sentences=1.0, max_length=20), 0) == sorted(PAIRS)


def test_an_epoch_of_labelled_texts_has_changed_examples_with_their_labels() -> None:
    recipe = SentimentRecipe.model_validate(
        {
            "task": "sentiment",
            "data": {"train": "train.tsv", "truncation": "windows", "augment_case": 0.5},
            "tokenizer": {"kind": "words"},
        }
    )
    task = SentimentTask(recipe)
    task.labels = ("bad", "good")
    texts = [text.source for text in TEXTS]
    task.tokenizer = train_tokenizer(
        [*texts, *map(str.upper, texts), *map(str.lower, texts)], kind="words", vocabulary_size=300
    )
    task.load_training_data(corpora(TEXTS))
    found = rows(task, 0)
    assert found == rows(task, 0) != rows(task, 1)
    assert {(text.upper(), label) for text, label in found} == {
        ("VERY GOOD", 2),
        ("VERY BAD SOUP", 1),
    }
    assert ("VERY GOOD", 2) in found and ("very good", 2) in found and ("Very good", 2) in found
    assert ("very bad soup", 1) in found and ("very Bad soup", 1) in found
