"""A server under mixed load for minutes, while versions change: `make soak`.

Clients send short and long predict requests, others never read, others are silent. Every two
seconds there is a new version, and every fifth one is broken. The command fails if a prediction is
wrong, an accepted request is lost, or memory or file descriptors grow.

    python -m tests.attack.soak --minutes 15
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from nlp_apps.io import quiet_tensorflow
from tests.attack.attacked_server import AUTHORIZED, PREDICT, ROOT, TOKEN, Server, send_all

NUM_SHORT, NUM_LONG, NUM_UNREAD, NUM_SILENT = 4, 1, 4, 4
"""Clients of each kind."""

LONG_ROWS, LONG_WORDS = 128, 300
"""Texts of a long request, and words of each: 1.5 KB."""

MAX_GROWTH = 1.05
"""Largest ratio of memory in the last fifth to memory in the second fifth."""

ACCEPTED, REFUSED = 200, (503, 504)

Client = Callable[[threading.Event], None]
"""Sends requests until the event is set."""


@dataclass
class Counts:
    """Responses that the clients have received.

    Attributes:
        statuses: Number of responses by kind of client and status; 0: no response.
        seconds: Seconds of each short request with status 200.
        wrong: Descriptions of wrong predictions.
    """

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def predict(server: Server, kind: str, texts: Sequence[str], counts: Counts) -> None:
    """Sends one request and checks its predictions."""
    body = json.dumps({"instances": list(texts)}).encode()
    started = time.perf_counter()
    try:
        connection = http.client.HTTPConnection(server.host, timeout=120)
        with contextlib.closing(connection):
            connection.request("POST", PREDICT, body, AUTHORIZED)
            response = connection.getresponse()
            content = response.read()
    except OSError as error:
        counts.statuses[kind, 0] += 1
        counts.wrong.append(f"{kind}: no response: {error!r}")
        return
    counts.statuses[kind, response.status] += 1
    if response.status != ACCEPTED:
        return
    if kind == "short":
        counts.seconds.append(time.perf_counter() - started)
    found = [row["upper"] for row in json.loads(content)["predictions"]]
    if found != [text.upper() for text in texts]:
        counts.wrong.append(f"{kind}: {texts[0][:40]!r} became {found[0][:40]!r}")


def send_predictions(server: Server, kind: str, counts: Counts, stop: threading.Event) -> None:
    """Sends predict requests of a kind, one after the other."""
    choose = random.Random(threading.get_ident())
    while not stop.is_set():
        size, words = (1, 5) if kind == "short" else (LONG_ROWS, LONG_WORDS)
        texts = [" ".join(f"w{choose.randrange(10**4)}" for _ in range(words)) for _ in range(size)]
        predict(server, kind, texts, counts)
        if kind == "short":
            stop.wait(0.02)


def never_read(server: Server, stop: threading.Event) -> None:
    """Opens connections whose responses are never read."""
    request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 8
    while not stop.is_set():
        with contextlib.suppress(OSError), server.connect() as client:
            client.setsockopt(6, 10, 1)  # TCP_WINDOW_CLAMP: the kernel buffers little.
            send_all(client, request)
            stop.wait(10)


def be_silent(server: Server, stop: threading.Event) -> None:
    """Opens connections over which nothing is sent."""
    while not stop.is_set():
        with contextlib.suppress(OSError), server.connect():
            stop.wait(5)


def replace_versions(models: Path, stop: threading.Event) -> None:
    """Adds a version every two seconds, every fifth one broken, and removes old ones."""
    first = models / "uppercase" / "1"
    template = models / ".template"
    shutil.copytree(first, template)
    number = 1
    while not stop.wait(2):
        number += 1
        new = models / "uppercase" / f".tmp-{number}"
        shutil.copytree(template, new)
        if number % 5 == 0:
            graph = new / "saved_model.pb"
            graph.write_bytes(graph.read_bytes()[:100])
        new.rename(models / "uppercase" / str(number))
        shutil.rmtree(models / "uppercase" / str(number - 6), ignore_errors=True)


@contextlib.contextmanager
def running(models: Path, log: Path) -> Iterator[Server]:
    """Yields the server, `nlp-apps serve` with its default limits."""
    command = [sys.executable, "-m", "nlp_apps.serve", str(models), "--port", "0"]
    environment = {**os.environ, "NLP_APPS_TOKEN": TOKEN}
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, stderr=stderr, env=environment)
    try:
        while not (found := re.search(r"http://(\S+?), API reference", log.read_text())):
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        server = Server(process, found[1], log)
        while True:
            with contextlib.suppress(OSError):
                if server.get("/ready").status == ACCEPTED:
                    break
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait()


def memory_bytes(server: Server) -> int:
    """Returns the resident memory of the server."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def soak(minutes: float, folder: Path) -> list[str]:
    """Runs the load, prints a table, and returns the failures."""
    quiet_tensorflow.install()
    from tests.toy_server import write_uppercase

    models = folder / "models"
    write_uppercase(models / "uppercase" / "1")
    alone, counts = Counts(), Counts()
    samples: list[tuple[int, int]] = []
    with running(models, folder / "log") as server:

        def short(counts: Counts) -> list[Client]:
            return [partial(send_predictions, server, "short", counts)] * NUM_SHORT

        with in_threads(short(alone)):
            time.sleep(6 * minutes)
        others: list[Client] = [
            *[partial(send_predictions, server, "long", counts)] * NUM_LONG,
            *[partial(never_read, server)] * NUM_UNREAD,
            *[partial(be_silent, server)] * NUM_SILENT,
            partial(replace_versions, models),
        ]
        with in_threads([*short(counts), *others]):
            end = time.monotonic() + 54 * minutes
            while time.monotonic() < end and server.process.poll() is None:
                time.sleep(min(5, 54 * minutes / 20))
                samples.append((memory_bytes(server), server.num_descriptors()))
        log_bytes = server.log.stat().st_size
        versions = server.log.read_text().count("is active")
    print(f"short requests alone: {latencies(alone)}; in the mixed load: {latencies(counts)}")
    return report(counts, samples, versions, log_bytes)


@contextlib.contextmanager
def in_threads(clients: Sequence[Client]) -> Iterator[None]:
    """Runs clients, each in a thread, until the block ends."""
    stop = threading.Event()
    threads = [threading.Thread(target=client, args=(stop,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def latencies(counts: Counts) -> str:
    """Returns the median and the 99th percentile of short requests, in words."""
    seconds = sorted(counts.seconds) or [0.0]
    p50, p99 = (seconds[len(seconds) * part // 100] for part in (50, 99))
    return f"p50 {1000 * p50:.1f} ms, p99 {1000 * p99:.1f} ms"


def report(
    counts: Counts, samples: Sequence[tuple[int, int]], versions: int, log_bytes: int
) -> list[str]:
    """Prints a table and returns the failures."""
    fifth = max(1, len(samples) // 5)
    early, late = samples[fifth : 2 * fifth], samples[-fifth:]
    memory = [statistics.median(one[0] for one in part) for part in (early, late)]
    descriptors = [statistics.median(one[1] for one in part) for part in (early, late)]
    for (kind, status), number in sorted(counts.statuses.items()):
        print(f"{kind:6} {status:4} {number:9,}")
    print(f"versions that became active: {versions:,}")
    print(
        f"memory: {memory[0] / 1e6:.0f} MB, then {memory[1] / 1e6:.0f} MB; largest "
        f"{max(one[0] for one in samples) / 1e6:.0f} MB"
    )
    print(f"descriptors: {descriptors[0]:.0f}, then {descriptors[1]:.0f}; log {log_bytes:,} bytes")
    failures = counts.wrong[:10]
    unexpected = {key: n for key, n in counts.statuses.items() if key[1] not in (200, *REFUSED)}
    failures += [f"{kind}: status {status}, {n} times" for (kind, status), n in unexpected.items()]
    if counts.statuses["short", ACCEPTED] == 0 or counts.statuses["long", ACCEPTED] == 0:
        failures.append("a kind of request was never accepted")
    if memory[1] > MAX_GROWTH * memory[0]:
        failures.append("memory grows")
    if descriptors[1] > descriptors[0] + 10:
        failures.append("file descriptors grow")
    return failures


def main() -> int:
    """Reads the arguments; returns 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15, help="minutes of load (default: 15)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        failures = soak(options.minutes, Path(folder))
    for failure in failures:
        print(f"failed: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
