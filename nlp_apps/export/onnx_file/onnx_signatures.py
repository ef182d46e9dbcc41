"""Functions of static shapes as one `.onnx`, in which an input selects the function.

An ONNX graph has no functions to call, so each signature is a branch of an `If`, and all share the
weights. The graph has the input `signature` <string>[1], every input of a signature under its name,
and every output as SIGNATURE.NAME. A host feeds zeros for the inputs of other signatures; outputs
of other signatures are empty.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from onnx import TensorProto, helper
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from nlp_apps.errors import WorkError
from nlp_apps.export.onnx_file.control_flow import write_graph
from nlp_apps.export.onnx_file.graph_writer import OPSET, Constants, GraphWriter
from nlp_apps.export.onnx_file.operations import element_type
from nlp_apps.litert.onnx_model import SIGNATURE

MAX_WEIGHT_BYTES = 2_000_000_000
"""Bound of the weights: a protobuf has less than 2 GiB, and graphs and properties need the rest."""


def convert(functions: Mapping[str, Any], *, quantize: bool = False) -> onnx.ModelProto:
    """Converts traced functions.

    Args:
        functions: name of each signature -> a concrete function with named outputs.
        quantize: store matrices as int8; see `GraphWriter`.

    Returns:
        The model.

    Raises:
        NotImplementedError: an operation has no counterpart in ONNX.
        WorkError: the constants have 2 GB or more.
    """
    writer = GraphWriter(Constants(), quantize=quantize)
    shapes: dict[str, tuple[int, list[Any]]] = {}
    outputs: list[onnx.ValueInfoProto] = []
    for name, function in functions.items():
        outputs += _write_signature(name, function, writer, shapes)
    inputs = [helper.make_tensor_value_info(SIGNATURE, TensorProto.STRING, [1])]
    inputs += [helper.make_tensor_value_info(one, *found) for one, found in shapes.items()]
    used = writer.used()
    require_size(
        sum(value.nbytes for name, value in writer.constants.values.items() if name in used)
    )
    graph = helper.make_graph(
        writer.nodes, "nlp_apps", inputs, outputs, list(writer.constants.initializers(used))
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="nlp_apps",
        ir_version=9,  # of the oldest runtime that has these operators
    )
    onnx.checker.check_model(model)
    return model


def require_size(num_bytes: int) -> None:
    """Checks the bytes of the weights: as float32 also for int8, which a graph of TensorFlow holds.

    Raises:
        WorkError: they do not fit into a protobuf.
    """
    if num_bytes >= MAX_WEIGHT_BYTES:
        raise WorkError(
            f"--format onnx: the weights have {num_bytes:,} bytes, and the conversion handles less "
            f"than {MAX_WEIGHT_BYTES:,} (2 GB). Use --format saved_model."
        )


def input_shapes(functions: Mapping[str, Any]) -> dict[str, dict[str, list[int]]]:
    """Returns the shape of every input of every function."""
    return {
        name: {
            spec.name: spec.shape.as_list()
            for spec in tf.nest.flatten(function.structured_input_signature)
        }
        for name, function in functions.items()
    }


def _write_signature(
    name: str, function: Any, writer: GraphWriter, shapes: dict[str, tuple[int, list[Any]]]
) -> list[onnx.ValueInfoProto]:
    frozen = convert_variables_to_constants_v2(function, lower_control_flow=False)
    library = frozen.graph.as_graph_def().library
    names = [tensor.op.name for tensor in frozen.inputs]
    for one, tensor in zip(names, frozen.inputs, strict=True):
        shape: list[Any] = tensor.shape.as_list()
        if one in shapes:  # Sizes that differ between signatures have a name.
            shape = [
                size if size == known else f"{one}_{axis}"
                for axis, (size, known) in enumerate(zip(shape, shapes[one][1], strict=True))
            ]
        shapes[one] = element_type(tensor.dtype), shape
    tensors = dict(zip(sorted(function.structured_outputs), frozen.outputs, strict=True))
    branch, other = writer.subgraph(), writer.subgraph()
    found = branch.local(write_graph(library, frozen.inputs, names, list(tensors.values()), branch))
    empty = other.local(
        [
            writer.constants.add(
                np.zeros([0] * max(tensor.shape.rank, 1), tensor.dtype.as_numpy_dtype)
            )
            for tensor in tensors.values()
        ]
    )
    branches = {
        key: helper.make_graph(
            inner.nodes,
            f"{key}_{name}",
            [],
            [
                helper.make_tensor_value_info(one, element_type(tensor.dtype), None)
                for one, tensor in zip(results, tensors.values(), strict=True)
            ],
        )
        for key, inner, results in (
            ("then_branch", branch, found),
            ("else_branch", other, empty),
        )
    }
    wanted = writer.node("Equal", SIGNATURE, writer.constants.add(np.array([name], object)))
    results = [f"{name}.{output}" for output in tensors]
    writer.nodes.append(helper.make_node("If", [wanted], results, name, **branches))
    return [
        helper.make_tensor_value_info(result, element_type(tensor.dtype), tensor.shape.as_list())
        for result, tensor in zip(results, tensors.values(), strict=True)
    ]
