"""Writes the nodes of an ONNX graph and of its subgraphs, which share constants."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET = 20
"""Version of the operators: the first in which `Gelu` and string comparisons are standard."""

INT64_MAX = np.iinfo(np.int64).max


class Constants:
    """Constants of a file, each stored once, and unique names."""

    def __init__(self) -> None:
        self._names: dict[tuple[Any, ...], str] = {}
        self.values: dict[str, np.ndarray] = {}
        self._counter = itertools.count()

    def unique(self, name: str) -> str:
        """Returns a name that no other value has."""
        return f"{name}_{next(self._counter)}"

    def add(self, value: Any, dtype: Any = None) -> str:
        """Stores a constant and returns its name."""
        array = np.ascontiguousarray(np.asarray(value, dtype)).reshape(np.shape(value))
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._names:
            self._names[key] = self.unique("constant")
            self.values[self._names[key]] = array
        return self._names[key]

    def initializers(self, used: set[str]) -> Iterator[onnx.TensorProto]:
        """Yields those constants that nodes use."""
        for name, value in self.values.items():
            if name in used:
                yield numpy_helper.from_array(value, name)


class GraphWriter:
    """The nodes of a graph or subgraph, in order.

    Args:
        constants: those of the file.
        quantize: store the matrices of products, and embeddings, as int8.
    """

    def __init__(self, constants: Constants, *, quantize: bool = False):
        self.constants = constants
        self.quantize = quantize
        self.nodes: list[onnx.NodeProto] = []

    def subgraph(self) -> "GraphWriter":
        """Returns a writer for the body of a loop or a branch, which sees the values of this."""
        return GraphWriter(self.constants, quantize=self.quantize)

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Adds a node.

        Args:
            kind: the operator.
            inputs: names of values; "" for an optional one.
            outputs: number of outputs.
            attributes: attributes of the operator.

        Returns:
            The name of the output, or the list of names if there are several.
        """
        names = [self.constants.unique(kind) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, names[0], **attributes))
        return names[0] if outputs == 1 else names

    def ints(self, values: Any) -> str:
        """Returns a constant of integers, <int64>."""
        return self.constants.add(values, np.int64)

    def int64(self, name: str) -> str:
        """Returns integers as <int64>."""
        value = self.constants.values.get(name)
        if value is not None:
            return self.ints(value)
        return str(self.node("Cast", name, to=onnx.TensorProto.INT64))

    def local(self, names: Sequence[str]) -> list[str]:
        """Returns outputs of a subgraph, which must be values of nodes of its own."""
        return [self.node("Identity", name) for name in names]

    def used(self) -> set[str]:
        """Returns the names that nodes use, also those in subgraphs."""
        found: set[str] = set()
        pending = list(self.nodes)
        while pending:
            node = pending.pop()
            found.update(node.input)
            for attribute in node.attribute:
                pending.extend(attribute.g.node)
        return found
