"""Tests of deploy/training/: its manifests, its commands, and start.py."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.test_markdown import check_command

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TRAINING = DEPLOY / "training"


def documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((TRAINING / name).read_text("utf-8")))


def job() -> Any:
    return documents("job.yaml")[0]["spec"]


def worker_specs() -> list[Any]:
    """Returns the pod specifications of both manifests for Kubernetes."""
    (tfjob,) = documents("tfjob.yaml")
    return [
        job()["template"]["spec"],
        tfjob["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"],
    ]


def vertex_containers() -> list[Any]:
    (spec,) = documents("vertex_ai.yaml")
    return [pool["containerSpec"] for pool in spec["workerPoolSpecs"]]


def sagemaker() -> Any:
    return json.loads((TRAINING / "sagemaker.json").read_text("utf-8"))


def training_commands() -> list[list[str]]:
    """Returns the words of `nlp-apps` of every manifest, without `launch`."""
    of_job = job()["template"]["spec"]["containers"][0]["args"]
    found = [of_job[of_job.index("--") + 1 :], worker_specs()[1]["containers"][0]["args"]]
    found += [
        pool["containerSpec"]["args"] for pool in documents("vertex_ai.yaml")[0]["workerPoolSpecs"]
    ]
    return [*found, sagemaker()["AlgorithmSpecification"]["ContainerArguments"]]


@pytest.mark.parametrize("words", training_commands(), ids=" ".join)
def test_every_manifest_trains_and_resumes(words: list[str]):
    check_command(["nlp-apps", *words])
    assert words[:2] == ["translation", "train"]
    assert words[2].endswith("/mine.toml")
    assert words[3] == "--output"
    assert words[4].endswith("runs/mine")
    assert words[5:] == ["--resume"]


def test_hosts_of_the_job_are_the_names_of_its_pods():
    of_job, service, _ = documents("job.yaml")
    spec = of_job["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    args = container["args"]
    (port,) = container["ports"]
    assert args[:2] == ["launch", "--hosts"]
    assert args[3:6] == ["--index", "$(JOB_COMPLETION_INDEX)", "--"]
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"]
    assert pod["subdomain"] == service["metadata"]["name"]
    name = of_job["metadata"]["name"]
    assert args[2].split(",") == [
        f"{name}-{index}.{pod['subdomain']}:{port['containerPort']}"
        for index in range(spec["completions"])
    ]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert service["spec"]["selector"] == spec["template"]["metadata"]["labels"]


def test_the_job_runs_a_command_that_exists():
    check_command(["nlp-apps", *job()["template"]["spec"]["containers"][0]["args"]])


def test_a_lost_worker_starts_again_and_a_wrong_command_does_not():
    spec = job()
    wrong, disrupted = spec["podFailurePolicy"]["rules"]
    name = spec["template"]["spec"]["containers"][0]["name"]
    assert wrong["action"] == "FailJob"
    assert wrong["onExitCodes"] == {"containerName": name, "operator": "In", "values": [2]}
    assert disrupted["action"] == "Ignore"
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # podFailurePolicy requires it.
    assert spec["podReplacementPolicy"] == "Failed"
    assert spec["backoffLimit"] >= 5 * spec["completions"]


def test_only_pods_of_the_group_reach_the_port():
    of_job, service, policy = documents("job.yaml")
    labels = {"matchLabels": of_job["spec"]["template"]["metadata"]["labels"]}
    (port,) = service["spec"]["ports"]
    (ingress,) = policy["spec"]["ingress"]
    assert policy["spec"]["podSelector"] == labels
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert ingress["from"] == [{"podSelector": labels}]
    assert ingress["ports"] == [{"protocol": "TCP", "port": port["port"]}]
    group, names = policy["spec"]["egress"]
    assert group == {"to": ingress["from"], "ports": ingress["ports"]}
    assert {one["port"] for one in names["ports"]} == {53}
    (tfjob,) = documents("tfjob.yaml")
    worker = tfjob["spec"]["tfReplicaSpecs"]["Worker"]["template"]
    assert worker["metadata"]["labels"] == labels["matchLabels"]
    assert worker["spec"]["containers"][0]["ports"][0]["containerPort"] == port["port"]


@pytest.mark.parametrize("number", [0, 1])
def test_workers_have_the_rights_of_the_server(number: int):
    spec = worker_specs()[number]
    server = yaml.safe_load((DEPLOY / "kubernetes.yaml").read_text("utf-8").split("\n---\n")[0])
    served = server["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    group = served["securityContext"]["runAsGroup"]
    assert spec["securityContext"] == {**served["securityContext"], "fsGroup": group}
    assert container["securityContext"] == served["containers"][0]["securityContext"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["terminationGracePeriodSeconds"] >= served["terminationGracePeriodSeconds"]
    mounted = {one["name"] for one in container["volumeMounts"]}
    assert mounted == {one["name"] for one in spec["volumes"]}
    written = {one["name"] for one in container["volumeMounts"] if not one.get("readOnly")}
    assert written == {"temporary", "runs"}


def test_both_kinds_of_jobs_have_the_same_volumes():
    first, second = worker_specs()
    assert first["volumes"] == second["volumes"]
    assert first["containers"][0]["volumeMounts"] == second["containers"][0]["volumeMounts"]


def test_clouds_start_the_command_with_start_py():
    starts = [
        pool["containerSpec"]["command"]
        for pool in documents("vertex_ai.yaml")[0]["workerPoolSpecs"]
    ]
    starts.append(sagemaker()["AlgorithmSpecification"]["ContainerEntrypoint"])
    dockerfile = (TRAINING / "Dockerfile").read_text("utf-8")
    for python, script, *command in starts:
        assert (python, command) == ("python", ["nlp-apps"])
        assert f"COPY deploy/training/start.py {script}\n" in dockerfile


@pytest.fixture(scope="module")
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", TRAINING / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def config(kind: str, index: int, **cluster: list[str]) -> str:
    """Returns a TF_CONFIG as Vertex AI sets it, with further keys."""
    task = {"type": kind, "index": index, "trial": ""}
    return json.dumps({"cluster": cluster, "task": task, "environment": "cloud"})


def group(index: int, *hosts: str) -> dict[str, Any]:
    return {"cluster": {"worker": list(hosts)}, "task": {"type": "worker", "index": index}}


def test_the_chief_becomes_worker_0(start: ModuleType, tmp_path: Path):
    for kind, index, number in (("chief", 0, 0), ("worker", 0, 1), ("worker", 1, 2)):
        found = start.find_group(
            config(kind, index, chief=["c:1"], worker=["a:1", "b:1"]), tmp_path / "none"
        )
        assert found == group(number, "c:1", "a:1", "b:1")
    found = start.find_group(config("worker", 1, worker=["a:1", "b:1"]), tmp_path / "none")
    assert found == group(1, "a:1", "b:1")


def test_one_machine_is_no_group(start: ModuleType, tmp_path: Path):
    assert start.find_group("", tmp_path / "none") is None
    assert start.find_group(config("chief", 0, chief=["c:1"]), tmp_path / "none") is None
    assert start.find_group('{"environment": "cloud"}', tmp_path / "none") is None


def test_hosts_of_sagemaker_are_workers(start: ModuleType, tmp_path: Path):
    resources = tmp_path / "resourceconfig.json"
    resources.write_text('{"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]}')
    assert start.find_group("", resources) == group(1, "algo-1:2222", "algo-2:2222")


def run_start(tf_config: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TRAINING / "start.py"), *words],
        capture_output=True,
        text=True,
        env={"TF_CONFIG": tf_config},
        timeout=60,
        check=False,
    )


def test_start_runs_the_command_with_the_group_and_returns_its_exit_code():
    code = "import os, sys; print(os.environ.get('TF_CONFIG')); sys.exit(7)"
    done = run_start(config("chief", 0, chief=["c:1"], worker=["a:1"]), sys.executable, "-c", code)
    assert (done.returncode, json.loads(done.stdout)) == (7, group(0, "c:1", "a:1"))
    done = run_start(config("chief", 0, chief=["c:1"]), sys.executable, "-c", code)
    assert (done.returncode, done.stdout) == (7, "None\n")


@pytest.mark.parametrize(
    "tf_config",
    [
        "not JSON",
        "[]",
        config("ps", 0, worker=["a:1", "b:1"], ps=["c:1"]),
        config("worker", 2, worker=["a:1", "b:1"]),
    ],
)
def test_a_wrong_group_ends_with_2(tf_config: str):
    done = run_start(tf_config, "true")
    assert done.returncode == 2
    assert done.stderr.startswith("error: TF_CONFIG or ")
    assert done.stderr.count("\n") == 1


def test_start_without_a_command_ends_with_2():
    assert run_start("").returncode == 2
