"""Tests of nlp_apps.workers.worker_group, with threads in place of processes."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.workers.worker_group import SINGLE, WorkerGroup

SECONDS = 10.0


class ThreadGroup(WorkerGroup):
    """A worker in a thread; `gather` meets at a barrier."""

    def __init__(self, index: int, size: int, barrier: threading.Barrier, values: dict[int, Any]):
        self.index, self.size, self.barrier, self.values = index, size, barrier, values

    def gather(self, value: Any) -> list[Any]:
        self.values[self.index] = value
        self.barrier.wait(SECONDS)
        found = [self.values[index] for index in range(self.size)]
        self.barrier.wait(SECONDS)
        return found


def run(size: int, work: Callable[[WorkerGroup], Any]) -> list[Any]:
    """Runs the work in every worker; returns results, or the errors of this package."""
    barrier = threading.Barrier(size)
    values: dict[int, Any] = {}
    results: list[Any] = [None] * size

    def in_worker(index: int) -> None:
        try:
            results[index] = work(ThreadGroup(index, size, barrier, values))
        except NlpAppsError as error:
            results[index] = error

    threads = [threading.Thread(target=in_worker, args=(index,)) for index in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return results


def test_the_chief_is_first() -> None:
    order: list[int] = []

    def work(group: WorkerGroup) -> None:
        with group.chief_first():
            order.append(group.index)

    run(3, work)
    assert order[0] == 0
    assert sorted(order) == [0, 1, 2]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_an_error_of_one_worker_is_an_error_of_all(failing: int) -> None:
    def work(group: WorkerGroup) -> None:
        with group.chief_first():
            if group.index == failing:
                raise UsageError("no such file")

    for index, error in enumerate(run(3, work)):
        assert isinstance(error, UsageError)
        assert str(error) == ("" if index == failing else f"worker {failing}: ") + "no such file"


def test_a_work_error_keeps_its_kind() -> None:
    def work(group: WorkerGroup) -> None:
        with group.chief_first():
            if group.is_chief:
                raise WorkError("the disk is full")

    assert [type(error) for error in run(2, work)] == [WorkError, WorkError]


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_spread_keeps_the_order(size: int, count: int) -> None:
    items = list(range(count))
    seen: list[int] = []

    def double(part: Any) -> list[int]:
        seen.extend(part)
        return [2 * item for item in part]

    results = run(size, lambda group: group.spread(double, items))
    assert results == [[2 * item for item in items]] * size
    assert sorted(seen) == items


def test_agree_any_and_single() -> None:
    assert run(3, lambda group: group.agree(group.index + 5)) == [5, 5, 5]
    assert run(3, lambda group: group.any(group.index == 2)) == [True] * 3
    assert run(2, lambda group: group.any(False)) == [False] * 2
    assert SINGLE.agree(7) == 7
    with SINGLE.chief_first():
        pass
    SINGLE.require_equal("recipe", {"a": 1})


def test_the_first_difference_is_named() -> None:
    def work(group: WorkerGroup) -> None:
        group.require_equal("recipe", {"model": {"units": group.index}, "name": "x"})

    for error in run(2, work):
        assert str(error) == (
            "worker 1 has another recipe than worker 0: model.units is 1, not 0. All workers need "
            "the same recipe."
        )
