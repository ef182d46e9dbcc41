import os

from nlp_apps.litert.file_model import default_threads


def test_a_translator_has_two_threads_and_other_models_have_one(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert [default_threads(task) for task in ("translation", "sentiment", "generation")] == [
        2,
        1,
        1,
    ]


def test_a_process_with_one_cpu_has_one_thread(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert default_threads("translation") == 1
