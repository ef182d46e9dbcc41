"""Interrupts of the commands that tests start."""

import signal


def accept_interrupts() -> None:
    """Restores SIGINT for this process and those that it starts.

    A background job of a script (`make test &`) ignores it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
