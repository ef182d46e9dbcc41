"""The largest memory of a server with the default flags and a real model, under the worst clients.

    python -m tests.attack.peak_memory MODELS NAME --seconds 60

Each kind of client runs alone first, then all of them at once.
"""

import argparse
import contextlib
import http.client
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.attack.attacked_server import AUTHORIZED, Server, send_all
from tests.attack.large_bodies import BODIES
from tests.attack.soak import Client, in_threads, memory_bytes, running

ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
"""Clients of several addresses, since the connections of each are bounded."""

LARGEST = json.dumps({"instances": ["I would like to know. " * 744] * 128}).encode()
"""A legal request of the largest size: 128 texts of 16 KiB."""

SHORT = json.dumps({"instances": ["Where is the station?"]}).encode()


def post(server: Server, path: str, body: bytes) -> str:
    """Sends a request; returns its status, or the name of the error."""
    try:
        connection = http.client.HTTPConnection(server.host, timeout=120)
        with contextlib.closing(connection):
            connection.request("POST", path, body, AUTHORIZED)
            response = connection.getresponse()
            response.read()
            return str(response.status)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__


def send_bodies(
    server: Server,
    path: str,
    bodies: Sequence[bytes],
    statuses: Counter[str],
    stop: threading.Event,
) -> None:
    """Sends bodies one after the other, again and again."""
    while not stop.is_set():
        for body in bodies:
            statuses[post(server, path, body)] += 1


def fill_buffers(server: Server, path: str, address: str, stop: threading.Event) -> None:
    """Holds many connections: a response that is not read, heads, a body that waits."""
    request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n" + b"a: b\r\n" * 95 + b"\r\n"
    large = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n".encode()
    while not stop.is_set():
        with contextlib.ExitStack() as stack:
            for _ in range(400):
                with contextlib.suppress(OSError):
                    client = stack.enter_context(server.connect(address))
                    client.setsockopt(6, 10, 1)  # TCP_WINDOW_CLAMP: the kernel buffers little.
                    client.setblocking(False)
                    client.send(request * 7 + large + b"x" * 400_000)
            stop.wait(10)


def leave_unread(server: Server, path: str, address: str, stop: threading.Event) -> None:
    """Sends largest requests and does not read the predictions."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(LARGEST)}\r\n"
        f"Authorization: {AUTHORIZED['Authorization']}\r\n\r\n"
    )
    while not stop.is_set():
        with contextlib.suppress(OSError), server.connect(address) as client:
            client.setsockopt(6, 10, 1)
            send_all(client, head.encode() + LARGEST)
            stop.wait(20)


def clients_of(server: Server, path: str, statuses: Counter[str]) -> dict[str, list[Client]]:
    """Returns the clients by kind."""
    send = partial(send_bodies, server, path)
    return {
        "short requests": [partial(send, [SHORT], statuses)] * 4,
        "largest legal requests": [partial(send, [LARGEST], statuses)] * 8,
        "bodies of 4 MiB": [partial(send, list(BODIES.values()), statuses)] * 24,
        "full buffers": [partial(fill_buffers, server, path, address) for address in ADDRESSES],
        "unread predictions": [
            partial(leave_unread, server, path, address) for address in ADDRESSES for _ in range(8)
        ],
    }


def measure(server: Server, clients: Sequence[Client], seconds: float) -> int:
    """Returns the largest memory in bytes while clients run."""
    server.reset_peak()
    with in_threads(clients):
        time.sleep(seconds)
        return server.peak_bytes()


def report(models: Path, name: str, seconds: float, log: Path) -> None:
    """Runs each kind of client, and all at once, and prints the peaks."""
    path = f"/v1/models/{name}:predict"
    with running(models, log) as server:
        post(server, path, SHORT)
        print(f"{'without clients':24} {memory_bytes(server) / 1e6:8,.0f} MB", flush=True)
        statuses: Counter[str] = Counter()
        kinds = clients_of(server, path, statuses)
        for kind, clients in {**kinds, "all at once": sum(kinds.values(), [])}.items():
            statuses.clear()
            peak = measure(server, clients, seconds)
            print(f"{kind:24} {peak / 1e6:8,.0f} MB  {dict(sorted(statuses.items()))}", flush=True)


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, help="folder of NAME/VERSION")
    parser.add_argument("name", help="model that receives the requests")
    parser.add_argument("--seconds", type=float, default=60, help="of each kind (default: 60)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report(options.models, options.name, options.seconds, Path(folder) / "log")
    return 0


if __name__ == "__main__":
    sys.exit(main())
