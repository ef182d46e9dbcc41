"""Tests of nlp_apps.cli.prediction_progress."""

from nlp_apps.cli.input_position import InputPosition
from nlp_apps.cli.prediction_progress import PredictionProgress
from nlp_apps.io import stages


def test_a_window_shows_its_finished_part() -> None:
    position = InputPosition()
    progress = PredictionProgress(position, 100)
    assert (progress.count, progress.status) == (0, "loading the model")
    progress.update_mark()
    position.add(b"x" * 40)
    position.lines = 8
    with stages.innermost(progress):
        stages.report_part(1, 4)
        assert (progress.count, progress.status) == (10, "2 lines")
        assert progress.line().startswith("predicting: 10 %, 2 lines, ")
        progress.update_mark()
        assert (progress.count, progress.status) == (40, "8 lines")
