"""An `.onnx` predicts like the run, in Python and on the command line; bad files are one line."""

import json
import sys
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import nlp_apps
from nlp_apps.batch_inference import batch_command
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.export import parity
from nlp_apps.export.onnx_file import onnx_export
from nlp_apps.inference import artefacts
from nlp_apps.litert.metadata import read_metadata
from nlp_apps.litert.onnx_model import OnnxModel
from nlp_apps.litert.onnx_properties import with_properties
from tests import tiny_runs
from tests.commands import run
from tests.tiny_models import Made

TASKS = ("sentiment", "translation", "generation")
TEXT = "the old house sleeps under"


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(task: str, tiny_onnx: Made) -> Path:
    return tiny_onnx(task)


def test_all_predictions_equal_those_of_the_run(file: Path):
    report = json.loads((file.parent / "onnx_parity.json").read_text())["onnx"]
    assert report["checks"]
    for sizes in report["checks"].values():
        assert sizes["batch_1"]["num_equal"] == sizes["batch_1"]["texts"] > 0
        assert sizes["batch_1"]["passed"]
    assert report["quality"]["passed"]
    assert report["bytes"] == file.stat().st_size


def test_the_command_line_predicts_as_with_the_run(task: str, file: Path, tiny_run: Made):
    words = [TEXT, *(["--top-k", "1"] if task == "generation" else [])]
    found = [
        run(tiny_runs.APPS[task], ["predict", model, *words]) for model in (file, tiny_run(task))
    ]
    assert found[0].code == 0, found[0].err
    assert found[0].out == found[1].out


def test_every_command_of_a_language_model_reads_it_as_a_tflite(
    tiny_onnx: Made, tiny_lite: Made, tmp_path: Path
):
    notes = tmp_path / "notes.txt"
    notes.write_text("The Zyxgoat eats tea.\n", "utf-8")
    for words in (["suggest", "{}", "the se", "--learn", str(notes)], ["score", "{}", TEXT]):
        onnx, lite = (
            run(tiny_runs.APPS["generation"], [word.format(made("generation")) for word in words])
            for made in (tiny_onnx, tiny_lite)
        )
        assert onnx.code == 0 and onnx.out, onnx.err
        assert onnx.out == lite.out


def test_batch_predicts_as_with_a_tflite(tiny_onnx: Made, tiny_lite: Made, tmp_path: Path):
    (tmp_path / "in.txt").write_text("the sea\nold tea\n", "utf-8")
    found = []
    for made in (tiny_onnx, tiny_lite):
        output = tmp_path / made("sentiment").suffix[1:]
        words = [made("sentiment"), tmp_path / "in.txt", output, "--processes", "1"]
        assert batch_command.main(list(map(str, words))) == 0
        found.append([path.read_text("utf-8") for path in sorted(output.glob("*.jsonl"))])
    assert found[0] and found[0] == found[1]


@pytest.mark.parametrize("verb", ["evaluate", "explain", "export"])
def test_a_command_that_needs_a_run_refuses_it_in_one_line(
    verb: str, tiny_onnx: Made, tiny_saved_model: Made
):
    message = "Pass the folder that train wrote: a SavedModel, a .tflite and an .onnx can only"
    file, folder = tiny_onnx("sentiment"), tiny_saved_model("sentiment")
    for model, problem in ((file, "a file, not a run folder"), (folder, "not a run folder")):
        words = [verb, model, *(["tea"] if verb == "explain" else [])]
        done = run(tiny_runs.APPS["sentiment"], words)
        assert done.code == 2
        assert f"{model}: {problem}" in done.err and message in done.err
        assert len(done.err.splitlines()) == 1


def test_a_folder_with_one_onnx_is_a_model(file: Path):
    assert artefacts.find(str(file.parent)) == ("file", file)


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_load_returns_a_predictor(file: Path):
    (found,) = nlp_apps.load(file).predict([TEXT])
    assert sum(found.probabilities.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("task", ["translation"], indirect=True)
def test_a_translation_has_the_protected_spans_and_terms(file: Path):
    translator = nlp_apps.load(file)
    text = "the old house sleeps near {place}"
    (found,) = translator.predict([text], glossary={"house": "Gew\u00e4chshaus"})
    assert found.text.count("{place}") == 1
    assert found.text.count("Gew\u00e4chshaus") == 1
    (plain,) = translator.predict([TEXT])
    assert "Gew\u00e4chshaus" not in plain.text


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_any_runtime_runs_it_and_reads_its_metadata(file: Path):
    import onnx
    import onnxruntime

    onnx.checker.check_model(file, full_check=True)
    session = onnxruntime.InferenceSession(file)
    properties = session.get_modelmeta().custom_metadata_map
    labels = json.loads(properties["nlp_apps.json"])["labels"]
    shapes = json.loads(properties["signatures.json"])
    assert shapes["classify"] == {"ids": [1, read_metadata(file)["tokens"]]}
    feeds: dict[str, Any] = {
        one.name: np.zeros(one.shape, np.float32 if "float" in one.type else np.int32)
        for one in session.get_inputs()
    }
    feeds["ids"][0, :3] = [4, 5, 6]
    feeds["signature"] = np.array(["classify"], object)
    (probabilities,) = session.run(["classify.probabilities"], feeds)
    assert probabilities.shape == (1, len(labels))


@pytest.mark.parametrize("task", ["generation"], indirect=True)
def test_int8_weights_make_it_smaller_and_as_good(
    task: str, file: Path, tmp_path: Path, tiny_run: Made, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(parity, "NUM_TEXTS", 10)
    words = ["export", tiny_run(task), "--to", tmp_path / "tiny", "--format", "onnx"]
    done = run(tiny_runs.APPS[task], words)
    assert done.code == 0, done.err
    small = tmp_path / "tiny" / "tiny.onnx"
    assert small.stat().st_size < file.stat().st_size
    assert read_metadata(small)["quantize"] == "dynamic"
    quality = json.loads((small.parent / "onnx_parity.json").read_text())["onnx"]["quality"]
    assert abs(quality["model"] - quality["onnx"]) < 0.02


def error_of(path: Path, task: str = "sentiment") -> str:
    """Returns the message of a prediction, which is one error on one or two lines."""
    done = run(tiny_runs.APPS[task], ["predict", path, TEXT])
    assert done.code in (1, 2)
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) <= 2
    return done.err


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_damaged_file_is_one_line(file: Path, tmp_path: Path):
    content = bytearray(file.read_bytes())
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(content[:-100])
    assert "damaged" in error_of(bad)
    bad.write_bytes(b"no model")
    assert "not an .onnx of this package" in error_of(bad)
    bad.write_bytes(b"")
    assert "not an .onnx of this package" in error_of(bad)
    bad.write_bytes(bytes(content) + b"\x3a\x00")  # a second, empty graph
    assert "after its properties" in error_of(bad)
    content[2000] ^= 255
    bad.write_bytes(content)
    assert "checksum" in error_of(bad)


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_file_of_another_task_is_one_line(file: Path):
    assert "translation model is required" in error_of(file, "translation")


def foreign(tmp_path: Path, file: Path, model: Any) -> Path:
    """Writes another graph with the metadata of a file."""
    signatures = {"classify": {"ids": [1, 8]}}
    files = {"nlp_apps.json": read_metadata(file), "signatures.json": signatures}
    path = tmp_path / "model" / "foreign.onnx"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(with_properties(model.SerializeToString(), files))
    return path


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
@pytest.mark.parametrize("place", ["../secret.bin", "absolute"])
def test_data_outside_the_folder_is_not_read(file: Path, tmp_path: Path, place: str):
    from onnx import TensorProto, helper

    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.ones(4, np.float32).tobytes())
    tensor = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[4])
    tensor.data_location = TensorProto.EXTERNAL
    location = str(secret) if place == "absolute" else place
    tensor.external_data.add(key="location", value=location)
    output = helper.make_tensor_value_info("classify.found", TensorProto.FLOAT, [4])
    node = helper.make_node("Identity", ["weights"], ["classify.found"])
    graph = helper.make_graph([node], "foreign", [], [output], [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    with pytest.raises(WorkError, match="rejects the model"):
        OnnxModel(foreign(tmp_path, file, model), "sentiment")


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_graph_without_the_signatures_is_one_line(file: Path, tmp_path: Path):
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("classify.found", TensorProto.FLOAT, [4])
    source = helper.make_tensor_value_info("ids", TensorProto.FLOAT, [4])
    node = helper.make_node("Identity", ["ids"], ["classify.found"])
    graph = helper.make_graph([node], "foreign", [source], [value])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    with pytest.raises(WorkError, match="has no signature"):
        OnnxModel(foreign(tmp_path, file, model), "sentiment")


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_an_output_of_another_shape_is_one_line(file: Path, monkeypatch: pytest.MonkeyPatch):
    model = OnnxModel(file, "sentiment")
    monkeypatch.setitem(model._output_shapes, "tokenize.count", [2])
    with pytest.raises(WorkError, match=r"count has the shape \[1\]"):
        model.encode(TEXT)


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_missing_package_is_one_line_with_the_command(
    task: str, file: Path, tiny_run: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UsageError, match=r"pip install 'nlp-apps\[onnx\]'"):
        OnnxModel(file, task)
    monkeypatch.setitem(sys.modules, "onnx", None)
    words = ["export", tiny_run(task), "--to", tmp_path / "tiny", "--format", "onnx"]
    done = run(tiny_runs.APPS[task], words)
    assert done.code == 2
    assert "pip install 'nlp-apps[onnx]'" in done.err
    assert not list(tmp_path.iterdir())


def test_a_broken_package_is_not_called_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "onnx.py").write_text("raise ImportError('x.so: failed to map segment')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "onnx", raising=False)
    with pytest.raises(ImportError, match="failed to map segment"):
        onnx_export.export_onnx(cast(Any, None), tmp_path, "none")


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_weights_of_2_gb_are_one_line(
    task: str, tiny_run: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    onnx_signatures = pytest.importorskip("nlp_apps.export.onnx_file.onnx_signatures")
    monkeypatch.setattr(onnx_signatures, "MAX_WEIGHT_BYTES", 1000)
    words = ["export", tiny_run(task), "--to", tmp_path / "tiny", "--format", "onnx"]
    done = run(tiny_runs.APPS[task], words)
    assert done.code == 1
    assert "2 GB" in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir())


def test_float16_is_refused(tmp_path: Path):
    words = ["export", tmp_path, "--format", "onnx", "--quantize", "float16"]
    (tmp_path / "recipe.toml").write_text("")
    done = run(tiny_runs.APPS["sentiment"], words)
    assert done.code == 2
    assert "--quantize float16" in done.err
