"""Fine-tuning from end to end: `model.init_from` of each task, frozen parts, old text, errors."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps import generation, sentiment, translation
from nlp_apps.errors import NlpAppsError, UsageError
from nlp_apps.networks.pretrained_weights import weight_name
from nlp_apps.tasks.fine_tuning import BEFORE
from nlp_apps.tasks.run import load
from nlp_apps.training import loop
from nlp_apps.training.run_folder import RunFolder

APPS: dict[str, Any] = {
    "translation": translation,
    "sentiment": sentiment,
    "generation": generation,
}
TRAINING: dict[str, Any] = {
    "max_steps": 4,
    "eval_steps": 2,
    "batch_tokens": 256,
    "jit_compile": False,
    "tensorboard": False,
    "warmup_steps": 0,
}
MODEL: dict[str, Any] = {"embedding_size": 8, "units": 12, "num_layers": 1}
OLD = {
    "translation": "".join(f"the cat {n}\tle chat {n}\n" for n in range(40)),
    "sentiment": "".join(f"good\ta fine day {n}\nbad\ta grey day {n}\n" for n in range(20)),
    "generation": "the day was fine\n" * 60,
}
NEW = {
    "translation": "".join(f"the dog {n} \u2602\tle chien {n}\n" for n in range(24)),
    "sentiment": "".join(f"good\tlovely {n}\nmixed\tmiddling {n}\n" for n in range(12)),
    "generation": "the night was cold\n" * 30,
}
FROZEN = {"translation": "encoder", "sentiment": "encoder", "generation": "layers"}
SUFFIX = {"translation": "tsv", "sentiment": "tsv", "generation": "txt"}


@pytest.fixture(scope="module", params=APPS)
def general(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder, named after a task, with its old and new text and the run `general`."""
    task = request.param
    folder = tmp_path_factory.mktemp("corpus") / task
    folder.mkdir()
    for name, texts in (("old", OLD), ("new", NEW)):
        (folder / f"{name}.{SUFFIX[task]}").write_text(texts[task], encoding="utf-8")
    model = {**MODEL, "ngrams": 256} if task == "sentiment" else MODEL
    train(
        folder,
        "general",
        {
            "data": text_of(folder, "old"),
            "tokenizer": {"kind": "characters", "vocabulary_size": 320},
            "model": model,
            "training": {**TRAINING, "learning_rate": 0.02},
        },
    )
    return folder


def text_of(folder: Path, name: str) -> dict[str, Any]:
    path = str(folder / f"{name}.{SUFFIX[folder.name]}")
    return {"train": path, "validation": path, "test": path}


def train(folder: Path, name: str, recipe: dict[str, Any], **options: Any) -> dict[str, Any]:
    app = APPS[folder.name]
    found: dict[str, Any] = app.train(recipe, run_dir=str(folder / name), **options)
    return found


def tune(
    folder: Path, name: str, sections: dict[str, Any] | None = None, **options: Any
) -> dict[str, Any]:
    """Fine-tunes the run `general` on the new text."""
    recipe: dict[str, Any] = {
        "data": text_of(folder, "new"),
        "model": {"init_from": str(folder / "general")},
        "training": TRAINING,
    }
    for section, values in (sections or {}).items():
        recipe[section] = {**recipe.get(section, {}), **values}
    return train(folder, name, recipe, **options)


def weights_of(run: Path) -> dict[str, np.ndarray]:
    return {weight_name(weight): np.asarray(weight) for weight in load(run).model.weights}


@pytest.fixture(scope="module")
def tuned(general: Path) -> dict[str, Any]:
    return tune(general, "tuned")


def test_sizes_and_vocabulary_are_those_of_the_finished_model(
    general: Path, tuned: dict[str, Any]
) -> None:
    run = RunFolder(general / "tuned")
    assert run.tokenizer.read_bytes() == RunFolder(general / "general").tokenizer.read_bytes()
    old, new = load(general / "general"), load(general / "tuned")
    for key in (*MODEL, "attention", "num_heads"):
        assert getattr(new.recipe.model, key) == getattr(old.recipe.model, key)
    assert new.recipe.tokenizer.kind == "characters"
    assert tuned["fine_tuning"]["start"] == str(general / "general")
    assert tuned["warm_start"]["init_from"]["weights"] > 0


def test_the_summary_has_the_scores_before_and_after_on_new_and_old_text(
    general: Path, tuned: dict[str, Any]
) -> None:
    before = tuned["fine_tuning"]["before"]["validation"]
    assert tuned["baselines"]["validation"][BEFORE] == before
    old = tuned["fine_tuning"]["old_text"]
    assert old["before"]["loss"] != old["after"]["loss"]
    app = APPS[general.name]
    name = {"generation": "loss", "translation": "chrf", "sentiment": "accuracy"}[general.name]
    again = app.evaluate(str(general / "general"), "validation")
    assert old["before"][name] == pytest.approx(again[name], rel=1e-5)
    found = app.evaluate(str(general / "tuned"), "validation")
    assert found["baselines"][BEFORE] == before
    assert found["loss"] == tuned["scores"]["validation"]["loss"]


def test_rate_and_old_text_are_chosen_and_a_set_key_stays(
    general: Path, tuned: dict[str, Any]
) -> None:
    recipe = load(general / "tuned").recipe
    assert recipe.data.mix_in_share == 0.5
    assert recipe.training.learning_rate < 0.0015
    tune(
        general,
        "set",
        {"data": {"mix_in_share": 0.0}, "training": {**TRAINING, "learning_rate": 0.01}},
    )
    recipe = load(general / "set").recipe
    assert (recipe.data.mix_in_share, recipe.training.learning_rate) == (0.0, 0.01)
    assert not np.array_equal(first_weight(general / "set"), first_weight(general / "tuned"))


def first_weight(run: Path) -> np.ndarray:
    return next(iter(weights_of(run).values()))


def test_frozen_parts_keep_their_bits_and_the_others_learn(
    general: Path, tuned: dict[str, Any]
) -> None:
    frozen = FROZEN[general.name]
    tune(general, "frozen", {"training": {**TRAINING, "freeze": [frozen], "weight_decay": 0.1}})
    old, new = weights_of(general / "general"), weights_of(general / "frozen")
    prefix = "decoder/layer_" if frozen == "layers" else "encoder/"
    kept = {name for name in old if name.startswith(prefix)}
    assert kept
    for name in kept:
        np.testing.assert_array_equal(new[name], old[name])
    others = {name for name in old if name not in kept and "table" not in name}
    assert any(not np.array_equal(new[name], old[name]) for name in others)
    free = weights_of(general / "tuned")
    assert any(not np.array_equal(free[name], old[name]) for name in kept)


class StopTrainingError(Exception):
    """An exception in place of a kill."""


@contextmanager
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends a training after the first evaluation that it writes."""
    write = loop._Loop._write

    def write_and_stop(self: Any, *args: Any) -> None:
        write(self, *args)
        raise StopTrainingError

    with monkeypatch.context() as patch, pytest.raises(StopTrainingError):
        patch.setattr(loop._Loop, "_write", write_and_stop)
        yield


def test_a_run_that_is_resumed_ends_with_the_same_bits(
    general: Path, tuned: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted(monkeypatch):
        tune(general, "resumed")
    again = tune(general, "resumed", resume=True)
    assert again["scores"] == tuned["scores"]
    assert again["fine_tuning"] == tuned["fine_tuning"]
    new, old = weights_of(general / "resumed"), weights_of(general / "tuned")
    for name in old:
        np.testing.assert_array_equal(new[name], old[name])


def test_a_fine_tuned_run_can_be_fine_tuned(general: Path, tuned: dict[str, Any]) -> None:
    found = tune(general, "third", {"model": {"init_from": str(general / "tuned")}})
    assert found["fine_tuning"]["start"] == str(general / "tuned")
    for split in ("validation", "test"):
        before = found["fine_tuning"]["before"][split]
        scores = tuned["scores"][split]
        assert before["loss"] == pytest.approx(scores["loss"], rel=1e-5)


def test_without_its_text_a_finished_model_is_fine_tuned_on_new_text_alone(
    general: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "nlp_apps")
    shutil.copytree(general / "general", general / "moved")
    data = json.loads((general / "moved" / "data.json").read_text())
    data["train"]["sha256"] = "0" * 64
    (general / "moved" / "data.json").write_text(json.dumps(data))
    model = {"init_from": str(general / "moved")}
    found = tune(general, "alone", {"model": model})
    assert "old_text" not in found["fine_tuning"]
    assert load(general / "alone").recipe.data.mix_in_share == 0.0
    assert "no old text is mixed in" in caplog.text
    with pytest.raises(UsageError, match=r"data\.mix_in_share is 0\.3.*Name old text"):
        tune(general, "share", {"model": model, "data": {"mix_in_share": 0.3}})
    named = tune(
        general,
        "named",
        {"model": model, "data": {"mix_in": text_of(general, "old")["train"]}},
    )
    assert named["fine_tuning"]["old_text"]["mixed"] > 0


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("model", {"units": 16}, r"model\.units is 16, but 12 in .*Set model\.units = 12"),
        ("model", {"init_from": "nowhere"}, r"model\.init_from: no such run folder"),
        ("training", {"freeze": ["wheels"]}, r"training\.freeze must be a list of parts"),
        ("data", {"mix_in": "gone"}, "gone"),
    ],
)
def test_a_start_that_does_not_fit_is_an_error(
    general: Path, section: str, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(NlpAppsError, match=message):
        tune(general, "bad", {section: {**TRAINING, **values} if "freeze" in values else values})
    assert not (general / "bad" / "weights.h5").exists()


def test_a_run_of_another_task_is_an_error(general: Path, tmp_path: Path) -> None:
    other = next(name for name in APPS if name != general.name)
    fake = tmp_path / "other"
    shutil.copytree(general / "general", fake)
    text = (fake / "recipe.toml").read_text("utf-8").replace(f'"{general.name}"', f'"{other}"', 1)
    (fake / "recipe.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=rf"is a run of {other}; it must be a run of"):
        tune(general, "bad", {"model": {"init_from": str(fake)}})
