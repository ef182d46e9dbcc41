"""A training step on a CPU in parts: large matrix products, and compiled functions between them.

XLA could compile the step as a whole, but TensorFlow's own products are as fast in float32, and
twice as fast in bfloat16 on CPUs with AVX-512 BF16 or AMX, where XLA's are not (docs/results.md has
the times). So the large products are MatMul operations. The parts between them that have many small
operations (recurrences, losses, dropout) are compiled one by one, each once for all layers of the
same sizes, so that a further batch shape needs half of the time or less.

Products are float32, or bfloat16 in mixed precision. Weights, states, sums and gradients of weights
are always float32. As with PyTorch's autocast, mixed precision computes products in bfloat16, among
them the logits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any, NamedTuple

import tensorflow as tf

MANY_ROWS = 24
"""Rows of a batch from which mixed precision has faster products within recurrences too. In
float32 XLA's are faster there, at any number of rows."""


class _Split(NamedTuple):
    products: tf.DType
    jit_compile: bool
    many_rows: bool


_split: ContextVar[_Split | None] = ContextVar("split", default=None)


@contextmanager
def split_step(
    products: tf.DType = tf.bfloat16, *, jit_compile: bool = True, many_rows: bool = False
) -> Iterator[None]:
    """Traces a training step in parts.

    Args:
        products: dtype of the large products: bfloat16 (mixed precision) or that of the weights.
        jit_compile: compile the parts between the products with XLA, which needs static shapes.
        many_rows: products within recurrences are outside of XLA too (`split_scan`).
    """
    token = _split.set(_Split(products, jit_compile, many_rows))
    try:
        yield
    finally:
        _split.reset(token)


def is_split() -> bool:
    """Returns True within `split_step`."""
    return _split.get() is not None


def has_many_rows() -> bool:
    """Returns True within `split_step` with `many_rows`."""
    split = _split.get()
    return split is not None and split.many_rows


def product_dtype() -> tf.DType:
    """Returns the dtype of the products of `split_step`."""
    split = _split.get()
    return tf.float32 if split is None else split.products


def matmul(left: tf.Tensor, right: tf.Tensor, *, keep_bfloat16: bool = False) -> tf.Tensor:
    """Multiplies two matrices; within `split_step` in its dtype of products.

    Args:
        left: <float>[M, K].
        right: <float>[K, N].
        keep_bfloat16: return <bfloat16> in mixed precision; a compiled function casts it faster.

    Returns:
        <float>[M, N], in the dtype of `left` or in bfloat16.
    """
    if product_dtype() != tf.bfloat16:
        return tf.matmul(left, right)
    product = _mixed_matmul(left, right)
    return product if keep_bfloat16 else tf.cast(product, left.dtype)


def matmul_last(values: tf.Tensor, matrix: tf.Tensor, *, keep_bfloat16: bool = False) -> tf.Tensor:
    """Multiplies the last axis, as one 2-D product.

    Args:
        values: <float>[..., D].
        matrix: <float>[D, U].
        keep_bfloat16: do not cast the product of mixed precision to the dtype of `values`.

    Returns:
        <float>[..., U].
    """
    if values.shape.rank == 2:
        return matmul(values, matrix, keep_bfloat16=keep_bfloat16)
    flat = tf.reshape(values, (-1, matrix.shape[0]))
    product = matmul(flat, matrix, keep_bfloat16=keep_bfloat16)
    product = tf.reshape(product, tf.concat([tf.shape(values)[:-1], [matrix.shape[1]]], axis=0))
    return tf.ensure_shape(product, (*values.shape[:-1], matrix.shape[1]))


@tf.custom_gradient
def _mixed_matmul(left: tf.Tensor, right: tf.Tensor) -> tuple[tf.Tensor, Callable[..., Any]]:
    """Casts each matrix once for all three products."""
    left_16, right_16 = tf.cast(left, tf.bfloat16), tf.cast(right, tf.bfloat16)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        d_left = tf.matmul(upstream, right_16, transpose_b=True)
        d_right = tf.matmul(left_16, upstream, transpose_a=True)
        return tf.cast(d_left, left.dtype), tf.cast(d_right, right.dtype)

    return tf.matmul(left_16, right_16), gradient


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles a function of tensors within `split_step`.

    Returns:
        The compiled function; elsewhere the function itself.
    """
    return _xla(function) if _compiles() else function


def compiled_once(function: Callable[..., Any], *constants: Any) -> Callable[..., Any]:
    """Compiles a function for all layers and steps that call it with the same shapes.

    Args:
        function: captures no tensor.
        constants: its first arguments, hashable.

    Returns:
        A function of the other arguments: compiled within `split_step`, as by `compiled`.
    """
    if not _compiles():
        return partial(function, *constants)

    def call(*tensors: Any) -> Any:
        shared = _shared(function, constants, _specs(tensors))
        return shared.get_concrete_function(*tensors)(*tensors)

    return call


def _compiles() -> bool:
    split = _split.get()
    return split is not None and split.jit_compile


@cache
def _shared(
    function: Callable[..., Any], constants: tuple[Any, ...], specs: tuple[Any, ...]
) -> Any:
    """A `tf.function` with one trace.

    With several, TensorFlow would run one of unknown shapes for known ones too, and the results
    would lose their shapes: a graph would depend on the models that were trained before.
    """
    del specs
    return _xla(partial(function, *constants))


def _specs(tensors: Any) -> tuple[tuple[tuple[int | None, ...], tf.DType], ...]:
    """Shape and dtype of each tensor, in order."""
    return tuple((tuple(one.shape), one.dtype) for one in tf.nest.flatten(tensors))


def _xla(function: Callable[..., Any]) -> Any:
    return tf.function(function, autograph=False, jit_compile=True)
