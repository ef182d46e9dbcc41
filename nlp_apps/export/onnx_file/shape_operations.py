"""TensorFlow operations that move values, as ONNX operators; see `operations`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.export.onnx_file.graph_writer import INT64_MAX, GraphWriter
from nlp_apps.export.onnx_file.int8_weights import lookup, to_integers
from nlp_apps.export.onnx_file.operations import Operation, element_type, rewrites, static


@rewrites("Reshape")
def _reshape(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Reshape", inputs[0], writer.int64(inputs[1]), allowzero=1)


@rewrites("Fill")
def _fill(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Expand", inputs[1], writer.int64(inputs[0]))


@rewrites("BroadcastTo")
def _broadcast_to(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Expand", inputs[0], writer.int64(inputs[1]))


@rewrites("ZerosLike")
def _zeros_like(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    zero = writer.constants.add(0, operation.outputs[0].dtype.as_numpy_dtype)
    return writer.node("Expand", zero, writer.node("Shape", inputs[0]))


@rewrites("Tile")
def _tile(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Tile", inputs[0], writer.int64(inputs[1]))


@rewrites("Transpose")
def _transpose(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Transpose", inputs[0], perm=static(operation.inputs[1]).tolist())


@rewrites("ExpandDims")
def _expand_dims(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    axis = writer.ints(static(operation.inputs[1]).reshape(-1))
    return writer.node("Unsqueeze", inputs[0], axis)


@rewrites("Squeeze")
def _squeeze(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    axes = operation.get_attr("squeeze_dims")
    return writer.node("Squeeze", inputs[0], *([writer.ints(axes)] if axes else []))


@rewrites("Pack")
def _pack(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    axis = operation.get_attr("axis")
    values = [writer.node("Unsqueeze", name, writer.ints([axis])) for name in inputs]
    return values[0] if len(values) == 1 else writer.node("Concat", *values, axis=axis)


@rewrites("Unpack")
def _unpack(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    axis = operation.get_attr("axis")
    return [
        writer.node("Gather", inputs[0], writer.ints(index), axis=axis)
        for index in range(len(operation.outputs))
    ]


@rewrites("ConcatV2")
def _concat(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    axis = int(static(operation.inputs[-1]))
    return writer.node("Concat", *inputs[:-1], axis=axis)


@rewrites("Split")
def _split(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    count, axis = len(operation.outputs), int(static(operation.inputs[0]))
    if count == 1:
        return [inputs[1]]
    return writer.node("Split", inputs[1], outputs=count, axis=axis, num_outputs=count)


@rewrites("Range")
def _range(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("Range", *inputs)


@rewrites("Shape")
def _shape(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    kind = operation.outputs[0].dtype
    return writer.node("Cast", writer.node("Shape", inputs[0]), to=element_type(kind))


@rewrites("Pad", "PadV2")
def _pad(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    """ONNX has all sizes before the values first, then all sizes after them."""
    sizes = writer.node("Transpose", writer.int64(inputs[1]), perm=[1, 0])
    return writer.node(
        "Pad", inputs[0], writer.node("Reshape", sizes, writer.ints([-1])), *inputs[2:]
    )


@rewrites("Slice")
def _slice(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    starts, sizes = writer.int64(inputs[1]), writer.int64(inputs[2])
    ends = writer.node("Add", starts, sizes)
    to_end = writer.node("Equal", sizes, writer.ints(-1))
    ends = writer.node("Where", to_end, writer.ints(INT64_MAX), ends)
    axes = writer.ints(range(operation.inputs[0].shape.rank))
    return writer.node("Slice", inputs[0], starts, ends, axes)


@rewrites("StridedSlice")
def _strided_slice(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    """A slice with constant strides; a single position of an axis is a `Gather`."""
    masks = {
        name: operation.get_attr(f"{name}_mask")
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    values = [tf.get_static_value(tensor, partial=True) for tensor in operation.inputs[1:3]]
    strides = static(operation.inputs[3]).tolist()
    rank = operation.inputs[0].shape.rank
    num_new = sum(bool(masks["new_axis"] >> item & 1) for item in range(len(strides)))

    def at(side: int, item: int) -> str:
        """The bound of an item, <int64>[1]."""
        value = None if values[side] is None else values[side][item]
        if value is not None:
            return writer.ints([value])
        found = writer.node("Gather", writer.int64(inputs[1 + side]), writer.ints([item]))
        return str(found)

    axis, place = 0, 0  # of the input, of the output
    starts, ends, axes, steps = [], [], [], []
    positions: list[tuple[int, str]] = []
    new: list[int] = []
    for item, stride in enumerate(strides):
        if masks["ellipsis"] >> item & 1:
            width = rank - (len(strides) - 1 - num_new)
            axis, place = axis + width, place + width
            continue
        if masks["new_axis"] >> item & 1:
            new.append(place)
            place += 1
            continue
        if masks["shrink_axis"] >> item & 1:
            index = writer.node("Reshape", at(0, item), writer.ints(np.zeros(0)))
            positions.append((axis, index))
            axis += 1
            continue
        no_start, no_end = masks["begin"] >> item & 1, masks["end"] >> item & 1
        if not (no_start and no_end and stride == 1):
            first, last = (0, INT64_MAX) if stride > 0 else (INT64_MAX, -INT64_MAX)
            starts.append(writer.ints([first]) if no_start else at(0, item))
            ends.append(writer.ints([last]) if no_end else at(1, item))
            axes.append(axis)
            steps.append(stride)
        axis, place = axis + 1, place + 1
    found = inputs[0]
    if axes:
        bounds = [
            side[0] if len(side) == 1 else writer.node("Concat", *side, axis=0)
            for side in (starts, ends)
        ]
        found = writer.node("Slice", found, *bounds, writer.ints(axes), writer.ints(steps))
    for axis, index in reversed(positions):
        found = writer.node("Gather", found, index, axis=axis)
    return writer.node("Unsqueeze", found, writer.ints(new)) if new else found


@rewrites("GatherV2")
def _gather(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    axis = int(static(operation.inputs[2]))
    batch_dims = operation.get_attr("batch_dims")
    if not batch_dims:
        matrix = to_integers(writer, inputs[0])
        if matrix is not None and axis == 0:
            return lookup(writer, matrix, inputs[1])
        return writer.node("Gather", inputs[0], inputs[1], axis=axis)
    if axis % operation.inputs[0].shape.rank != batch_dims:
        raise NotImplementedError("GatherV2 whose axis is not the first after the batch")
    indices = writer.node("Unsqueeze", writer.int64(inputs[1]), writer.ints([-1]))
    return writer.node("GatherND", inputs[0], indices, batch_dims=batch_dims)


@rewrites("GatherNd")
def _gather_nd(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("GatherND", inputs[0], writer.int64(inputs[1]))


@rewrites("ScatterNd")
def _scatter_nd(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    zero = writer.constants.add(0, operation.outputs[0].dtype.as_numpy_dtype)
    zeros = writer.node("Expand", zero, writer.int64(inputs[2]))
    return writer.node("ScatterND", zeros, writer.int64(inputs[0]), inputs[1], reduction="add")


@rewrites("TensorScatterAdd")
def _scatter_add(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("ScatterND", inputs[0], writer.int64(inputs[1]), inputs[2], reduction="add")


@rewrites("TensorScatterUpdate")
def _scatter_update(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    return writer.node("ScatterND", inputs[0], writer.int64(inputs[1]), inputs[2])


@rewrites("Roll")
def _roll(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    """Moves values along one axis: position p of the output is p - shift of the input."""
    (axis,) = static(operation.inputs[2]).reshape(-1).tolist()
    size = operation.inputs[0].shape[axis]
    moved = writer.node("Sub", writer.ints(range(size)), writer.int64(inputs[1]))
    return writer.node("Gather", inputs[0], writer.node("Mod", moved, writer.ints(size)), axis=axis)


@rewrites("XlaDynamicUpdateSlice")
def _update_slice(operation: Operation, writer: GraphWriter, inputs: Sequence[str]) -> Any:
    """Overwrites positions of one axis; like XLA, it moves a start that is too large."""
    buffer, update = (tensor.shape.as_list() for tensor in operation.inputs[:2])
    changed = [axis for axis, size in enumerate(buffer) if size != update[axis]] or [0]
    if len(changed) > 1:
        raise NotImplementedError("XlaDynamicUpdateSlice of several axes")
    (axis,) = changed
    start = writer.node("Gather", writer.int64(inputs[2]), writer.ints(axis))
    start = writer.node("Min", start, writer.ints(buffer[axis] - update[axis]))
    offsets = np.arange(update[axis]).reshape(
        [-1 if at == axis else 1 for at in range(len(buffer))]
    )
    positions = writer.node("Add", start, writer.ints(np.broadcast_to(offsets, update)))
    return writer.node("ScatterElements", inputs[0], positions, inputs[1], axis=axis)
