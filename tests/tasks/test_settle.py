"""Tests of nlp_apps.tasks.settle: mixed precision where the CPU is faster with it."""

from typing import Any

import pytest

from nlp_apps.recipe import load
from nlp_apps.tasks import settle

CPU = {"has_fast_bfloat16": True, "has_gpu": False}


def pays(monkeypatch: pytest.MonkeyPatch, cpu: dict[str, bool], **training: Any) -> bool:
    for name, value in cpu.items():
        monkeypatch.setattr(settle, name, lambda value=value: value)
    keys = {"batch_tokens": settle.MIN_MIXED_TOKENS, **training}
    recipe = {"data": {"train": "pairs.tsv"}, "training": keys}
    return settle.is_mixed_precision_faster(load.from_dict(recipe, task="translation"))


def test_a_cpu_with_bfloat16_trains_in_mixed_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pays(monkeypatch, CPU)


@pytest.mark.parametrize(
    "cpu", [{**CPU, "has_fast_bfloat16": False}, {**CPU, "has_gpu": True}], ids=str
)
def test_other_machines_do_not(monkeypatch: pytest.MonkeyPatch, cpu: dict[str, bool]) -> None:
    assert not pays(monkeypatch, cpu)


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
    assert not pays(monkeypatch, CPU, **training)


def test_the_log_names_it() -> None:
    chosen = {"model.units": 1024, settle.MIXED_PRECISION: True}
    assert settle.summary(chosen) == "units 1,024, mixed_precision true"
