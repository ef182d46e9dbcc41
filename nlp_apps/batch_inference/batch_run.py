"""A run: plans the shards, predicts the missing ones with an engine, checks the counts."""

import contextlib
import logging
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlp_apps import __version__
from nlp_apps.batch_inference.batch_progress import BatchProgress
from nlp_apps.batch_inference.engine_events import Event, Progress, Ready
from nlp_apps.batch_inference.input_files import find_inputs
from nlp_apps.batch_inference.output_folder import Counts, OutputFolder
from nlp_apps.batch_inference.shard_plan import ROW_UNIT, Plan, Shard, plan_shards
from nlp_apps.batch_inference.shard_predictor import Job
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.inference.model_checksum import model_checksum
from nlp_apps.io.folder_lock import locked_folder
from nlp_apps.io.stages import innermost, stage

logger = logging.getLogger(__name__)

Engine = Callable[[Job, Sequence[Shard]], Generator[Event, None, None]]
"""Predicts shards and yields their events."""


@dataclass(frozen=True)
class BatchOptions:
    """The options of a run.

    Attributes:
        model: path or name of the model.
        task: its task.
        inputs: paths, folders, globs and URLs.
        output: the output folder.
        format: format of every file; None: that of its suffix.
        column: name or number of the column to predict; "": the usual one.
        settings: keyword arguments of the app's `predict`.
        shard_rows: maximum number of rows of a shard.
        keep_too_long: as in `Job`.
        trust: as in `Job`.
        threads: as in `Job`.
        resume: predict the missing shards of an earlier run, if there is one.
        overwrite: replace an earlier run.
    """

    model: str
    task: str
    inputs: Sequence[str]
    output: str
    format: str | None = None
    column: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    shard_rows: int = 10_000
    keep_too_long: bool = False
    trust: bool = False
    threads: int | None = None
    resume: bool = False
    overwrite: bool = False


def predict_batch(options: BatchOptions, engine: Engine) -> dict[str, Any]:
    """Predicts every row of the input, and writes the output folder.

    Args:
        options: the options.
        engine: predicts the shards.

    Returns:
        The summary, which `_summary.json` has too.

    Raises:
        NlpAppsError: the command, an input or the model is wrong, or the work could not be done.
            Finished shards stay for `resume`.
    """
    output = OutputFolder(options.output)
    _require_free(options, output)
    files = find_inputs(options.inputs, options.format, options.output)
    with stage("reading the input", unit=ROW_UNIT):
        plan = plan_shards(files, options.column, options.shard_rows)
    manifest = {
        "version": __version__,
        "task": options.task,
        "model": model_checksum(options.model),
        "settings": dict(options.settings),
        "keep_too_long": options.keep_too_long,
        "column": options.column,
        "format": options.format,
        "shard_rows": options.shard_rows,
        "inputs": plan.files,
        "num_shards": len(plan.shards),
    }
    with locked_folder(output.path, "predicting", "OUTPUT"):
        _require_free(options, output)
        done: set[int] = set()
        if options.resume and not output.is_free():
            output.require_same(manifest)
            done = output.finished()
        try:
            return _predict(options, engine, output, plan, manifest, done)
        except BaseException as error:
            if output.has(manifest) and (finished := output.finished()):
                flag = "--resume in place of --overwrite" if options.overwrite else "--resume"
                error.add_note(
                    f"{len(finished):,} of {len(plan.shards):,} shards are finished. Continue with "
                    f"the same command and {flag}."
                )
            raise


def _predict(
    options: BatchOptions,
    engine: Engine,
    output: OutputFolder,
    plan: Plan,
    manifest: Mapping[str, Any],
    done: set[int],
) -> dict[str, Any]:
    """Predicts the missing shards."""
    started = time.monotonic()
    num_shards = len(plan.shards)
    missing = [shard for shard in plan.shards if shard.index not in done]
    num_done = plan.num_rows - sum(shard.num_rows for shard in missing)
    if done:
        logger.info("--resume: %d of %d shards are finished", len(done), num_shards)
    job = Job(
        model=options.model,
        task=options.task,
        output=options.output,
        num_shards=num_shards,
        settings=options.settings,
        keep_too_long=options.keep_too_long,
        trust=options.trust,
        threads=options.threads,
    )
    if missing:
        with _cleaned(output), contextlib.closing(engine(job, missing)) as events:
            progress = BatchProgress(plan.num_rows, num_done)
            with innermost(progress):
                for event in events:
                    if isinstance(event, Ready):
                        progress.start()
                        if not done:
                            if options.overwrite:
                                output.clear()
                            output.write_manifest(manifest)
                    elif isinstance(event, Progress):
                        progress.update(event.shard.index, event.num_rows)
                    else:
                        progress.finish(event.shard.index, event.counts.rows)
    seconds = time.monotonic() - started
    return _summary(output, plan, num_done, seconds)


def _summary(output: OutputFolder, plan: Plan, num_done: int, seconds: float) -> dict[str, Any]:
    """Counts the rows of all files of the output, and writes the summary.

    Raises:
        WorkError: rows are missing.
    """
    num_shards, total = len(plan.shards), Counts()
    for shard in plan.shards:
        counts = output.count(shard.index, num_shards)
        if counts.rows != shard.num_rows:
            path = output.part(shard.index, num_shards)
            raise WorkError(
                f"{path}: {counts.predictions:,} predictions and {counts.dead_letters:,} dead "
                f"letters of {shard.num_rows:,} rows. Delete the file and run with --resume."
            )
        total += counts
    summary = {
        "rows": plan.num_rows,
        "predictions": total.predictions,
        "dead_letters": total.dead_letters,
        "shards": num_shards,
        "resumed_rows": num_done,
        "seconds": round(seconds, 2),
        "rows_per_second": round((plan.num_rows - num_done) / max(seconds, 1e-6), 1),
    }
    if num_done < plan.num_rows or not output.has_summary():
        output.write_summary(summary)
    return summary


def _require_free(options: BatchOptions, output: OutputFolder) -> None:
    """Checks that the output is free, or may be continued or replaced.

    Raises:
        UsageError: it exists.
    """
    if output.is_free():
        return
    if options.resume or options.overwrite:
        output.require_manifest()
        return
    raise UsageError(
        f"{options.output}: exists. Pass --resume to predict its missing shards, --overwrite to "
        "replace it, or another OUTPUT."
    )


@contextlib.contextmanager
def _cleaned(output: OutputFolder) -> Iterator[None]:
    """Removes the incomplete files of a block that failed."""
    is_new = output.is_free()
    try:
        yield
    except BaseException:
        output.clean(is_new=is_new)
        raise
