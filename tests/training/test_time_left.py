"""The estimate of the time that is left, on simulated runs."""

import random

import pytest

from nlp_apps.training.time_left import TimeLeft, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (99.4, "99 s"),
        (99.6, "2 min"),
        (7190.0, "2 h 0 min"),
        (3600.0, "60 min"),
        (9000.0, "2 h 30 min"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_there_is_no_estimate_before_a_step_of_a_known_shape() -> None:
    time_left = TimeLeft(num_shapes=2, validation_share=0.0, epoch_steps=10)
    time_left.add_compilation(8.0)
    assert time_left.estimate(9, 1) is None


def test_the_estimate_has_steps_compilations_and_evaluations_apart() -> None:
    time_left = TimeLeft(num_shapes=3, validation_share=0.1, epoch_steps=100)
    time_left.add_compilation(8.0)
    time_left.add_compilation(10.0)
    time_left.add_step(0.5)
    # 20 steps, one shape more, two evaluations of 0.5 * 0.1 * 100 steps each
    assert time_left.estimate(20, 2) == pytest.approx(20 * 0.5 + 9.0 + 2 * 2.5)
    time_left.add_validation(12.0)  # it compiled
    assert time_left.estimate(20, 2) == pytest.approx(20 * 0.5 + 9.0 + 2 * 2.5)
    time_left.add_validation(4.0)
    assert time_left.estimate(20, 2) == pytest.approx(20 * 0.5 + 9.0 + 2 * 4.0)


@pytest.mark.parametrize(("compilation", "step"), [(10.0, 0.15), (1.0, 1.0), (25.0, 0.05)])
@pytest.mark.parametrize("seed", range(5))
def test_from_the_tenth_step_on_the_estimate_is_right_within_a_factor_of_1_5(
    compilation: float, step: float, seed: int
) -> None:
    generator = random.Random(seed)
    total, between, first_validation, validation = 600, 100, 7.0, 30 * step
    shapes = [generator.randrange(6) for _ in range(total)]
    time_left = TimeLeft(num_shapes=6, validation_share=0.6, epoch_steps=between)
    seen: set[int] = set()
    now, estimates = 0.0, []
    for number, shape in enumerate(shapes, start=1):
        seconds = step * generator.uniform(0.8, 1.25)
        if shape in seen:
            time_left.add_step(seconds)
        else:
            seconds += compilation * generator.uniform(0.8, 1.25)
            time_left.add_compilation(seconds)
        seen.add(shape)
        now += seconds
        evaluations = -(-(total - number) // between) + (number % between == 0)
        estimates.append((number, now, time_left.estimate(total - number, evaluations)))
        if number % between == 0:
            seconds = validation + (first_validation if number == between else 0.0)
            time_left.add_validation(seconds)
            now += seconds
    for number, moment, left in estimates[9:]:
        assert left is not None
        actual = now - moment
        assert actual / 1.5 - step <= left <= actual * 1.5 + step, number
