"""Smoke test of the installed package: trains a tiny translator, exports it and serves it.

The current folder must be empty. The run, the SavedModel, the `.tflite` and the server each have to
return a prediction; its text does not matter.
"""

import contextlib
import itertools
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

RECIPE = """
task = "translation"
[data]
train = "train.tsv"
validation = "validation.tsv"
test = "validation.tsv"
[tokenizer]
vocabulary_size = 302
[model]
embedding_size = 8
units = 8
num_layers = 1
[training]
epochs = 1
batch_tokens = 200
num_buckets = 1
jit_compile = false
tensorboard = false
[decoding]
beam_size = 2
max_length = 12
[export]
max_characters = 64
max_tokens = 48
"""
NLP_APPS = str(Path(sys.executable).with_name("nlp-apps"))
COLOURS = ("red", "green", "blue", "white", "black")
THINGS = ("house", "river", "garden", "window", "letter", "table")
VERBS = ("falls", "waits", "shines", "turns")
TEXT = "the green river shines"


def main() -> int:
    """Runs all steps; the first failure ends the program."""
    if list(Path().iterdir()):
        raise SystemExit("the current folder is not empty")
    write_text()
    app("train", "tiny.toml", "--output", "run")
    app("export", "run", "--output", "models/tiny", "--format", "saved_model", "--format", "tflite")
    (saved_model,) = {path.parent for path in Path("models").rglob("saved_model.pb")}
    (tflite,) = Path("models").rglob("*.tflite")
    for model in ("run", saved_model, tflite):
        app("predict", model, TEXT)
    check_server()
    return 0


def write_text() -> None:
    """Writes a recipe and the sentences it trains on."""
    rows = [
        f"the {colour} {thing} {verb}\t{verb[::-1]} {thing[::-1]} {colour[::-1]}\n"
        for colour, thing, verb in itertools.product(COLOURS, THINGS, VERBS)
    ]
    Path("train.tsv").write_text("".join(rows[10:]), encoding="utf-8")
    Path("validation.tsv").write_text("".join(rows[:10]), encoding="utf-8")
    Path("tiny.toml").write_text(RECIPE, encoding="utf-8")


def app(*words: str | Path) -> None:
    """Runs `nlp-apps translation ...`."""
    started = time.monotonic()
    command = [NLP_APPS, "translation", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    report(f"translation {words[0]} {words[1]}", started)


def check_server() -> None:
    """Starts the server on a free port, sends one request, and stops it."""
    started = time.monotonic()
    command = [NLP_APPS, "serve", "models", "--port", "0"]
    with (
        open("server.log", "wb") as log,
        subprocess.Popen(command, stderr=log, stdout=log) as server,
    ):
        try:
            predictions = predict_on(server)["predictions"]
        finally:
            server.terminate()
    if len(predictions) != 1:
        raise SystemExit(f"one text was sent, {predictions} was returned")
    report("server", started)


def predict_on(server: "subprocess.Popen[bytes]") -> Any:
    """Sends a request as soon as the server listens; its log has the address before that."""
    body = json.dumps({"instances": [TEXT]}).encode()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 600
    while server.poll() is None and time.monotonic() < deadline:
        log = Path("server.log").read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"http://127\.0\.0\.1:\d+(?=\D)", log):
            request = urllib.request.Request(f"{found[0]}/v1/models/tiny:predict", data=body)
            with (
                contextlib.suppress(ConnectionError, urllib.error.URLError),
                direct.open(request, timeout=60) as response,
            ):
                return json.load(response)
        time.sleep(0.1)
    log = Path("server.log").read_text(encoding="utf-8", errors="replace")
    raise SystemExit(f"no response from the server:\n{log}")


def report(step: str, started: float) -> None:
    """Prints the duration of a step."""
    print(f"smoke test: {step}: {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
