"""nginx with the configuration of deploy/nginx, as an ordinary process in front of servers."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.toy_server import until

CONFIG = Path(__file__).parents[1] / "deploy" / "nginx"
PROGRAM = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


@contextlib.contextmanager
def nginx(folder: Path, urls: Sequence[str]) -> Iterator[str]:
    """Yields the URL of nginx in front of replicas; skips the test if nginx is not installed.

    Args:
        folder: receives configuration, temporary files and log.
        urls: URLs of the replicas.
    """
    if PROGRAM is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    config = _configure(folder, urls, port := _free_port())
    settings = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    command = [PROGRAM, "-p", str(folder), "-c", str(config), "-g", settings]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:

        def is_listening() -> bool:
            assert process.poll() is None, (folder / "log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return True
            return False

        until(is_listening)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _configure(folder: Path, urls: Sequence[str], port: int) -> Path:
    """Writes the configuration for a port and replicas; returns its path.

    Everything else is that of deploy/nginx: workers are fewer, and /tmp is the folder.
    """
    text = (CONFIG / "nginx.conf").read_text("utf-8")
    for place, value in {
        "worker_processes auto;": "worker_processes 2;",
        "listen 8080;": f"listen 127.0.0.1:{port};",
        " /tmp/": f" {folder}/",
    }.items():
        assert place in text, place
        text = text.replace(place, value)
    replicas = (CONFIG / "replicas.conf").read_text("utf-8").splitlines()
    (settings,) = {line.split(" ", 2)[2] for line in replicas if line.startswith("server ")}
    hosts = [url.removeprefix("http://") for url in urls]
    (folder / "replicas.conf").write_text("\n".join(f"server {host} {settings}" for host in hosts))
    (folder / "nginx.conf").write_text(text, "utf-8")
    return folder / "nginx.conf"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
