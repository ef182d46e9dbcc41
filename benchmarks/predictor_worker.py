"""Predicts texts on request, some texts per call.

    python -m benchmarks.predictor_worker MODEL --app translation

A case such as `texts 16` predicts a list of texts in calls of 16; see `rows_of_a_case`.
"""

import argparse
from collections.abc import Callable
from typing import Any

from benchmarks.sample_models import APPS, texts
from benchmarks.workers import serve
from nlp_apps import load
from nlp_apps.io import quiet_tensorflow


def rows_of_a_case(batch: int) -> int:
    """Returns the number of texts of a timed call: 64, or more if a batch has more."""
    return max(64, batch)


def main() -> None:
    """Runs the cases of standard input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="run folder, SavedModel or .tflite")
    parser.add_argument("--app", choices=APPS, required=True)
    arguments = parser.parse_args()
    quiet_tensorflow.install()
    predictor, known = load(arguments.model), texts(arguments.app)

    def prepare(case: str) -> Callable[[], Any]:
        batch = int(case.split()[1])
        rows = rows_of_a_case(batch)
        chosen = (known * (rows // len(known) + 1))[:rows]

        def run() -> None:
            for start in range(0, rows, batch):
                predictor.predict(chosen[start : start + batch])

        return run

    serve(prepare)


if __name__ == "__main__":
    main()
