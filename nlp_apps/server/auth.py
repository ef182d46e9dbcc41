"""The token that requests must bear, as server and clients read it."""

import os
from pathlib import Path

from nlp_apps.errors import UsageError, WorkError

VARIABLE = "NLP_APPS_TOKEN"


def read_token(path: str | None) -> str | None:
    """The token that requests must bear.

    Args:
        path: a file whose text is the token; None: the environment may hold one.

    Returns:
        The token; None where there is none.

    Raises:
        UsageError: the token is empty or has spaces in it.
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
            raise WorkError(f"{place}: cannot be read as text.") from error
    token = token.strip()
    if not token or not token.isascii() or len(token.split()) > 1:
        raise UsageError(f"{place}: must hold one token: printable ASCII without spaces.")
    return token
