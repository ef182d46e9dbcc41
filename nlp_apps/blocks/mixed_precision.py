"""Mixed precision on a CPU: large matrix products in bfloat16, all other operations in float32.

XLA's CPU compiler has no fast bfloat16 product, but TensorFlow's MatMul has, on CPUs with AVX-512
BF16 or AMX (docs/results.md has the times). So XLA does not compile a training step in mixed
precision as a whole. The large products are MatMul operations. The parts between them that have
many small operations (recurrences, losses, the optimizer) are compiled one by one.

Weights, states, sums and gradients of weights are float32. As with PyTorch's autocast, products
are rounded to bfloat16, among them the logits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any

import tensorflow as tf

_is_mixed: ContextVar[bool] = ContextVar("is_mixed", default=False)
_jit_compile: ContextVar[bool] = ContextVar("jit_compile", default=False)
_has_many_rows: ContextVar[bool] = ContextVar("has_many_rows", default=False)

MANY_ROWS = 32
"""Batches of this many rows or more: recurrences multiply in bfloat16 too (`mixed_scan`)."""


@contextmanager
def mixed_precision(jit_compile: bool = True, many_rows: bool = False) -> Iterator[None]:
    """Traces the training step of a model in mixed precision.

    Args:
        jit_compile: compile the parts between the products with XLA, which needs static shapes.
        many_rows: the batches have `MANY_ROWS` or more.
    """
    tokens = _is_mixed.set(True), _jit_compile.set(jit_compile), _has_many_rows.set(many_rows)
    try:
        yield
    finally:
        _is_mixed.reset(tokens[0])
        _jit_compile.reset(tokens[1])
        _has_many_rows.reset(tokens[2])


def is_mixed() -> bool:
    """Returns True within `mixed_precision`."""
    return _is_mixed.get()


def has_many_rows() -> bool:
    """Returns True within `mixed_precision` of batches with `MANY_ROWS` or more."""
    return _has_many_rows.get()


def matmul(left: tf.Tensor, right: tf.Tensor, *, keep_bfloat16: bool = False) -> tf.Tensor:
    """Multiplies two matrices; within `mixed_precision` in bfloat16.

    Args:
        left: <float>[M, K].
        right: <float>[K, N].
        keep_bfloat16: return <bfloat16> within `mixed_precision`; a compiled function casts it
            faster.

    Returns:
        <float>[M, N], in the dtype of `left` or in bfloat16.
    """
    if not is_mixed():
        return tf.matmul(left, right)
    product = _mixed_matmul(left, right)
    return product if keep_bfloat16 else tf.cast(product, left.dtype)


def matmul_last(values: tf.Tensor, matrix: tf.Tensor, *, keep_bfloat16: bool = False) -> tf.Tensor:
    """Multiplies the last axis, as one 2-D product.

    Args:
        values: <float>[..., D].
        matrix: <float>[D, U].
        keep_bfloat16: do not cast the product of `mixed_precision` to the dtype of `values`.

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
    """Compiles a function of tensors within `mixed_precision`.

    Returns:
        The compiled function. Elsewhere the function itself, because XLA compiles the whole step.
    """
    if not _jit_compile.get():
        return function
    return _xla(function)


def compiled_once(function: Callable[..., Any], *constants: Any) -> Callable[..., Any]:
    """Compiles a function for all layers and steps that call it with the same shapes.

    Args:
        function: captures no tensor.
        constants: its first arguments, hashable.

    Returns:
        A function of the other arguments: compiled within `mixed_precision`, as by `compiled`.
    """
    if not _jit_compile.get():
        return partial(function, *constants)
    shared = _shared(function, constants)
    return lambda *tensors: shared.get_concrete_function(*tensors)(*tensors)


@cache
def _shared(function: Callable[..., Any], constants: tuple[Any, ...]) -> Any:
    return _xla(partial(function, *constants))


def _xla(function: Callable[..., Any]) -> Any:
    return tf.function(function, autograph=False, jit_compile=True)
