"""TensorFlow operations as ONNX operators, one function each.

A function has the operation, the writer and the names of the inputs, and returns the name of the
output, or the list of names of all outputs.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from onnx import TensorProto, helper

from nlp_apps.export.onnx_file.graph_writer import GraphWriter
from nlp_apps.export.onnx_file.int8_weights import product, to_integers

Operation: TypeAlias = tf.Operation
Rewrite: TypeAlias = Callable[[Operation, GraphWriter, Sequence[str]], Any]

REWRITES: dict[str, Rewrite] = {}
"""TensorFlow operation -> function that writes its nodes."""

SAME = {
    "Abs": "Abs",
    "AddV2": "Add",
    "BiasAdd": "Add",
    "Equal": "Equal",
    "Exp": "Exp",
    "Floor": "Floor",
    "FloorMod": "Mod",
    "Greater": "Greater",
    "GreaterEqual": "GreaterOrEqual",
    "Less": "Less",
    "LessEqual": "LessOrEqual",
    "Log": "Log",
    "LogSoftmax": "LogSoftmax",
    "LogicalAnd": "And",
    "LogicalNot": "Not",
    "LogicalOr": "Or",
    "Maximum": "Max",
    "Minimum": "Min",
    "Mul": "Mul",
    "Neg": "Neg",
    "Pow": "Pow",
    "RealDiv": "Div",
    "Relu": "Relu",
    "Sigmoid": "Sigmoid",
    "Softmax": "Softmax",
    "Softplus": "Softplus",
    "Sqrt": "Sqrt",
    "Sub": "Sub",
    "Tanh": "Tanh",
}
"""Operations that ONNX has with the same inputs and no attributes."""

ALIASES = ("Identity", "EnsureShape", "StopGradient", "PreventGradient")


def rewrites(*kinds: str) -> Callable[[Rewrite], Rewrite]:
    """Registers a function for kinds of operations."""

    def register(function: Rewrite) -> Rewrite:
        REWRITES.update(dict.fromkeys(kinds, function))
        return function

    return register


def static(tensor: tf.Tensor) -> np.ndarray:
    """Returns the value of a constant tensor.

    Raises:
        NotImplementedError: the value depends on inputs.
    """
    value = tf.get_static_value(tensor)
    if value is None:
        raise NotImplementedError(f"{tensor.name} is not constant")
    return np.asarray(value)


@rewrites(*SAME)
def _same(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node(SAME[operation.type], *inputs)


@rewrites(*ALIASES)
def _alias(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return inputs[0]


@rewrites("Const")
def _constant(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.constants.add(static(operation.outputs[0]))


@rewrites("NotEqual")
def _not_equal(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Not", writer.node("Equal", *inputs))


@rewrites("Square")
def _square(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Mul", inputs[0], inputs[0])


@rewrites("Rsqrt")
def _rsqrt(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Reciprocal", writer.node("Sqrt", inputs[0]))


@rewrites("FloorDiv")
def _floor_div(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    """Division of ONNX truncates; the remainder has the sign of the divisor in both."""
    rest = writer.node("Mod", *inputs)
    return writer.node("Div", writer.node("Sub", inputs[0], rest), inputs[1])


@rewrites("Cast")
def _cast(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Cast", inputs[0], to=element_type(operation.outputs[0].dtype))


def element_type(dtype: tf.DType) -> int:
    """Returns the ONNX element type of a TensorFlow type."""
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype.as_numpy_dtype)))


@rewrites("SelectV2")
def _select(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    condition, yes, no = inputs
    if operation.outputs[0].dtype != tf.bool:
        return writer.node("Where", condition, yes, no)
    is_yes = writer.node("And", condition, yes)
    return writer.node("Or", is_yes, writer.node("And", writer.node("Not", condition), no))


@rewrites("Sum", "Mean", "Max", "Min", "Prod")
def _reduce(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    axes = writer.ints(static(operation.inputs[1]).reshape(-1))
    keep = int(operation.get_attr("keep_dims"))
    return writer.node(
        f"Reduce{operation.type}", inputs[0], axes, keepdims=keep, noop_with_empty_axes=1
    )


@rewrites("All", "Any")
def _reduce_bool(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    kind = {"All": "ReduceMin", "Any": "ReduceMax"}[operation.type]
    numbers = writer.node("Cast", inputs[0], to=TensorProto.INT32)
    axes = writer.ints(static(operation.inputs[1]).reshape(-1))
    keep = int(operation.get_attr("keep_dims"))
    found = writer.node(kind, numbers, axes, keepdims=keep, noop_with_empty_axes=1)
    return writer.node("Cast", found, to=TensorProto.BOOL)


@rewrites("ArgMax")
def _arg_max(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    axis = int(static(operation.inputs[1]))
    found = writer.node("ArgMax", inputs[0], axis=axis, keepdims=0)
    return writer.node("Cast", found, to=element_type(operation.outputs[0].dtype))


@rewrites("TopKV2")
def _top_k(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    count = writer.node("Reshape", writer.int64(inputs[1]), writer.ints([1]))
    values, indices = writer.node("TopK", inputs[0], count, outputs=2)
    return [values, writer.node("Cast", indices, to=element_type(operation.outputs[1].dtype))]


@rewrites("Cumsum")
def _cumsum(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    flags = {name: int(operation.get_attr(name)) for name in ("exclusive", "reverse")}
    return writer.node("CumSum", *inputs, **flags)


@rewrites("Bucketize")
def _bucketize(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    """Counts the boundaries that are not above each value."""
    limits = writer.constants.add(operation.get_attr("boundaries"), np.float32)
    values = writer.node("Cast", inputs[0], to=TensorProto.FLOAT)
    values = writer.node("Unsqueeze", values, writer.ints([-1]))
    reached = writer.node("GreaterOrEqual", values, limits)
    reached = writer.node("Cast", reached, to=TensorProto.INT32)
    return writer.node("ReduceSum", reached, writer.ints([-1]), keepdims=0)


@rewrites("MatMul")
def _mat_mul(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    turns = [int(operation.get_attr(f"transpose_{side}")) for side in "ab"]
    matrix = to_integers(writer, inputs[1])
    if matrix is not None and not turns[0]:
        return product(writer, inputs[0], matrix, turned=bool(turns[1]))
    if any(turns):
        return writer.node("Gemm", *inputs, transA=turns[0], transB=turns[1])
    return writer.node("MatMul", *inputs)


@rewrites("BatchMatMulV2")
def _batch_mat_mul(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    matrix = to_integers(writer, inputs[1])
    if matrix is not None and not operation.get_attr("adj_x"):
        return product(writer, inputs[0], matrix, turned=operation.get_attr("adj_y"))
    sides = []
    for name, tensor, side in zip(inputs, operation.inputs, "xy", strict=True):
        axes = list(range(tensor.shape.rank))
        axes[-2:] = axes[:-3:-1]
        turned = operation.get_attr(f"adj_{side}")
        sides.append(writer.node("Transpose", name, perm=axes) if turned else name)
    return writer.node("MatMul", *sides)
