"""A SavedModel that reads or writes files, runs code or opens connections is not loaded."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from nlp_apps.errors import WorkError
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.io.saved_model_operations import refused_operations, require_harmless
from nlp_apps.server import loaded_model
from tests.toy_server import write_half_plus_two, write_uppercase


class Program(tf.Module):
    """A model that does something beside its prediction."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__()
        self.variable = tf.Variable(1.0)
        self.act = act

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
    def predict(self, text: Any) -> dict[str, Any]:
        found = self.act()
        with tf.control_dependencies([] if found is None else [found]):
            return {"out": tf.strings.upper(text), "scale": self.variable * tf.ones_like(1.0)}


def write(folder: Path, act: Callable[[], Any]) -> Path:
    """Saves a `Program` with the metadata of this package."""
    model = Program(act)
    tf.saved_model.save(model, str(folder), signatures={"probabilities": model.predict})
    (folder / "assets.extra").mkdir()
    (folder / "assets.extra" / "nlp_apps.json").write_text(json.dumps({"task": "sentiment"}))
    return folder


@pytest.fixture
def loot(tmp_path: Path) -> Path:
    return tmp_path / "loot"


def test_a_model_that_writes_a_file_is_loaded_only_if_trusted(tmp_path: Path, loot: Path) -> None:
    def steal() -> Any:
        return tf.io.write_file(str(loot), tf.io.read_file("/etc/hostname"))

    folder = write(tmp_path / "1", steal)
    with pytest.raises(WorkError, match="WriteFile|ReadFile") as caught:
        loaded_model.load(folder)
    assert "--trust" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)  # clients of the server see it
    with pytest.raises(WorkError, match="--trust") as caught:
        SavedModel(folder, "sentiment")
    assert str(caught.value).startswith(str(folder))
    assert not loot.exists()
    loaded_model.load(folder, trust=True)  # the warm-up runs it
    assert loot.read_bytes() == Path("/etc/hostname").read_bytes()


def test_a_signature_that_writes_a_checkpoint_is_refused(tmp_path: Path, loot: Path) -> None:
    def save() -> Any:
        return tf.raw_ops.SaveV2(
            prefix=str(loot), tensor_names=["a"], shape_and_slices=[""], tensors=[tf.constant(1.0)]
        )

    with pytest.raises(WorkError, match="SaveV2"):
        require_harmless(write(tmp_path / "1", save))


def test_ordinary_models_need_no_trust(tmp_path: Path) -> None:
    """Each of them has operations that save and restore its checkpoint, and keeps state."""
    write_uppercase(tmp_path / "uppercase" / "1")
    write_half_plus_two(tmp_path / "half" / "1")
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), 0)

    def use_state() -> Any:
        return tf.cast(table.lookup(tf.constant("a")), tf.float32) + tf.random.uniform(())

    model = Program(use_state)
    model.table = table
    tf.saved_model.save(model, str(tmp_path / "state"), signatures={"a": model.predict})
    for folder in (tmp_path / "uppercase" / "1", tmp_path / "half" / "1", tmp_path / "state"):
        require_harmless(folder)
        content = (folder / "saved_model.pb").read_bytes()
        assert b"SaveV2" in content and b"RestoreV2" in content


REFUSED = (
    *("ReadFile", "WriteFile", "MatchingFiles", "TFRecordDataset", "TextLineReaderV2"),
    *("InitializeTableFromTextFileV2", "ImmutableConst", "DecodeProtoV2", "LMDBReader"),
    *("GenerateVocabRemapping", "FixedUnigramCandidateSampler", "CreateSummaryFileWriter"),
    *("PyFunc", "EagerPyFunc", "PyFuncStateless", "XlaCustomCallV2", "XlaCallModule"),
    *("RpcCall", "Send", "_Recv", "RemoteCall", "CollectiveBcastSend", "DumpTensor"),
    *("MergeV2Checkpoints", "DistributedSave", "DataServiceDatasetV4", "AnOperationOfTheFuture"),
)


@pytest.mark.parametrize("operation", REFUSED)
@pytest.mark.parametrize("place", ["graph", "function"])
def test_an_operation_is_found_wherever_it_is(operation: str, place: str) -> None:
    model = saved_model_pb2.SavedModel()
    graph = model.meta_graphs.add()
    if place == "graph":
        node = graph.graph_def.node.add()
    else:
        function = graph.graph_def.library.function.add()
        function.signature.name = "function"
        node = function.node_def.add()
        graph.object_graph_def.concrete_functions["function"].SetInParent()
    node.op, node.name = operation, "node"
    graph.signature_def["a"].outputs["out"].name = "node:0"
    found = dict(refused_operations(model, lambda name: name.startswith("An")))
    assert operation in found


def test_a_print_into_a_file_is_refused() -> None:
    model = saved_model_pb2.SavedModel()
    node = model.meta_graphs.add().graph_def.node.add()
    node.op = "PrintV2"
    node.attr["output_stream"].s = b"stderr"
    assert not list(refused_operations(model, lambda _: True))
    node.attr["output_stream"].s = b"file://a"
    assert dict(refused_operations(model, lambda _: True)) == {"PrintV2": "can read or write files"}


def test_checkpoint_operations_are_followed_through_functions() -> None:
    """The signature calls a function that calls another one by an attribute."""
    model = saved_model_pb2.SavedModel()
    graph = model.meta_graphs.add()
    for name, operation in (("outer", "While"), ("inner", "RestoreV2"), ("saver", "SaveV2")):
        function = graph.graph_def.library.function.add()
        function.signature.name = name
        node = function.node_def.add()
        node.op = operation
        if name == "outer":
            node.attr["body"].func.name = "inner"
    call = graph.graph_def.node.add()
    call.name, call.op = "call", "StatefulPartitionedCall"
    call.attr["f"].func.name = "outer"
    end = graph.graph_def.node.add()
    end.name, end.op = "end", "Identity"
    end.input.append("call:0")
    assert not list(refused_operations(model, lambda _: False))
    graph.signature_def["a"].outputs["out"].name = "end:0"
    assert set(dict(refused_operations(model, lambda _: False))) == {"RestoreV2"}


@pytest.mark.parametrize("content", [b"", b"\xff\xff not a protocol buffer"])
def test_a_file_that_is_no_graph_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(content)
    if content:
        with pytest.raises(WorkError, match="not a SavedModel"):
            require_harmless(tmp_path)
    else:
        require_harmless(tmp_path)  # an empty graph does nothing; TensorFlow refuses it
