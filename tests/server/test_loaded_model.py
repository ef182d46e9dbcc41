"""Tests of nlp_apps.server.model_signatures, loaded_model and warmup."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.server import loaded_model, model_signatures, warmup
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Arrays
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError
from tests.toy_server import fake_folder, texts, write_half_plus_two, write_uppercase


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toys")
    write_uppercase(folder / "uppercase" / "1")
    write_half_plus_two(folder / "half_plus_two" / "1")
    return folder


# Signatures


def test_signatures_have_names_types_shapes_and_defaults(toys: Path):
    found, metadata = model_signatures.read(toys / "uppercase" / "1")
    assert sorted(found) == ["letters", "parameters", "picky", "serving_default"]
    parameters = found["parameters"].inputs
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in parameters.items()} == {
        "loud": ("bool", (None,)),
        "seed": ("int64", (None,)),
        "temperature": ("float32", (None,)),
        "text": ("string", (None,)),
    }
    assert parameters["text"].default is None
    for name, value in (("loud", False), ("seed", 7), ("temperature", 0.5)):
        default = parameters[name].default
        assert default is not None
        assert default.tolist() == [value]
    assert found["serving_default"].mergeable
    assert found["letters"].has_rows
    assert not found["letters"].mergeable
    definition = metadata["serving_default"]
    assert definition["method_name"] == "tensorflow/serving/predict"
    assert definition["inputs"]["text"]["dtype"] == "DT_STRING"
    assert definition["inputs"]["text"]["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]


def test_a_signature_of_scalars_has_no_batch_dimension(toys: Path):
    found, _ = model_signatures.read(toys / "half_plus_two" / "1")
    assert found["serving_default"].inputs["x"].shape == (None, 1)
    assert not found["count"].has_rows
    assert found["labelled"].has_rows
    assert not found["labelled"].mergeable
    assert found["labelled"].outputs["labels"].shape == (2,)


def test_a_damaged_savedmodel_is_an_error_without_its_path(tmp_path: Path):
    fake_folder(tmp_path, "1")
    with pytest.raises(WorkError, match=r"^saved_model.pb has no graph with the tag 'serve'.$"):
        model_signatures.read(tmp_path / "1")
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"\xff\xff not a protocol buffer")
    with pytest.raises(WorkError, match=r"^saved_model.pb is not a SavedModel.$"):
        model_signatures.read(tmp_path / "1")


# Loading


def test_a_loaded_model_runs_and_has_its_card(toys: Path):
    loaded = loaded_model.load(toys / "uppercase" / "1")
    assert loaded.card["task"] == "translation"
    outputs = loaded.run(loaded.signatures["serving_default"], {"text": texts("a\0b\0", "")})
    assert outputs["upper"].tolist() == [b"A\0B\0", b""]
    assert outputs["length"].tolist() == [4, 0]
    assert loaded_model.load(toys / "half_plus_two" / "1").card == {}


@pytest.mark.parametrize(("length", "reason"), [(20, " a text has 20 bytes."), (30, "")])
def test_an_error_of_the_graph_has_only_the_message_of_its_author(
    toys: Path, length: int, reason: str
):
    loaded = loaded_model.load(toys / "uppercase" / "1")
    with pytest.raises(RequestError) as error:
        loaded.run(loaded.signatures["picky"], {"text": texts("x" * length)})
    assert (error.value.status, error.value.message) == (
        400,
        f"The model rejects these inputs.{reason}",
    )


def test_an_unreadable_card_is_empty(toys: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    shutil.copytree(toys / "uppercase" / "1", tmp_path / "1")
    card = tmp_path / "1" / "assets.extra" / "nlp_apps.json"
    for text in ("{", "[]"):
        card.write_text(text)
        assert loaded_model.load(tmp_path / "1").card == {}
    assert "cannot be read" in caplog.text
    assert "must hold a JSON object" in caplog.text


def test_a_load_error_holds_no_path(toys: Path, tmp_path: Path):
    shutil.copytree(toys / "uppercase" / "1", tmp_path / "torn" / "1")
    for path in (tmp_path / "torn" / "1" / "variables").iterdir():
        path.unlink()
    shutil.copytree(toys / "uppercase" / "1", tmp_path / "foreign" / "1")
    graph = tmp_path / "foreign" / "1" / "saved_model.pb"
    # An op that no stock TensorFlow has, under a name of the same length.
    graph.write_bytes(graph.read_bytes().replace(b"StringUpper", b"StringUpsky"))
    fake_folder(tmp_path, "empty/1")
    registry = ModelRegistry(tmp_path, Limits(), Metrics())
    registry.rescan()
    errors = {name: registry.versions(name)[0].error for name in registry.names()}
    registry.stop()
    assert "no graph with the tag 'serve'" in errors["empty"]
    assert "the op 'StringUpsky'" in errors["foreign"]
    assert errors["torn"].startswith("The SavedModel cannot be loaded (")
    assert str(tmp_path) not in json.dumps(errors)


# Warm-up


def varint(number: int) -> bytes:
    """Returns a number in protocol buffer encoding."""
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def field(number: int, content: bytes) -> bytes:
    """Returns a field of bytes in protocol buffer encoding."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def prediction_log(signature: str, **inputs: np.ndarray[Any, Any]) -> bytes:
    """Returns a PredictionLog: predict_log 6, request 1, model_spec 1, inputs 2."""
    spec = field(1, b"any") + (field(3, signature.encode()) if signature else b"")
    request = field(1, spec)
    for name, array in inputs.items():
        tensor = tf.make_tensor_proto(array).SerializeToString()
        request += field(2, field(1, name.encode()) + field(2, tensor))
    return field(6, field(1, request))


def warm_up_calls(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Returns the warm-up calls of a version."""
    found, _ = model_signatures.read(folder)
    calls: list[tuple[str, dict[str, Any]]] = []

    def run(signature: model_signatures.Signature, arrays: Arrays) -> Arrays:
        calls.append((signature.name, {key: value.tolist() for key, value in arrays.items()}))
        return {}

    warmup.warm_up(folder, found, run)
    return calls


def test_every_signature_of_one_text_is_warmed_up(toys: Path):
    calls = dict(warm_up_calls(toys / "uppercase" / "1"))
    assert sorted(calls) == ["letters", "parameters", "picky", "serving_default"]
    assert calls["serving_default"] == {"text": [b"Hello."]}
    assert calls["parameters"]["seed"] == [7]
    assert warm_up_calls(toys / "half_plus_two" / "1") == []


def test_requests_of_tf_servings_warm_up_file_are_run(toys: Path, tmp_path: Path):
    shutil.copytree(toys / "uppercase" / "1", tmp_path / "1")
    path = str(tmp_path / "1" / warmup.FILE)
    with tf.io.TFRecordWriter(path) as file:
        file.write(prediction_log("", text=texts("a", "b")))
        file.write(prediction_log("parameters", text=texts("a", "b"), seed=np.array([1, 2])))
    assert warm_up_calls(tmp_path / "1") == [
        ("serving_default", {"text": [b"a", b"b"]}),
        (
            "parameters",
            {
                "text": [b"a", b"b"],
                "seed": [1, 2],
                "loud": [False, False],
                "temperature": [0.5, 0.5],
            },
        ),
    ]
    loaded_model.load(tmp_path / "1")

    with tf.io.TFRecordWriter(path) as file:
        file.write(prediction_log("gone", text=texts("a")))
    with pytest.raises(WorkError, match="names a signature that the model does not have"):
        loaded_model.load(tmp_path / "1")

    with tf.io.TFRecordWriter(path) as file:
        file.write(prediction_log("picky", text=texts("x" * 30)))
    with pytest.raises(RequestError, match="rejects these inputs"):
        loaded_model.load(tmp_path / "1")


@pytest.mark.parametrize("name", ["a[1]", "a\\b"])
def test_a_model_loads_from_a_folder_with_wildcards_in_its_name(
    toys: Path, tmp_path: Path, name: str
):
    shutil.copytree(toys / "half_plus_two" / "1", tmp_path / name / "1")
    model = loaded_model.load(tmp_path / name / "1")
    outputs = model.run(model.signatures["serving_default"], {"x": np.array([[2.0]], np.float32)})
    assert [value.tolist() for value in outputs.values()] == [[[3.0]]]
