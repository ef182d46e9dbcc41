"""Speed of a training step of the Multi30k translator, in single and in mixed precision.

    .venv/bin/python benchmarks/training_step.py --batch 83 --length 18
    .venv/bin/python benchmarks/training_step.py --pytorch OTHER_VENV/bin/python

Prints milliseconds per step (median and minimum of interleaved steps) of our scan in float32 and in
mixed precision, and of Keras's LSTM layers. All three have the same weights. With `--pytorch`, the
steps of `pytorch_step.py` follow, run by a Python that has PyTorch. Run it on an idle machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from contextlib import nullcontext
from pathlib import Path
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")  # as in training

import keras
import numpy as np
import tensorflow as tf

from nlp_apps.blocks import recurrent
from nlp_apps.blocks.mixed_precision import compiled, mixed_precision
from nlp_apps.networks.translator import Translator
from nlp_apps.training.losses import cross_entropy

VOCABULARY = 5000

PYTORCH = (["float32"], ["bfloat16"], ["bfloat16", "--compile"])


def make_step(
    *, use_keras: bool = False, is_mixed: bool = False
) -> tf.types.experimental.PolymorphicFunction:
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

    def update(gradients: list[tf.Tensor]) -> None:
        optimizer.apply(gradients, model.trainable_variables)

    def step(inputs: dict[str, tf.Tensor], targets: tf.Tensor) -> tf.Tensor:
        with mixed_precision() if is_mixed else nullcontext():
            weights = [variable.value for variable in model.trainable_variables]
            with tf.GradientTape() as tape:
                logits = model(inputs, training=True)
                loss = tf.reduce_mean(cross_entropy(logits, targets, smoothing=0.1))
            found = tape.gradient(loss, weights)
            compiled(update)([tf.convert_to_tensor(gradient) for gradient in found])
        return loss

    return tf.function(step, autograph=False, jit_compile=not is_mixed)


def report(name: str, times: list[float], loss: float) -> float:
    """Prints a line, and returns the median without the first step, which compiles."""
    compiled_in, *rest = times
    median = statistics.median(rest)
    print(
        f"{name:27} first {compiled_in / 1000:4.1f} s, step {median:4.0f} ms "
        f"(fastest {min(rest):.0f}), last loss {loss:.4f}",
        flush=True,
    )
    return median


def main() -> None:
    """Runs the steps in turn, and prints their speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=83, help="rows")
    parser.add_argument("--length", type=int, default=18, help="tokens of a row")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--pytorch", metavar="PYTHON", help="a Python that has PyTorch")
    arguments = parser.parse_args()
    shape = (arguments.batch, arguments.length)

    random = np.random.default_rng(1)
    source, target_in, target_out = (
        tf.constant(random.integers(4, VOCABULARY, shape), tf.int32) for _ in range(3)
    )
    steps = {
        "float32": make_step(),
        "mixed precision": make_step(is_mixed=True),
        "Keras LSTM, float32": make_step(use_keras=True),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    losses: dict[str, float] = {}
    for _ in range(arguments.steps + 1):
        for name, step in steps.items():
            started = time.perf_counter()
            losses[name] = float(step({"source": source, "target_in": target_in}, target_out))
            times[name].append(1000 * (time.perf_counter() - started))
    print(f"{arguments.batch} x {arguments.length} tokens, {os.cpu_count()} cores")
    medians = {name: report(name, found, losses[name]) for name, found in times.items()}

    script = Path(__file__).with_name("pytorch_step.py")
    sizes = ["--batch", str(shape[0]), "--length", str(shape[1]), "--steps", str(arguments.steps)]
    for precision in PYTORCH if arguments.pytorch else ():
        command = [arguments.pytorch, str(script), *sizes, "--precision", *precision]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout)
        name = " ".join(["PyTorch,", *precision])
        medians[name] = report(name, [found["first"], *found["steps"]], found["loss"])
    mixed = medians["mixed precision"]
    ratios = [f"{name} {median / mixed:.2f}" for name, median in medians.items()]
    print("relative to mixed precision: " + ", ".join(ratios))


if __name__ == "__main__":
    main()
