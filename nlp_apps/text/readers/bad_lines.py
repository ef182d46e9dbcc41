"""Policy for bad lines: `data.on_bad_line` of a recipe."""

import logging

from nlp_apps.errors import UsageError, WorkError

logger = logging.getLogger(__name__)

_MAX_LOGGED = 5  # bad lines logged one by one; the others are counted


class BadLinePolicy:
    """Policy for bad lines: stops at the first one, or skips and counts them.

    Args:
        policy: `"stop"` or `"skip"`.

    Attributes:
        skipped: number of bad lines skipped so far.

    Raises:
        UsageError: another policy.
    """

    def __init__(self, policy: str = "stop") -> None:
        if policy not in ("stop", "skip"):
            raise UsageError(f'data.on_bad_line must be "stop" or "skip", received {policy!r}.')
        self.policy = policy
        self.skipped = 0

    def report(self, location: str, problem: str) -> None:
        """Raises an error for a bad line, or logs and counts it.

        Args:
            location: file and line, such as `train.tsv, line 17`.
            problem: the rule that the line breaks, without a full stop at its end.

        Raises:
            WorkError: the policy is `"stop"`.
        """
        if self.policy == "stop":
            raise WorkError(
                f'{location}: {problem}. Fix the line, or set data.on_bad_line = "skip" to skip '
                "bad lines."
            )
        self.skipped += 1
        if self.skipped <= _MAX_LOGGED:
            logger.warning("%s: %s. Skipped.", location, problem)

    def close(self, source: str, num_read: int) -> None:
        """Logs the number of skipped lines at the end of a source.

        Args:
            source: the source, for messages.
            num_read: number of good lines.

        Raises:
            WorkError: all lines are bad.
        """
        if self.skipped and not num_read:
            raise WorkError(
                f"{source}: all {self.skipped} lines are bad. "
                'Set data.on_bad_line = "stop" to see the reason.'
            )
        if self.skipped > _MAX_LOGGED:
            logger.warning("%s: skipped %d bad lines, read %d.", source, self.skipped, num_read)
