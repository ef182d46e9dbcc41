"""Texts per second of the predictors against the number of texts of a call.

    .venv/bin/python -m benchmarks.batch_throughput

English to French with the recipe's beam search, and the classifier of reviews: as a run folder, as
a SavedModel, and as the shipped `.tflite`, which predicts one text at a time.
"""

import sys

from benchmarks.predictor_worker import rows_of_a_case
from benchmarks.sample_models import APPS, SHIPPED, run_folder, saved_model
from benchmarks.settings import Settings, run_alone
from benchmarks.spread import Spread
from benchmarks.tables import command, table
from benchmarks.workers import measure

BATCHES = [1, 4, 16, 64, 256]

Throughput = dict[str, dict[int, Spread]]
"""Texts per second by predictor and texts of a call."""


def measure_throughput(settings: Settings) -> Throughput:
    """Measures texts per second."""
    found: Throughput = {}
    cases = [f"texts {batch}" for batch in BATCHES]
    for app in APPS:
        models = {
            "run": str(run_folder(app, settings.folder)),
            "SavedModel": str(saved_model(app, settings.folder)),
            ".tflite": SHIPPED[app],
        }
        worker = [sys.executable, "-m", "benchmarks.predictor_worker", "--app", app]
        commands = {f"{app}, {kind}": [*worker, model] for kind, model in models.items()}
        times = measure(commands, cases, repetitions=settings.repetitions, calls=1, warm_up=1)
        for name in times[cases[0]]:
            found[name] = {
                batch: times[case][name].milliseconds.rate(1000 * rows_of_a_case(batch))
                for batch, case in zip(BATCHES, cases, strict=True)
            }
    return found


def section(found: Throughput) -> list[str]:
    """Returns the Markdown lines."""
    rows = [[name, *speeds.values()] for name, speeds in found.items()]
    lines = [*command("batch_throughput"), "", "Texts per second:", ""]
    return lines + table(["texts of a call", *map(str, BATCHES)], rows)


def measured_section(settings: Settings) -> list[str]:
    """Measures, and returns the Markdown lines."""
    return section(measure_throughput(settings))


if __name__ == "__main__":
    run_alone(measured_section, __doc__)
