"""Files below DIR that are no regular files, or links out of it: they are passed over.

A FIFO made every page of 0.1.0 wait for ever, and its stop too.
"""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.attacked_server import Server, attacked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a FIFO, a socket, a device, a folder and links named as models are."""
    models = tmp_path / "models"
    models.mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "outside" / "1").mkdir(parents=True)
    (tmp_path / "outside" / "1" / "saved_model.pb").write_text("secret")
    os.mkfifo(models / "fifo.tflite")
    with socket.socket(socket.AF_UNIX) as listener:
        place = os.getcwd()
        os.chdir(models)  # The name of a socket has at most 107 bytes.
        try:
            listener.bind("socket.tflite")
        finally:
            os.chdir(place)
    (models / "folder.tflite").mkdir()
    (models / "device.tflite").symlink_to("/dev/zero")
    (models / "secret.tflite").symlink_to(tmp_path / "secret")
    (models / "circle.tflite").symlink_to("circle.tflite")
    (models / "good.tflite").write_bytes(b"content")
    os.mkfifo(models / "golden.json")
    (models / "vectors.json").symlink_to(tmp_path / "secret")
    (models / "outside").symlink_to(tmp_path / "outside")
    (models / "linked").mkdir()
    (models / "linked" / "1").symlink_to(tmp_path / "outside" / "1")
    for name in ("graph", "variables"):
        version = models / name / "1"
        version.mkdir(parents=True)
    (models / "graph" / "1" / "saved_model.pb").symlink_to(tmp_path / "secret")
    (models / "variables" / "1" / "saved_model.pb").touch()
    os.mkfifo(models / "variables" / "1" / "variables.index")
    return tmp_path


def test_special_files_are_passed_over_and_the_stop_works(folder: Path):
    with attacked(folder) as server:
        for name in ("fifo", "socket", "folder", "device", "secret", "circle"):
            assert server.get(f"/device/{name}.tflite").status == 404, name
        for name in ("golden.json", "vectors.json"):
            assert server.get(f"/device/{name}").status == 404, name
        assert server.get("/device/good.tflite").body == b"content"
        assert server.get("/device/models.json").status == 200
        states = server.get("/ready").json["models"]
        for name in ("outside", "linked"):
            assert name not in states
        for name, reason in (
            ("graph", "saved_model.pb: its link leads out of the served folder."),
            ("variables", "variables.index: is no regular file."),
        ):
            (status,) = server.get(f"/v1/models/{name}").json["model_version_status"]
            assert status["status"]["error_message"] == reason
        log = server.log.read_text()
        assert "models/outside cannot be read: its link leads out of the served folder" in log
        assert "models/linked/1 cannot be read: its link leads out of the served folder" in log
        assert "Traceback" not in log
        assert_stops(server)


def assert_stops(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with attacked(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.mark.parametrize(
    "path",
    [
        "/device/web/",
        "/device/web/node_modules/",
        "/device/web/node_modules/@litertjs",
        "/device/web/node_modules/@litertjs/",
        "/device/web/node_modules/@litertjs/core/dist/index.js",
        "/device/web/node_modules/@litertjs/%00",
        "/device/%00.tflite",
        "/device/..",
        "/web/server_page/",
        "/web/server_page/%ff",
        "/device/web/browser_page/" + "x" * 300,
    ],
)
def test_pages_without_npm_packages_are_404_without_a_traceback(server: Server, path: str):
    assert server.get(path).status == 404
    assert "Traceback" not in server.log.read_text()
