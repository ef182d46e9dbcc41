"""Tests of the search of evaluations during the training of a translator."""

import pytest

from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.corpus import Pair
from tests.tasks.tiny_translation import make_task

PAIRS = [Pair("where is Tom", "où est Tom"), Pair("it is cold", "il fait froid")] * 20


def task_of(monitor: str) -> TranslationTask:
    decoding = {"beam_size": 3, "max_length": 6}
    return make_task(PAIRS, training={"monitor": monitor}, decoding=decoding)


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
