"""Errors that a user can cause, each with the exit code of the command line.

A message names the place (file and line, key, or argument), the rule, the value received and the
remedy. The command line prints it on stderr without a traceback; any other exception is a bug.
"""

from typing import ClassVar


class NlpAppsError(Exception):
    """Base of every error that is reported to the user without a traceback."""

    exit_code: ClassVar[int] = 1


class WorkError(NlpAppsError):
    """The work could not be done: a bad line, an unreadable file, a full disk. Exit code 1."""

    exit_code: ClassVar[int] = 1


class UsageError(NlpAppsError):
    """The command or the recipe is wrong: an unknown key, no such name. Exit code 2."""

    exit_code: ClassVar[int] = 2


def first_line(error: BaseException) -> str:
    """Returns the first line of a library's error message, truncated to 300 characters."""
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")
    return line if len(line) <= 300 else line[:297] + "..."
