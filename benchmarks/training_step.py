"""Speed of a training step of the Multi30k translator, with our scan and with Keras's LSTM layers.

    .venv/bin/python benchmarks/training_step.py

Prints milliseconds per step (median and minimum of interleaved steps) and their ratio. Both models
have the same weights and the same loss. Run it on an idle machine.
"""

import os
import statistics
import time
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")  # as in training

import keras
import numpy as np
import tensorflow as tf

from nlp_apps.blocks import recurrent
from nlp_apps.networks.translator import Translator
from nlp_apps.training.losses import cross_entropy

BATCH, LENGTH, VOCABULARY, REPETITIONS = 83, 18, 5000, 12


def make_step(use_keras: bool) -> tf.types.experimental.PolymorphicFunction:
    """Returns a compiled training step of a new model."""
    keras.utils.set_random_seed(1)
    with mock.patch.object(recurrent, "has_gpu", lambda: use_keras):
        model = Translator(
            VOCABULARY,
            VOCABULARY,
            embedding_size=192,
            units=384,
            attention="multi_head",
            dropout=0.25,
        )
    model.build()
    optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=True)
    def step(inputs: dict[str, tf.Tensor], targets: tf.Tensor) -> tf.Tensor:
        weights = [variable.value for variable in model.trainable_variables]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                cross_entropy(model(inputs, training=True), targets, smoothing=0.1)
            )
        gradients = [tf.convert_to_tensor(value) for value in tape.gradient(loss, weights)]
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return step


def main() -> None:
    """Runs both steps in turn, and prints their speed."""
    random = np.random.default_rng(1)
    source, target_in, target_out = (
        tf.constant(random.integers(4, VOCABULARY, (BATCH, LENGTH)), tf.int32) for _ in range(3)
    )
    steps = {"ours": make_step(use_keras=False), "Keras": make_step(use_keras=True)}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(REPETITIONS + 1):  # the first compiles
        for name, step in steps.items():
            started = time.perf_counter()
            loss = float(step({"source": source, "target_in": target_in}, target_out))
            times[name].append(1000 * (time.perf_counter() - started))
    for name, found in times.items():
        compiled, *rest = found
        print(
            f"{name:6} compile {compiled / 1000:.1f} s, step {statistics.median(rest):.0f} ms "
            f"(fastest {min(rest):.0f}), last loss {loss:.4f}"
        )
    ratio = statistics.median(times["Keras"][1:]) / statistics.median(times["ours"][1:])
    print(
        f"Keras takes {ratio:.2f} times as long; {BATCH} x {LENGTH} tokens, {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
