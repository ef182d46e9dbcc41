"""The bearer token of the server and its clients: read from a file or the environment."""

import hmac
import os
from collections.abc import Sequence
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


def is_authorized(headers: Sequence[str], token: str | None) -> bool:
    """Returns whether a request may pass: its `authorization` headers are one with the token.

    Args:
        headers: values of every `authorization` header of the request.
        token: the token of the server; None: every request may pass.
    """
    if token is None:
        return True
    if len(headers) != 1:  # Of several, a gateway may have checked another one.
        return False
    scheme, _, received = headers[0].partition(" ")
    # Compared in constant time, so that response times reveal no part of the token.
    is_equal = hmac.compare_digest(received.strip().encode(), token.encode())
    return scheme.lower() == "bearer" and is_equal
