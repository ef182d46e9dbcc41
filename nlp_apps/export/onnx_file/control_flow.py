"""Graphs of TensorFlow, with their loops and conditions, as ONNX nodes."""

from collections.abc import Sequence

import tensorflow as tf
from onnx import TensorProto, helper
from tensorflow.core.framework.function_pb2 import FunctionDef, FunctionDefLibrary
from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

from nlp_apps.export.onnx_file import shape_operations  # noqa: F401, registers its functions
from nlp_apps.export.onnx_file.fold import fold
from nlp_apps.export.onnx_file.graph_writer import GraphWriter
from nlp_apps.export.onnx_file.operations import ALIASES, REWRITES, Operation, element_type

LOOPS, CONDITIONS = ("While", "StatelessWhile"), ("If", "StatelessIf")


def write_graph(
    library: FunctionDefLibrary,
    inputs: Sequence[tf.Tensor],
    names: Sequence[str],
    outputs: Sequence[tf.Tensor],
    writer: GraphWriter,
) -> list[str]:
    """Writes the nodes that outputs of a graph need.

    Args:
        library: the functions that loops and conditions call.
        inputs: placeholders of the graph.
        names: names of their values.
        outputs: its outputs.
        writer: writes the nodes.

    Returns:
        The names of the outputs.

    Raises:
        NotImplementedError: an operation has no counterpart.
    """
    known = {tensor.name: name for tensor, name in zip(inputs, names, strict=True)}
    for operation in _needed(outputs):
        if operation.type in ("Placeholder", "NoOp"):
            continue
        values = [known[tensor.name] for tensor in operation.inputs]
        if operation.type in LOOPS:
            found = _loop(library, operation, values, writer)
        elif operation.type in CONDITIONS:
            found = _condition(library, operation, values, writer)
        elif operation.type in REWRITES:
            found = fold(operation, writer, values) or REWRITES[operation.type](
                operation, writer, values
            )
        else:
            raise NotImplementedError(f"the operation {operation.type}")
        found = [found] if isinstance(found, str) else found
        known.update(zip((one.name for one in operation.outputs), found, strict=True))
    return [known[tensor.name] for tensor in outputs]


def _needed(outputs: Sequence[tf.Tensor]) -> list[Operation]:
    """Returns the operations that outputs need, inputs first."""
    ordered: dict[str, Operation] = {}
    pending = [(tensor.op, False) for tensor in reversed(outputs)]
    while pending:
        operation, is_ready = pending.pop()
        if operation.name in ordered:
            continue
        if is_ready:
            ordered[operation.name] = operation
            continue
        pending.append((operation, True))
        pending.extend((tensor.op, False) for tensor in operation.inputs)
    return list(ordered.values())


def _function(
    library: FunctionDefLibrary, operation: Operation, key: str, shapes: Sequence[object]
) -> tf.Graph:
    """Returns the graph of a function that an operation calls."""
    name = operation.get_attr(key).name
    definition = FunctionDef()
    definition.CopyFrom(next(one for one in library.function if one.signature.name == name))
    definition.arg_attr.clear()  # It has outdated shapes.
    with tf.Graph().as_default():
        tf.import_graph_def(tf.compat.v1.GraphDef(library=library))
        return function_def_to_graph(definition, input_shapes=list(shapes))


def _source(tensor: tf.Tensor) -> tf.Tensor:
    """Returns the tensor of which this is a copy."""
    while tensor.op.type in ALIASES:
        tensor = tensor.op.inputs[0]
    return tensor


def _loop(
    library: FunctionDefLibrary, operation: Operation, values: Sequence[str], writer: GraphWriter
) -> list[str]:
    """Writes `Loop`. Variables that no step changes are values of the outer graph."""
    shapes = [  # A variable that became a constant has none among the outputs.
        tensor.shape if output.shape.rank is None else output.shape
        for tensor, output in zip(operation.inputs, operation.outputs, strict=True)
    ]
    body = _function(library, operation, "body", shapes)
    condition = _function(library, operation, "cond", shapes)
    changed = [
        index
        for index, tensor in enumerate(body.outputs)
        if _source(tensor) is not body.inputs[index]
    ]

    def holds(now: Sequence[str], into: GraphWriter) -> str:
        return write_graph(library, condition.inputs, now, condition.outputs, into)[0]

    inner = writer.subgraph()
    states = {index: writer.constants.unique("state") for index in changed}
    before = [states.get(index, name) for index, name in enumerate(values)]
    after = write_graph(library, body.inputs, before, body.outputs, inner)
    after = [after[index] if index in states else name for index, name in enumerate(values)]
    results = inner.local([holds(after, inner), *(after[index] for index in changed)])
    types = [element_type(operation.outputs[index].dtype) for index in changed]
    step, go_on = writer.constants.unique("step"), writer.constants.unique("go_on")
    loop = helper.make_graph(
        inner.nodes,
        writer.constants.unique("body"),
        [
            helper.make_tensor_value_info(step, TensorProto.INT64, []),
            helper.make_tensor_value_info(go_on, TensorProto.BOOL, []),
            *(
                helper.make_tensor_value_info(states[index], kind, None)
                for index, kind in zip(changed, types, strict=True)
            ),
        ],
        [
            helper.make_tensor_value_info(name, kind, None)
            for name, kind in zip(results, [TensorProto.BOOL, *types], strict=True)
        ],
    )
    first = [values[index] for index in changed]
    found = writer.node("Loop", "", holds(values, writer), *first, outputs=len(changed), body=loop)
    found = [found] if isinstance(found, str) else found
    final = dict(zip(changed, found, strict=True))
    return [final.get(index, name) for index, name in enumerate(values)]


def _condition(
    library: FunctionDefLibrary, operation: Operation, values: Sequence[str], writer: GraphWriter
) -> list[str]:
    """Writes `If`."""
    shapes = [tensor.shape for tensor in operation.inputs[1:]]
    branches = {}
    for key in ("then_branch", "else_branch"):
        branch = _function(library, operation, key, shapes)
        inner = writer.subgraph()
        results = inner.local(
            write_graph(library, branch.inputs, values[1:], branch.outputs, inner)
        )
        branches[key] = helper.make_graph(
            inner.nodes,
            writer.constants.unique(key),
            [],
            [
                helper.make_tensor_value_info(name, element_type(tensor.dtype), None)
                for name, tensor in zip(results, operation.outputs, strict=True)
            ],
        )
    found = writer.node("If", values[0], outputs=len(operation.outputs), **branches)
    return [found] if isinstance(found, str) else list(found)
