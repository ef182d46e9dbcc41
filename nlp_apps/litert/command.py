"""What the commands `python -m nlp_apps.litert.NAME` have in common, and `cli` is too much for."""

import sys
from collections.abc import Callable, Sequence

from nlp_apps.errors import NlpAppsError, UsageError, first_line
from nlp_apps.io import stdout


def answer(work: Callable[..., int], usage: str, words: Sequence[str], *, most: int) -> int:
    """Does what one to `most` words ask for; complaints are a line on stderr.

    Returns:
        The exit code: that of `work`, 1 the work could not be done, 2 the command is wrong.
    """
    try:
        if not 1 <= len(words) <= most or words[0].startswith("-"):
            raise UsageError(f"write {usage}")
        return work(*words)
    except NlpAppsError as error:
        reason, code = str(error), error.exit_code
    except OSError as error:
        where = error.filename if error.filename is not None else stdout.NAME
        reason, code = f"{where}: {error.strerror}", 1
    except ValueError as error:  # vectors that are no JSON
        reason, code = f"{words[-1]}: {first_line(error)}", 1
    print(f"nlp-apps: error: {reason}", file=sys.stderr)
    return code
