"""The end of a group of workers: done, failed, or with a lost worker, and then a new start."""

import logging
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from nlp_apps.errors import UsageError, WorkError

logger = logging.getLogger(__name__)


class WorkerEnd(NamedTuple):
    """The end of a worker.

    Attributes:
        exit_code: its exit code, or minus the signal that ended it.
        error: the line of its error; empty: unknown, or printed by the worker itself.
    """

    exit_code: int
    error: str = ""

    def __str__(self) -> str:
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
    """Runs a group, and again with `--resume` after a worker was killed.

    Args:
        run_group: runs a command in every worker and returns their ends.
        words: the arguments of `nlp-apps`.
        restarts: number of times that the group may start again.

    Raises:
        NlpAppsError: a worker failed, or was killed once more than `restarts`.
    """
    for started in range(restarts + 1):
        ends = run_group(words)
        killed = [index for index, end in sorted(ends.items()) if end.exit_code < 0]
        if not killed:
            _require_success(ends)
            return
        lost = f"worker {killed[0]} {ends[killed[0]]}"
        if started == restarts:
            raise WorkError(f"{lost}, after {started} restarts of the group. See --restarts.")
        logger.warning("%s; starting again with --resume (%d of %d)", lost, started + 1, restarts)
        words = resuming(words)


def resuming(words: Sequence[str]) -> list[str]:
    """Returns the arguments of a training that continue it, or start it if nothing is there."""
    return [word for word in words if word not in ("--resume", "--overwrite")] + ["--resume"]


def _require_success(ends: Mapping[int, WorkerEnd]) -> None:
    failed = {index: end for index, end in sorted(ends.items()) if end.exit_code}
    if not failed:
        return
    if 0 in failed and not failed[0].error:
        raise SystemExit(failed[0].exit_code)  # The chief has printed its error.
    index, end = next(iter(failed.items()))
    kind = UsageError if end.exit_code == UsageError.exit_code else WorkError
    raise kind(f"worker {index}: {end.error or end}")
