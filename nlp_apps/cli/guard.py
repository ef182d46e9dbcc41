"""The guard of every command: errors become one line on stderr and an exit code."""

import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence

from nlp_apps.cli.interruption import exit_code
from nlp_apps.errors import NlpAppsError, describe, first_line, is_out_of_memory
from nlp_apps.io import interrupts, quiet_tensorflow, stages, stdout
from nlp_apps.io.printable import escape, escape_lines
from nlp_apps.io.process_start import EXIT_INTERRUPTED


def run_program(run: Callable[[list[str]], None], argv: Sequence[str] | None) -> int:
    """Runs a command with its arguments.

    Args:
        run: The command; its argument is the list of arguments.
        argv: The arguments. None: those of the process.

    Returns:
        The exit code, as in `guarded`.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    flags = words[: words.index("--")] if "--" in words else words
    return guarded(lambda: run(words), debug="--debug" in flags)


def guarded(work: Callable[[], None], *, debug: bool = False) -> int:
    """Runs a command and prints its exception as one line on stderr.

    Args:
        work: The command; it may print.
        debug: Whether to print tracebacks and TensorFlow's logs.

    Returns:
        The exit code: 0 done; 1 the work could not be done; 2 the command or recipe is wrong; 130
        interrupted; 143 terminated.
    """
    if debug:
        quiet_tensorflow.remove()
    else:
        quiet_tensorflow.install()
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # Commands draw files. A notebook sets the backend of its own environment, also for `!nlp-apps`.
    os.environ["MPLBACKEND"] = "agg"
    _log_to_stderr(debug=debug)
    try:
        with interrupts.raised_interrupts():
            return _run(work)
    except BrokenPipeError:  # `| head` closed the pipe.
        stdout.discard()
        return 1
    except KeyboardInterrupt as error:
        interrupts.ignore_interrupts()
        _print_error(_with_notes("interrupted", error), debug=debug)
        interrupts.end_at_interrupts()
        return exit_code(error)
    except NlpAppsError as error:
        _print_error(_with_notes(f"error: {error}", error), debug=debug)
        return error.exit_code
    except OSError as error:
        if error.filename == stdout.NAME:
            stdout.discard()
        if is_out_of_memory(error):
            _print_error(_with_notes(describe(error), error), debug=debug)
            return 1
        place = f"{error.filename}: " if error.filename is not None else ""
        message = f"error: {place}{error.strerror or first_line(error)}"
        _print_error(_with_notes(message, error), debug=debug)
        return 1
    except Exception as error:
        if interrupts.was_interrupted():
            _print_error("interrupted", debug=debug)
            return EXIT_INTERRUPTED
        _print_error(_with_notes(describe(error), error), debug=debug)
        return 1


def _with_notes(message: str, error: BaseException) -> str:
    """Returns a message with the notes of its exception, which name the command to continue."""
    parts = [message, *getattr(error, "__notes__", ())]
    return " ".join([*(f"{part.removesuffix('.')}." for part in parts[:-1]), parts[-1]])


def _run(work: Callable[[], None]) -> int:
    """Runs the command, and flushes stdout also when argparse exits."""
    with stdout.named_errors():
        try:
            work()
        except SystemExit as error:
            return error.code if isinstance(error.code, int) else int(error.code is not None)
    return 0


def _log_to_stderr(*, debug: bool) -> None:
    """Prints the library's log records on stderr, and with `debug` all of matplotlib's."""
    if not debug:  # It warns of a home that is missing or cannot be written.
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
    logger = logging.getLogger("nlp_apps")
    for old in [handler for handler in logger.handlers if isinstance(handler, _ToStderr)]:
        logger.removeHandler(old)
    logger.addHandler(_ToStderr())
    logger.setLevel(logging.INFO)
    logger.propagate = False


class _ToStderr(logging.Handler):
    """A handler that writes to the current `sys.stderr`; warnings name their level."""

    def emit(self, record: logging.LogRecord) -> None:
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        stages.write(f"nlp-apps: {level}{escape_lines(record.getMessage())}")


def _print_error(message: str, *, debug: bool) -> None:
    """Prints an error on stderr, with `debug` after the traceback."""
    with contextlib.suppress(OSError):  # Standard error is full or a closed pipe.
        if debug:
            traceback.print_exc(file=sys.stderr)
        print(f"nlp-apps: {escape(message)}", file=sys.stderr, flush=True)
