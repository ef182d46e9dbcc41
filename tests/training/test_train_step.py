"""Tests of nlp_apps.training.train_step."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.split_step import MANY_ROWS
from nlp_apps.networks.translator import Translator
from nlp_apps.training.train_step import TrainStep
from tests.training.fake_task import VOCABULARY, FakeTask, settings

SHAPES = [(4, 3), (2, 6), (1, 9)]


def batch(rows: int, length: int) -> tf.Tensor:
    generator = np.random.default_rng(rows)
    return tf.constant(generator.integers(1, VOCABULARY, (rows, length)), tf.int32)


def run_steps(**keys: Any) -> tuple[TrainStep, list[float]]:
    """Returns a step that ran with three batch shapes, twice each, and its losses."""
    step = TrainStep(FakeTask(), settings(**keys), total_steps=6)
    batches = [batch(rows, length) for rows, length in SHAPES] * 2
    assert not step.is_compiled(batches[0], batches[0])
    losses = [step(tokens, tokens).loss for tokens in batches]
    assert step.is_compiled(batches[0], batches[0])
    return step, losses


def num_traces(step: TrainStep) -> int:
    return sum(one.experimental_get_tracing_count() for one in step._gradients.values())


@pytest.mark.parametrize("mixed_precision", [False, True])
def test_gradients_are_compiled_for_each_shape_and_the_update_once(mixed_precision: bool) -> None:
    step, losses = run_steps(jit_compile=True, mixed_precision=mixed_precision)
    assert num_traces(step) == 3
    assert step._update.experimental_get_tracing_count() == 1
    assert int(step.optimizer.iterations) == 6
    assert losses[3] < losses[0]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_step_has_the_bits_of_one_function(jit_compile: bool) -> None:
    """The update is a function of its own; that changes no bit of losses and weights."""
    step, losses = run_steps(jit_compile=jit_compile)
    whole = TrainStep(FakeTask(), settings(jit_compile=jit_compile), total_steps=6)

    @tf.function(autograph=False)
    def step_of_whole(tokens: tf.Tensor) -> tf.Tensor:
        loss, gradients = whole._compute_gradients(False, tokens, tokens)
        whole._update(gradients)
        return loss

    expected = []
    for rows, length in SHAPES * 2:
        whole.optimizer.learning_rate = whole.schedule(whole.optimizer.iterations)
        expected.append(float(step_of_whole(batch(rows, length))))
    assert losses == expected
    for variable, other in zip(step.arrays(), whole.arrays(), strict=True):
        np.testing.assert_array_equal(variable, other)


class TranslationFake(FakeTask):
    """Trains a small translator with dropout; traces one graph for all shapes, or one for each."""

    def __init__(self, *, has_dynamic_shapes: bool) -> None:
        super().__init__()
        self.is_dynamic = has_dynamic_shapes
        self.model = Translator(
            VOCABULARY,
            VOCABULARY,
            embedding_size=6,
            units=8,
            num_layers=1,
            attention="multi_head",
            dropout=0.3,
            weight_drop=0.1,
        )
        self.model.build()

    @property
    def has_dynamic_shapes(self) -> bool:
        return self.is_dynamic


@pytest.mark.parametrize("mixed_precision", [False, True])
def test_one_graph_for_all_shapes_has_the_bits_of_a_graph_for_each(mixed_precision: bool) -> None:
    found = []
    for is_dynamic in (True, False):
        keys: dict[str, Any] = {"jit_compile": True, "mixed_precision": mixed_precision}
        step = TrainStep(TranslationFake(has_dynamic_shapes=is_dynamic), settings(**keys), 6)
        losses = []
        for rows, length in SHAPES[:2]:
            inputs = {"source": batch(rows, length + 1), "target_in": batch(rows, length)}
            losses.append(step(inputs, batch(rows, length)).loss)
        assert num_traces(step) == (1 if is_dynamic else 2)
        found.append((losses, step.arrays()))
    (losses, arrays), (expected, others) = found
    assert losses == expected
    for array, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize(("mixed_precision", "traces"), [(False, 1), (True, 2)])
def test_few_rows_and_many_rows_have_a_graph_each_in_mixed_precision(
    mixed_precision: bool, traces: int
) -> None:
    keys: dict[str, Any] = {"jit_compile": True, "mixed_precision": mixed_precision}
    step = TrainStep(TranslationFake(has_dynamic_shapes=True), settings(**keys), 6)
    for rows, length in [(MANY_ROWS, 3), (MANY_ROWS - 1, 3), (MANY_ROWS + 5, 2), (2, 4)]:
        inputs = {"source": batch(rows, length + 1), "target_in": batch(rows, length)}
        assert np.isfinite(step(inputs, batch(rows, length)).loss)
    assert num_traces(step) == traces
