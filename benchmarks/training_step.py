"""Speed of a training step of the Multi30k translator, in single and in mixed precision.

    .venv/bin/python benchmarks/training_step.py --batch 83 --length 18
    .venv/bin/python benchmarks/training_step.py --pytorch OTHER_VENV/bin/python

Prints milliseconds per step (median and minimum) of our scan in float32 and in mixed precision, of
Keras's LSTM layers, and with `--pytorch` of `pytorch_step.py`, run by a Python that has PyTorch.
Each has a process of its own; they run in turn, a few steps at a time. Run it on an idle machine.
"""

import argparse
import os
import statistics
import sys
from contextlib import nullcontext
from pathlib import Path
from unittest import mock

from step_worker import Worker, run_steps

VOCABULARY = 5000

VARIANTS = {
    "float32": "float32",
    "mixed precision": "mixed",
    "Keras LSTM, float32": "keras",
}

PYTORCH = {
    "PyTorch, float32": ["--precision", "float32"],
    "PyTorch, bfloat16": ["--precision", "bfloat16"],
    "PyTorch, bfloat16, compiled": ["--precision", "bfloat16", "--compile"],
}


def run_variant(variant: str, shape: tuple[int, int]) -> None:
    """Runs steps of a variant on request."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")  # as in training

    import keras
    import numpy as np
    import tensorflow as tf

    from nlp_apps.blocks import recurrent
    from nlp_apps.blocks.mixed_precision import compiled, mixed_precision
    from nlp_apps.networks.translator import Translator
    from nlp_apps.training.losses import cross_entropy

    is_mixed = variant == "mixed"
    keras.utils.set_random_seed(1)
    with mock.patch.object(recurrent, "has_gpu", lambda: variant == "keras"):
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

    @tf.function(autograph=False, jit_compile=not is_mixed)
    def step(inputs: dict[str, tf.Tensor], targets: tf.Tensor) -> tf.Tensor:
        with mixed_precision() if is_mixed else nullcontext():
            weights = [variable.value for variable in model.trainable_variables]
            with tf.GradientTape() as tape:
                logits = model(inputs, training=True)
                loss = tf.reduce_mean(cross_entropy(logits, targets, smoothing=0.1))
            found = tape.gradient(loss, weights)
            compiled(update)([tf.convert_to_tensor(gradient) for gradient in found])
        return loss

    random = np.random.default_rng(1)
    source, target_in, target_out = (
        tf.constant(random.integers(4, VOCABULARY, shape), tf.int32) for _ in range(3)
    )
    run_steps(lambda: float(step({"source": source, "target_in": target_in}, target_out)))


def main() -> None:
    """Runs the variants in turn, and prints their speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=83, help="rows")
    parser.add_argument("--length", type=int, default=18, help="tokens of a row")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3, help="steps of a variant at a time")
    parser.add_argument("--pytorch", metavar="PYTHON", help="a Python that has PyTorch")
    parser.add_argument("--variant", choices=VARIANTS.values(), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.variant:
        run_variant(arguments.variant, (arguments.batch, arguments.length))
        return

    sizes = ["--batch", str(arguments.batch), "--length", str(arguments.length)]
    own = [sys.executable, __file__, *sizes, "--variant"]
    workers = {name: Worker([*own, variant]) for name, variant in VARIANTS.items()}
    if arguments.pytorch:
        other = [arguments.pytorch, str(Path(__file__).with_name("pytorch_step.py")), *sizes]
        workers |= {name: Worker([*other, *flags]) for name, flags in PYTORCH.items()}
    for worker in workers.values():
        worker.run(2)
    for _ in range(arguments.rounds):
        for worker in workers.values():
            worker.run(arguments.steps)

    print(f"{arguments.batch} x {arguments.length} tokens, {os.cpu_count()} cores")
    medians = {name: statistics.median(worker.times[2:]) for name, worker in workers.items()}
    for name, worker in workers.items():
        print(
            f"{name:27} first {worker.times[0] / 1000:4.1f} s, step {medians[name]:4.0f} ms "
            f"(fastest {min(worker.times[2:]):.0f}), "
            f"{medians[name] / medians['mixed precision']:.2f} of mixed, loss {worker.loss:.4f}"
        )
        worker.close()


if __name__ == "__main__":
    main()
