"""Tests of nlp_apps.training.schedules."""

import keras
import pytest
import tensorflow as tf

from nlp_apps.training.schedules import WarmUp


def rates(steps, **options):
    """Learning rates of steps counted from 0."""
    schedule = WarmUp(0.4, **{"warmup_steps": 4, "total_steps": 12, **options})
    return [float(schedule(step)) for step in steps]


@pytest.mark.parametrize("shape", ["cosine", "inverse_sqrt", "constant"])
def test_the_warm_up_rises_in_equal_steps_to_the_peak(shape):
    assert rates(range(4), shape=shape) == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_cosine_falls_to_half_midway_and_to_zero_at_the_end_and_stays():
    assert rates([3, 5, 7, 9, 11, 50]) == pytest.approx(
        [0.4, 0.4 * 0.8535534, 0.2, 0.4 * 0.1464466, 0.0, 0.0], abs=1e-6
    )


def test_inverse_square_root_halves_when_the_steps_are_four_times_the_warm_up():
    assert rates([3, 15, 63], shape="inverse_sqrt") == pytest.approx([0.4, 0.2, 0.1])


def test_constant_stays_at_the_peak():
    assert rates([3, 4, 1000], shape="constant") == pytest.approx([0.4] * 3)


@pytest.mark.parametrize("shape", ["cosine", "inverse_sqrt", "constant"])
def test_without_a_warm_up_the_first_step_has_the_peak(shape):
    assert rates([0], warmup_steps=0, shape=shape) == pytest.approx([0.4])


@pytest.mark.parametrize("shape", ["cosine", "inverse_sqrt"])
def test_after_the_peak_the_rate_never_rises(shape):
    found = rates(range(3, 20), shape=shape)
    assert all(later <= earlier for earlier, later in zip(found, found[1:], strict=False))


def test_a_run_shorter_than_its_warm_up_never_falls():
    assert rates(range(3), total_steps=2) == pytest.approx([0.1, 0.2, 0.3])


def test_an_optimizer_accepts_it_and_a_graph_too():
    schedule = WarmUp(0.4, warmup_steps=4, total_steps=12)
    assert float(tf.function(schedule)(tf.constant(1))) == pytest.approx(0.2)
    optimizer = keras.optimizers.Adam(schedule)
    weight = keras.Variable(1.0)
    optimizer.build([weight])
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    optimizer.apply([tf.constant(1.0)], [weight])
    assert float(optimizer.learning_rate) == pytest.approx(0.2)
    assert float(weight) == pytest.approx(0.9, abs=1e-3)  # Adam's first step is as long as its rate


def test_it_comes_back_from_its_configuration():
    schedule = WarmUp(0.4, warmup_steps=4, total_steps=12, shape="inverse_sqrt")
    again = WarmUp.from_config(schedule.get_config())
    assert [float(again(step)) for step in (0, 20)] == [float(schedule(step)) for step in (0, 20)]


def test_an_unknown_shape_is_an_error_that_names_those_there_are():
    with pytest.raises(
        ValueError, match="schedule must be cosine, inverse_sqrt or constant; got 'linear'"
    ):
        WarmUp(0.4, warmup_steps=4, total_steps=12, shape="linear")
