"""Progress of long work on stderr: a bar on a terminal or in a notebook, otherwise a line at times.

    with stage("reading the text", unit="lines") as reading:
        for line in lines:
            reading.advance()

Code that cannot see the stage, such as a reader, calls
`advance("lines")`: it advances the innermost one, if that counts lines. A predictor reports the
finished part of the texts that it read ahead with `report_part`.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any

from nlp_apps.io.machine_memory import release_free_memory

SECONDS_BETWEEN_LINES = 10.0
"""Seconds between two lines without a terminal."""

REFRESH_SECONDS = 0.5
"""Seconds between two refreshes of a bar, which also move while native code runs."""

_stages: list["Stage"] = []


class Stage:
    """A part of the work that may take long.

    Args:
        name: the work, such as "reading the text".
        total: number of things to do; None: unknown.
        unit: the things, in the plural.
        done: number of things that were done before.
        bar_format: format of the bar, as in tqdm; default: name, count and duration.

    Attributes:
        status: text behind the counts, such as a loss.
        seconds_between_lines: seconds between two lines without a terminal.
    """

    def __init__(
        self,
        name: str,
        *,
        total: int | None = None,
        unit: str = "",
        done: int = 0,
        bar_format: str | None = None,
    ):
        self.name, self.total, self.unit, self.count = name, total, unit, done
        self.status = ""
        self.seconds_between_lines = SECONDS_BETWEEN_LINES
        self._started = self._printed = time.monotonic()
        self._end = threading.Event()
        self._bar: Any = None
        bar_class = _bar_class()
        if bar_class is not None:
            self._bar = bar_class(
                desc=name,
                total=total,
                initial=done,
                unit=f" {unit}" if unit else "",
                file=sys.stderr,
                leave=False,
                dynamic_ncols=True,
                bar_format=bar_format or _bar_format(total, unit),
            )
        self._thread = threading.Thread(target=self._show_at_times, daemon=True)
        self._thread.start()

    def advance(self, count: int = 1) -> None:
        """Counts things that are done."""
        self.count += count

    def update_part(self, share: float) -> None:
        """Receives the finished share of the texts that a predictor read ahead; ignores it."""

    def write(self, line: str) -> None:
        """Prints a line, above the bar if there is one."""
        self._printed = time.monotonic()
        write(line)

    def show(self) -> None:
        """Shows the progress now: refreshes the bar, or prints a line."""
        if self._bar is None:
            self.write(self.line())
        else:
            self._refresh()

    def line(self) -> str:
        """Returns the progress as a line."""
        parts = [self._counts(), self.status, f"{time.monotonic() - self._started:.0f} s"]
        return f"{self.name}: {', '.join(part for part in parts if part)}"

    def close(self) -> None:
        """Ends the stage, and removes its bar."""
        self._end.set()
        self._thread.join()
        if self._bar is not None:
            self._bar.close()

    def _counts(self) -> str:
        if not self.unit:
            return f"{100 * self.count // self.total} %" if self.total else ""
        of_total = f" of {self.total:,}" if self.total else ""
        return f"{self.count:,}{of_total} {self.unit}"

    def _refresh(self) -> None:
        if self._bar is not None:
            self._bar.n = self.count if self.total is None else min(self.count, self.total)
            self._bar.set_postfix_str(self.status, refresh=False)
            self._bar.refresh()

    def _show_at_times(self) -> None:
        """Refreshes the bar or prints lines, until the stage ends."""
        while not self._end.wait(REFRESH_SECONDS):
            if self._bar is not None:
                self._refresh()
            elif time.monotonic() - self._printed >= self.seconds_between_lines:
                self.show()


@contextmanager
def stage(name: str, *, total: int | None = None, unit: str = "") -> Iterator[Stage]:
    """Shows the progress of the block; see `Stage`."""
    current = Stage(name, total=total, unit=unit)
    with innermost(current):
        yield current


@contextmanager
def innermost(current: Stage) -> Iterator[None]:
    """Makes a stage the innermost one of the block, and closes it."""
    _stages.append(current)
    try:
        yield
    finally:
        _stages.remove(current)
        current.close()
        release_free_memory()


def advance(unit: str, count: int = 1) -> None:
    """Advances the innermost stage, if it counts things of this unit."""
    if _stages and _stages[-1].unit == unit:
        _stages[-1].advance(count)


def report_part(done: int, total: int) -> None:
    """Reports to the innermost stage the number of texts predicted among those read ahead."""
    if _stages:
        _stages[-1].update_part(done / total)


def write(line: str) -> None:
    """Prints a line on stderr, above a bar if there is one; drops it if stderr is full."""
    with suppress(OSError):
        if (bars := sys.modules.get("tqdm")) is None:
            print(line, file=sys.stderr)
        else:
            bars.tqdm.write(line, file=sys.stderr)
        sys.stderr.flush()


def _bar_format(total: int | None, unit: str) -> str:
    """Returns the format of a bar of tqdm."""
    if total is None:
        return "{desc}: {n_fmt}{unit}, {elapsed}{postfix}" if unit else "{desc}: {elapsed}{postfix}"
    return "{desc}: {percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt}{unit}, {elapsed}{postfix}"


def _bar_class() -> Any:
    """Returns the class of bars; None: lines, also where only a `.tflite` can be run."""
    notebook = in_notebook()
    if not (notebook or sys.stderr.isatty()) or find_spec("tqdm") is None:
        return None
    if notebook and find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm as notebook_bar

        return notebook_bar
    from tqdm import tqdm

    return tqdm


def in_notebook() -> bool:
    """Checks whether this process is the kernel of a notebook."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_shell() if get_shell else None
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})
