"""SIGTERM as an interruption, so that a training says how to continue."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from nlp_apps.io.process_start import EXIT_INTERRUPTED, EXIT_TERMINATED


class Terminated(KeyboardInterrupt):
    """The process received SIGTERM, for example from a batch system or a container runtime."""


@contextlib.contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Raises `Terminated` in the block when SIGTERM arrives.

    Has no effect outside the main thread, and where a handler is installed already.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def exit_code(error: KeyboardInterrupt) -> int:
    """Returns the exit code of an interrupted command."""
    return EXIT_TERMINATED if isinstance(error, Terminated) else EXIT_INTERRUPTED
