"""Options of a training: durations and time limits."""

import time

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.tasks.train_options import TrainOptions
from nlp_apps.training.time_left import to_seconds


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), (" 2H5M10S ", 7510), (1.5, 1.5)],
)
def test_durations(duration: str | float, seconds: float) -> None:
    assert to_seconds(duration) == seconds


@pytest.mark.parametrize(
    "duration", ["", "30", "30x", "m", "0m", "-5m", "30m2h", "1.5h", 0, -1.0, float("nan"), 1e400]
)
def test_other_durations_are_errors(duration: str | float) -> None:
    with pytest.raises(UsageError, match="--time") as error:
        TrainOptions(time_limit=duration)
    assert repr(duration) in str(error.value)


def test_the_deadline_counts_from_the_start() -> None:
    before = time.monotonic()
    deadline = TrainOptions(time_limit="2m").deadline
    assert deadline is not None
    assert before + 120.0 <= deadline <= time.monotonic() + 120.0
    assert TrainOptions().deadline is None


def test_a_language_model_that_is_trained_first_has_no_limit() -> None:
    assert TrainOptions(time_limit="2m").for_pretraining().deadline is None
