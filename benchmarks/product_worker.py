"""Runs matrix products in TensorFlow on request.

    python -m benchmarks.product_worker --precision bfloat16

A case such as `product 1500x384x768` multiplies random matrices [1500, 384] and [384, 768]. Small
products run many times in one call, inside of one graph.
"""

import argparse
import os
from collections.abc import Callable
from typing import Any

from benchmarks.translator_sizes import parse_shape, products_of_a_call
from benchmarks.workers import serve
from nlp_apps.io import quiet_tensorflow


def main() -> None:
    """Runs the cases of standard input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--xla", action="store_true", help="compile with XLA")
    arguments = parser.parse_args()
    quiet_tensorflow.install()
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")  # as in training

    import tensorflow as tf

    def prepare(case: str) -> Callable[[], Any]:
        m, k, n = parse_shape(case.split()[1])
        count, dtype = products_of_a_call(m, k, n), tf.as_dtype(arguments.precision)
        # Two matrices in turn: a compiler moves a constant product out of the loop.
        left = tf.cast(tf.random.normal((min(count, 2), m, k)), dtype)
        right = tf.cast(tf.random.normal((k, n)), dtype)

        @tf.function(autograph=False, jit_compile=arguments.xla)
        def run(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
            if count == 1:
                return tf.matmul(left[0], right)
            return tf.while_loop(
                lambda index, _: index < count,
                lambda index, total: (index + 1, total + tf.matmul(left[index % 2], right)),
                (0, tf.zeros((m, n), dtype)),
            )[1]

        return lambda: run(left, right).numpy()

    serve(prepare)


if __name__ == "__main__":
    main()
