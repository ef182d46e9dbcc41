"""Runs training steps and greedy search of our translator on request, on random tokens.

    python -m benchmarks.translator_worker --variant mixed

Cases: `step BxT` is a training step on B rows of T tokens; `greedy BxT` decodes T tokens for B
sources of T tokens, without an early end.
"""

import argparse
from collections.abc import Callable
from typing import Any
from unittest import mock

from benchmarks.translator_sizes import DROPOUT, EMBEDDING, HEADS, UNITS, VOCABULARY, parse_shape
from benchmarks.workers import serve
from nlp_apps.io import quiet_tensorflow

VARIANTS = ("float32", "mixed", "keras")
"""Precision of our scan, or Keras's LSTM layers in float32."""


def build_model(variant: str) -> Any:
    """Returns a new `Translator`."""
    import keras

    from nlp_apps.blocks import recurrent
    from nlp_apps.networks.translator import Translator

    keras.utils.set_random_seed(1)
    with mock.patch.object(recurrent, "has_gpu", lambda: variant == "keras"):
        model = Translator(
            VOCABULARY,
            VOCABULARY,
            embedding_size=EMBEDDING,
            units=UNITS,
            attention="multi_head",
            num_heads=HEADS,
            dropout=DROPOUT,
        )
    model.build()
    return model


def training_step(model: Any, is_mixed: bool) -> Callable[..., Any]:
    """Returns `training.train_step` of a model, without averages: (inputs, targets) -> loss."""
    import tensorflow as tf

    from nlp_apps.recipe.training_section import TranslationTraining
    from nlp_apps.training.losses import cross_entropy
    from nlp_apps.training.train_step import TrainStep
    from nlp_apps.training.trainable import Epoch, Trainable

    class Task(Trainable):
        def __init__(self) -> None:
            self.model = model

        def epoch(self, index: int) -> Epoch:
            raise NotImplementedError

        def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
            return tf.reduce_sum(cross_entropy(outputs, targets, smoothing=0.1))

        def validate(self) -> dict[str, float]:
            raise NotImplementedError

    settings = TranslationTraining(
        learning_rate=1e-3, clip_norm=1.0, ema_decay=0.0, weight_decay=0.0, mixed_precision=is_mixed
    )
    step = TrainStep(Task(), settings, total_steps=1_000_000)
    return lambda inputs, targets: step(inputs, targets).loss


def greedy(model: Any) -> Callable[..., Any]:
    """Returns the search of `inference.text_translator`; EOS comes at the end only.

    Its function: (source <int32>[B, S], number of tokens <int32>[]) -> token ids <int32>[B, T].
    """
    import tensorflow as tf

    from nlp_apps.decoding.search import greedy_search
    from nlp_apps.text.special_ids import BOS, EOS, NEG_INF

    bias = model.decoder.output_bias
    bias.assign(tf.tensor_scatter_nd_update(bias.value, [[EOS]], [NEG_INF]))

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((), tf.int32)],
    )
    def search(source: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        prepared, state = model.encode(source)
        return greedy_search(
            model.step_function(),
            state,
            batch_size=tf.shape(source)[0],
            max_length=length,
            bos_id=BOS,
            eos_id=EOS,
            memory=prepared,
        ).token_ids[:, 0]

    function: Callable[..., Any] = search
    return function


def main() -> None:
    """Runs the cases of standard input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=VARIANTS, default="float32")
    variant = parser.parse_args().variant
    quiet_tensorflow.install()

    import numpy as np
    import tensorflow as tf

    model = build_model(variant)
    step, search = training_step(model, variant == "mixed"), greedy(model)
    random = np.random.default_rng(1)

    def prepare(case: str) -> Callable[[], Any]:
        kind, shape = case.split()
        source, target_in, target = (
            tf.constant(random.integers(4, VOCABULARY, parse_shape(shape)), tf.int32)
            for _ in range(3)
        )
        if kind == "greedy":
            return lambda: search(source, tf.shape(source)[1]).numpy()
        return lambda: step({"source": source, "target_in": target_in}, target)

    serve(prepare)


if __name__ == "__main__":
    main()
