"""Makes a `.tflite` smaller without changing what it computes.

The converter writes the scales of a quantised matrix anew for each function that uses it: with a
scale a row, that is up to a sixth of the file. A FlatBuffer may point to one table from many
places. What tensors inside of functions are called is left out too.
"""

from typing import Any

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

IDENTIFIER = b"TFL3"

ALIGNMENT = 16
"""Bytes: where weights may begin, as the schema has it (force_align)."""


def slim(content: bytes) -> bytes:
    """Writes a model again, with each table of scales once and without inner names.

    Args:
        content: of a `.tflite`.

    Returns:
        The content of the smaller one, always the same for the same input.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    shared: dict[Any, _Once] = {}
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.name = None
            if tensor.quantization is not None:
                key = _key(tensor.quantization)
                tensor.quantization = shared.setdefault(key, _Once(tensor.quantization))
    model.buffers = [_Aligned(buffer.data) for buffer in model.buffers]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _key(table: Any) -> Any:
    return tuple(
        (name, value.tobytes() if isinstance(value, np.ndarray) else str(value))
        for name, value in sorted(vars(table).items())
    )


class _Once:
    """A table that is written when it is first asked for, and then pointed to."""

    def __init__(self, table: Any):
        self._table, self._place = table, None

    def Pack(self, builder: flatbuffers.Builder) -> Any:  # noqa: N802 (the generated code's name)
        if self._place is None:
            self._place = self._table.Pack(builder)
        return self._place


class _Aligned:
    """A buffer whose data begins where the schema wants it, which the generated code forgets."""

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
