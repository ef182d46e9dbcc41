"""Entry point of the commands `python -m nlp_apps.litert.NAME`, without `nlp_apps.cli`."""

import sys
from collections.abc import Callable, Sequence

from nlp_apps.errors import NlpAppsError, UsageError, first_line
from nlp_apps.io import stdout
from nlp_apps.io.printable import escape


def run_command(
    function: Callable[..., int], usage: str, arguments: Sequence[str], *, max_arguments: int
) -> int:
    """Calls a function with 1 to `max_arguments` arguments; prints an error as one line on stderr.

    Returns:
        The exit code: that of the function; 1: the work failed; 2: the command is wrong.
    """
    try:
        if not 1 <= len(arguments) <= max_arguments or arguments[0].startswith("-"):
            raise UsageError(f"usage: {usage}")
        return function(*arguments)
    except NlpAppsError as error:
        reason, code = str(error), error.exit_code
    except OSError as error:
        file = error.filename if error.filename is not None else stdout.NAME
        reason, code = f"{file}: {error.strerror}", 1
    except ValueError as error:  # golden outputs that are not JSON
        reason, code = f"{arguments[-1]}: {first_line(error)}", 1
    print(f"nlp-apps: error: {escape(reason)}", file=sys.stderr)
    return code
