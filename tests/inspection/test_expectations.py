"""Tests of nlp_apps.inspection.expectations and of nlp_apps.inspection.machine_speed."""

import pytest

from nlp_apps.inspection.expectations import (
    METRICS,
    REFERENCES,
    expect,
    num_weights,
    similar_references,
)
from nlp_apps.inspection.machine_speed import MachineSpeed, measure_speed
from nlp_apps.recipe import load as recipes

MACHINE = MachineSpeed(2, 1e11)


def recipe(task="sentiment", training=(), **model):
    sections = {"data": {"train": "x"}, "model": model, "training": dict(training)}
    return recipes.from_dict(sections, task=task)


def test_the_range_is_that_of_references_of_similar_size():
    found = expect(recipe(), 1_000, 30_000, 2, MACHINE)
    near = [one for one in REFERENCES if one.task == "sentiment" and 400 <= one.size <= 2_500]
    assert near
    assert found.score == (min(one.score for one in near), max(one.score for one in near))
    assert set(found.references) == set(near)


def test_no_score_is_expected_below_that_of_the_most_frequent_label():
    found = expect(recipe(), 1_000, 30_000, 2, MACHINE).score
    assert found
    low, high = found
    assert expect(recipe(), 1_000, 30_000, 2, MACHINE, majority=0.8).score == (0.8, high)
    assert expect(recipe(), 1_000, 30_000, 2, MACHINE, majority=0.95).score == (0.95, 0.95)
    assert expect(recipe(), 1_000, 30_000, 2, MACHINE, majority=low / 2).score == (low, high)


def test_between_two_measured_sizes_both_are_the_range():
    sizes = {one.size for one in similar_references("sentiment", 300)}
    assert min(sizes) < 300 < max(sizes)


def test_without_a_comparable_corpus_there_is_no_score():
    found = expect(recipe(), 3, 20, 2, MACHINE)
    assert (found.score, found.references) == (None, ())
    assert "fewer than 100 texts" in found.remark


@pytest.mark.parametrize(("shared", "has_patterns"), [(0.05, False), (0.4, True)])
def test_text_that_shares_sequences_is_from_patterns(shared, has_patterns):
    found = expect(recipe(), 1_000, 30_000, 2, MACHINE, shared)
    assert found.has_patterns == has_patterns
    assert found.to_dict()["shared_sequences"] == shared


def test_time_grows_with_tokens_weights_and_a_slower_machine():
    def seconds(tokens=1e6, machine=MACHINE, **model):
        return expect(recipe(**model), 1_000, tokens, 2, machine).seconds[0]

    assert seconds() < seconds(tokens=2e6)
    assert seconds() < seconds(units=512)
    assert seconds() < seconds(machine=MachineSpeed(2, 1e10))


@pytest.mark.parametrize("task", METRICS)
def test_weights_count_every_matrix_product_of_a_token(task):
    small = recipe(task, units=8, embedding_size=4, num_layers=1, bidirectional=False)
    lstm = 4 * 8 * (4 + 8)
    vocabulary = small.tokenizer.vocabulary_size
    expected = {
        "sentiment": lstm + 2 * 8,
        "generation": lstm + 4 * vocabulary,
        "translation": (2 * lstm + 4 * 64 + 4 * vocabulary) // 2,
    }
    assert num_weights(small, 2) == expected[task]


def test_a_sampled_softmax_multiplies_the_sampled_rows():
    def weights(num_sampled):
        return num_weights(recipe("generation", {"num_sampled": num_sampled}, embedding_size=4))

    rows = recipe("generation").tokenizer.vocabulary_size
    assert weights(0) - weights(100) == 4 * (rows - 100)
    assert weights(2 * rows) == weights(0)


def test_adversarial_training_needs_twice_the_time():
    def seconds(epsilon):
        changed = recipe(training={"adversarial_epsilon": epsilon})
        return expect(changed, 1_000, 1e9, 2, MACHINE).seconds[0]

    assert seconds(0.3) == pytest.approx(2 * seconds(0.0), rel=0.01)


def test_every_reference_is_of_a_task_and_positive():
    for one in REFERENCES:
        assert one.task in METRICS
        assert one.size > 0 < one.score


def test_the_speed_is_measured_once_in_less_than_a_second():
    speed = measure_speed()
    assert speed.cores >= 1
    assert speed.flops > 1e8
    assert measure_speed() is speed
