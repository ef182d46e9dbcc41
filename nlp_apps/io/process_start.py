"""The process of a command outside its guard: interrupts, errors, UTF-8, closed streams.

`nlp_apps` installs this before its other imports. Only `nlp-apps` and `python -m nlp_apps...` are
commands; a program or notebook that imports the library is unchanged.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # The import of `typing` is slow: time for an interrupt.
if TYPE_CHECKING:
    from types import TracebackType

SUBPROCESSES = ("nlp_apps.export.tflite.convert", "nlp_apps.litert.worker")
"""Modules that a command runs as its subprocesses, and whose errors it reports."""

EXIT_INTERRUPTED = 130
"""128 + SIGINT, as in shells."""

EXIT_TERMINATED = 143
"""128 + SIGTERM, as in shells."""


def install() -> bool:
    """Prepares the process, if it is a command: each error ends in one line.

    Returns:
        Whether it is a command.
    """
    if not is_command(getattr(sys, "argv", None) or [""], sys.orig_argv):
        return False
    sys.excepthook = _report
    _require_utf8()
    _open_closed_streams()
    return True


def is_command(argv: list[str], orig_argv: list[str]) -> bool:
    """Checks whether a process runs `nlp-apps` or `python -m nlp_apps...`.

    Args:
        argv: `sys.argv`; not empty.
        orig_argv: `sys.orig_argv`.
    """
    if argv[0] == "-m":  # Python is searching the module, whose name is before the arguments.
        module = orig_argv[-len(argv)].removeprefix("-m")
        return module.partition(".")[0] == "nlp_apps" and module not in SUBPROCESSES
    return os.path.splitext(os.path.basename(argv[0]))[0] == "nlp-apps"


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Prints an exception outside the guard, such as one of an import, as one line."""
    if "--debug" in sys.argv:
        sys.__excepthook__(kind, error, trace)
    if issubclass(kind, KeyboardInterrupt):
        write_line("nlp-apps: interrupted")
        os._exit(EXIT_INTERRUPTED)
    try:
        from nlp_apps.errors import describe

        message = describe(error)
    except Exception:  # There is no memory for more modules.
        message = f"error: {kind.__name__} at the start of the program"
    write_line(f"nlp-apps: {message}")


def write_line(line: str) -> None:
    """Writes to the current standard error, without its lock or buffer."""
    try:
        file = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        file = 2
    try:
        os.write(file, f"{line}\n".encode(errors="backslashreplace"))
    except OSError:
        return


def _require_utf8() -> None:
    """Starts the process again in UTF-8 mode if Python reads file names as ASCII.

    Python itself can: in an ASCII locale, text beyond ASCII is kept as lone surrogates. The native
    code of TensorFlow, SentencePiece and HDF5 rejects these.
    """
    if os.name != "posix" or sys.getfilesystemencoding() != "ascii" or not sys.executable:
        return
    os.environ["PYTHONUTF8"] = "1"  # of its subprocesses
    try:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    except OSError:
        return


def _open_closed_streams() -> None:
    """Keeps files from the numbers of closed streams, where output would be written into them.

    `sys.stdout` stays None, so that printing to it is an error; errors and logs are dropped.
    """
    if sys.stdout is not None and sys.stderr is not None:
        return
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.set_inheritable(null, True)  # It may have the number of a closed stream.
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            if stream is None and null != number:
                os.dup2(null, number, inheritable=True)
        if null > 2:
            os.close(null)
    except OSError:
        return
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (for the process)
