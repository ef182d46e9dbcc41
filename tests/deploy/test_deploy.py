"""Tests of deploy/: the client with a running server, and the configuration files."""

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
from nlp_apps.server.model_signatures import Arrays
from nlp_apps.server.request_error import RequestError
from tests.toy_server import fake_folder, fake_model, listening, serving, write_uppercase

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
    write_uppercase(folder / "uppercase" / "1")
    with serving(folder, token="sesame") as toy, listening(toy.app) as url:
        yield url


def test_the_client_prints_one_prediction_per_line(url: str):
    code, out, err = client(url, "uppercase", "one", "zwei ü", NLP_APPS_TOKEN="sesame")
    assert (code, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == [
        {"length": 3, "upper": "ONE"},
        {"length": 6, "upper": "ZWEI ü"},
    ]


def test_the_client_sends_parameters_and_signature(url: str):
    parameters = ("--set", "temperature=0.25", "--set", "seed=1", "--set", "loud=true")
    code, out, _ = client(
        url, "uppercase", "one", "--signature", "parameters", *parameters, NLP_APPS_TOKEN="sesame"
    )
    assert (code, json.loads(out)) == (0, "ONE|0.25|1")


def test_the_client_prints_the_error_of_the_server(url: str):
    code, out, err = client(url, "none", "one", NLP_APPS_TOKEN="sesame")
    assert (code, out) == (1, "")
    assert err == '404: {"error": "Servable not found for request: Latest(none)"}\n'
    assert client(url, "uppercase", "one")[2].startswith("401: ")
    code, _, err = client("http://127.0.0.1:9", "uppercase", "one")
    assert (code, err) == (1, "http://127.0.0.1:9: [Errno 111] Connection refused\n")


def test_the_client_retries_while_the_server_is_busy(tmp_path: Path):
    def echo(arrays: Arrays) -> Arrays:
        return {"out": arrays["text"]}

    folder = fake_folder(tmp_path, "echo/1")
    with serving(folder, loader=lambda _: fake_model(echo)) as toy:
        queue = toy.registry.resolve("echo").queue
        submit = queue.submit
        errors = [RequestError(503, "The server is busy.", retry_after=1)]

        def busy_once(signature: Any, inputs: Any) -> Any:
            if errors:
                raise errors.pop()
            return submit(signature, inputs)

        queue.submit = busy_once  # type: ignore[method-assign]
        with listening(toy.app) as url:
            assert client(url, "echo", "again") == (0, '"again"\n', "")
    assert not errors


class ScriptedServer(ThreadingHTTPServer):
    """A server that sends the responses of a list, one per request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.responses: list[tuple[int, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    """A connection to the server."""

    server: ScriptedServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, body = self.server.responses.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_retry_after_may_be_a_date(scripted: ScriptedServer):
    now = formatdate(time.time(), usegmt=True)
    scripted.responses = [(503, {"Retry-After": now}, b""), (200, {}, b'{"predictions": ["ONE"]}')]
    assert client(scripted.url, "uppercase", "one") == (0, '"ONE"\n', "")


def test_the_client_waits_for_retry_after_up_to_a_maximum():
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
def test_an_incomplete_response_is_an_error(scripted: ScriptedServer, status: int):
    scripted.responses = [(status, {"Content-Length": "99"}, b'{"predictions')]
    code, out, err = client(scripted.url, "uppercase", "one")
    assert (code, out) == (1, "")
    rest = "IncompleteRead(13 bytes read, 86 more expected)"
    assert err == f"{scripted.url}: incomplete response: {rest}\n"


@pytest.mark.parametrize("body", [b"<html>\n", b"[]", b"{}", b'{"predictions": 1}', b"\xff", b""])
def test_a_response_without_predictions_is_an_error(scripted: ScriptedServer, body: bytes):
    scripted.responses = [(200, {}, body)]
    code, out, err = client(scripted.url, "uppercase", "one")
    assert (code, out) == (1, "")
    shown = body.decode("utf-8", "replace").strip()
    assert err == f"{scripted.url}: the response has no predictions: {shown}\n"


@pytest.mark.parametrize("word", ["x", "x=", "x=glad", "=1", "text=1"])
def test_a_wrong_parameter_is_an_error(word: str):
    code, out, err = client("http://127.0.0.1:9", "uppercase", "one", "--set", word)
    assert (code, out) == (1, "")
    assert err.startswith(f"--set {word}: must be NAME=JSON")


@pytest.mark.parametrize(
    "url", ["nohost", "http://", "file:///tmp", "http://a:b", "http://a:0", "http://[::1"]
)
def test_a_wrong_url_is_an_error(url: str):
    message = f"URL must be http://HOST:PORT, not {url}.\n"
    assert client(url, "uppercase", "one") == (1, "", message)


def test_the_client_needs_only_python():
    tree = ast.parse((DEPLOY / "client.py").read_text(encoding="utf-8"))
    names = [
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    ]
    names += [node.module or "." for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_models_config_has_the_models_of_the_probes():
    text = (DEPLOY / "tf_serving" / "models.config").read_text(encoding="utf-8")
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    for model in config.model_config_list.config:
        assert model.base_path == f"/models/{model.name}"
        assert model.model_platform == "tensorflow"
    kubernetes = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    probed = set(re.findall(r"path: /v1/models/([\w-]+)", kubernetes))
    assert probed
    assert probed <= {model.name for model in config.model_config_list.config}


def test_the_client_does_not_send_its_token_to_another_server(url: str):
    received: list[str | None] = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append(self.headers["Authorization"])
            self.send_error(404)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Redirecting(Other):
        def do_POST(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{other.server_port}/")
            self.send_header("Content-Length", "0")
            self.end_headers()

    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Other) as other,
        ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as first,
    ):
        for server in (other, first):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{first.server_port}"
        code, out, err = client(address, "uppercase", "one", NLP_APPS_TOKEN="sesame")
        for server in (other, first):
            server.shutdown()
    assert (code, out, received) == (1, "", [])
    assert err.startswith("302")


def test_containers_have_few_rights():
    kubernetes = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    for line in (
        "automountServiceAccountToken: false",
        "runAsNonRoot: true",
        "seccompProfile: {type: RuntimeDefault}",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "capabilities: {drop: [ALL]}",
        "kind: NetworkPolicy",
    ):
        assert line in kubernetes
    user = re.search(r"^USER (\d+):(\d+)$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.M)
    assert user is not None, "a number: Kubernetes checks runAsNonRoot without a list of users"
    assert f"runAsUser: {user[1]}" in kubernetes
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    services = re.split(r"^  (?=[\w-]+:$)", compose, flags=re.M)[1:]
    assert len(services) == 2
    for service in services:
        for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "mem_limit"):
            assert line in service


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml", "README.md"])
def test_named_configuration_files_exist(name: str):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    named = set(re.findall(r"/config/([\w.]+)", text))
    assert named == {path.name for path in (DEPLOY / "tf_serving").iterdir()}


def batching_parameters() -> dict[str, Any]:
    """Returns the settings of batching.config; TF Serving's package has no message for them."""
    text = (DEPLOY / "tf_serving" / "batching.config").read_text(encoding="utf-8")
    found: dict[str, Any] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = re.fullmatch(r"(\w+) \{ value: (\d+|true|false) \}", line)
            assert match, line
            found[match[1]] = json.loads(match[2])
    return found


def test_large_batch_splitting_is_off():
    found = batching_parameters()
    assert found["enable_large_batch_splitting"] is False
    # These two have an effect only with splitting or padding of batches.
    assert "max_execution_batch_size" not in found
    assert "allowed_batch_sizes" not in found


def test_batching_config_has_the_limits_of_our_server():
    found = batching_parameters()
    limits = Limits()
    assert found["max_batch_size"] == limits.max_rows
    assert found["max_enqueued_batches"] * found["max_batch_size"] == limits.max_queue


def copied() -> list[str]:
    """Returns the paths of the checkout that the Dockerfile copies, each to the same path."""
    found = []
    for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if line.startswith("COPY "):
            *sources, place = line.split()[1:]
            assert place == "./" or sources == [place], line
            found += sources
    return found


def needed() -> list[str]:
    """Returns the paths of the checkout from which a wheel is built."""
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
    """Returns whether .dockerignore excludes a path: the last matching line decides."""
    is_ignored = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!"))
            pattern = pattern.replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
            pattern = pattern.replace(r"\[", "[").replace(r"\]", "]")
            if re.fullmatch(f"{pattern}(/.*)?", path):
                is_ignored = not line.startswith("!")
    return is_ignored


@pytest.mark.parametrize("path", needed())
def test_the_dockerfile_copies_the_sources_of_the_wheel(path: str):
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
        "nlp_apps/server/__pycache__/app.cpython-312.pyc",
    ],
)
def test_dockerignore_excludes_environments_and_trained_models(path: str):
    assert ignored(path)


def test_a_wheel_is_built_from_the_copied_files(tmp_path: Path):
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
