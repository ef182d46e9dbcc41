"""The server in a process of its own, and clients that no HTTP library is."""

import contextlib
import http.client
import json
import os
import re
import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]

TOKEN = "sesame"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
PREDICT = "/v1/models/uppercase:predict"


class Response(NamedTuple):
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server(NamedTuple):
    """A running server.

    Attributes:
        process: The process.
        host: Its address, such as 127.0.0.1:8501.
        log: The file that receives its log.
    """

    process: subprocess.Popen[bytes]
    host: str
    log: Path

    def predict(self, text: str = "a") -> Response:
        """Sends a predict request with the token over a new connection."""
        return self.post(PREDICT, json.dumps({"instances": [text]}).encode())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        """Sends a GET request with the token over a new connection."""
        return self._send("GET", path, None, headers or {})

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """Sends a POST request with the token over a new connection."""
        return self._send("POST", path, body, headers or {})

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Response:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, {**AUTHORIZED, **headers})
            response = connection.getresponse()
            return Response(response.status, dict(response.headers.items()), response.read())

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        """Opens a connection from an address of this machine."""
        host, port = self.host.split(":")
        return socket.create_connection((host, int(port)), timeout=60, source_address=(source, 0))

    def peak_bytes(self) -> int:
        """Returns the largest resident memory of the process since its start or `reset_peak`."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]

    def reset_peak(self) -> int:
        """Resets the largest resident memory to the present one, and returns it."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        return self.peak_bytes()

    def num_descriptors(self) -> int:
        """Returns the number of open file descriptors of the process."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def num_connections(self) -> int:
        """Returns the number of open sockets of the process, without the listening one."""
        found = 0
        for name in os.listdir(f"/proc/{self.process.pid}/fd"):
            with contextlib.suppress(OSError):
                found += os.readlink(f"/proc/{self.process.pid}/fd/{name}").startswith("socket:")
        return found


@contextlib.contextmanager
def attacked(folder: Path, *words: str, descriptors: int | None = None) -> Iterator[Server]:
    """Yields a server with a token, when its models are active.

    Args:
        folder: receives models and log.
        words: further arguments of `nlp-apps serve`.
        descriptors: maximum of open files of the process; None: that of this process.
    """

    def limit() -> None:
        if descriptors is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    models = folder / "models"
    for name in ("uppercase", "slow", "large", "numbers"):
        (models / name / "1").mkdir(parents=True, exist_ok=True)
        (models / name / "1" / "saved_model.pb").touch()
    log = folder / "log"
    program = "tests.attack.fast_server"
    command = [sys.executable, "-m", program, str(models), "--port", "0", *words]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stderr=stderr,
            preexec_fn=limit,
            env={**os.environ, "NLP_APPS_TOKEN": TOKEN},
        )
    try:
        deadline = time.monotonic() + 120
        while not (found := re.search(r"http://(\S+?), API reference", log.read_text())):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        server = Server(process, found[1], log)
        while True:
            with contextlib.suppress(OSError):
                if server.get("/ready").status == 200:
                    break
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield server
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool]) -> None:
    """Waits until the server makes a condition true."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true within 60 s"
        time.sleep(0.02)


def send_all(connection: socket.socket, data: bytes) -> None:
    """Sends bytes until the server reads no more for a second, or closes."""
    connection.setblocking(False)
    start = 0
    with contextlib.suppress(OSError):
        while start < len(data) and select.select([], [connection], [], 1)[1]:
            start += connection.send(data[start : start + 65_536])


def is_closed(connection: socket.socket, seconds: float = 60) -> bool:
    """Reads until the server closes the connection; returns whether it does in time."""
    deadline = time.monotonic() + seconds
    connection.setblocking(False)
    while time.monotonic() < deadline:
        if select.select([connection], [], [], 1)[0]:
            try:
                if not connection.recv(65_536):
                    return True
            except ConnectionError:
                return True
    return False


def read_all(connection: socket.socket) -> bytes:
    """Returns the bytes that the server sends until it closes."""
    connection.settimeout(60)
    received = bytearray()
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65_536):
            received += part
    return bytes(received)


def exchange(server: Server, request: bytes) -> tuple[int, Any]:
    """Sends bytes and returns status and JSON of the first response."""
    with server.connect() as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, json.loads(response.read())
