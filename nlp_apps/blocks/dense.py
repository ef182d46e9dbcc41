"""A dense layer whose product is one of `split_step`.

Letters in shapes: D input size, U units.
"""

from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.split_step import is_split, matmul_last


@keras.saving.register_keras_serializable("nlp_apps")
class Dense(keras.layers.Dense):
    """`keras.layers.Dense`; see `split_step`."""

    def call(self, inputs: tf.Tensor, training: Any = None) -> tf.Tensor:
        """Computes activation(inputs W + b): <float>[..., D] -> <float>[..., U]."""
        if not is_split():
            return super().call(inputs, training=training)
        product = matmul_last(inputs, tf.convert_to_tensor(self.kernel))
        if self.bias is not None:
            product += tf.convert_to_tensor(self.bias)
        return product if self.activation is None else self.activation(product)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, those of Keras's layer."""
        return {**super().get_config()}
