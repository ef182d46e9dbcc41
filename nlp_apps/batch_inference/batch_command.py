"""The command `nlp-apps batch MODEL INPUT... OUTPUT`: predicts files of any size."""

import argparse
import inspect
import json
import os
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

from nlp_apps.batch_inference.input_files import FORMATS, is_url
from nlp_apps.cli.formatting import to_table
from nlp_apps.cli.guard import run_program
from nlp_apps.cli.interruption import sigterm_as_interrupt
from nlp_apps.cli.parser import VerbParser, add_debug, name_and_json
from nlp_apps.errors import UsageError

# Keyword arguments of the apps' `predict` that a command sets by other arguments.
_NO_SETTINGS = {"model", "texts", "trust", "first_index", "on_text"}


def main(argv: Sequence[str] | None = None) -> int:
    """Predicts files and prints the counts; see `run_program`."""
    return run_program(_run, argv)


def _run(words: list[str]) -> None:
    """Checks the arguments, predicts, prints."""
    from nlp_apps.batch_inference.batch_run import BatchOptions, predict_batch
    from nlp_apps.tasks.predictors import task_of_model

    options = make_parser().parse_args(words)
    _check(options)
    task = task_of_model(options.model)
    threads = max(1, _num_cpus() // options.processes)
    engine: Any
    if options.engine == "ray":
        from nlp_apps.batch_inference.ray_engine import run_ray

        engine = partial(run_ray, processes=options.processes, address=options.ray_address)
    else:
        from nlp_apps.batch_inference.local_engine import run_local

        engine = partial(run_local, processes=options.processes)
    batch = BatchOptions(
        model=options.model,
        task=task,
        inputs=options.inputs,
        output=options.output,
        format=options.format,
        column=options.column,
        settings=_settings(task, options.settings),
        shard_rows=options.shard_rows,
        keep_too_long=options.keep_too_long,
        trust=options.trust,
        threads=threads,
        resume=options.resume,
        overwrite=options.overwrite,
    )
    with sigterm_as_interrupt():
        summary = predict_batch(batch, engine)
    print(json.dumps(summary) if options.json else to_table(summary))


def _check(options: argparse.Namespace) -> None:
    """Checks the flags.

    Raises:
        UsageError: a number is not positive, two flags exclude each other, the engine is not
            installed, or the output is a URL.
    """
    for name in ("processes", "shard_rows"):
        if (value := getattr(options, name)) < 1:
            raise UsageError(f"--{name.replace('_', '-')} must be at least 1, not {value}.")
    if options.resume and options.overwrite:
        raise UsageError("pass --resume or --overwrite, not both.")
    if options.engine == "ray" and find_spec("ray") is None:
        raise UsageError("--engine ray needs Ray. Run: pip install 'nlp-apps[ray]'")
    if options.ray_address is not None and options.engine != "ray":
        raise UsageError("--ray-address needs --engine ray.")
    if is_url(options.output):
        raise UsageError(
            f"{options.output}: OUTPUT must be a folder, such as that of a mounted bucket; inputs "
            "may be URLs."
        )


def _settings(task: str, words: Sequence[str]) -> Mapping[str, Any]:
    """Returns the settings of `--set`.

    Raises:
        UsageError: the app has no such setting.
    """
    from nlp_apps.batch_inference.shard_predictor import app_of

    settings = dict(name_and_json(word) for word in words)
    known = inspect.signature(app_of(task).predict).parameters.keys() - _NO_SETTINGS
    for name in settings:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise UsageError(f"--set {name}: no setting of {task}. Its settings: {names}.")
    return settings


def _num_cpus() -> int:
    """Returns the number of CPUs of this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def make_parser() -> VerbParser:
    """Returns the parser."""
    parser = VerbParser(
        prog="nlp-apps batch",
        description="Predict every row of files, folders, globs or URLs with several processes. "
        "OUTPUT gets one JSON Lines file per shard of rows, and the bad rows in dead-letters/.",
        epilog="examples:\n"
        "  nlp-apps batch sentiment-opinions reviews.txt labels\n"
        "  nlp-apps batch saved_models/mine 'in/*.csv' out --column comment --processes 2\n"
        "  nlp-apps batch mine.tflite s3://bucket/in out --resume",
    )
    add = parser.add_argument
    add(
        "model",
        metavar="MODEL",
        help="run folder, SavedModel, .tflite, .onnx, or name of a shipped model",
    )
    add(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help="file, folder, quoted glob or URL: .txt, .tsv, .csv, .jsonl, .parquet, also .gz",
    )
    add("output", metavar="OUTPUT", help="folder to write; it must not exist")
    add(
        "--column",
        metavar="NAME",
        default="",
        help="column of a table to predict; a number, counted from 1, for a TSV or CSV without "
        "header line (default: text, or another usual name)",
    )
    add("--format", choices=FORMATS, help="format of every file (default: that of its suffix)")
    add(
        "--processes",
        metavar="N",
        type=int,
        default=_num_cpus(),
        help="worker processes, each with the model in memory; the CPUs are divided among them "
        "(default: one per CPU)",
    )
    add(
        "--shard-rows",
        metavar="N",
        type=int,
        default=10_000,
        help="maximum rows of an output file, which a killed run may lose (default: 10000)",
    )
    add(
        "--set",
        dest="settings",
        metavar="NAME=JSON",
        action="append",
        default=[],
        help="setting of the prediction, for instance max_tokens=40; may be repeated",
    )
    add(
        "--keep-too-long",
        action="store_true",
        help="predict a text that is longer than the model reads by the part that it reads, "
        "instead of a dead letter",
    )
    add(
        "--resume",
        action="store_true",
        help="predict the missing shards of an interrupted run with the same model, input and "
        "settings",
    )
    add("--overwrite", action="store_true", help="replace the output of an earlier run")
    add(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="local: processes of this machine; ray: workers of a Ray cluster (default: local)",
    )
    add(
        "--ray-address",
        metavar="ADDRESS",
        help="address of a running cluster, such as auto or HOST:6379 (default: a new one on this "
        "machine)",
    )
    add("--json", action="store_true", help="print the summary as JSON")
    add(
        "--trust",
        action="store_true",
        help="load a SavedModel that can read and write files or run code: it is a program",
    )
    add_debug(parser)
    return parser
