"""The language model: a decoder without attention, as a Keras model.

Letters in shapes: B batch, T length, V vocabulary.
"""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.decoder import Decoder


@keras.saving.register_keras_serializable("nlp_apps")
class LanguageModel(keras.Model):
    """Predicts every next token of a text, from a state of zeros.

    An ordinary Keras model over `{"target_in": <int32>[B, T]}`: `compile`, `fit` and `predict` work
    on it. To carry a state on, call its `decoder`.

    Args:
        vocabulary_size: V.
        embedding_size, units, cell, num_layers, residual: as in `Decoder`.
        dropout, word_dropout, layer_norm, weight_drop, tie_embeddings: as in `Decoder`.

    Attributes:
        decoder: the `Decoder`; `decoder(target_in, state)` and `decoder.step` return a new state.
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        embedding_size: int = 192,
        units: int = 256,
        cell: str = "lstm",
        num_layers: int = 2,
        residual: bool = True,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        layer_norm: bool = False,
        weight_drop: float = 0.0,
        tie_embeddings: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.config: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "embedding_size": embedding_size,
            "units": units,
            "cell": cell,
            "num_layers": num_layers,
            "residual": residual,
            "dropout": dropout,
            "word_dropout": word_dropout,
            "layer_norm": layer_norm,
            "weight_drop": weight_drop,
            "tie_embeddings": tie_embeddings,
        }
        self.decoder = Decoder(
            **self.config, attention="none", dtype=self.dtype_policy, name="decoder"
        )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        self.decoder.build()

    def call(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Predicts every position's next token.

        Args:
            inputs: {"target_in": <int32>[B, T]}.
            training: apply dropout.

        Returns:
            logits <float32>[B, T, V].
        """
        return self.decoder(inputs["target_in"], training=training)[0]

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        """Returns the shape of the logits."""
        return (*input_shape["target_in"], self.config["vocabulary_size"])

    def compute_output_spec(self, inputs: Mapping[str, Any], training: bool = False) -> Any:
        """Returns shape and dtype of the logits, float32 in mixed precision too."""
        shapes = {name: value.shape for name, value in inputs.items()}
        return keras.KerasTensor(self.compute_output_shape(shapes), "float32")

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), **self.config}
