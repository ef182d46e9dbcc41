"""Tests of the configuration files of deploy/."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from nlp_apps.server.limits import Limits

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


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


@pytest.mark.parametrize(("name", "number"), [("compose.yaml", 2), ("replicas.yaml", 4)])
def test_services_of_compose_have_few_rights(name: str, number: int):
    services = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))["services"]
    assert len(services) == number
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"] == ["/tmp"]
        assert {"mem_limit", "pids_limit"} <= service.keys()
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        ("compose.yaml", ["tf_serving"]),
        ("kubernetes.yaml", ["tf_serving"]),
        ("replicas.yaml", ["nginx"]),
        ("README.md", ["tf_serving", "nginx"]),
    ],
)
def test_named_configuration_files_exist(name: str, folders: list[str]):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    named = set(re.findall(r"/config/([\w.]+)", text))
    found = {path.name for folder in folders for path in (DEPLOY / folder).iterdir()}
    assert named == found - {"replicas.conf"}  # nginx.conf includes it.


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


DOCKERFILES = ["Dockerfile", "training/Dockerfile"]


def copied(name: str) -> list[str]:
    """Returns the paths of the checkout that a Dockerfile copies, each to the same path."""
    found = []
    for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("COPY "):
            *sources, place = line.split()[1:]
            if place.startswith("/"):  # Not a source of the wheel.
                assert all((ROOT / source).is_file() for source in sources), line
                continue
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


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
@pytest.mark.parametrize("path", needed())
def test_the_dockerfile_copies_the_sources_of_the_wheel(path: str, dockerfile: str):
    assert (ROOT / path).exists()
    assert any(path == place or path.startswith(f"{place}/") for place in copied(dockerfile))
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


def test_both_images_have_the_same_user_and_files():
    images = [(DEPLOY / name).read_text(encoding="utf-8") for name in DOCKERFILES]
    users = [re.findall(r"^USER .*", text, re.M) for text in images]
    assert users[0] == users[1]
    locks = {"requirements.lock", "deploy/requirements.lock"}
    assert {*copied(DOCKERFILES[0])} - locks == {*copied(DOCKERFILES[1])} - locks


def test_a_wheel_is_built_from_the_copied_files(tmp_path: Path):
    def left_out(folder: str, names: list[str]) -> list[str]:
        below = Path(folder).relative_to(ROOT)
        return [name for name in names if ignored((below / name).as_posix())]

    for path in copied("Dockerfile"):
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
