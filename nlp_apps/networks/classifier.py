"""The classifier: encoder, attention pooling and labels, and an n-gram path, as one Keras model.

Letters in shapes: B batch, S length, D units, E embedding size, L labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell_sizes import LETTER_CELL
from nlp_apps.blocks.dropout import Dropout
from nlp_apps.blocks.encoder import Encoder
from nlp_apps.blocks.letter_encoder import LetterEncoder
from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.blocks.pooling import Pooling
from nlp_apps.text.normalize import SPACE_MARK


@keras.saving.register_keras_serializable("nlp_apps")
class Classifier(keras.Model):
    """Computes a logit for every label of a text.

    An ordinary Keras model over `{"source": <int32>[B, S]}`: `compile`, `fit` and `predict` work on
    it. With `ngrams`, the logits are a sum of two paths ("wide and deep": Cheng et al. 2016): those
    of the LSTM and those of a linear model of n-grams.

    Args:
        vocabulary_size: number of token ids.
        num_labels: L.
        embedding_size, units, num_layers, bidirectional, residual: as in `Encoder`.
        dropout, word_dropout, layer_norm, weight_drop: as in `Encoder`.
        cell: name of the cell; "conv_lstm" for a `LetterEncoder`, whose tokens are characters.
        num_letters, kernel_size: as in `LetterEncoder`; other encoders do not use them.
        attention, num_heads: as in `Pooling`.
        ngrams: rows of the table of n-grams; 0 for none.
        vocabulary: the tokens of all ids; needed with `ngrams` and with "conv_lstm" only.

    Attributes:
        ngrams: the layer of the n-grams, or None.

    Raises:
        ValueError: `ngrams` is out of range, or `vocabulary` has not `vocabulary_size` tokens.
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_labels: int,
        *,
        embedding_size: int = 192,
        units: int = 256,
        cell: str = "lstm",
        num_layers: int = 2,
        bidirectional: bool = True,
        residual: bool = True,
        attention: str = "additive",
        num_heads: int = 4,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        layer_norm: bool = False,
        weight_drop: float = 0.0,
        num_letters: int = 10,
        kernel_size: int = 5,
        ngrams: int = 0,
        vocabulary: Sequence[str] = (),
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        of_encoder: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "embedding_size": embedding_size,
            "units": units,
            "num_layers": num_layers,
            "bidirectional": bidirectional,
            "residual": residual,
            "dropout": dropout,
            "word_dropout": word_dropout,
            "layer_norm": layer_norm,
            "weight_drop": weight_drop,
        }
        of_pooling: dict[str, Any] = {"attention": attention, "num_heads": num_heads}
        of_letters: dict[str, Any] = {"num_letters": num_letters, "kernel_size": kernel_size}
        reads_letters = cell == LETTER_CELL
        needs_vocabulary = ngrams or reads_letters
        self.config: dict[str, Any] = {
            **of_encoder,
            **of_pooling,
            **of_letters,
            "cell": cell,
            "ngrams": ngrams,
            "vocabulary": list(vocabulary) if needs_vocabulary else [],
            "num_labels": num_labels,
        }
        if needs_vocabulary and len(vocabulary) != vocabulary_size:
            raise ValueError(
                f"vocabulary must have {vocabulary_size} tokens with ngrams or conv_lstm; "
                f"received {len(vocabulary)}"
            )
        dtype = self.dtype_policy
        self.encoder: Encoder | LetterEncoder
        if reads_letters:
            self.encoder = LetterEncoder(
                **of_encoder,
                **of_letters,
                space_id=_space_id(vocabulary),
                dtype=dtype,
                name="encoder",
            )
        else:
            self.encoder = Encoder(**of_encoder, cell=cell, dtype=dtype, name="encoder")
        self.pooling = Pooling(units, **of_pooling, dtype=dtype, name="pooling")
        self.drop = Dropout(dropout, dtype=dtype)
        self.labels = keras.layers.Dense(num_labels, dtype="float32", name="labels")
        self.ngrams = None
        if ngrams:
            self.ngrams = Ngrams(vocabulary, num_labels, num_rows=ngrams, name="ngrams")

    @property
    def num_letters(self) -> int | None:
        """Letters of a row of the encoder; None: it does not read letters."""
        return self.encoder.num_letters if isinstance(self.encoder, LetterEncoder) else None

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        self.encoder.build()
        self.pooling.build()
        self.labels.build((None, self.pooling.width))
        if self.ngrams is not None:
            self.ngrams.build()

    def call(
        self,
        inputs: Mapping[str, tf.Tensor],
        inputs_embeds: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Classifies texts.

        Args:
            inputs: {"source": <int32>[B, S]}, padded on the right with 0.
            inputs_embeds: <float>[B, S, E], in place of the vectors of `source`.
            training: apply dropout.

        Returns:
            logits <float32>[B, L].
        """
        source = inputs["source"]
        logits, _ = self.lstm_logits(source, inputs_embeds, training=training)
        return self._add_ngrams(logits, source)

    def logits_and_weights(self, source: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Classifies texts, and returns the attention weights of the pooling.

        Args:
            source: <int32>[B, S].

        Returns:
            logits <float32>[B, L] and weights <float>[B, S], whose rows sum to 1.
        """
        logits, weights = self.lstm_logits(source)
        return self._add_ngrams(logits, source), weights

    def logits_and_features(self, source: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Classifies texts, and returns the features that the last layer reads.

        Args:
            source: <int32>[B, S].

        Returns:
            logits <float32>[B, L] and features <float32>[B, `pooling.width`].
        """
        padding_mask = self.encoder.memory_mask(source)
        features, _ = self.pooling(self.encoder(source, padding_mask), padding_mask)
        features = tf.cast(features, tf.float32)
        return self._add_ngrams(self.labels(features), source), features

    def scale_paths(self, lstm: float, ngrams: float) -> None:
        """Multiplies the logits of each path by a factor, in the weights of its last layer."""
        for weight in self.labels.weights:
            weight.assign(weight * lstm)
        if self.ngrams is not None:
            self.ngrams.scale(ngrams)

    def lstm_logits(
        self, source: tf.Tensor, inputs_embeds: tf.Tensor | None = None, *, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes the logits of the LSTM alone: see `call` and `logits_and_weights`."""
        padding_mask = self.encoder.memory_mask(source)  # [B, S]
        memory = self.encoder(source, padding_mask, inputs_embeds, training=training)
        return self.classify(memory, padding_mask, training=training)

    def _add_ngrams(self, logits: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
        return logits if self.ngrams is None else logits + self.ngrams(source)

    def classify(
        self, memory: tf.Tensor, padding_mask: tf.Tensor, *, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Pools a memory <float>[B, S, D] and classifies it, without n-grams.

        Returns:
            As `logits_and_weights`.
        """
        features, weights = self.pooling(memory, padding_mask)
        features = self.drop(features[:, None], training=training)[:, 0]
        return self.labels(tf.cast(features, tf.float32)), weights

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        """Returns the shape of the logits."""
        return (input_shape["source"][0], self.config["num_labels"])

    def compute_output_spec(
        self, inputs: Mapping[str, Any], inputs_embeds: Any = None, training: bool = False
    ) -> Any:
        """Returns shape and dtype of the logits, float32 in mixed precision too."""
        shapes = {name: value.shape for name, value in inputs.items()}
        return keras.KerasTensor(self.compute_output_shape(shapes), "float32")

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), **self.config}


def _space_id(vocabulary: Sequence[str]) -> int:
    """Returns the id of a space; -1, of no token, if spaces are too rare to have one."""
    return list(vocabulary).index(SPACE_MARK) if SPACE_MARK in vocabulary else -1
