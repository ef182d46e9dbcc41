"""Tests of nlp_apps.tasks.settle: mixed precision where the CPU is faster with it."""

from typing import Any

import pytest

from nlp_apps.recipe import load
from nlp_apps.tasks import settle

CPU = {"has_fast_bfloat16": True, "has_gpu": False}


def prefers(
    monkeypatch: pytest.MonkeyPatch,
    cpu: dict[str, bool],
    task: Any = "sentiment",
    units: int = settle.MIN_MIXED_UNITS,
    **training: Any,
) -> bool:
    for name, value in cpu.items():
        monkeypatch.setattr(settle, name, lambda value=value: value)
    keys = {"batch_tokens": settle.MIN_MIXED_TOKENS, **training}
    model = {"units": units}
    recipe = {"data": {"train": "train.tsv"}, "training": keys, "model": model}
    return settle.prefers_mixed_precision(load.from_dict(recipe, task=task))


@pytest.mark.parametrize("task", ["sentiment", "translation"])
def test_a_cpu_with_bfloat16_trains_in_mixed_precision(
    monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    assert prefers(monkeypatch, CPU, task)
    assert prefers(monkeypatch, CPU, task, mixed_precision="auto")


def test_a_task_that_is_not_measured_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not prefers(monkeypatch, CPU, "generation")


def test_small_models_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not prefers(monkeypatch, CPU, units=settle.MIN_MIXED_UNITS - 2)


@pytest.mark.parametrize(
    "cpu", [{**CPU, "has_fast_bfloat16": False}, {**CPU, "has_gpu": True}], ids=str
)
def test_other_machines_do_not(monkeypatch: pytest.MonkeyPatch, cpu: dict[str, bool]) -> None:
    assert not prefers(monkeypatch, cpu)


@pytest.mark.parametrize(
    "training",
    [
        {"mixed_precision": False},
        {"mixed_precision": True},  # nothing to choose
        {"jit_compile": False},
        {"batch_tokens": settle.MIN_MIXED_TOKENS - 1},
    ],
    ids=str,
)
def test_other_recipes_do_not(monkeypatch: pytest.MonkeyPatch, training: dict[str, Any]) -> None:
    assert not prefers(monkeypatch, CPU, **training)


def test_the_log_names_it() -> None:
    chosen = {"model.units": 1024, settle.MIXED_PRECISION: True}
    assert settle.summary(chosen) == "units 1,024, mixed_precision true"
