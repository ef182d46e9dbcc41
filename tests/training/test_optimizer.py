"""Adam with decoupled weight decay and a learning rate for each weight."""

from typing import Any

import keras
import numpy as np
import pytest

from nlp_apps.training import loop
from nlp_apps.training.optimizer import AdamW
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.train_step import TrainStep
from tests.training.fake_task import FakeTask, same, settings

STEPS = 3


def steps(optimizer: keras.optimizers.Optimizer, starts: list[np.ndarray]) -> list[np.ndarray]:
    """Returns the weights after `STEPS` steps with random gradients."""
    generator = np.random.default_rng(1)
    weights = [keras.Variable(start) for start in starts]
    for _ in range(STEPS):
        optimizer.apply(
            [generator.normal(size=start.shape).astype(np.float32) for start in starts], weights
        )
    return [weight.numpy() for weight in weights]


def starts() -> list[np.ndarray]:
    generator = np.random.default_rng(2)
    return [generator.normal(size=(3, 2)).astype(np.float32) for _ in range(2)]


def test_a_step_follows_the_equation_of_the_paper() -> None:
    rate, decay, factor = 0.1, 0.3, 0.25
    found = steps(AdamW(rate, rate_factors=[1.0, factor], weight_decays=[decay, 0.0]), starts())
    generator = np.random.default_rng(1)
    weights = [start.astype(np.float64) for start in starts()]
    first, second = ([np.zeros_like(weight) for weight in weights] for _ in range(2))
    for step in range(1, STEPS + 1):
        for index, (eta, wd) in enumerate([(rate, decay), (rate * factor, 0.0)]):
            gradient = generator.normal(size=weights[index].shape).astype(np.float32)
            first[index] = 0.9 * first[index] + 0.1 * gradient
            second[index] = 0.999 * second[index] + 0.001 * gradient**2
            mean = first[index] / (1 - 0.9**step)
            deviation = np.sqrt(second[index] / (1 - 0.999**step))
            weights[index] -= eta * (mean / (deviation + 1e-7) + wd * weights[index])
    np.testing.assert_allclose(found[0], weights[0], rtol=1e-4)
    np.testing.assert_allclose(found[1], weights[1], rtol=1e-4)


def test_without_decay_and_factors_the_bits_are_those_of_keras_adam() -> None:
    ours = AdamW(0.1, rate_factors=[1.0, 1.0], weight_decays=[0.0, 0.0])
    assert same(steps(ours, starts()), steps(keras.optimizers.Adam(0.1), starts()))


def test_biases_do_not_decay() -> None:
    train_step = TrainStep(FakeTask(), settings(weight_decay=0.5), 10)
    names = [weight.path for weight in train_step.model.trainable_variables]
    found = dict(zip(names, train_step.optimizer.weight_decays, strict=True))
    assert found == {
        "fake/embedding/embeddings": 0.5,
        "fake/logits/kernel": 0.5,
        "fake/logits/bias": 0.0,
    }


def test_weight_decay_makes_the_weights_smaller(run: RunFolder) -> None:
    sizes = []
    for decay in (0.0, 1.0):
        task = FakeTask()
        loop.fit(task, settings(weight_decay=decay), run)
        sizes.append(np.linalg.norm(task.model.trainable_variables[0].numpy()))
    assert sizes[1] < 0.8 * sizes[0]


class FrozenEmbedding(FakeTask):
    """A task whose embedding has a factor of its own."""

    factor = 0.0

    def rate_factor(self, weight: Any) -> float:
        return self.factor if weight.path.startswith("fake/embedding") else 1.0


@pytest.mark.parametrize(("factor", "is_changed"), [(0.0, False), (0.1, True)])
def test_a_task_sets_the_factor_of_each_weight(
    run: RunFolder, factor: float, is_changed: bool
) -> None:
    task = FrozenEmbedding()
    task.factor = factor
    embedding, kernel, _ = (weight.numpy() for weight in task.model.trainable_variables)
    loop.fit(task, settings(weight_decay=0.1), run)
    after, kernel_after, _ = (weight.numpy() for weight in task.model.trainable_variables)
    assert np.array_equal(after, embedding) is not is_changed
    assert not np.array_equal(kernel_after, kernel)
