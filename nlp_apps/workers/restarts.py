"""The end of a group of workers: done, failed, or with a lost worker, and then a new start."""

import logging
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io.process_start import EXIT_TERMINATED
from nlp_apps.workers.cluster import EXIT_LOST

SECONDS_TO_END = 30.0
"""Seconds in which the other workers notice that one is lost, and end by themselves."""

logger = logging.getLogger(__name__)


class WorkerEnd(NamedTuple):
    """The end of a worker.

    Attributes:
        exit_code: its exit code, or minus the signal that ended it.
        error: the line of its error; empty: unknown, or printed by the worker itself.
        is_killed: True if the launcher killed it, because it did not end with the others.
    """

    exit_code: int
    error: str = ""
    is_killed: bool = False

    @property
    def was_stopped(self) -> bool:
        """True if a signal from elsewhere ended it, for example on a machine that is shut down."""
        return not self.is_killed and (self.exit_code < 0 or self.exit_code == EXIT_TERMINATED)

    @property
    def has_failed(self) -> bool:
        """True if it ended with an error of its own."""
        ended_otherwise = self.is_killed or self.was_stopped
        return not ended_otherwise and self.exit_code not in (0, EXIT_LOST)

    def __str__(self) -> str:
        if self.is_killed:
            return "did not respond"
        if self.exit_code == EXIT_TERMINATED:
            return "was terminated"
        if self.exit_code >= 0:
            return f"ended with exit code {self.exit_code}"
        number = -self.exit_code
        known = {each.value for each in signal.Signals}
        return f"was killed by {signal.Signals(number).name if number in known else number}"


def run_again(
    run_group: Callable[[Sequence[str]], Mapping[int, WorkerEnd]],
    words: Sequence[str],
    restarts: int,
) -> None:
    """Runs a group, and again with `--resume` after a worker was lost.

    Args:
        run_group: runs a command in every worker and returns their ends.
        words: the arguments of `nlp-apps`.
        restarts: number of times that the group may start again.

    Raises:
        NlpAppsError: a worker failed, or was lost once more than `restarts`.
    """
    began = time.time()
    for started in range(restarts + 1):
        ends = run_group(words)
        index = _lost(ends)
        if index is None:
            _require_success(ends)
            return
        lost = f"worker {index} {ends[index]}"
        if started == restarts:
            raise WorkError(f"{lost}, after {started} restarts of the group. See --restarts.")
        logger.warning("%s; starting again with --resume (%d of %d)", lost, started + 1, restarts)
        words = resuming(words, began)


def resuming(words: Sequence[str], began: float) -> list[str]:
    """Returns the arguments that continue a training; the same ones if it had not begun.

    Args:
        words: the arguments of `nlp-apps`.
        began: time of the first start, in seconds of the epoch.
    """
    if "--output" in words[:-1]:
        recipe = Path(words[words.index("--output") + 1]) / "recipe.toml"
        if not recipe.is_file() or ("--overwrite" in words and recipe.stat().st_mtime < began):
            return list(words)
    return [word for word in words if word not in ("--resume", "--overwrite")] + ["--resume"]


def _lost(ends: Mapping[int, WorkerEnd]) -> int | None:
    """Returns the worker whose loss ended the group; None if it is done, or a worker failed."""
    if stopped := [index for index, end in sorted(ends.items()) if end.was_stopped]:
        return stopped[0]
    if any(end.has_failed for end in ends.values()):
        return None
    # Those that did not respond come before those whose group ended because of them.
    lost = [index for index, end in ends.items() if end.exit_code]
    return min(lost, key=lambda index: (not ends[index].is_killed, index), default=None)


def _require_success(ends: Mapping[int, WorkerEnd]) -> None:
    failed = {index: end for index, end in sorted(ends.items()) if end.has_failed}
    if not failed:
        return
    if 0 in failed and not failed[0].error:
        raise SystemExit(failed[0].exit_code)  # The chief has printed its error.
    index, end = next(iter(failed.items()))
    kind = UsageError if end.exit_code == UsageError.exit_code else WorkError
    raise kind(f"worker {index}: {end.error or end}")
