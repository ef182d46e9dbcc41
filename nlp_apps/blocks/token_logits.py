"""The output layer of a decoder: features -> logits of every token.

Letters in shapes: B batch, K beams, V vocabulary, E embedding size.
"""

import keras
import tensorflow as tf

from nlp_apps.blocks.dense import Dense
from nlp_apps.blocks.embedding import TokenEmbedding
from nlp_apps.blocks.split_step import is_split, matmul_last


class TokenLogits:
    """Logits of a decoder, from its embedding or from an output layer of its own.

    Attributes:
        embedding: the embedding of the target.
        output_layer: the output layer; None if it is the embedding, transposed.
        output_bias: <float32>[V].
        compute_dtype: dtype of features and matrix.
    """

    embedding: TokenEmbedding
    output_layer: Dense | None
    output_bias: keras.Variable
    compute_dtype: str

    def logits(self, features: tf.Tensor) -> tf.Tensor:
        """Compares features with every token: <float>[..., E] -> <float32>[..., V].

        In mixed precision the logits are <bfloat16>, for `losses.cross_entropy`.
        """
        if is_split():
            return self._split_logits(features)
        project = self.embedding.logits if self.output_layer is None else self.output_layer
        return tf.cast(project(features), tf.float32) + tf.convert_to_tensor(self.output_bias)

    def step_logits(self, features: tf.Tensor, output_matrix: tf.Tensor | None) -> tf.Tensor:
        """Computes the logits of a step.

        Args:
            features: <float>[B, K, E].
            output_matrix: result of `output_matrix`; None: it is computed.

        Returns:
            <float32>[B, K, V].
        """
        if output_matrix is None:
            return self.logits(features)
        rows = tf.matmul(tf.reshape(features, (-1, features.shape[-1])), output_matrix)
        rows = tf.nn.bias_add(tf.cast(rows, tf.float32), tf.convert_to_tensor(self.output_bias))
        return tf.reshape(rows, (-1, features.shape[1], output_matrix.shape[1]))

    def output_matrix(self) -> tf.Tensor:
        """Returns the matrix of the logits <float>[E, V], in the compute dtype."""
        if self.output_layer is not None:
            return tf.cast(self.output_layer.kernel, self.compute_dtype)
        return tf.cast(tf.transpose(self.embedding.table.embeddings), self.compute_dtype)

    def _split_logits(self, features: tf.Tensor) -> tf.Tensor:
        """The logits <float>[..., V], with the bias as a further row of the matrix.

        So neither the sum nor its gradient is a further pass over the logits.
        """
        bias = tf.convert_to_tensor(self.output_bias)[None]
        matrix = tf.concat([self.output_matrix(), bias], axis=0)
        ones = tf.ones_like(features[..., :1])
        return matmul_last(tf.concat([features, ones], axis=-1), matrix, keep_bfloat16=True)

    def output_embeddings(self, token_ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the vectors and biases with which `logits` compares features, of some tokens.

        Args:
            token_ids: <int32>[...].

        Returns:
            vectors <float>[..., E] and biases <float32>[...].
        """
        bias = tf.gather(tf.convert_to_tensor(self.output_bias), token_ids)
        if self.output_layer is None:
            return self.embedding.table(token_ids), bias
        kernel = tf.convert_to_tensor(self.output_layer.kernel)
        return tf.gather(tf.transpose(kernel), token_ids), bias
