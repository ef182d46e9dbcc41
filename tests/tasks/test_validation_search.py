"""Tests of the search of evaluations during the training of a translator."""

import pytest

from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.tokenizer import train_tokenizer

PAIRS = [Pair("where is Tom", "où est Tom"), Pair("it is cold", "il fait froid")] * 20


def task_of(monitor: str) -> TranslationTask:
    recipe = TranslationRecipe.model_validate(
        {
            "task": "translation",
            "data": {"train": "train.tsv"},
            "model": {"embedding_size": 8, "units": 12, "num_layers": 1},
            "training": {"monitor": monitor},
            "decoding": {"beam_size": 3, "max_length": 6},
        }
    )
    task = TranslationTask(recipe)
    texts = [text for pair in PAIRS for text in pair]
    tokenizer = train_tokenizer(texts, kind="characters", vocabulary_size=300)
    task.source_tokenizer = task.target_tokenizer = tokenizer
    task.build_model()
    corpus = Corpus(PAIRS, 0, "", ["train.tsv"])
    task.load_training_data({"train": corpus, "validation": corpus})
    return task


@pytest.mark.parametrize(
    ("monitor", "names", "beam_size"),
    [
        ("greedy_bleu", {"loss", "greedy_bleu", "greedy_chrf"}, 1),
        ("loss", {"loss", "greedy_bleu", "greedy_chrf"}, 1),
        ("beam_bleu", {"loss", "beam_bleu", "beam_chrf"}, 3),
    ],
)
def test_evaluations_search_with_the_beam_only_if_its_bleu_is_monitored(
    monitor: str, names: set[str], beam_size: int
) -> None:
    task = task_of(monitor)
    assert set(task.validate()) == names
    assert task._validation.translator.decoding.beam_size == beam_size


def test_the_beam_of_evaluations_is_the_one_of_final_scores() -> None:
    task = task_of("beam_bleu")
    found, final = task.validate(), task.score(PAIRS)
    assert found["beam_chrf"] == final["chrf"]
    assert found["loss"] == pytest.approx(final["loss"])
    assert task._validation.translator is task._predictor
