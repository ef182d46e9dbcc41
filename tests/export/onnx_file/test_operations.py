"""ONNX nodes compute the same values as the TensorFlow operations that they replace."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.compiler.tf2xla.ops import gen_xla_ops

pytest.importorskip("onnx", reason="ONNX is missing: pip install 'nlp-apps[onnx]'")
ort = pytest.importorskip("onnxruntime", reason="ONNX Runtime is missing: 'nlp-apps[onnx]'")

from nlp_apps.export.onnx_file.onnx_signatures import convert  # noqa: E402

INTS = np.array([[-7, -1, 0, 3], [8, 5, 5, -4]], np.int32)
FLOATS = np.array([[0.5, -2.0, 3.0, 3.0], [1.0, 1.0, -0.25, 8.0]], np.float32)
TABLE = np.linspace(-1.0, 1.0, 40, dtype=np.float32).reshape(10, 4)


def loop(ints: tf.Tensor, floats: tf.Tensor) -> tf.Tensor:
    """A loop in a loop, with weights that no step changes, and a condition."""
    weights = tf.constant(TABLE[:4])

    def inner(count: tf.Tensor, values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        larger = tf.cond(values[0, 0] > 0, lambda: values + 1.0, lambda: values - 1.0)
        return count + 1, larger @ weights

    def outer(count: tf.Tensor, values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        _, found = tf.while_loop(lambda step, _: step < count, inner, (0, values))
        return count + 1, found

    return tf.while_loop(lambda count, _: count < ints[1, 1], outer, (0, floats))[1]


CASES: dict[str, Callable[[Any, Any], Any]] = {
    "floor division": lambda ints, floats: ints // 3,
    "floor modulo": lambda ints, floats: ints % -3,
    "select of booleans": lambda ints, floats: tf.where(ints > 0, floats > 0, floats < -1.0),
    "all and any": lambda ints, floats: tf.stack(
        [tf.reduce_all(ints > -5, axis=1), tf.reduce_any(ints > 7, axis=1)]
    ),
    "top k with ties": lambda ints, floats: tf.math.top_k(floats, 3)[1],
    "arg max with ties": lambda ints, floats: tf.argmax(floats, axis=1, output_type=tf.int32),
    "cumulative sum": lambda ints, floats: tf.cumsum(ints, axis=1, exclusive=True, reverse=True),
    "buckets": lambda ints, floats: tf.raw_ops.Bucketize(input=ints, boundaries=[-1.0, 0.0, 5.0]),
    "negative stride": lambda ints, floats: ints[:, ::-1],
    "single positions": lambda ints, floats: ints[-1, 1:-1],
    "new axes": lambda ints, floats: ints[:, None, ..., None],
    "dynamic positions": lambda ints, floats: floats[:, ints[0, 2] : ints[0, 3]],
    "slice to the end": lambda ints, floats: tf.slice(floats, [0, ints[0, 3] - 2], [2, -1]),
    "roll": lambda ints, floats: tf.roll(ints, ints[0, 3], axis=1),
    "pad": lambda ints, floats: tf.pad(ints, [[1, 0], [0, 2]], constant_values=9),
    "split": lambda ints, floats: tf.split(floats, 2, axis=1)[1],
    "unstack": lambda ints, floats: tf.unstack(floats, axis=1)[2],
    "gather of a batch": lambda ints, floats: tf.gather(floats, abs(ints) % 4, batch_dims=1),
    "gather of rows": lambda ints, floats: tf.gather(TABLE, abs(ints)),
    "scatter of equal positions": lambda ints, floats: tf.scatter_nd(
        [[1], [1], [3]], [1, 2, 3], [5]
    ),
    "scatter on values": lambda ints, floats: tf.tensor_scatter_nd_add(floats, [[0, 1]], [2.0]),
    "tile": lambda ints, floats: tf.tile(ints, [1, 2]),
    "broadcast": lambda ints, floats: tf.broadcast_to(floats[:, :1], [2, 3]),
    "empty reshape": lambda ints, floats: tf.reshape(ints[:0], [0, 4]),
    "turned product": lambda ints, floats: tf.matmul(floats, TABLE, transpose_b=True),
    "product of batches": lambda ints, floats: tf.matmul(
        floats[:, None], floats[:, None], transpose_b=True
    ),
    "overwritten positions, too far right": lambda ints, floats: (
        gen_xla_ops.xla_dynamic_update_slice(
            floats[None], tf.ones((1, 1, 4)), tf.stack([0, ints[1, 0], 0])
        )
    ),
    "loops and conditions": loop,
}


@pytest.mark.parametrize("name", CASES)
def test_an_operation_has_the_values_of_tensorflow(name: str):
    specs = [
        tf.TensorSpec(INTS.shape, tf.int32, "ints"),
        tf.TensorSpec(FLOATS.shape, name="floats"),
    ]
    function = tf.function(
        lambda ints, floats: {"found": CASES[name](ints, floats)},
        input_signature=specs,
        autograph=False,
    )
    model = convert({"one": function.get_concrete_function()})
    session = ort.InferenceSession(model.SerializeToString())
    feeds = {"ints": INTS, "floats": FLOATS, "signature": np.array(["one"], object)}
    known = {one.name for one in session.get_inputs()}
    found = session.run(None, {key: value for key, value in feeds.items() if key in known})[0]
    expected = function(INTS, FLOATS)["found"].numpy()
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_signatures_share_a_constant_and_the_input_selects_one():
    weights = tf.constant(np.arange(2000, dtype=np.float32).reshape(4, 500))
    spec = [tf.TensorSpec([1, 4], name="values")]
    functions = {
        "add": tf.function(lambda values: {"sum": values @ weights}, input_signature=spec),
        "double": tf.function(lambda values: {"sum": 2.0 * values @ weights}, input_signature=spec),
    }
    model = convert({name: one.get_concrete_function() for name, one in functions.items()})
    assert model.ByteSize() < 1.2 * 4 * 2000
    session = ort.InferenceSession(model.SerializeToString())
    values = np.ones((1, 4), np.float32)
    add, double = session.run(
        ["add.sum", "double.sum"], {"values": values, "signature": np.array(["double"], object)}
    )
    np.testing.assert_allclose(double, 2 * values @ weights.numpy(), rtol=1e-6)
    assert add.size == 0


def test_an_unknown_operation_is_named():
    function = tf.function(
        lambda values: {"found": tf.linalg.inv(values)},
        input_signature=[tf.TensorSpec([2, 2], name="values")],
    )
    with pytest.raises(NotImplementedError, match="MatrixInverse"):
        convert({"one": function.get_concrete_function()})


def test_a_quantized_matrix_is_close_in_products_and_lookups_and_shared():
    table = np.random.default_rng(1).normal(size=(64, 32)).astype(np.float32)
    weights = tf.constant(table)

    def both(ids: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = tf.gather(weights, ids)
        return {"logits": tf.matmul(rows, weights, transpose_b=True), "rows": rows}

    function = tf.function(both, input_signature=[tf.TensorSpec([5], tf.int32, "ids")])
    model = convert({"one": function.get_concrete_function()}, quantize=True)
    assert model.ByteSize() < table.nbytes / 2
    ids = np.array([0, 63, 7, 7, 30], np.int32)
    feeds = {"ids": ids, "signature": np.array(["one"], object)}
    session = ort.InferenceSession(model.SerializeToString())
    logits, rows = session.run(["one.logits", "one.rows"], feeds)
    steps = np.abs(table[ids]).max(axis=1, keepdims=True) / 127
    assert np.all(np.abs(rows - table[ids]) <= 0.501 * steps)
    exact = table[ids] @ table.T
    assert np.abs(logits - exact).max() < 0.02 * np.abs(exact).max()
