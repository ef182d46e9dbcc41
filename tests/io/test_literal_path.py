"""Tests of nlp_apps.io.literal_path."""

from pathlib import Path

import pytest

from nlp_apps.io.literal_path import literal_path


@pytest.mark.parametrize("name", ["model", "a b", "é {1} ~ 100% 'x'"])
def test_a_path_without_wildcards_is_itself(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    before = list(tmp_path.iterdir())
    with literal_path(tmp_path / name) as path:
        assert path == tmp_path / name
    assert list(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["a[1]", "a*", "a?", "a\\b", "a]["])
def test_a_path_with_wildcards_is_reached_by_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).mkdir()
    (Path(name) / "saved_model.pb").write_text("content")
    with literal_path(Path(name)) as path:
        assert not set(str(path)) & set("[]*?\\")
        assert (path / "saved_model.pb").read_text() == "content"
    assert not path.exists()
    assert (Path(name) / "saved_model.pb").exists()
