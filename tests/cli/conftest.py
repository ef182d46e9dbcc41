"""A fake app that needs no TensorFlow and records its calls."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from nlp_apps.cli import main as cli
from nlp_apps.cli.app_description import App


class FakeApp:
    """Records the calls of the command line."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.failure: BaseException | None = None
        self.train_options: dict[str, Any] = {}
        self.app = App(
            name="translation",
            description="A fake.",
            default_recipe="translation-phrasebook",
            default_model="translation-tatoeba-en-fr",
            example_text="Hello.",
            shipped_example_text="Hello.",
            explain_summary="draw nothing",
            train=self.train,
            evaluate=self.evaluate,
            predict=self.predict,
            export=self.export,
            explain=self.explain,
            train_scores=("bleu",),
            prediction_key="translation",
        )

    def train(
        self,
        recipe_path: str,
        data_dir: str | None,
        run_dir: str | None,
        overrides: Sequence[str],
        resume: bool,
        **options: Any,
    ) -> Mapping[str, Any]:
        self.calls.append((recipe_path, data_dir, run_dir, tuple(overrides), resume))
        self.train_options = options
        if self.failure:
            raise self.failure
        return {
            "run": "runs/x",
            "train_seconds": 60.5,
            "compile_seconds": 9.5,
            "tokens_per_second": 4000.0,
            "parameters": 1000,
            "scores": {"test": {"bleu": 70.123, "chrf": 80.5}},
            "baselines": {},
            "comparison": {},
        }

    def evaluate(self, run: str, split: str, data_dir: str | None) -> Mapping[str, Any]:
        self.calls.append((run, split, data_dir))
        return {"bleu": np.float32(41.5), "pairs": 1000, "loss": float("nan")}

    def predict(self, model: str, texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        self.calls.append(model)
        if self.failure:
            raise self.failure
        for text in texts:
            yield {"translation": text.upper(), "score": np.float32(-0.5)}

    def export(self, *arguments: Any) -> Mapping[str, Any]:
        self.calls.append(arguments)
        return {"tflite": {"bytes": 1000}}

    def explain(self, *arguments: Any) -> Any:
        self.calls.append(arguments)

    def run(self, *words: str) -> int:
        return cli.main(self.app, words)


@pytest.fixture
def fake() -> FakeApp:
    return FakeApp()


@pytest.fixture(autouse=True)
def no_import_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves no hook for TensorFlow's import behind."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
