"""Tests of nlp_apps.server.model_config, and of policies and labels in the registry."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlp_apps.errors import WorkError
from nlp_apps.server import model_config
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_config import ModelConfig, VersionPolicy
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError
from tests.server.registries import Loader, predict, states
from tests.toy_server import fake_folder, get, post, serving, write_uppercase

FILE = """
model_config_list {
  config {
    name: "a"
    base_path: "models/a"
    model_platform: "tensorflow"
    model_version_policy { %s }
    version_labels { key: "stable" value: 1 }
    version_labels { key: "canary" value: 3 }
  }
}
"""


def write(folder: Path, policy: str = "") -> Path:
    """Writes the file beside three versions of a model."""
    fake_folder(folder / "models", "a/1", "a/2", "a/3", "other/9")
    path = folder / "models.config"
    path.write_text(FILE % policy, encoding="utf-8")
    return path


@pytest.fixture
def loader() -> Loader:
    return Loader()


def registry_of(path: Path, loader: Loader) -> ModelRegistry:
    registry = ModelRegistry(
        path.parent, Limits(), Metrics(), loader, config=model_config.read(path)
    )
    registry.rescan()
    return registry


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("", [3]),
        ("latest {}", [3]),
        ("latest { num_versions: 2 }", [3, 2]),
        ("all {}", [3, 2, 1]),
        ("specific { versions: 1 versions: 2 }", [2, 1]),
        ("specific { versions: 7 }", []),
    ],
)
def test_the_policy_decides_which_versions_are_active(
    tmp_path: Path, loader: Loader, policy: str, expected: list[int]
):
    registry = registry_of(write(tmp_path, policy), loader)
    assert registry.names() == (["a"] if expected else [])
    if expected:
        assert states(registry, "a") == [(number, "AVAILABLE") for number in expected]
        assert predict(registry, "a") == f"a/{expected[0]}"
        assert [predict(registry, "a", number) for number in expected] == [
            f"a/{number}" for number in expected
        ]
        assert loader.loaded == [f"a/{number}" for number in expected]  # The newest first.
        registry.rescan()
        assert loader.loaded == [f"a/{number}" for number in expected]
    registry.stop()


def test_a_newer_version_replaces_the_oldest_of_the_latest(tmp_path: Path, loader: Loader):
    registry = registry_of(write(tmp_path, "latest { num_versions: 2 }"), loader)
    fake_folder(tmp_path / "models", "a/4")
    registry.rescan()
    assert states(registry, "a") == [(4, "AVAILABLE"), (3, "AVAILABLE")]
    assert predict(registry, "a") == "a/4"
    shutil.rmtree(tmp_path / "models" / "a" / "4")
    registry.rescan()
    assert states(registry, "a") == [(3, "AVAILABLE"), (2, "AVAILABLE")]
    loader.broken = {"a/5"}
    fake_folder(tmp_path / "models", "a/5")
    registry.rescan()
    assert states(registry, "a") == [(5, "END"), (3, "AVAILABLE"), (2, "AVAILABLE")]
    assert predict(registry, "a") == "a/3"
    registry.stop()


def test_a_label_is_a_version(tmp_path: Path, loader: Loader):
    registry = registry_of(write(tmp_path, "all {}"), loader)
    assert predict(registry, "a", registry.number_of("a", "stable")) == "a/1"
    assert predict(registry, "a", registry.number_of("a", "canary")) == "a/3"
    for name, label in (("a", "new"), ("b", "stable")):
        with pytest.raises(RequestError, match="Unrecognized servable version label") as error:
            registry.number_of(name, label)
        assert error.value.status == 400
    registry.stop()


def test_a_warning_names_the_folder_of_the_config(
    tmp_path: Path, loader: Loader, caplog: pytest.LogCaptureFixture
):
    path = write(tmp_path)
    folder = model_config.read(path)["a"].folder
    registry = registry_of(path, loader)
    shutil.rmtree(folder)
    caplog.clear()
    registry.rescan()
    assert caplog.messages == [f"{folder} cannot be read: No such file or directory"]
    registry.stop()


@pytest.fixture
def config(tmp_path: Path) -> Iterator[dict[str, ModelConfig]]:
    for number in (1, 2):
        write_uppercase(tmp_path / "a" / str(number))
    yield {"a": ModelConfig(tmp_path / "a", VersionPolicy(None), {"stable": 1, "gone": 7})}


def test_labels_are_part_of_paths(tmp_path: Path, config: dict[str, ModelConfig]):
    with serving(tmp_path, config=config) as toy:
        body = json.dumps({"instances": ["one"]}).encode()
        response = post(toy.app, "/v1/models/a/labels/stable:predict", body)
        assert response.json["predictions"][0]["upper"] == "ONE"
        status = get(toy.app, "/v1/models/a/labels/stable").json["model_version_status"]
        assert [one["version"] for one in status] == ["1"]
        metadata = get(toy.app, "/v1/models/a/labels/stable/metadata").json
        assert metadata["model_spec"]["version"] == "1"
        assert get(toy.app, "/v1/models/a/metadata").json["model_spec"]["version"] == "2"
        assert post(toy.app, "/v1/models/a/labels/gone:predict", body).status == 404
        assert post(toy.app, "/v1/models/a/labels/none:predict", body).status == 400


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has no model_config_list"),
        ("model_config_list {", "is not a models.config of TF Serving: 1:19"),
        ("model_config_list { config { nam: 1 } }", 'has no field named "nam"'),
        ('model_config_list { config { name: "a" } }', "base_path is missing"),
        ('model_config_list { config { name: "a/b" base_path: "x" } }', "one part of a URL"),
        (
            'model_config_list { config { name: "a" base_path: "x" model_platform: "pytorch" } }',
            "model_platform must be 'tensorflow'",
        ),
        (
            'model_config_list { config { name: "a" base_path: "x" } '
            'config { name: "a" base_path: "y" } }',
            "the name occurs twice",
        ),
        ("\xff", "is not UTF-8"),
        ("#" * (model_config.MAX_BYTES + 1), "more than 1,048,576 bytes"),
    ],
)
def test_a_wrong_file_is_an_error_with_the_reason(tmp_path: Path, content: str, words: str):
    path = tmp_path / "models.config"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(WorkError) as error:
        model_config.read(path)
    assert words in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_missing_file_is_an_error(tmp_path: Path):
    with pytest.raises(WorkError, match="cannot be read: No such file"):
        model_config.read(tmp_path / "models.config")
