"""The output of predict: standard output, a file in one piece, or a file that can be continued."""

import argparse
import contextlib
import errno
import logging
import os
import shlex
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_apps import __version__
from nlp_apps.cli.app_description import App
from nlp_apps.cli.input_position import InputPosition
from nlp_apps.cli.prediction_progress import PredictionProgress, speed
from nlp_apps.cli.text_io import input_texts, prediction_lines
from nlp_apps.errors import UsageError
from nlp_apps.inference.model_checksum import model_checksum
from nlp_apps.io import interrupts, stdout
from nlp_apps.io.atomic_files import atomic_write, convert_write_errors
from nlp_apps.io.partial_file import (
    Mark,
    PartialFile,
    count_lines,
    partial_file,
    partial_path,
    state_path,
)
from nlp_apps.io.stages import innermost
from nlp_apps.training.time_left import duration

logger = logging.getLogger(__name__)

LONG_SECONDS = 10.0
"""Seconds after which the end of the work is logged."""


@dataclass(frozen=True)
class PredictWork:
    """A command predict.

    Attributes:
        app: the app.
        model: path or name of the model.
        kwargs: keyword arguments of `app.predict`.
        options: the parsed arguments.
        words: the arguments after the verb, as they were typed.
    """

    app: App
    model: str
    kwargs: dict[str, Any]
    options: argparse.Namespace
    words: Sequence[str]


def is_resumable(source: str | None, output: str) -> bool:
    """Checks whether finished lines can be continued: both are files, not pipes or devices."""
    is_file = source not in (None, "-") and os.path.isfile(str(source))
    return is_file and (not os.path.exists(output) or os.path.isfile(output))


def print_predictions(work: PredictWork) -> None:
    """Prints the predictions; shows progress if standard output is a file."""
    position = InputPosition()
    with contextlib.ExitStack() as files:
        texts = input_texts(work.options.texts, work.options.input, files, position)
        mark = _show_progress(work, position, files) if stdout.is_file() else _ignore
        for line in _lines(work, texts, Mark(), mark):
            print(line, flush=True)


def write_once(work: PredictWork) -> None:
    """Writes the predictions of arguments or of a pipe; an interruption drops them."""
    output, position = work.options.output, InputPosition()
    _final_path(output)
    with contextlib.ExitStack() as files:
        texts = input_texts(work.options.texts, work.options.input, files, position)
        path = files.enter_context(atomic_write(output))
        out = files.enter_context(open(path, "w", encoding="utf-8", newline=""))
        mark = _show_progress(work, position, files)
        out.writelines(f"{line}\n" for line in _lines(work, texts, Mark(), mark))


def write_resumable(work: PredictWork) -> None:
    """Writes the predictions of a file; its finished lines survive an interruption.

    Raises:
        UsageError: `--resume` has other lines, or none; or without it and `--overwrite`, there are
            finished lines of an earlier process.
        WorkError: the input cannot be read, or the output cannot be written.
    """
    options = work.options
    final = _final_path(options.output)
    _require_different_files(options.input, final)
    resume = options.resume and _has_finished_lines(final)
    settings = {
        "version": __version__,
        "app": work.app.name,
        "model": _checksum(work.model),
        "flags": {
            "json": options.json,
            **{name: value for name, value in work.kwargs.items() if name != "trust"},
        },
    }
    partial: PartialFile | None = None
    try:
        with (
            interrupts.restored_interrupts(),
            partial_file(final, settings, resume=resume, overwrite=options.overwrite) as partial,
        ):
            _write_lines(work, partial, final, resume=resume)
    except BaseException as error:
        if partial is not None and partial.path.exists() and partial.stored.lines:
            error.add_note(
                f"{partial.path} has {count_lines(partial.stored.lines)}. Continue with: "
                f"{_command_to_continue(work)}"
            )
        raise


def _write_lines(work: PredictWork, partial: PartialFile, final: Path, *, resume: bool) -> None:
    options = work.options
    if resume:
        partial.resume()
    start = partial.start
    position = InputPosition(start)
    with contextlib.ExitStack() as files:
        texts = input_texts((), options.input, files, position)
        before = os.stat(options.input)
        if resume:
            partial.truncate()
            logger.info(
                "--resume: continues after line %s of %s", f"{start.lines:,}", options.input
            )
        show = _show_progress(work, position, files)

        def mark(num_texts: int) -> None:
            num_texts += start.texts
            partial.mark(position.lines, num_texts, position.bytes, position.sha256)
            show(num_texts)

        lines = files.enter_context(contextlib.closing(_lines(work, texts, start, mark)))
        for line in lines:
            partial.write(line)
        partial.finish(final)
        after = os.stat(options.input)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        logger.warning("%s changed while it was read; %s may mix both", options.input, final)


def _lines(
    work: PredictWork, texts: Any, start: Mark, mark: Callable[[int], object]
) -> Generator[str, None, None]:
    """Yields the lines of the predictions."""
    app, options, kwargs = work.app, work.options, dict(work.kwargs)
    if app.uses_text_index:
        kwargs["first_index"] = start.texts
    return prediction_lines(
        lambda texts: app.predict(work.model, texts, **kwargs),
        texts,
        key=app.prediction_key,
        as_json=options.json,
        # A streamed text is already on the terminal, except for its newline.
        format_line=(lambda _: "") if kwargs.get("on_text") else app.format_prediction,
        predicts_empty_text=app.predicts_empty_text,
        empty_prediction=app.empty_prediction,
        too_long=_too_long(work),
        first_number=start.lines + 1,
        at_mark=mark,
    )


def _too_long(work: PredictWork) -> tuple[str, str] | None:
    """Returns place and warning of a text that is too long; None if the app accepts every one."""
    from nlp_apps.results import TOO_LONG  # needs NumPy, which --help must not import

    place = "TEXT" if work.options.input is None else "line"
    return (place, TOO_LONG[work.app.name]) if work.app.name in TOO_LONG else None


def _show_progress(
    work: PredictWork, position: InputPosition, files: contextlib.ExitStack
) -> Callable[[int], object]:
    """Shows the progress of `--input` until the files are closed; returns a function for marks."""
    source = work.options.input
    if source is None:
        return _ignore
    is_file = source != "-" and os.path.isfile(source)
    progress = PredictionProgress(position, os.path.getsize(source) if is_file else None)

    def log_end(kind: Any, *_: object) -> None:
        if kind is None and progress.seconds >= LONG_SECONDS:
            logger.info(
                "predicted %s lines in %s, %s lines/s",
                f"{progress.lines:,}",
                duration(progress.seconds),
                speed(progress.lines, progress.seconds),
            )

    files.push(log_end)
    files.enter_context(innermost(progress))
    return lambda num_texts: progress.update_mark()


def _ignore(num_texts: int) -> None:
    """Shows no progress."""


def _final_path(output: str) -> Path:
    """Returns the path that is renamed at the end: the target of a link.

    Raises:
        WorkError: it is a folder.
    """
    final = Path(os.path.realpath(output) if os.path.islink(output) else output)
    with convert_write_errors(final):
        if final.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(final))
    return final


def _require_different_files(source: str, final: Path) -> None:
    """Checks that the output does not replace the input."""
    for path in (final, partial_path(final), state_path(final)):
        if os.path.exists(path) and os.path.samefile(source, path):
            raise UsageError(f"--input {source} would be overwritten. Choose another --output.")


def _has_finished_lines(final: Path) -> bool:
    """Checks whether `--resume` has lines to continue; without any, it starts at the first line.

    Raises:
        UsageError: the output is complete.
    """
    if os.path.exists(partial_path(final)) and os.path.getsize(partial_path(final)):
        return True
    if os.path.exists(final):
        raise UsageError(
            f"--resume: there is no {partial_path(final)}, and {final} is complete. Predict again "
            "without --resume."
        )
    logger.info("--resume: there is no %s; starts at line 1", partial_path(final))
    return False


def _checksum(model: str) -> str:
    """Returns the checksum of a model; "" if there is none, which is the error of the predictor."""
    try:
        return model_checksum(model)
    except UsageError:
        return ""


def _command_to_continue(work: PredictWork) -> str:
    """Returns the command of this process with `--resume`."""
    words = [word for word in work.words if word not in ("--resume", "--overwrite")]
    end = words.index("--") if "--" in words else len(words)
    return shlex.join(
        ["nlp-apps", work.app.name, "predict", *words[:end], "--resume", *words[end:]]
    )
