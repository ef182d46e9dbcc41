"""Products and lookups of a matrix that is stored as 8-bit integers, with a scale for each vector.

The integers are unsigned, with 128 for zero: kernels for signed weights overflow on processors
without VNNI.
"""

import numpy as np
from onnx import TensorProto

from nlp_apps.export.onnx_file.graph_writer import GraphWriter

MIN_VALUES = 1024
"""Values of the smallest matrix that is stored as integers, as in a `.tflite`."""

ZERO = 128


def to_integers(writer: GraphWriter, name: str) -> np.ndarray | None:
    """Returns a constant matrix that is to be stored as integers; None: the value is another."""
    matrix = writer.constants.values.get(name)
    if not writer.quantize or matrix is None or matrix.dtype != np.float32:
        return None
    return matrix if matrix.ndim == 2 and matrix.size >= MIN_VALUES else None


def quantize(matrix: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Converts a matrix to integers.

    Args:
        matrix: <float32>[M, N].
        axis: the axis of the vectors that have a scale each: 0 is one for each column.

    Returns:
        <uint8>[M, N] and the scales <float32>, of the shape of the matrix with 1 for the axis.
    """
    scales = np.abs(matrix).max(axis=axis, keepdims=True) / 127
    scales = np.where(scales == 0, 1, scales).astype(np.float32)
    return (np.rint(matrix / scales) + ZERO).astype(np.uint8), scales


def product(writer: GraphWriter, inputs: str, matrix: np.ndarray, *, turned: bool) -> str:
    """Multiplies rows, rounded with one scale for all of them, by a matrix, with int32 sums.

    Args:
        writer: writes the nodes.
        inputs: name of <float32>[..., M].
        matrix: <float32>[M, N], or [N, M] if `turned`.
        turned: multiply by the transposed matrix.

    Returns:
        The name of <float32>[..., N].
    """
    integers, scales = quantize(matrix, axis=int(turned))
    weights = writer.constants.add(integers)
    if turned:  # An embedding and the output layer share the integers.
        weights = writer.node("Transpose", weights, perm=[1, 0])
    rows, rows_scale, rows_zero = writer.node("DynamicQuantizeLinear", inputs, outputs=3)
    zero = writer.constants.add(ZERO, np.uint8)
    sums = writer.node("MatMulInteger", rows, weights, rows_zero, zero)
    scale = writer.node("Mul", rows_scale, writer.constants.add(scales.reshape(-1)))
    return str(writer.node("Mul", writer.node("Cast", sums, to=TensorProto.FLOAT), scale))


def lookup(writer: GraphWriter, matrix: np.ndarray, indices: str) -> str:
    """Returns the name of rows of a matrix, <float32>[..., N]."""
    integers, scales = quantize(matrix, axis=1)
    rows = writer.node("Gather", writer.constants.add(integers), indices, axis=0)
    rows = writer.node("Cast", rows, to=TensorProto.FLOAT)
    zero = writer.constants.add(ZERO, np.float32)
    row_scales = writer.node("Gather", writer.constants.add(scales), indices, axis=0)
    return str(writer.node("Mul", writer.node("Sub", rows, zero), row_scales))
