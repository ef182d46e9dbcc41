"""Makes a `.tflite` smaller without changing its results.

The converter writes the scales of a quantized matrix once per function that uses it: with a scale
per row, up to a sixth of the file. In a FlatBuffer several tables may point to one. The names of
inner tensors are dropped too.
"""

from typing import Any

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

IDENTIFIER = b"TFL3"

ALIGNMENT = 16
"""Alignment of a buffer's data in bytes, as the schema demands (force_align)."""


def deduplicate(content: bytes) -> bytes:
    """Writes a model again, with each table of scales once and without names of inner tensors.

    Args:
        content: a `.tflite`.

    Returns:
        The smaller `.tflite`; equal inputs produce equal bytes.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    shared: dict[Any, _SharedTable] = {}
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.name = None
            if tensor.quantization is not None:
                key = _key(tensor.quantization)
                tensor.quantization = shared.setdefault(key, _SharedTable(tensor.quantization))
    model.buffers = [_AlignedBuffer(buffer.data) for buffer in model.buffers]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _key(table: Any) -> Any:
    return tuple(
        (name, value.tobytes() if isinstance(value, np.ndarray) else str(value))
        for name, value in sorted(vars(table).items())
    )


class _SharedTable:
    """A table that is written on the first request; later requests return its offset."""

    def __init__(self, table: Any):
        self._table, self._offset = table, None

    def Pack(self, builder: flatbuffers.Builder) -> Any:  # noqa: N802 (the generated code's name)
        if self._offset is None:
            self._offset = self._table.Pack(builder)
        return self._offset


class _AlignedBuffer:
    """A buffer with aligned data, which the generated code does not align."""

    def __init__(self, data: np.ndarray | None):
        self._data = data

    def Pack(self, builder: flatbuffers.Builder) -> Any:  # noqa: N802 (the generated code's name)
        vector = None
        if self._data is not None:
            data = np.asarray(self._data, np.uint8)
            builder.StartVector(1, len(data), ALIGNMENT)
            builder.head -= len(data)
            builder.Bytes[builder.head : builder.head + len(data)] = data.tobytes()
            vector = builder.EndVector()
        schema.BufferStart(builder)
        if vector is not None:
            schema.BufferAddData(builder, vector)
        return schema.BufferEnd(builder)
