"""Tests of nlp_apps.workers.cluster and join_group."""

import json
import socket

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.workers.cluster import Cluster, cluster_of_environment, tf_config
from nlp_apps.workers.collective_group import CollectiveGroup
from nlp_apps.workers.join_group import join_group
from nlp_apps.workers.worker_group import SINGLE


def config(**changes: object) -> str:
    content = {
        "cluster": {"chief": ["a:1"], "worker": ["b:1", "c:1"]},
        "task": {"type": "worker", "index": 1},
    }
    return json.dumps({**content, **changes})


def test_a_chief_is_worker_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", config())
    found = cluster_of_environment()
    assert found is not None
    assert found.addresses == ["a:1", "b:1", "c:1"]
    assert (found.index, found.port) == (2, 1)
    monkeypatch.setenv("TF_CONFIG", config(task={"type": "chief", "index": "0"}))
    found = cluster_of_environment()
    assert found is not None
    assert found.index == 0


@pytest.mark.parametrize("text", ["", "{}", tf_config(["a:1"], 0), '{"cluster": {}, "task": {}}'])
def test_one_worker_trains_alone(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    assert cluster_of_environment() is None
    assert join_group("auto") is SINGLE
    with pytest.raises(UsageError, match="needs several workers .*`nlp-apps launch"):
        join_group("multi_worker")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is not a JSON object"),
        (config(cluster=[1]), '"cluster" is not an object'),
        (config(cluster={"ps": ["a:1"]}), "the role 'ps' does not train"),
        (config(cluster={"worker": "a:1"}), 'addresses of "worker" are not a list'),
        (config(cluster={"worker": ["a:1", "b"]}), "'b' is not an address"),
        (config(cluster={"worker": ["a:1", "b:70000"]}), "'b:70000' is not an address"),
        (config(cluster={"worker": ["a:1", 7]}), "7 is not an address"),
        (config(cluster={"worker": ["a:1", "a:1"]}), "two workers have the same address"),
        (config(cluster={"chief": ["a:1", "b:1"]}), "more than one chief"),
        (config(task=None), 'it has no "task"'),
        (config(task={"type": "boss", "index": 0}), "type 'boss'"),
        (config(task={"type": ["worker"], "index": 0}), "which is not in the cluster"),
        (config(task={"type": "worker", "index": 2}), "index 2, and there are 2 workers"),
        (config(task={"type": "worker", "index": -1}), "index -1"),
        (config(task={"type": "worker", "index": True}), "index True"),
    ],
)
def test_a_wrong_tf_config_is_an_error_of_one_line(
    text: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UsageError, match="^TF_CONFIG: ") as raised:
        join_group("auto")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert join_group("none") is SINGLE


def test_a_port_in_use_is_an_error_before_tensorflow_starts_its_server() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        cluster = Cluster({"worker": [f"127.0.0.1:{port}", "127.0.0.1:1"]}, "worker", 0)
        with pytest.raises(UsageError, match=f"port {port} of worker 0 cannot be used"):
            CollectiveGroup(cluster)
