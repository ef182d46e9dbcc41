"""A SavedModel maps strings to strings, predicts the same as the run, and needs only TensorFlow."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from nlp_apps.export import export_run as exports
from nlp_apps.export import parity
from tests import tiny_runs
from tests.commands import assert_alike, fails, run
from tests.export.saved_model import SIGNATURES, TASKS, TEXTS, meta_graph


def op_names(folder: Path) -> set[str]:
    graph = meta_graph(folder).graph_def
    functions = [node for function in graph.library.function for node in function.node_def]
    return {node.op for node in [*graph.node, *functions]}


# Files -------------------------------------------------------------------------------------------


def test_the_signatures_have_the_inputs_and_outputs_of_the_design(
    task: str, exported: Path
) -> None:
    found = meta_graph(exported).signature_def
    assert SIGNATURES[task] <= set(found)
    for name in SIGNATURES[task]:
        text = found[name].inputs["text"]
        assert text.dtype == tf.string.as_datatype_enum
        assert [dim.size for dim in text.tensor_shape.dim] == [-1]
    outputs = {
        name: tf.dtypes.as_dtype(info.dtype).name
        for name, info in found["serving_default"].outputs.items()
    }
    inputs = set(found["serving_default"].inputs)
    if task == "translation":
        own = {"translation": "string", "score": "float32", "too_long": "bool"}
        assert (inputs, outputs) == ({"text"}, own)
    elif task == "sentiment":
        own = {"label": "string", "probability": "float32", "too_long": "bool"}
        assert (inputs, outputs) == ({"text"}, own)
    else:
        parameters = {"temperature", "top_k", "top_p", "max_tokens", "seed"}
        assert inputs == {"text", *parameters}
        assert set(found["serving_default"].defaults) == parameters
        assert outputs["text"] == "string"


def test_no_op_is_foreign_or_bound_to_a_device(exported: Path) -> None:
    found = op_names(exported)
    for part in ("PyFunc", "Sentencepiece", "Cudnn", "XlaLaunch", "HashTable", "Lookup"):
        assert not [name for name in found if part in name]
    # A SavedModel of TensorFlow's own ops has nothing to register.
    assert {name for name in found if not hasattr(tf.raw_ops, name)} <= {
        name for name in found if name.startswith("__inference") or name == "Assert"
    }


def test_weights_are_stored_once(task: str, trained: Path, exported: Path) -> None:
    summary = json.loads((trained / "summary.json").read_text(encoding="utf-8"))
    reader = tf.train.load_checkpoint(str(exported / "variables" / "variables"))
    shapes = reader.get_variable_to_shape_map()
    dtypes = reader.get_variable_to_dtype_map()
    floats = sum(int(np.prod(shapes[name])) for name in shapes if dtypes[name] == tf.float32)
    assert summary["parameters"] <= floats <= summary["parameters"] + 2000  # the pieces' scores


def test_the_parity_report_lists_the_comparisons(task: str, exported: Path) -> None:
    report = json.loads((exported / "parity.json").read_text(encoding="utf-8"))["saved_model"]
    names = {
        "translation": {"greedy", "beam", "constrained", "markup"},
        "sentiment": {"probabilities"},
        "generation": {"draw", "score", "suggest_without_cache"},
    }[task]
    assert set(report["checks"]) == set(report["milliseconds_per_text"]) == names
    for sizes in report["checks"].values():
        for size in ("batch_1", "batch_32"):
            assert sizes[size]["passed"]
            assert sizes[size]["num_equal"] == sizes[size]["texts"] == 40
    files = [path for path in exported.rglob("*") if path.is_file() and path.name != "parity.json"]
    assert report["bytes"] == sum(path.stat().st_size for path in files)


def test_it_is_warmed_up_with_every_signature(task: str, exported: Path) -> None:
    path = exported / "assets.extra" / "tf_serving_warmup_requests"
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        for record in tf.data.TFRecordDataset(str(path))
    ]
    assert {log.model_spec.name for log in logs} == {"tiny"}
    assert {log.model_spec.signature_name for log in logs} == SIGNATURES[task]
    found = meta_graph(exported).signature_def
    for log in logs:
        signature = found[log.model_spec.signature_name]
        assert set(signature.inputs) == set(log.inputs)
        rows = {tuple(size.size for size in each.tensor_shape.dim) for each in log.inputs.values()}
        assert rows in ({(1,)}, {(8,)})  # TF Serving batches no others.


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_another_export_is_the_next_version(task: str, trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    for name in ("1", "7"):
        (folder / name).mkdir(parents=True)
        (folder / name / "something").write_text("of another program")
    done = run(tiny_runs.APPS[task], ["export", trained, "--to", folder])
    assert done.code == 0, done.err
    assert str(folder / "8") in done.out
    assert sorted(path.name for path in folder.iterdir()) == ["1", "7", "8"]
    assert (folder / "8" / "saved_model.pb").is_file()


@pytest.mark.parametrize("to", [".", "inner/.."])
def test_a_model_has_the_name_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    monkeypatch.chdir(tmp_path)
    plan: Any = None
    monkeypatch.setattr(exports, "make_plan", lambda *_, **__: plan)
    monkeypatch.setitem(exports.EXPORTERS, "tflite", lambda plan, folder, _: {"name": folder.name})
    assert exports.export("run", to, ["tflite"]) == {"tflite": {"name": tmp_path.name}}


# Predictions -------------------------------------------------------------------------------------


def test_a_savedmodel_predicts_the_same_as_the_run(
    task: str, trained: Path, exported: Path
) -> None:
    app = tiny_runs.APPS[task]
    flags = ["--num-samples", 2, "--seed", 5, "--stop", "x"] if task == "generation" else []
    wanted = run(app, ["predict", trained, "--json", *flags, *TEXTS])
    found = run(app, ["predict", exported.parent, "--json", *flags, *TEXTS])
    assert found.code == 0, found.err
    for line, other in zip(wanted.out.splitlines(), found.out.splitlines(), strict=True):
        assert_alike(json.loads(other), json.loads(line))


@pytest.mark.parametrize("task", ["generation"], indirect=True)
def test_a_stop_string_ends_text_and_scores_as_in_the_run(
    task: str, trained: Path, exported: Path
) -> None:
    app, words = tiny_runs.APPS[task], ["--seed", 3, "--max-tokens", 40, "--json", "tea"]
    whole = json.loads(run(app, ["predict", trained, *words]).out)
    assert whole["tokens"] > 10
    middle = len(whole["continuation"]) // 2
    stop = whole["continuation"][middle : middle + 2]
    wanted = json.loads(run(app, ["predict", trained, "--stop", stop, *words]).out)
    assert 0 < wanted["tokens"] < whole["tokens"]
    found = json.loads(run(app, ["predict", exported, "--stop", stop, *words]).out)
    assert_alike(found, wanted)


def test_it_predicts_in_a_process_without_this_package(
    task: str, trained: Path, exported: Path
) -> None:
    code = (
        "import sys, tensorflow as tf\n"
        "f = tf.saved_model.load(sys.argv[1]).signatures['serving_default']\n"
        "extra = {}\n"
        "if 'seed' in f.structured_input_signature[1]:\n"
        "    extra = dict(temperature=tf.constant([0.8]), top_k=tf.constant([0]),\n"
        "                 top_p=tf.constant([0.95]), max_tokens=tf.constant([12]),\n"
        "                 seed=tf.constant([1], tf.int64))\n"
        "out = f(text=tf.constant([sys.argv[2]]), **extra)\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('nlp_apps', 'sentencepiece')]\n"
        "print(out[sys.argv[3]][0].numpy().decode())"
    )
    name = {"translation": "translation", "sentiment": "label", "generation": "text"}[task]
    done = subprocess.run(
        [sys.executable, "-c", code, str(exported), TEXTS[0], name],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = run(tiny_runs.APPS[task], ["predict", trained, "--json", TEXTS[0]])
    assert done.stdout == json.loads(wanted.out)[name] + "\n"
    assert "gradient" not in done.stderr


@pytest.mark.parametrize("task", ["generation"], indirect=True)
def test_defaults_of_a_savedmodel_are_within_its_limits(
    task: str, exported: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(exported, folder)
    path = folder / "assets.extra" / "nlp_apps.json"
    metadata = json.loads(path.read_text("utf-8"))
    metadata["decoding"]["max_tokens"] = metadata["most_tokens"] + 1  # as a recipe may say
    metadata["defaults"]["max_tokens"] = 3
    path.write_text(json.dumps(metadata), "utf-8")
    done = run(tiny_runs.APPS[task], ["predict", folder, "tea", "--json"])
    assert done.code == 0, done.err
    assert json.loads(done.out)["tokens"] <= 3


# Errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_model_with_other_predictions_is_deleted(
    task: str, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity, "MIN_EQUAL", 1.1)
    folder = tmp_path / "models" / "tiny"
    done = run(tiny_runs.APPS[task], ["export", trained, "--to", folder])
    assert done.code == 1
    assert "predictions of the SavedModel differ from the run's" in done.err
    assert not folder.exists()


def test_a_model_of_another_task_or_program_is_an_error(
    task: str, exported: Path, trained: Path, tmp_path: Path
) -> None:
    other = TASKS[TASKS.index(task) - 1]
    done = run(tiny_runs.APPS[other], ["predict", exported, "tea"])
    assert done.code == 2
    assert f"{exported}: " in done.err and f"this is a {task} model" in done.err
    tf.saved_model.save(tf.Module(), str(tmp_path / "foreign"))
    done = run(tiny_runs.APPS[task], ["predict", tmp_path / "foreign", "tea"])
    assert done.code == 2
    assert re.search(f"{tmp_path / 'foreign'}: .*assets.extra/nlp_apps.json", done.err)
    shutil.copytree(exported, tmp_path / "cut")
    (tmp_path / "cut" / "saved_model.pb").write_bytes(b"\x00nothing")
    done = run(tiny_runs.APPS[task], ["predict", tmp_path / "cut", "tea"])
    assert done.code == 1
    assert done.err == f"nlp-apps: error: {tmp_path / 'cut'}: saved_model.pb is not a SavedModel.\n"
    fails(
        run(tiny_runs.APPS[task], ["export", tmp_path / "nothing"]),
        2,
        f"{tmp_path / 'nothing'}: no such run folder.",
    )
