"""The gallery shows its small pictures with the commands that draw them."""

import shlex
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from docs.mkdocs.draw_gallery import COPIED, EXPLAINED, FOLDER, MAX_BYTES, main, shrink
from tests.prose import ROOT

PAGE = (ROOT / "docs" / "gallery.md").read_text("utf-8")
DRAWN = {*chain(*COPIED.values()), *(name for _, name, _ in EXPLAINED.values())}


def test_the_folder_has_the_pictures_that_the_module_draws() -> None:
    assert {path.name for path in FOLDER.iterdir()} == DRAWN


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_a_picture_is_on_the_page_and_small(name: str) -> None:
    assert f"(gallery/{name})" in PAGE
    assert (FOLDER / name).stat().st_size < MAX_BYTES


@pytest.mark.parametrize("run", EXPLAINED)
def test_the_command_of_the_page_draws_the_picture(run: str) -> None:
    app, name, words = EXPLAINED[run]
    lines = PAGE.replace("\\\n", "").splitlines()
    commands = [shlex.split(line)[2:] for line in lines if line.startswith("$ nlp-apps ")]
    expected = [app.name, "explain", f"runs/{run}", *words, "--output", name]
    assert expected in commands


def test_a_large_picture_becomes_small_and_keeps_its_size(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    noise = np.random.default_rng(1).integers(0, 256, (200, 300, 3), np.uint8)
    Image.fromarray(noise).save(path)
    before = path.stat().st_size
    shrink(path)
    assert path.stat().st_size < before / 2
    with Image.open(path) as picture:
        assert picture.size == (300, 200)


def test_a_wrong_folder_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="must be named feedback, phrases"):
        main([tmp_path / "frases"])
    with pytest.raises(SystemExit, match="^2$"):
        main([tmp_path / "phrases"])
    assert "phrases: no such run folder" in capsys.readouterr().err
