"""Replicas behind nginx with the configuration of deploy/: killed and rolled under load."""

import contextlib
import http.client
import importlib.util
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import yaml

from nlp_apps.server.http_protocol import MAX_HEAD_BYTES
from nlp_apps.server.limits import Limits
from nlp_apps.server.process import _KEEP_ALIVE
from tests.attack.attacked_server import AUTHORIZED, TOKEN, Server, attacked
from tests.nginx import CONFIG, nginx
from tests.server.responses import sample
from tests.toy_server import fetch, until

DEPLOY = Path(__file__).parents[2] / "deploy"

COMPOSE = yaml.safe_load((DEPLOY / "replicas.yaml").read_text("utf-8"))["services"]

REPLICA_FLAGS = COMPOSE["replica-1"]["command"]

MARGIN = 0.1
"""Seconds after the end of a process in which nginx may not know it yet."""


class Outcome(NamedTuple):
    """A request and its end.

    Attributes:
        status: Status of the response; 0: none.
        started: Time at which it was sent, in seconds.
        ended: Time of its response.
    """

    status: int
    started: float
    ended: float


@dataclass
class Load:
    """Requests of several clients, which check each prediction.

    Attributes:
        url: URL of nginx.
        client: The module deploy/client.py.
        versions: Versions whose predictions are right.
        outcomes: Outcomes of every request, also of those that a client repeats.
        seen: Number of right predictions of each client by version.
        problems: Wrong predictions, and requests that were lost despite retries.
    """

    url: str
    client: ModuleType
    versions: set[str] = field(default_factory=lambda: {"1"})
    outcomes: list[Outcome] = field(default_factory=list)
    seen: list[dict[str, int]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, number: int, *, retries: bool) -> None:
        """Sends requests, one after the other; clients with retries use deploy/client.py."""
        turn = 0
        while not self.stop.is_set():
            turn += 1
            texts = [f"client {number} text {turn} row {row}" for row in range(1 + turn % 3)]
            if retries:
                try:
                    predictions = self.client.predict(
                        self.url, "marked", [{"text": text} for text in texts], "serving_default"
                    )
                except RuntimeError as error:
                    self.problems.append(f"lost: {error}")
                    continue
            else:
                outcome, predictions = post(self.url, "marked", texts)
                self.outcomes.append(outcome)
                if outcome.status != 200:
                    continue
            versions = {prediction.split(" ", 1)[0] for prediction in predictions}
            found = [prediction.split(" ", 1)[1] for prediction in predictions]
            if found != texts or len(versions) != 1 or not versions <= self.versions:
                self.problems.append(f"wrong: {texts} became {predictions}")
                continue
            (version,) = versions
            self.seen[number][version] = self.seen[number].get(version, 0) + 1

    @contextlib.contextmanager
    def running(self, num_clients: int) -> Iterator[None]:
        """Runs clients until the block ends; every second one has retries."""
        self.seen = [{} for _ in range(num_clients)]
        with ThreadPoolExecutor(num_clients) as pool:
            clients = [
                pool.submit(self.run, number, retries=number % 2 == 1)
                for number in range(num_clients)
            ]
            try:
                yield
            finally:
                self.stop.set()
            for one in clients:
                one.result()

    def progress(self, *versions: str, more: int = 10) -> None:
        """Waits until each client has further predictions, and all together of each version."""
        before = [_sum(seen) for seen in self.seen]
        of_version = {version: self._total(version) for version in versions}
        until(
            lambda: (
                all(
                    _sum(seen) >= number + more
                    for seen, number in zip(self.seen, before, strict=True)
                )
                and all(self._total(one) >= number + more for one, number in of_version.items())
            )
        )

    def _total(self, version: str) -> int:
        return sum(seen.get(version, 0) for seen in self.seen)


def _sum(counts: dict[str, int]) -> int:
    return sum(list(counts.values()))  # A list: a client may add a version meanwhile.


def post(url: str, model: str, texts: list[str]) -> tuple[Outcome, list[Any]]:
    """Sends a request once; returns its outcome and its predictions."""
    started = time.monotonic()
    status, predictions = 0, []
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        body = json.dumps({"instances": texts})
        connection.request("POST", f"/v1/models/{model}:predict", body, AUTHORIZED)
        response = connection.getresponse()
        content = response.read()
        status = response.status
        if status == 200:
            predictions = json.loads(content)["predictions"]
    return Outcome(status, started, time.monotonic()), predictions


def num_rows(server: Server, model: str) -> int:
    """Returns the rows that a replica has computed or computes, from its metrics."""
    text = server.get("/metrics").body.decode()
    return int(
        sample(text, f'nlp_apps_batch_rows_sum{{model="{model}"}}')
        + sample(text, f'nlp_apps_queue_rows{{model="{model}"}}')
    )


def write_version(folder: Path, version: str) -> None:
    """Writes a version of the model `marked`, and renames it when it is complete."""
    models = folder / "models" / "marked"
    models.mkdir(parents=True, exist_ok=True)
    (models / f".{version}").mkdir()
    (models / f".{version}" / "saved_model.pb").touch()
    (models / f".{version}").rename(models / version)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module deploy/client.py, with the token of the replicas."""
    spec = importlib.util.spec_from_file_location("client", DEPLOY / "client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("NLP_APPS_TOKEN", TOKEN)
    return module


def test_a_killed_and_a_rolled_replica_lose_only_requests_in_flight(
    tmp_path: Path, client: ModuleType
):
    folders = [tmp_path / f"replica-{number}" for number in range(3)]
    for folder in folders:
        write_version(folder, "1")
    repeated: dict[str, list[Outcome]] = {"marked": [], "slow": []}
    send: Callable[[Any], Any] = client.send

    def recorded(request: Any) -> Any:
        started = time.monotonic()
        response = send(request)
        model = request.full_url.split("/")[-1].partition(":")[0]
        repeated[model].append(Outcome(response[0], started, time.monotonic()))
        return response

    client.send = recorded  # type: ignore[attr-defined]
    with contextlib.ExitStack() as stack:
        flags = (*REPLICA_FLAGS, "--poll", "0.2")
        with ThreadPoolExecutor(3) as pool:
            servers = list(
                pool.map(lambda folder: stack.enter_context(attacked(folder, *flags)), folders)
            )
        url = stack.enter_context(nginx(tmp_path, [f"http://{one.host}" for one in servers]))
        killed = servers[0]
        load = Load(url, client, outcomes=repeated["marked"])
        with load.running(6), ThreadPoolExecutor(12) as pool:
            load.progress("1")
            # Requests of two seconds are in flight on each replica when one is killed.
            plain = [pool.submit(post, url, "slow", ["sl"]) for _ in range(6)]
            rows = [{"text": "sl"}]
            mended = [
                pool.submit(client.predict, url, "slow", rows, "serving_default") for _ in range(6)
            ]
            until(lambda: sum(num_rows(server, "slow") for server in servers) == 12)
            in_flight = num_rows(killed, "slow")
            assert in_flight > 0
            began = time.monotonic()
            killed.process.kill()
            killed.process.wait()
            ended = time.monotonic()
            load.progress("1")
            assert [one.result() for one in mended] == [["sl"]] * 6
            slow = [outcome for outcome, _ in (one.result() for one in plain)] + repeated["slow"]
            assert {one.status for one in slow} <= {200, 502}
            assert 0 < sum(one.status == 502 for one in slow) <= in_flight

            load.versions.add("2")
            write_version(folders[1], "2")
            load.progress("2")

            port = killed.host.partition(":")[2]
            again = stack.enter_context(attacked(folders[0], *flags, "--port", port))
            until(lambda: num_rows(again, "marked") > 20)
            load.progress("1", "2")
    assert load.problems == []
    failed = [one for one in load.outcomes if one.status != 200]
    assert {one.status for one in failed} <= {502}
    assert len(failed) <= 6, "each client has one request in flight"
    for one in failed:
        assert one.started <= ended + MARGIN
        assert one.ended >= began


def test_the_replicas_of_compose_are_those_of_nginx():
    hosts = re.findall(
        r"^server ([\w-]+):8501 ", (CONFIG / "replicas.conf").read_text("utf-8"), re.M
    )
    assert hosts == [name for name in COMPOSE if name.startswith("replica-")]
    assert COMPOSE["nginx"]["depends_on"] == hosts
    assert "--wait-for-models" in REPLICA_FLAGS
    assert "--allowed-host=nginx" in REPLICA_FLAGS


def test_limits_of_nginx_are_those_of_the_server():
    text = (CONFIG / "nginx.conf").read_text("utf-8")

    def value(name: str) -> str:
        (found,) = re.findall(rf"^ *{name} ([^;]*);", text, re.M)
        return str(found)

    limits = Limits()
    assert value("client_max_body_size") == f"{limits.max_body_bytes // 2**20}m"
    assert f"larger than {limits.max_body_bytes} bytes" in text
    assert value("limit_conn addresses") == str(limits.max_connections_per_address)
    assert value("client_header_timeout") == f"{limits.head_timeout:.0f}s"
    assert value("client_body_timeout") == f"{limits.timeout:.0f}s"
    assert value("send_timeout") == f"{limits.write_timeout:.0f}s"
    assert int(value("proxy_read_timeout").removesuffix("s")) > limits.timeout
    number, size = value("large_client_header_buffers").split()
    assert int(number) * int(size.removesuffix("k")) * 1024 == MAX_HEAD_BYTES
    # An idle connection is closed by nginx first.
    (of_replicas,) = re.findall(r"keepalive \d+;\s+keepalive_timeout (\d+)s;", text)
    assert int(of_replicas) < _KEEP_ALIVE
    assert f"--max-connections-per-address={limits.max_connections}" in REPLICA_FLAGS


def test_large_predictions_and_errors_pass_nginx(tmp_path: Path):
    with attacked(tmp_path) as server, nginx(tmp_path, [f"http://{server.host}"]) as url:
        body = json.dumps({"instances": ["a"] * 8}).encode()
        response = fetch(f"{url}/v1/models/large:predict", body, AUTHORIZED)
        assert response.json == {"predictions": ["x" * 1_000_000] * 8}
        direct = fetch(f"http://{server.host}/v1/models/none:predict", body, AUTHORIZED)
        response = fetch(f"{url}/v1/models/none:predict", body, AUTHORIZED)
        assert (response.status, response.body) == (404, direct.body)
        assert fetch(f"{url}/v1/models", headers={}).status == 401

        size = Limits().max_body_bytes
        for length, status in ((size, 400), (size + 1, 413)):
            response = fetch(f"{url}/v1/models/large:predict", b" " * length, AUTHORIZED)
            assert response.status == status
            assert list(response.json) == ["error"]
        assert fetch(f"{url}/metrics", headers=AUTHORIZED).status == 404
        long = {**AUTHORIZED, "X-Long": "x" * MAX_HEAD_BYTES}
        response = fetch(f"{url}/v1/models", headers=long)
        assert (response.status, list(response.json)) == (431, ["error"])

        server.process.kill()
        server.process.wait()
        response = fetch(f"{url}/v1/models/large:predict", body, AUTHORIZED)
        assert (response.status, list(response.json)) == (502, ["error"])
