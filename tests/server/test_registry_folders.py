"""Tests of nlp_apps.server.registry: unreadable, ignored and changed folders."""

import errno
import logging
import re
import shutil
from pathlib import Path

import pytest

from nlp_apps.server.registry import ModelRegistry
from tests.server.registries import Loader, make_unreadable, predict
from tests.toy_server import fake_folder


def test_models_stay_active_while_the_folder_is_missing(tmp_path: Path, registry: ModelRegistry):
    folder = fake_folder(tmp_path, "a/1")
    registry.rescan()
    folder.rename(tmp_path.with_name("away"))
    registry.rescan()
    assert predict(registry, "a") == "a/1"


def test_an_unreadable_model_stays_active_and_is_logged_once(
    tmp_path: Path,
    registry: ModelRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.WARNING)
    fake_folder(tmp_path, "a/1", "b/1")
    registry.rescan()
    with monkeypatch.context() as patch:
        make_unreadable(patch, {"a": PermissionError(errno.EACCES, "Permission denied")})
        fake_folder(tmp_path, "a/2", "b/2")
        registry.rescan()
        registry.rescan()
        assert [predict(registry, "a"), predict(registry, "b")] == ["a/1", "b/2"]
        assert caplog.messages == [f"{tmp_path / 'a'} cannot be read: Permission denied"]
    registry.rescan()
    assert predict(registry, "a") == "a/2"


def test_an_unreadable_folder_is_logged_once(
    tmp_path: Path,
    registry: ModelRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    make_unreadable(
        monkeypatch, {tmp_path.name: PermissionError(errno.EACCES, "Permission denied")}
    )
    registry.rescan()
    registry.rescan()
    assert caplog.messages == [f"{tmp_path} cannot be read: Permission denied"]


def test_a_version_beside_models_is_ignored_and_logged_once(
    tmp_path: Path, registry: ModelRegistry, loader: Loader, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    fake_folder(tmp_path, "a/1", "b/1")
    registry.rescan()
    fake_folder(tmp_path, "5")
    registry.rescan()
    registry.rescan()
    assert (registry.names(), sorted(loader.loaded)) == (["a", "b"], ["a/1", "b/1"])
    (message,) = caplog.messages
    assert re.search(rf"{tmp_path / '5'} is ignored: .* NAME/VERSION", message)


def test_a_folder_that_is_a_model_stays_one_while_it_is_active(
    tmp_path: Path, registry: ModelRegistry, loader: Loader, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    name = tmp_path.name
    fake_folder(tmp_path, "1")
    registry.rescan()
    fake_folder(tmp_path, "a/1", "2")
    registry.rescan()
    registry.rescan()
    assert (registry.names(), loader.loaded) == ([name], [f"{name}/1", f"{name}/2"])
    (message,) = caplog.messages
    assert re.search(rf"{tmp_path / 'a'} is ignored: .* next start .* move it away", message)
    shutil.rmtree(tmp_path / "1")
    shutil.rmtree(tmp_path / "2")
    registry.rescan()
    registry.rescan()
    assert registry.names() == ["a"]


def test_a_changed_version_stays_active_and_is_logged_once(
    tmp_path: Path, registry: ModelRegistry, loader: Loader, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    fake_folder(tmp_path, "a/1")
    registry.rescan()
    registry.rescan()
    assert caplog.messages == []
    (tmp_path / "a" / "1" / "saved_model.pb").write_bytes(b"another")
    registry.rescan()
    registry.rescan()
    assert (predict(registry, "a"), loader.loaded) == ("a/1", ["a/1"])
    (message,) = caplog.messages
    assert re.search("model a version 1: its files have changed.* higher number", message)


def test_a_version_whose_link_has_changed_is_logged_once(
    tmp_path: Path, registry: ModelRegistry, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    fake_folder(tmp_path, ".old/1", ".new/1")
    (tmp_path / ".new" / "1" / "saved_model.pb").write_bytes(b"another")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1").symlink_to(tmp_path / ".old" / "1")
    registry.rescan()
    (tmp_path / "a" / "1").unlink()
    (tmp_path / "a" / "1").symlink_to(tmp_path / ".new" / "1")
    registry.rescan()
    registry.rescan()
    (message,) = caplog.messages
    assert message.startswith("model a version 1: its files have changed")
