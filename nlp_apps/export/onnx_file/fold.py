"""Computes operations of constants at conversion, such as half of a table."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context, execute

from nlp_apps.export.onnx_file.graph_writer import GraphWriter


def fold(operation: tf.Operation, writer: GraphWriter, inputs: Sequence[str]) -> list[str] | None:
    """Returns the names of the results as constants.

    None: an input is no constant, or the results are larger than the inputs, such as zeros of a
    large shape.
    """
    values = writer.constants.values
    arrays = [values[name] for name in inputs if name in values]
    if not inputs or len(arrays) < len(inputs):
        return None
    if not all(tensor.shape.is_fully_defined() for tensor in operation.outputs):
        return None
    size = sum(tensor.shape.num_elements() for tensor in operation.outputs)
    if size > sum(np.size(array) for array in arrays):
        return None
    attributes: list[object] = []
    for attribute in operation.op_def.attr:
        value = operation.get_attr(attribute.name)
        attributes += [
            attribute.name,
            value.as_datatype_enum if isinstance(value, tf.DType) else value,
        ]
    with tf.init_scope():
        results = execute.execute(
            operation.type.encode(),
            len(operation.outputs),
            [tf.constant(array) for array in arrays],
            tuple(attributes),
            context.context(),
        )
    return [writer.constants.add(result.numpy()) for result in results]
