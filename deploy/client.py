"""Asks a served model, on TF Serving and on `python -m nlp_apps.serve` alike; needs only Python.

    python deploy/client.py http://127.0.0.1:8501 translation-phrasebook "Where is the station?"
    python deploy/client.py http://127.0.0.1:8501 generation-tales "Onion" --set seed=1 ...

Texts are sent in one request, each a row with all inputs: TF Serving's REST knows no defaults.
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

TRIES = 5

LONGEST_PAUSE = 60.0
"""Seconds between two tries at most, whatever the server says: somebody waits for the answer."""


def main() -> int:
    """Prints one prediction a line, as JSON; 1 when there are none, with the reason on stderr."""
    parser = argparse.ArgumentParser(description="Asks a served model.")
    parser.add_argument("url", metavar="URL", help="for instance http://127.0.0.1:8501")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("texts", metavar="TEXT", nargs="+")
    parser.add_argument("--signature", metavar="NAME", default="serving_default")
    parser.add_argument(
        "--set",
        dest="knobs",
        metavar="NAME=JSON",
        action="append",
        default=[],
        help="an input beside the text, for instance seed=1; may be repeated",
    )
    options = parser.parse_args()
    try:
        knobs = dict(read_knob(word) for word in options.knobs)
        rows = [{"text": text, **knobs} for text in options.texts]
        predictions = predict(options.url, options.model, rows, options.signature)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    for prediction in predictions:
        print(json.dumps(prediction, ensure_ascii=False))
    return 0


def predict(url: str, model: str, rows: list[dict[str, Any]], signature: str) -> list[Any]:
    """Asks a model for one prediction a row, again when the server is busy.

    Args:
        url: The server's address.
        model: Its name.
        rows: Every input of the signature, by name.
        signature: Which one.

    Returns:
        The predictions, in the order of the rows.

    Raises:
        RuntimeError: The address is none, or the server refuses the request, stays busy, gives no
            whole answer, or is not there.
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
    for turn in range(TRIES):
        try:
            status, retry_after, body = ask(request)
        except urllib.error.URLError as error:
            raise RuntimeError(f"{url}: {error.reason}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RuntimeError(f"{url}: gives no whole answer: {error}") from error
        if status == 200:
            return read_predictions(url, body)
        # TF Serving says 503 when its queue is full, our server too, and when to come back.
        if status not in (429, 503) or turn == TRIES - 1:
            raise RuntimeError(f"{status}: {body.decode('utf-8', 'replace').strip()}")
        time.sleep(pause(retry_after, turn))
    raise AssertionError("unreachable")


def ask(request: urllib.request.Request) -> tuple[int, str | None, bytes]:
    """Sends a request once and gives status, Retry-After and body, of a refusal too."""
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers.get("Retry-After"), answer.read()


def read_predictions(url: str, body: bytes) -> list[Any]:
    """The predictions in an answer.

    Raises:
        RuntimeError: There are none.
    """
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    predictions = told.get("predictions") if isinstance(told, dict) else None
    if not isinstance(predictions, list):
        shown = " ".join(body[:200].decode("utf-8", "replace").split())
        raise RuntimeError(f"{url}: answers without predictions: {shown}")
    return predictions


def pause(retry_after: str | None, turn: int) -> float:
    """Seconds until the next try: what the server says, in seconds or as a date, else 1, 2, 4..."""
    seconds = 2.0**turn
    try:
        seconds = float(retry_after or seconds)
    except ValueError:
        try:
            date = email.utils.parsedate_to_datetime(retry_after)
            date = date.replace(tzinfo=date.tzinfo or datetime.UTC)
            seconds = date.timestamp() - time.time()
        except (ValueError, TypeError, IndexError, OverflowError):
            pass  # Neither of the two: as if nothing had been said.
    return 0.0 if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_PAUSE)


def read_knob(word: str) -> tuple[str, Any]:
    """A name and its value from NAME=JSON.

    Raises:
        RuntimeError: It is something else.
    """
    name, _, value = word.partition("=")
    try:
        if name in ("", "text"):
            raise ValueError("not the name of an input beside the text")
        return name, json.loads(value)
    except ValueError as error:
        raise RuntimeError(
            f"--set {word}: must be NAME=JSON for an input beside the text, for instance seed=1."
        ) from error


def check_url(url: str) -> None:
    """Checks an address.

    Raises:
        RuntimeError: It is not one of a server.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # What is no port, or half an IPv6 address.
        good = False
    if not good:
        raise RuntimeError(f"URL must be http://HOST:PORT, not {url}.")


if __name__ == "__main__":
    raise SystemExit(main())
