"""Errors that a user can cause, each with the exit code that the command line answers with.

A message says what is wrong, where (file and line, key, or argument), and what to do about it. The
command line prints it on stderr without a traceback; any other exception is a bug of ours.
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
    """The first line of a message that is not ours, cut to 300 characters."""
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")
    return line if len(line) <= 300 else line[:297] + "..."
