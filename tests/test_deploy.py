"""The files in deploy/: the client on a running server, and configurations that agree."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from nlp_apps.server.limits import Limits
from nlp_apps.server.refusals import RequestError
from nlp_apps.server.tensors import Arrays
from tests.toy_server import fake_folder, fake_servable, listening, serving, write_shout

DEPLOY = Path(__file__).parents[1] / "deploy"


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


def test_batches_have_the_sizes_of_our_own_server():
    text = (DEPLOY / "tf_serving" / "batching.config").read_text(encoding="utf-8")
    found = {name: int(n) for name, n in re.findall(r"^(\w+) \{ value: (\d+) \}", text, re.M)}
    limits = Limits()
    assert found["max_execution_batch_size"] == limits.max_batch
    assert found["max_batch_size"] == limits.max_rows
    assert found["max_enqueued_batches"] * limits.max_batch == limits.max_queue
