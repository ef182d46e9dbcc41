"""Client of a served model, for TF Serving and `nlp-apps serve`; needs Python only.

    python deploy/client.py http://127.0.0.1:8501 translation-phrasebook "Where is the station?"
    python deploy/client.py http://127.0.0.1:8501 generation-tales "Onion" --set seed=1 ...

It sends all texts in one request. Each row has every input: TF Serving's REST reads no defaults.
A request that is lost with its server is sent again: a prediction changes nothing on a server.
"""

import argparse
import datetime
import email.utils
import http.client
import json
import math
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

MAX_TRIES = 5

RETRIED = (429, 502, 503)
"""Statuses of requests that were not computed, or were lost: a proxy responds with 502 if a server
behind it ends before its response. Both servers respond with 503 if the queue is full; nlp-apps
serve adds `Retry-After`. 504 is not among them: the same request would be late again."""

LOST = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, http.client.IncompleteRead)
"""Errors of a request whose server ended before its response. A refused connection is not among
them: the URL may be wrong."""

MAX_PAUSE = 60.0
"""Maximum seconds between two tries, also if `Retry-After` is more."""


def main() -> int:
    """Prints one prediction per line, as JSON; returns the exit code."""
    parser = argparse.ArgumentParser(description="Predict with a served model.")
    parser.add_argument(
        "url", metavar="URL", help="URL of the server, for instance http://127.0.0.1:8501"
    )
    parser.add_argument("model", metavar="MODEL", help="name of the model")
    parser.add_argument("texts", metavar="TEXT", nargs="+", help="input texts")
    parser.add_argument("--signature", metavar="NAME", default="serving_default")
    parser.add_argument(
        "--set",
        dest="parameters",
        metavar="NAME=JSON",
        action="append",
        default=[],
        help="another input, for instance seed=1; may be repeated",
    )
    options = parser.parse_args()
    try:
        parameters = dict(read_parameter(word) for word in options.parameters)
        rows = [{"text": text, **parameters} for text in options.texts]
        predictions = predict(options.url, options.model, rows, options.signature)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    for prediction in predictions:
        print(json.dumps(prediction, ensure_ascii=False))
    return 0


def predict(url: str, model: str, rows: list[dict[str, Any]], signature: str) -> list[Any]:
    """Returns one prediction per row; retries while the server is busy, and if it ends.

    Args:
        url: URL of the server.
        model: name of the model.
        rows: every input of the signature, by name.
        signature: name of the signature.

    Returns:
        The predictions, in the order of the rows.

    Raises:
        RuntimeError: the URL is wrong, the server cannot be reached, stays busy or rejects the
            request, or its response is incomplete in every try.
    """
    check_url(url)
    request = urllib.request.Request(
        f"{url.rstrip('/')}/v1/models/{urllib.parse.quote(model)}:predict",
        data=json.dumps({"signature_name": signature, "instances": rows}).encode("utf-8"),
        headers={"Content-Type": "application/json"},
    )
    token = os.environ.get("NLP_APPS_TOKEN", "").strip()
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    for turn in range(MAX_TRIES):
        is_last = turn == MAX_TRIES - 1
        try:
            status, retry_after, body = send(request)
        except urllib.error.URLError as error:
            if is_last or not isinstance(error.reason, LOST):
                raise RuntimeError(f"{url}: {error.reason}") from error
            time.sleep(pause(None, turn))
            continue
        except (OSError, http.client.HTTPException, ValueError) as error:
            if is_last or not isinstance(error, LOST):
                raise RuntimeError(f"{url}: incomplete response: {error}") from error
            time.sleep(pause(None, turn))
            continue
        if status == 200:
            return read_predictions(url, body)
        if is_last or status not in RETRIED:
            raise RuntimeError(f"{status}: {body.decode('utf-8', 'replace').strip()}")
        time.sleep(pause(retry_after, turn))
    raise AssertionError("unreachable")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Returns redirections unchanged: the token is for the named server only."""

    def redirect_request(self, *_: Any) -> None:
        """Follows no redirection."""


def send(request: urllib.request.Request) -> tuple[int, str | None, bytes]:
    """Sends a request once; returns status, Retry-After and body, also of an error."""
    try:
        response = urllib.request.build_opener(_NoRedirect).open(request, timeout=60)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return response.status, response.headers.get("Retry-After"), response.read()


def read_predictions(url: str, body: bytes) -> list[Any]:
    """Returns the predictions in a response body.

    Raises:
        RuntimeError: there are none.
    """
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    predictions = content.get("predictions") if isinstance(content, dict) else None
    if not isinstance(predictions, list):
        shown = " ".join(body[:200].decode("utf-8", "replace").split())
        raise RuntimeError(f"{url}: the response has no predictions: {shown}")
    return predictions


def pause(retry_after: str | None, turn: int) -> float:
    """Returns the seconds until the next try: `Retry-After`, or 1, 2, 4... without it."""
    seconds = 2.0**turn
    try:
        seconds = float(retry_after or seconds)
    except ValueError:
        try:
            date = email.utils.parsedate_to_datetime(retry_after)
            date = date.replace(tzinfo=date.tzinfo or datetime.UTC)
            seconds = date.timestamp() - time.time()
        except (ValueError, TypeError, IndexError, OverflowError):
            pass  # Neither form: as if there were no Retry-After.
    return 0.0 if math.isnan(seconds) else min(max(seconds, 0.0), MAX_PAUSE)


def read_parameter(word: str) -> tuple[str, Any]:
    """Returns name and value of NAME=JSON.

    Raises:
        RuntimeError: the word has another form.
    """
    name, _, value = word.partition("=")
    try:
        if name in ("", "text"):
            raise ValueError("not the name of another input")
        return name, json.loads(value)
    except ValueError as error:
        raise RuntimeError(
            f"--set {word}: must be NAME=JSON for an input other than text, for instance seed=1."
        ) from error


def check_url(url: str) -> None:
    """Checks the URL of a server.

    Raises:
        RuntimeError: it is not http://HOST:PORT.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # A wrong port, or an incomplete IPv6 address.
        is_valid = False
    if not is_valid:
        raise RuntimeError(f"URL must be http://HOST:PORT, not {url}.")


if __name__ == "__main__":
    raise SystemExit(main())
