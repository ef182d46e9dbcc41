"""The library as a notebook uses it: load, train with a dictionary and callbacks, explain."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest

import nlp_apps
from nlp_apps.errors import UsageError
from nlp_apps.results import Classification, GeneratedText, Translation
from tests.tiny_models import Made

RESULTS = {
    "translation": Translation,
    "sentiment": Classification,
    "generation": GeneratedText,
}
TEXTS = ["tea", "soup and tea"]


def outputs(results: list[Any]) -> list[str]:
    """Returns the labels or texts of the results."""
    return [getattr(one, "label", None) or one.text for one in results]


@pytest.mark.parametrize("task", RESULTS)
def test_load_returns_the_same_predictions_from_all_three_kinds_of_model(
    task: str, tiny_run: Made, tiny_saved_model: Made, tiny_lite: Callable[..., Path]
) -> None:
    run, saved_model = nlp_apps.load(tiny_run(task)), nlp_apps.load(str(tiny_saved_model(task)))
    results = run.predict(TEXTS)
    assert [type(one) for one in results] == [RESULTS[task]] * 2
    assert outputs(saved_model.predict(TEXTS)) == outputs(results)
    assert isinstance(run.model, keras.Model)
    assert run.recipe.task == task
    assert run.tokenizer.encode(["tea"])[0]
    lite = nlp_apps.load(tiny_lite(task))
    assert [type(one) for one in lite.predict(TEXTS)] == [RESULTS[task]] * 2


def test_load_of_something_else_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        nlp_apps.load("nowhere")
    with pytest.raises(UsageError, match=f"{tmp_path}: not a run folder"):
        nlp_apps.load(tmp_path)


def test_the_apps_are_reachable_and_import_nothing_heavy() -> None:
    code = (
        "import sys, nlp_apps\n"
        "assert nlp_apps.translation.predict and nlp_apps.sentiment and nlp_apps.generation\n"
        "assert {'load', 'sentiment'} <= set(dir(nlp_apps))\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_a_recipe_can_be_a_dictionary_and_callbacks_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["good\tthe soup was good", "bad\tthe soup was bad"] * 30
    Path("moods.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    seen: list[dict[str, float]] = []
    log = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))
    recipe = {
        "name": "moods",
        "data": {"train": "moods.tsv", "validation": "moods.tsv", "test": "moods.tsv"},
        "tokenizer": {"kind": "characters", "vocabulary_size": 300},
        "model": {"embedding_size": 8, "units": 8, "num_layers": 1},
        "training": {"epochs": 2, "jit_compile": False},
    }
    summary = nlp_apps.sentiment.train(recipe, callbacks=[log])
    assert summary["run"] == str(Path("runs/moods"))
    names = ["learning_rate", "loss", "step", "val_accuracy", "val_loss", "val_macro_f1"]
    assert [sorted(logs) for logs in seen] == [names, names]
    assert nlp_apps.load("runs/moods").predict(["the soup was good"])[0].label in ("good", "bad")
    with pytest.raises(UsageError, match="recipe: model.unitz .*model.units"):
        nlp_apps.sentiment.train({**recipe, "model": {"unitz": 8}})
