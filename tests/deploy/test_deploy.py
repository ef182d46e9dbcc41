"""The files in deploy/: the client on a running server, and configurations that agree."""

import ast
import json
import re
import runpy
import shutil
import subprocess
import sys
import threading
import time
import tomllib
import zipfile
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from nlp_apps.server.limits import Limits
from nlp_apps.server.predict_request import Arrays
from nlp_apps.server.request_error import RequestError
from tests.toy_server import fake_folder, fake_servable, listening, serving, write_shout

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def client(*words: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "client.py"), *words],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("models")
    write_shout(folder / "shout" / "1")
    with serving(folder, token="sesame") as toy, listening(toy.app) as url:
        yield url


def test_the_client_prints_a_prediction_a_text(url: str):
    code, out, err = client(url, "shout", "one", "zwei ü", NLP_APPS_TOKEN="sesame")
    assert (code, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == [
        {"length": 3, "upper": "ONE"},
        {"length": 6, "upper": "ZWEI ü"},
    ]


def test_the_client_sends_knobs_and_signature(url: str):
    knobs = ("--set", "temperature=0.25", "--set", "seed=1", "--set", "loud=true")
    code, out, _ = client(
        url, "shout", "one", "--signature", "knobs", *knobs, NLP_APPS_TOKEN="sesame"
    )
    assert (code, json.loads(out)) == (0, "ONE|0.25|1")


def test_the_client_tells_why_it_was_refused(url: str):
    code, out, err = client(url, "none", "one", NLP_APPS_TOKEN="sesame")
    assert (code, out) == (1, "")
    assert err == '404: {"error": "Servable not found for request: Latest(none)"}\n'
    assert client(url, "shout", "one")[2].startswith("401: ")
    code, _, err = client("http://127.0.0.1:9", "shout", "one")
    assert (code, err) == (1, "http://127.0.0.1:9: [Errno 111] Connection refused\n")


def test_the_client_comes_back_when_the_server_is_busy(tmp_path: Path):
    def echo(arrays: Arrays) -> Arrays:
        return {"out": arrays["text"]}

    folder = fake_folder(tmp_path, "echo/1")
    with serving(folder, loader=lambda _: fake_servable(echo)) as toy:
        queue = toy.models.find("echo").queue
        submit = queue.submit
        refusals = [RequestError(503, "The server is busy.", retry_after=1)]

        def busy_once(signature: Any, question: Any) -> Any:
            if refusals:
                raise refusals.pop()
            return submit(signature, question)

        queue.submit = busy_once  # type: ignore[method-assign]
        with listening(toy.app) as url:
            assert client(url, "echo", "again") == (0, '"again"\n', "")
    assert not refusals


class Told(ThreadingHTTPServer):
    """A server that answers as it is told, one answer after the other."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.answers: list[tuple[int, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    """One connection to it."""

    server: Told

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, body = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def told() -> Iterator[Told]:
    server = Told()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_client_may_be_told_a_date_to_come_back(told: Told):
    now = formatdate(time.time(), usegmt=True)
    told.answers = [(503, {"Retry-After": now}, b""), (200, {}, b'{"predictions": ["ONE"]}')]
    assert client(told.url, "shout", "one") == (0, '"ONE"\n', "")


def test_the_client_waits_as_it_is_told_and_not_for_ever():
    pause = runpy.run_path(str(DEPLOY / "client.py"))["pause"]
    assert pause("3", 0) == 3.0
    assert pause("0.5", 4) == 0.5
    for date in (formatdate(time.time() + 20, usegmt=True), formatdate(time.time() + 20)):
        assert 18.0 < pause(date, 0) <= 20.0
    assert pause("Sun, 06 Nov 1994 08:49:37 GMT", 0) == 0.0
    assert pause("Sun, 06 Nov 2095 08:49:37 GMT", 0) == pause("inf", 0) == pause("7200", 0) == 60.0
    assert pause("-1", 0) == pause("nan", 0) == 0.0
    for nothing in (None, "", "soon", "Sun, 99 Nov 1994", "Sun, 06 Nov 99999 08:49:37 GMT"):
        assert pause(nothing, 2) == 4.0


@pytest.mark.parametrize("status", [200, 400])
def test_the_client_tells_of_half_an_answer(told: Told, status: int):
    told.answers = [(status, {"Content-Length": "99"}, b'{"predictions')]
    code, out, err = client(told.url, "shout", "one")
    assert (code, out) == (1, "")
    rest = "IncompleteRead(13 bytes read, 86 more expected)"
    assert err == f"{told.url}: gives no whole answer: {rest}\n"


@pytest.mark.parametrize("body", [b"<html>\n", b"[]", b"{}", b'{"predictions": 1}', b"\xff", b""])
def test_the_client_tells_of_an_answer_without_predictions(told: Told, body: bytes):
    told.answers = [(200, {}, body)]
    code, out, err = client(told.url, "shout", "one")
    assert (code, out) == (1, "")
    shown = body.decode("utf-8", "replace").strip()
    assert err == f"{told.url}: answers without predictions: {shown}\n"


@pytest.mark.parametrize("word", ["x", "x=", "x=glad", "=1", "text=1"])
def test_the_client_tells_what_a_knob_must_be(word: str):
    told = f"--set {word}: must be NAME=JSON for an input beside the text, for instance seed=1.\n"
    assert client("http://127.0.0.1:9", "shout", "one", "--set", word) == (1, "", told)


@pytest.mark.parametrize(
    "url", ["nohost", "http://", "file:///tmp", "http://a:b", "http://a:0", "http://[::1"]
)
def test_the_client_tells_what_an_address_must_be(url: str):
    told = f"URL must be http://HOST:PORT, not {url}.\n"
    assert client(url, "shout", "one") == (1, "", told)


def test_the_client_needs_only_python():
    tree = ast.parse((DEPLOY / "client.py").read_text(encoding="utf-8"))
    names = [
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    ]
    names += [node.module or "." for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_tf_serving_reads_the_list_of_models():
    text = (DEPLOY / "tf_serving" / "models.config").read_text(encoding="utf-8")
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    for model in config.model_config_list.config:
        assert model.base_path == f"/models/{model.name}"
        assert model.model_platform == "tensorflow"
    kubernetes = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"path: /v1/models/([\w-]+)", kubernetes))
    assert asked
    assert asked <= {model.name for model in config.model_config_list.config}


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml", "README.md"])
def test_the_configuration_files_that_are_named_are_there(name: str):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    named = set(re.findall(r"/config/([\w.]+)", text))
    assert named == {path.name for path in (DEPLOY / "tf_serving").iterdir()}


def batching_parameters() -> dict[str, Any]:
    """What batching.config sets; TF Serving's package brings no message to read it with."""
    text = (DEPLOY / "tf_serving" / "batching.config").read_text(encoding="utf-8")
    found: dict[str, Any] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = re.fullmatch(r"(\w+) \{ value: (\d+|true|false) \}", line)
            assert match, line
            found[match[1]] = json.loads(match[2])
    return found


def test_a_request_is_never_split():
    found = batching_parameters()
    assert found["enable_large_batch_splitting"] is False
    # They mean something only where requests are split, or rows filled up.
    assert "max_execution_batch_size" not in found
    assert "allowed_batch_sizes" not in found


def test_batches_have_the_sizes_of_our_own_server():
    found = batching_parameters()
    limits = Limits()
    assert found["max_batch_size"] == limits.max_rows
    assert found["max_enqueued_batches"] * found["max_batch_size"] == limits.max_queue


def copied() -> list[str]:
    """The files and folders of the checkout that the Dockerfile copies, each to the same place."""
    found = []
    for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if line.startswith("COPY "):
            *sources, place = line.split()[1:]
            assert place == "./" or sources == [place], line
            found += sources
    return found


def needed() -> list[str]:
    """The files and folders of the checkout that a wheel is built from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    about = project["project"]
    return [
        *wheel["packages"],
        *wheel["force-include"],
        *(about["readme"], *about["license-files"], "pyproject.toml"),
        project["tool"]["hatch"]["version"]["path"],
    ]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out: the last line that fits it, or a folder above it."""
    decided = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!"))
            pattern = pattern.replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
            pattern = pattern.replace(r"\[", "[").replace(r"\]", "]")
            if re.fullmatch(f"{pattern}(/.*)?", path):
                decided = not line.startswith("!")
    return decided


@pytest.mark.parametrize("path", needed())
def test_the_container_has_what_the_wheel_is_built_from(path: str):
    assert (ROOT / path).exists()
    assert any(path == place or path.startswith(f"{place}/") for place in copied())
    assert not ignored(path)


@pytest.mark.parametrize(
    "path",
    [
        ".git/HEAD",
        ".venv/bin/python",
        "runs/tales/summary.json",
        "saved_models/translation-phrasebook/1/saved_model.pb",
        "nlp_apps/web/node_modules/@litertjs/core/package.json",
        "nlp_apps/server/__pycache__/load.cpython-312.pyc",
    ],
)
def test_the_container_is_built_without_what_tools_and_training_leave(path: str):
    assert ignored(path)


def test_a_wheel_is_built_from_what_the_container_copies(tmp_path: Path):
    def left_out(folder: str, names: list[str]) -> list[str]:
        below = Path(folder).relative_to(ROOT)
        return [name for name in names if ignored((below / name).as_posix())]

    for path in copied():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, place, ignore=left_out)
        else:
            shutil.copy(ROOT / path, place)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("dist/*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for folder in ("web", "_resources/models", "_resources/data", "_resources/saved_models"):
        assert [name for name in names if name.startswith(f"nlp_apps/{folder}/")], folder
    assert not [name for name in names if "node_modules" in name]
