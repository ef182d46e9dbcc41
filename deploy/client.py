"""Asks a served model, on TF Serving and on `python -m nlp_apps.serve` alike; needs only Python.

    python deploy/client.py http://127.0.0.1:8501 translation-phrasebook "Where is the station?"
    python deploy/client.py http://127.0.0.1:8501 generation-tales "Onion" --set seed=1 ...

Texts are sent in one request, each a row with all inputs: TF Serving's REST knows no defaults.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

TRIES = 5


def main() -> int:
    """Prints one prediction a line, as JSON; 1 when the server refuses."""
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
    pairs = (knob.partition("=") for knob in options.knobs)
    knobs = {name: json.loads(value) for name, _, value in pairs}
    rows = [{"text": text, **knobs} for text in options.texts]
    try:
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
        RuntimeError: The server refuses the request, stays busy, or is not there.
    """
    request = urllib.request.Request(
        f"{url.rstrip('/')}/v1/models/{urllib.parse.quote(model)}:predict",
        data=json.dumps({"signature_name": signature, "instances": rows}).encode("utf-8"),
        headers={"Content-Type": "application/json"},
    )
    token = os.environ.get("NLP_APPS_TOKEN")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    for turn in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                predictions: list[Any] = json.load(answer)["predictions"]
                return predictions
        except urllib.error.HTTPError as error:
            with error:
                told = error.read().decode("utf-8", "replace")
            # TF Serving says 503 when its queue is full, our server too, and when to come back.
            if error.code not in (429, 503) or turn == TRIES - 1:
                raise RuntimeError(f"{error.code}: {told.strip()}") from error
            time.sleep(float(error.headers.get("Retry-After") or 2**turn))
        except urllib.error.URLError as error:
            raise RuntimeError(f"{url}: {error.reason}") from error
    raise AssertionError("unreachable")


if __name__ == "__main__":
    raise SystemExit(main())
