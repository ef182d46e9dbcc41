"""Tests of nlp_apps.export.hub: the files of the folder, and the predictions with them."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

import nlp_apps
from nlp_apps.export import parity
from nlp_apps.export.hub import hub_export
from nlp_apps.training import safetensors_weights
from tests import tiny_runs
from tests.commands import fails, run
from tests.tiny_models import HUB, Made

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in HUB), reason="the extra hub is not installed"
)

TASKS = tuple(tiny_runs.APPS)
TEXTS = ["the quiet sea sings", "early morning"]


@pytest.mark.parametrize("task", TASKS)
def test_the_folder_predicts_as_the_run(task: str, tiny_hub: Made, tiny_run: Made) -> None:
    found, wanted = nlp_apps.load(tiny_hub(task)), nlp_apps.load(tiny_run(task))
    assert found.predict(TEXTS) == wanted.predict(TEXTS)
    assert len(nlp_apps.load(tiny_hub(task) / "tiny.tflite").predict(TEXTS)) == len(TEXTS)


@pytest.mark.parametrize("task", TASKS)
def test_the_card_has_the_scores_of_the_run(task: str, tiny_hub: Made, tiny_run: Made) -> None:
    from huggingface_hub import ModelCard

    summary = json.loads((tiny_run(task) / "summary.json").read_text("utf-8"))
    split = "validation" if task == "generation" else "test"
    card = ModelCard.load(tiny_hub(task) / "README.md")
    assert (card.data.license, card.data.language, card.data.library_name) == (
        *("cc0-1.0", ["en"]),
        "nlp-apps",
    )
    assert "tiny" in card.data.tags
    scores = {one.metric_name.replace(" ", "_"): one for one in card.data.eval_results}
    assert scores
    for name, one in scores.items():
        assert one.metric_value == summary["scores"][split][name]
        assert one.dataset_split == split
        assert one.task_type == card.data.pipeline_tag
    assert {one.metric_type for one in scores.values()} == set(card.data.metrics)
    assert f"{summary['parameters']:,} parameters" in card.text
    for baseline in summary["baselines"][split]:
        assert baseline.replace("_", " ") in card.text


@pytest.mark.parametrize("task", TASKS)
def test_the_folder_has_the_files_of_a_hub_and_no_path_of_this_machine(
    task: str, tiny_hub: Made, tiny_run: Made
) -> None:
    files = {path.name for path in tiny_hub(task).iterdir()}
    assert {"README.md", "model.safetensors", "recipe.toml", "tokenizer.model"} < files
    assert not files & {"weights.h5", "sources.json", "saved_model"}
    for name in ("README.md", "recipe.toml", "summary.json", "parity.json"):
        assert str(tiny_run(task).parent) not in (tiny_hub(task) / name).read_text("utf-8")


def test_other_programs_read_the_weights(tiny_hub: Made) -> None:
    from safetensors.numpy import load_file

    file = tiny_hub("sentiment") / "model.safetensors"
    wanted = load_file(file)
    shapes = {name: value.shape for name, value in wanted.items()}
    found = safetensors_weights.read_safetensors(file, shapes)
    assert found.keys() == wanted.keys()
    assert all((found[name] == wanted[name]).all() for name in wanted)


def test_a_folder_is_scored_with_its_text(tiny_hub: Made, tiny_run: Made) -> None:
    app = tiny_runs.APPS["sentiment"]
    folder, run_folder = tiny_hub("sentiment"), tiny_run("sentiment")
    words = ["--data-dir", run_folder.parent, "--json"]
    found, wanted = (
        json.loads(run(app, ["evaluate", each, *words]).out) for each in (folder, run_folder)
    )
    for scores in (found, wanted):
        del scores["run"], scores["picture"]
    (folder / "confusion-test.png").unlink()
    assert found == wanted


def test_a_folder_is_fine_tuned_and_never_trained_into(
    tiny_hub: Made, tiny_run: Made, tmp_path: Path
) -> None:
    app, folder = tiny_runs.APPS["sentiment"], tiny_hub("sentiment")
    recipe = tiny_run("sentiment").parent / "tiny.toml"
    for flag in ((), ("--overwrite",), ("--resume",)):
        done = run(app, ["train", recipe, "--output", folder, *flag])
        fails(done, 2, "a model folder for a hub", f"model.init_from = {str(folder)!r}")
    words = ["--set", f"model.init_from={folder}", "--set", "training.epochs=1"]
    done = run(app, ["train", recipe, "--output", tmp_path / "run", *words])
    assert done.code == 0, done.err
    summary = json.loads((tmp_path / "run/summary.json").read_text("utf-8"))
    assert summary["warm_start"]["init_from"]["run"] == str(folder)


def test_a_folder_that_exists_is_kept(tiny_hub: Made, tiny_run: Made) -> None:
    folder = tiny_hub("sentiment")
    before = (folder / "README.md").read_bytes()
    done = run(
        tiny_runs.APPS["sentiment"],
        ["export", tiny_run("sentiment"), "--format", "hub", "--output", folder.parent],
    )
    fails(done, 2, str(folder), "Move or delete it")
    assert (folder / "README.md").read_bytes() == before


def test_an_unknown_licence_is_left_out_with_a_warning(
    tiny_run: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import ModelCard

    monkeypatch.setattr(parity, "NUM_TEXTS", 4)
    words = ["--format", "hub", "--output", tmp_path / "mine"]
    done = run(tiny_runs.APPS["sentiment"], ["export", tiny_run("sentiment"), *words])
    assert done.code == 0, done.err
    assert "the model card has no license. Name it with --license." in done.err
    assert "Name it with --language." in done.err
    card = ModelCard.load(tmp_path / "mine/hub/README.md")
    assert (card.data.license, card.data.language, card.data.datasets) == (None, None, None)


def test_a_folder_that_predicts_otherwise_is_deleted(
    tiny_run: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity, "NUM_TEXTS", 20)
    read = safetensors_weights.read_safetensors
    monkeypatch.setattr(
        "nlp_apps.training.checkpoints.read_safetensors",
        lambda *args: {name: -value for name, value in read(*args).items()},
    )
    words = ["--format", "hub", "--output", tmp_path / "mine"]
    done = run(tiny_runs.APPS["sentiment"], ["export", tiny_run("sentiment"), *words])
    assert done.code == 1
    assert "differ from the run's, so it was deleted" in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "hub", "--license", "My Licence"), "--license must be an id"),
        (("--format", "hub", "--license", "mit", "--license", "gpl"), "--license must be one"),
        (("--format", "hub", "--language", "English!"), "--language must be a code"),
        (("--format", "hub", "--base-model", "mine"), "--base-model must be OWNER/NAME"),
        (("--format", "hub", "--tag", "a: b"), "--tag must be a word"),
        (("--license", "mit"), "--license is for the model card. Add --format hub."),
    ],
)
def test_a_wrong_value_is_an_error_before_the_export(
    words: tuple[str, ...], message: str, tiny_run: Made, tmp_path: Path
) -> None:
    run_folder = tiny_run("sentiment")
    done = run(
        tiny_runs.APPS["sentiment"], ["export", run_folder, "--output", tmp_path / "a", *words]
    )
    fails(done, 2, message)


def test_a_run_without_summary_has_no_card(tmp_path: Path) -> None:
    for name in ("recipe.toml", "weights.h5"):
        (tmp_path / name).touch()
    with pytest.raises(nlp_apps.errors.WorkError, match=r"has no summary\.json"):
        hub_export.require_exportable(tmp_path, {})
