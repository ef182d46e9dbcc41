"""A SavedModel of the tokenizer contains only operations and tables of TensorFlow."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.text.tokenizer import train_tokenizer
from tests.export.odd_texts import KINDS, LINES, odd_texts, padded

STOCK = {
    "AddV2", "Any", "ArgMax", "BroadcastTo", "Bucketize", "Cast",
    "ConcatV2", "Const", "Cumsum", "Equal", "ExpandDims", "Fill", "FloorDiv", "FloorMod",
    "GatherNd", "GatherV2", "Greater", "GreaterEqual", "Identity", "Less", "LessEqual",
    "LogicalAnd", "LogicalNot", "LogicalOr", "Max", "Maximum", "Min", "Minimum", "Mul", "NoOp",
    "NotEqual", "OnesLike", "Pack", "Pad", "PadV2", "PartitionedCall", "Placeholder", "Prod",
    "RaggedGather", "RaggedTensorToTensor", "Range", "ReduceJoin", "Reshape", 
    "ScatterNd", "SelectV2", "Shape", "Size", "Squeeze", "StatefulPartitionedCall", "StatelessIf",
    "StatelessWhile", "StaticRegexFullMatch", "StaticRegexReplace", "StridedSlice", "StringJoin",
    "StringLength", "StringSplitV2", "Sub", "Substr", "Sum", "TensorListReserve",
    "TensorListSetItem", "TensorListStack", "Tile", "Transpose", "UnicodeDecode", "Unique",
    "Unpack", "UnsortedSegmentJoin", "UnsortedSegmentMax", "UnsortedSegmentMin",
    "UnsortedSegmentSum", "UpperBound", "Where", "ZerosLike",
}  # fmt: skip
"""Operations of TensorFlow that run anywhere and have no state outside the graph."""

SAVER = {
    "MergeV2Checkpoints", "RestoreV2", "SaveV2", "Select", "ShardedFilename",
}  # fmt: skip
"""Operations of every SavedModel that read and write its variables."""


def save(graph: GraphTokenizer, folder: Path) -> None:
    """Saves the tokenizer with three signatures that use it."""
    module = tf.Module()
    module.tokenizer = graph
    texts = tf.TensorSpec((None,), tf.string, name="text")

    @tf.function(input_signature=[texts])
    def lines(text: tf.Tensor) -> dict[str, tf.Tensor]:
        token_ids, lengths = graph.encode(text)
        return {"token_ids": token_ids, "lengths": lengths, "text": graph.decode(token_ids)}

    @tf.function(input_signature=[texts])
    def prose(text: tf.Tensor) -> dict[str, tf.Tensor]:
        token_ids, lengths = graph.encode_documents(text)
        return {
            "token_ids": token_ids,
            "lengths": lengths,
            "text": graph.decode_documents(token_ids),
        }

    @tf.function(input_signature=[texts])
    def pieces(text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"pieces": graph.subwords(graph.encode(text)[0])}

    signatures = {"lines": lines, "prose": prose, "pieces": pieces}
    tf.saved_model.save(module, folder, signatures=signatures)


@pytest.mark.parametrize("kind", ["subwords", "characters, all spaces", "words"])
def test_a_saved_model_has_stock_operations_and_equal_token_ids(kind: str, tmp_path: Path) -> None:
    tokenizer = train_tokenizer(LINES, **KINDS[kind])
    graph = GraphTokenizer(tokenizer)
    save(graph, tmp_path)
    proto = SavedModel.FromString((tmp_path / "saved_model.pb").read_bytes())
    whole = proto.meta_graphs[0].graph_def
    nodes = [*whole.node, *(node for each in whole.library.function for node in each.node_def)]
    assert {node.op for node in nodes} <= STOCK | SAVER
    assert not list((tmp_path / "assets").iterdir())

    loaded = tf.saved_model.load(tmp_path)
    texts = [*LINES[:20], *odd_texts(50), "one\n two\n\n"]
    found = loaded.signatures["lines"](text=tf.constant(texts))
    wanted = tokenizer.encode(texts)
    np.testing.assert_array_equal(found["token_ids"], padded(wanted))
    np.testing.assert_array_equal(found["lengths"], [len(row) for row in wanted])
    assert found["text"].numpy().tolist() == [text.encode() for text in tokenizer.decode(wanted)]
    wanted = tokenizer.encode_documents(texts)
    found = loaded.signatures["prose"](text=tf.constant(texts))
    np.testing.assert_array_equal(found["token_ids"], padded(wanted))
    right = [tokenizer.decode_document(row).encode() for row in wanted]
    assert found["text"].numpy().tolist() == right


def test_a_saved_model_stores_the_tables_once_and_not_as_variables(tmp_path: Path) -> None:
    graph = GraphTokenizer(train_tokenizer(LINES, vocabulary_size=500))
    save(graph, tmp_path)
    written = (tmp_path / "saved_model.pb").read_bytes()
    for table in (graph._tree, graph._scores):
        assert written.count(table.numpy().tobytes()) == 1
    assert not graph.variables
