"""Tests of the training loss and the scores of a translator with a pointer."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.batches.buckets import dataset
from nlp_apps.text.corpus import Pair
from tests.tasks.tiny_translation import make_task

PAIRS = [
    Pair("Where is Ada? It is cold. Ada is in Turin.", "Turin"),
    Pair("Where is Ben? Ben is in Oslo. Ben is old.", "Oslo"),
] * 10


def task_of(**sections: dict[str, Any]) -> TranslationTask:
    model = {"dropout": 0.0, "pointer": True}
    return make_task(PAIRS, model=model, decoding={"beam_size": 2, "max_length": 8}, **sections)


def batch(task: TranslationTask) -> Any:
    planned = task._validation
    return next(iter(dataset(planned.encoded, planned.planned)))


def test_the_training_loss_without_smoothing_is_the_validation_loss():
    task = task_of(training={"label_smoothing": 0.0})
    inputs, targets = batch(task)
    outputs, _ = task.forward(inputs, ())
    found = task.loss(outputs, targets)
    wanted, _ = task._validation._batch_loss(inputs, targets)
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)


def test_coverage_adds_to_the_loss():
    plain, covered = task_of(), task_of(training={"coverage_loss": 0.5})
    covered.model.set_weights(plain.model.get_weights())
    inputs, targets = batch(plain)
    losses = [float(task.loss(task.forward(inputs, ())[0], targets)) for task in (plain, covered)]
    assert losses[1] > losses[0] + 0.1


def test_every_weight_has_a_finite_gradient_in_a_compiled_step():
    task = task_of(training={"coverage_loss": 0.5})
    inputs, targets = batch(task)
    weights = task.model.trainable_variables

    @tf.function(jit_compile=True)
    def step() -> Any:
        return task.gradients(inputs, targets, (), [weight.value for weight in weights])[:2]

    loss, gradients = step()
    assert np.isfinite(loss)
    for weight, gradient in zip(weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.isfinite(tf.convert_to_tensor(gradient)).all(), weight.path


@pytest.mark.parametrize(
    ("kind", "names", "compared"),
    [
        ("summary", {"greedy_rouge_1", "greedy_rouge_2", "greedy_rouge_l"}, "rouge_l"),
        ("answer", {"greedy_exact_match", "greedy_f1"}, "f1"),
    ],
)
def test_a_kind_has_its_scores_and_baselines(kind: str, names: set[str], compared: str):
    task = task_of(data={"kind": kind})
    assert set(task.validate()) == {"loss", "greedy_bleu", "greedy_chrf", *names}
    assert task.compared_score == compared
    found = task.baselines(PAIRS, {"test": PAIRS[:2]})["test"]
    if kind == "summary":
        assert found["first_sentence"]["rouge_l"] == pytest.approx(0.0)
    else:
        # "Ada is in Turin." has four words, the answer one of them: 2 * 1 / (4 + 1)
        assert found["question_sentence"]["f1"] == pytest.approx(40.0)
    assert all(compared in scores for scores in found.values())
