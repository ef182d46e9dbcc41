"""Tests of nlp_apps.server.model_folders."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from nlp_apps.errors import WorkError
from nlp_apps.server import model_folders
from tests.server.registries import make_unreadable
from tests.toy_server import fake_folder


def test_models_are_found_by_name_and_number(tmp_path: Path):
    fake_folder(tmp_path, "b/2", "b/10", "a/007", "b/.3", "b/next", ".hidden/1", "_own/1")
    (tmp_path / "b" / "4").mkdir()  # Still empty.
    (tmp_path / "c").write_text("a file")
    found, unreadable, ignored, _ = model_folders.find(tmp_path)
    assert (unreadable, ignored) == ({}, [])
    assert {name: sorted(versions) for name, versions in found.items()} == {
        "_own": [1],
        "a": [7],
        "b": [2, 10],
    }
    assert found["a"][7] == tmp_path / "a" / "007"


def test_a_folder_of_versions_is_one_model(tmp_path: Path):
    fake_folder(tmp_path, "moods/1", "moods/2")
    found, _, ignored, _ = model_folders.find(tmp_path / "moods")
    assert (sorted(found["moods"]), ignored) == ([1, 2], [])


def test_a_version_beside_models_is_ignored(tmp_path: Path):
    fake_folder(tmp_path, "a/1", "b/2", "5", "6", "6/1")
    found, _, ignored, _ = model_folders.find(tmp_path)
    assert (sorted(found), ignored) == (["6", "a", "b"], ["5"])


def test_an_unreadable_folder_does_not_affect_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fake_folder(tmp_path, "a/1", "gone/1", "lost+found/1")
    denied = PermissionError(errno.EACCES, "Permission denied")
    make_unreadable(
        monkeypatch, {"lost+found": denied, "gone": FileNotFoundError(errno.ENOENT, "No such")}
    )
    found, unreadable, _, _ = model_folders.find(tmp_path)
    assert sorted(found) == ["a"]
    assert unreadable == {"lost+found": denied}
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(WorkError, match=r"holds no NAME.* Cannot read in it: lost\+found"):
        model_folders.check(tmp_path)


def test_a_name_that_is_not_utf_8_does_not_affect_others(tmp_path: Path):
    name = os.fsdecode(b"m\xff")
    fake_folder(tmp_path, "a/1", f"{name}/1")
    (tmp_path / os.fsdecode(b"\xff")).mkdir()  # Holds no model.
    found, unreadable, _, _ = model_folders.find(tmp_path)
    assert sorted(found) == ["a"]
    assert {name: error.strerror for name, error in unreadable.items()} == {
        name: "its name is not UTF-8"
    }
    found, unreadable, _, _ = model_folders.find(tmp_path / name)
    assert (found, list(unreadable)) == ({}, [""])
    with pytest.raises(WorkError, match="its name is not UTF-8"):
        model_folders.check(tmp_path / name)


def test_a_wrong_folder_is_an_error(tmp_path: Path):
    with pytest.raises(WorkError, match="is not a folder"):
        model_folders.check(tmp_path / "none")
    message = r"holds no NAME/VERSION/saved_model.pb.* nlp-apps APP export RUN --format saved_model"
    with pytest.raises(WorkError, match=message):
        model_folders.check(tmp_path)


def test_a_folder_without_savedmodels_says_how_to_make_one(tmp_path, caplog):
    (tmp_path / "moods.tflite").touch()
    model_folders.check(tmp_path)
    assert "nlp-apps demo" in caplog.text
