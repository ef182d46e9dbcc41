"""Errors that a user can cause, each with the exit code of the command line.

A message names the place (file and line, key, or argument), the rule, the value received and the
remedy. The command line prints it on stderr without a traceback; any other exception is a bug.
"""

import errno
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


def describe(error: BaseException) -> str:
    """Returns the line of an exception outside the guard: mostly a bug, or a lack of memory."""
    if isinstance(error, NlpAppsError):
        return f"error: {error}"
    if is_out_of_memory(error):
        return (
            "error: not enough memory. Close other programs, raise the limit (ulimit -v), or use "
            "a smaller model, text or batch."
        )
    name = f"{type(error).__name__}: {first_line(error)}"
    return f"unexpected error: {name}; run again with --debug for the traceback"


def is_out_of_memory(error: BaseException | None) -> bool:
    """Checks whether an exception, or the cause of it, is a lack of memory."""
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return True
        # The dynamic loader, C libraries and TensorFlow have their own words for it.
        text = str(error).lower()
        if any(words in text for words in _OUT_OF_MEMORY):
            return True
        error = error.__cause__ or error.__context__
    return False


_OUT_OF_MEMORY = (
    "failed to map segment",
    "cannot allocate memory",
    "bad_alloc",
    "can't start new thread",
)
