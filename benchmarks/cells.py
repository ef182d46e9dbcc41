"""Recurrent cells with the same number of parameters and the same training: docs/cells.md.

    .venv/bin/python -m benchmarks.cells shakespeare --data-dir DIR --output DIR
    .venv/bin/python -m benchmarks.cells multi30k --data-dir DIR --output DIR
    .venv/bin/python -m benchmarks.cells times

The first two train a model with each cell, from the same seed on the same batches, and print the
validation losses after the last step. A cell with a result in the output folder is not trained
again. `times` prints the processor time of a training step of the model of `shakespeare`,
interleaved: with one thread (TF_NUM_INTRAOP_THREADS=1), other programs disturb it little.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.cells_data import Data, random_data, read_multi30k, read_shakespeare
from benchmarks.tables import table
from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.networks.language_model import LanguageModel
from nlp_apps.networks.translator import Translator
from nlp_apps.training.losses import cross_entropy

READERS: dict[str, Callable[[Path], Data]] = {
    "shakespeare": read_shakespeare,
    "multi30k": read_multi30k,
}
PARAMETERS = {"shakespeare": 1_000_000, "multi30k": 2_000_000}
"""Number of parameters, as nearly as the units allow."""
STEPS = {"shakespeare": 1000, "multi30k": 800}
"""About four minutes with one thread."""
PEAK_RATE, WARMUP_SHARE, CLIP_NORM = 0.003, 0.1, 1.0
UNITS_STEP, MAX_UNITS = 4, 1024


def nearest_units(count: Callable[[int], int], parameters: int) -> int:
    """Returns the multiple of `UNITS_STEP` whose count is nearest to a number of parameters."""
    low, high = 1, MAX_UNITS // UNITS_STEP
    while low < high:
        middle = (low + high) // 2
        if count(middle * UNITS_STEP) < parameters:
            low = middle + 1
        else:
            high = middle
    around = [units * UNITS_STEP for units in (low - 1, low) if units]
    return min(around, key=lambda units: abs(count(units) - parameters))


def make_model(data: Data, cell: str, units: int) -> Any:
    """Returns a model with two layers of a cell: a language model, or a translator."""
    keras.utils.set_random_seed(1)
    model: Any
    if "source" in data.train:
        size = data.vocabulary_size
        model = Translator(size, size, embedding_size=96, units=units, cell=cell)
    else:
        model = LanguageModel(data.vocabulary_size, embedding_size=64, units=units, cell=cell)
    model.build()
    return model


def sized_model(data: Data, cell: str, parameters: int) -> tuple[Any, int]:
    """Returns a model with about a number of parameters, and its units."""

    def count(units: int) -> int:
        return int(make_model(data, cell, units).count_params())

    units = nearest_units(count, parameters)
    return make_model(data, cell, units), units


def mean_loss(model: Any, batch: dict[str, tf.Tensor], training: bool) -> tf.Tensor:
    """Returns the mean loss of the real targets of a batch, in nats, <float32>[]."""
    inputs = {name: values for name, values in batch.items() if name != "target_out"}
    losses = cross_entropy(model(inputs, training=training), batch["target_out"])
    return tf.reduce_sum(losses) / tf.cast(tf.math.count_nonzero(batch["target_out"]), tf.float32)


def compute_gradients(model: Any, batch: dict[str, tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Returns the loss of a batch and the gradient of every trainable weight."""
    weights = [weight.value for weight in model.trainable_variables]
    with tf.GradientTape() as tape:
        loss = mean_loss(model, batch, True)
    return loss, [tf.convert_to_tensor(one) for one in tape.gradient(loss, weights)]


def rates(steps: int) -> Iterator[float]:
    """Yields the learning rate of each step: a linear warm-up, then a cosine to 0."""
    warmup = max(1, round(WARMUP_SHARE * steps))
    for step in range(1, steps + 1):
        falling = 0.5 * (1.0 + np.cos(np.pi * max(0, step - warmup) / max(1, steps - warmup)))
        yield float(PEAK_RATE * min(1.0, step / warmup) * falling)


def train(data: Data, cell: str, parameters: int, steps: int) -> dict[str, Any]:
    """Trains a model and returns its sizes and its losses, in nats."""
    model, units = sized_model(data, cell, parameters)
    weights = model.trainable_variables
    optimizer = keras.optimizers.Adam(PEAK_RATE, beta_2=0.98, global_clipnorm=CLIP_NORM)
    optimizer.build(weights)

    @tf.function(autograph=False, jit_compile=True)
    def step(batch: dict[str, tf.Tensor]) -> tf.Tensor:
        loss, gradients = compute_gradients(model, batch)
        optimizer.apply(gradients, weights)
        return loss

    evaluate = tf.function(partial(mean_loss, model, training=False), autograph=False)
    started, losses = time.process_time(), []
    for rate, batch in zip(rates(steps), data.batches(seed=1), strict=False):
        optimizer.learning_rate = rate
        losses.append(float(step(batch)))
    seconds = time.process_time() - started
    validation = [float(evaluate(batch)) for batch in data.validation_batches()]
    return {
        "cell": cell,
        "units": units,
        "parameters": int(model.count_params()),
        "steps": steps,
        "train_loss": statistics.mean(losses[-20:]),
        "validation_loss": statistics.mean(validation),
        "processor_seconds": round(seconds, 1),
    }


def score_rows(results: list[dict[str, Any]]) -> list[str]:
    """Returns the table of a corpus."""
    header = ["cell", "units", "parameters", "training loss", "validation loss"]
    rows = [
        [
            *(f"`{one['cell']}`", one["units"], f"{one['parameters']:,}"),
            *(f"{one['train_loss']:.3f}", f"{one['validation_loss']:.3f}"),
        ]
        for one in results
    ]
    return table(header, rows)


def step_times(cells: list[str], repetitions: int) -> dict[str, list[float]]:
    """Measures gradients of the language model of `shakespeare`, one cell after another.

    Returns:
        For each cell the processor seconds of each repetition.
    """
    data = random_data()
    batch = next(data.batches(seed=1))

    def compiled_step(cell: str) -> Callable[[], Any]:
        model, _ = sized_model(data, cell, PARAMETERS["shakespeare"])
        step = tf.function(
            partial(compute_gradients, model, batch), autograph=False, jit_compile=True
        )
        step()
        return step

    steps = {cell: compiled_step(cell) for cell in cells}
    found: dict[str, list[float]] = {cell: [] for cell in cells}
    for _ in range(repetitions):
        for cell, step in steps.items():
            started = time.process_time()
            float(step()[0])
            found[cell].append(time.process_time() - started)
    return found


def time_rows(found: dict[str, list[float]]) -> list[str]:
    """Returns the table of times: the median of a cell's step over that of the first cell."""
    first = next(iter(found.values()))
    rows = []
    for cell, seconds in found.items():
        ratios = [one / other for one, other in zip(seconds, first, strict=True)]
        median = statistics.median(seconds)
        rows.append([f"`{cell}`", f"{1000 * median:.0f} ms", f"{statistics.median(ratios):.2f}"])
    return table(["cell", "step", "relative"], rows)


def main() -> None:
    """Trains or measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measure", choices=[*READERS, "times"])
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=[*CELLS])
    parser.add_argument("--data-dir", type=Path, default=Path())
    parser.add_argument("--output", type=Path, default=Path("runs/cells"))
    parser.add_argument("--steps", type=int, default=0, help="default: `STEPS`")
    parser.add_argument("--repetitions", type=int, default=15, help="of `times`")
    arguments = parser.parse_args()
    name = arguments.measure
    if name == "times":
        print("\n".join(time_rows(step_times(arguments.cells, arguments.repetitions))))
        return
    data, results = READERS[name](arguments.data_dir), []
    arguments.output.mkdir(parents=True, exist_ok=True)
    for cell in arguments.cells:
        path = arguments.output / f"{name}-{cell}.json"
        if not path.exists():
            steps = arguments.steps or STEPS[name]
            found = train(data, cell, PARAMETERS[name], steps)
            path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        results.append(json.loads(path.read_text(encoding="utf-8")))
        print(results[-1], flush=True)
    print("\n".join(score_rows(results)))


if __name__ == "__main__":
    main()
