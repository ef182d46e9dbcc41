"""Shows that work grows with the length of its input, and not with its square."""

import gc
import time
from collections.abc import Callable

GROWTH = 8
"""The longer input has this many times the length of the shorter one."""

SHORT_SECONDS = 0.25
"""No comparison of a text that needs less: so short a time says little."""


def takes_linear_time(work: Callable[[str], object], text: str) -> bool:
    """Returns True if the seconds of a text are in proportion to those of its beginning.

    They are the seconds of this thread without garbage collection, in the best of three runs, so
    that other threads and a busy machine do not count.

    Args:
        work: the function.
        text: the text; its beginning is one `GROWTH`th of it.
    """
    beginning = text[: len(text) // GROWTH]
    most = 4 * GROWTH  # a quadratic function takes GROWTH * GROWTH times as long
    return any(
        (seconds := _seconds(work, text)) < SHORT_SECONDS
        or seconds < most * _seconds(work, beginning)
        for _ in range(3)
    )


def _seconds(work: Callable[[str], object], text: str) -> float:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        started = time.thread_time()
        work(text)
        return time.thread_time() - started
    finally:
        if was_enabled:
            gc.enable()
