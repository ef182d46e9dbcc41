"""Seconds from the start of a command to its first result.

    .venv/bin/python -m benchmarks.cold_start

`predict` of one text from a run folder, a SavedModel and a `.tflite`; `serve` until a prediction
over HTTP; `train` until its first step. The files are in the system's cache.
"""

import contextlib
import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.sample_models import (
    APPS,
    SHIPPED,
    app_command,
    corpus,
    run_folder,
    saved_model,
    texts,
)
from benchmarks.settings import Settings, run_alone
from benchmarks.spread import Spread, spread_of
from benchmarks.tables import command, table
from benchmarks.workers import ROOT

DEADLINE = 120.0
"""Seconds until a start counts as failed."""


def seconds_to_first_line(words: list[str]) -> float:
    """Returns the seconds until a command prints its first line.

    Raises:
        RuntimeError: it printed none.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        seconds = time.perf_counter() - started
        process.communicate()
    if not line:
        raise RuntimeError(f"{' '.join(words)} printed nothing")
    return seconds


def seconds_to_first_response(folder: Path, name: str, text: str) -> float:
    """Returns the seconds until a server predicts a text.

    Args:
        folder: the served folder.
        name: the model.
        text: the text.

    Raises:
        RuntimeError: no prediction within `DEADLINE`.
    """
    started = time.perf_counter()
    words = [sys.executable, "-m", "nlp_apps", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        try:
            address = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
            while address and time.perf_counter() - started < DEADLINE:
                if _is_predicted(int(address[1]), name, text):
                    return time.perf_counter() - started
                time.sleep(0.02)
        finally:
            process.terminate()
            process.communicate()
    raise RuntimeError(f"{' '.join(words)}: no prediction")


def _is_predicted(port: int, name: str, text: str) -> bool:
    """Sends one text, and returns True if the response is a prediction."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    with contextlib.closing(connection):
        body = json.dumps({"instances": [text]})
        try:
            connection.request("POST", f"/v1/models/{name}:predict", body)
            return connection.getresponse().status == 200
        except OSError:
            return False


def measure_starts(settings: Settings) -> dict[str, dict[str, Spread]]:
    """Measures seconds by start and app; the starts run in turn."""
    starts: dict[tuple[str, str], Callable[[], float]] = {}
    for app in APPS:
        text = texts(app)[0]
        models = {
            "run": str(run_folder(app, settings.folder)),
            "SavedModel": str(saved_model(app, settings.folder)),
            ".tflite": SHIPPED[app],
        }
        for kind, model in models.items():
            words = app_command(app, "predict", model, text)
            starts[f"predict, {kind}", app] = partial(seconds_to_first_line, words)
        served = Path(models["SavedModel"]).parent
        starts["serve, SavedModel", app] = partial(seconds_to_first_response, served, app, text)
        words = [sys.executable, "-m", "benchmarks.first_step", app]
        words += [str(corpus(app, settings.folder)), str(settings.folder / f"first-{app}")]
        starts["train, first step", app] = partial(seconds_to_first_line, words)
    seconds: dict[tuple[str, str], list[float]] = {start: [] for start in starts}
    for _ in range(settings.repetitions):
        for start, run in starts.items():
            seconds[start].append(run())
    found: dict[str, dict[str, Spread]] = {}
    for (name, app), values in seconds.items():
        found.setdefault(name, {})[app] = spread_of(values)
    return found


def section(found: dict[str, dict[str, Spread]]) -> list[str]:
    """Returns the Markdown lines."""
    rows = [[start, *(apps[app] for app in APPS)] for start, apps in found.items()]
    lines = [*command("cold_start"), "", "Seconds to the first result:", ""]
    return lines + table(["command", *APPS], rows)


def measured_section(settings: Settings) -> list[str]:
    """Measures, and returns the Markdown lines."""
    return section(measure_starts(settings))


if __name__ == "__main__":
    run_alone(measured_section, __doc__)
