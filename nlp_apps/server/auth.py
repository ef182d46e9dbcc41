"""The bearer token of the server and its clients: read from a file or the environment."""

import os
from pathlib import Path

from nlp_apps.errors import UsageError, WorkError

VARIABLE = "NLP_APPS_TOKEN"


def read_token(path: str | None) -> str | None:
    """Reads the token.

    Args:
        path: file that holds the token; None: read it from `$NLP_APPS_TOKEN`.

    Returns:
        The token; None if the variable is not set.

    Raises:
        UsageError: the token is empty or holds a space or a character that is not ASCII.
        WorkError: the file cannot be read.
    """
    if path is None:
        token, place = os.environ.get(VARIABLE), f"${VARIABLE}"
        if token is None:
            return None
    else:
        place = f"--token-file {path}"
        try:
            token = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise WorkError(f"{place}: cannot be read as UTF-8 text.") from error
    token = token.strip()
    if not token or not token.isascii() or len(token.split()) > 1:
        raise UsageError(f"{place}: must hold one token of printable ASCII without spaces.")
    return token
