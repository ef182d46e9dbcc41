"""Interrupts (SIGINT) of a command: one line and exit code 130 at any moment.

Has no effect in a process that `process_start` left unchanged.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys

from nlp_apps.io import process_start

TYPE_CHECKING = False  # As in `process_start`
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

_IMPORT = "<frozen importlib._bootstrap>"

_seen: list[bool] = []  # Not empty after an interrupt of the command.


def install() -> None:
    """Ends this process at an interrupt, unless it ignores them (`command &` in a script)."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
        sys.unraisablehook = _report_unraisable


class raised_interrupts:  # noqa: N801 (a context manager is named like a function)
    """Raises `KeyboardInterrupt` in the block; outside of it, an interrupt ends a command at once.

    During an import it ends the process also inside the block: libraries catch exceptions of
    imports, or crash.
    """

    def __enter__(self) -> None:
        _seen.clear()
        if signal.getsignal(signal.SIGINT) is _end:
            signal.signal(signal.SIGINT, _raise)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if signal.getsignal(signal.SIGINT) is _raise:
            signal.signal(signal.SIGINT, _end)


class restored_interrupts:  # noqa: N801
    """Raises `KeyboardInterrupt` for an exception that native code made of an interrupt."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and was_interrupted():
            raise KeyboardInterrupt from error


def was_interrupted() -> bool:
    """Checks whether an interrupt was raised, which native code turns into other exceptions."""
    return bool(_seen)


def ignore_interrupts() -> None:
    """Ignores further interrupts of a command that is ending."""
    if signal.getsignal(signal.SIGINT) in (_end, _raise, _end_silently):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def end_at_interrupts() -> None:
    """Prepares the end of a command by a further interrupt, when its line is printed."""
    is_command = sys.unraisablehook is _report_unraisable
    if is_command and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end_silently)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Ends the process at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process_start.write_line("nlp-apps: interrupted")
    os._exit(process_start.EXIT_INTERRUPTED)


def _end_silently(number: int, frame: FrameType | None) -> NoReturn:
    """Ends the process at once, without a line."""
    os._exit(process_start.EXIT_INTERRUPTED)


def _raise(number: int, frame: FrameType | None) -> None:
    """Raises `KeyboardInterrupt`, or ends the process during an import."""
    here = frame
    while here is not None:
        if here.f_code.co_filename == _IMPORT:
            _end(number, frame)
        here = here.f_back
    _seen.append(True)
    raise KeyboardInterrupt


def _report_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """Ends the process if an interrupt fell into code that cannot raise, such as a destructor."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        _end(signal.SIGINT, None)
    sys.__unraisablehook__(unraisable)
