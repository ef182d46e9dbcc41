"""Tests of nlp_apps.export.parity: the times of a report."""

import itertools
from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest

from nlp_apps.export import parity
from nlp_apps.export.parity import Check, Prediction


@pytest.mark.parametrize(
    ("batch_size", "seconds", "calls"), [(64, 0.01, 10), (64, 1.0, 3), (1, 0.01, 64 * 3)]
)
def test_a_few_fast_batches_are_timed_more_often(
    batch_size: int, seconds: float, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []

    def predict(texts: Sequence[str], size: int = 0) -> Iterator[Prediction]:
        found.append(size)
        return iter([Prediction(text, ()) for text in texts])

    ticks = itertools.count(step=seconds)
    monkeypatch.setattr(parity, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    monkeypatch.setattr(parity, "TIMED_TEXTS", 64)
    report = parity.latency(Check("greedy", predict, predict), ["tea", "sea"], (batch_size,))
    assert found == [0, batch_size] * calls
    milliseconds = pytest.approx(1000 * seconds / batch_size, abs=1e-3)
    wanted = {"model": milliseconds, "artefact": milliseconds, "ratio": 1.0}
    assert report == {f"batch_{batch_size}": wanted}
