"""The wheel is complete: built, installed, and run from another folder."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*words: str | Path, cwd: Path) -> str:
    """Runs a command with a bare environment and returns its standard output."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_", "VIRTUAL"))}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=kept,
        check=False,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the source package, which in turn is built from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    assert len(list(folder.glob("*.tar.gz"))) == 1
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the wheel and sees our dependencies."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install"),
        *("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", wheel),
        cwd=folder,
    )
    (site,) = folder.glob("lib/python*/site-packages")
    # A path in a .pth file is searched, but the .pth files there (our checkout's) are not read.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def travels(folder: str, names: Sequence[str]) -> set[str]:
    """The files of the checkout below a folder that must be in the wheel."""
    return {
        path.relative_to(ROOT).as_posix()
        for pattern in names
        for path in (ROOT / folder).rglob(pattern)
        if not {"__pycache__", "node_modules"} & set(path.parts)
    }


def test_the_wheel_has_code_recipes_and_corpora_only(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    recipes = travels("models", ["*.toml", "README.md"])
    corpora = travels("data", ["*.tsv", "*.txt", "*.gz", "README.md"])
    models = travels("saved_models/shipped", ["*.tflite", "*.json", "README.md"])
    assert recipes
    assert corpora
    assert models
    assert {f"nlp_apps/_resources/{name}" for name in recipes | corpora | models} <= names
    assert travels("nlp_apps", ["*.py", "py.typed"]) <= names
    pages = travels("nlp_apps/web", ["*.html", "*.css", "*.js", "*.svg", "package.json"])
    assert len(pages) > 20
    assert pages <= names
    assert not [name for name in names if "node_modules" in name]
    assert all(name.startswith(("nlp_apps/", "nlp_apps-")) for name in names)
    assert not [name for name in names if "__pycache__" in name or "/." in name]
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_the_command_runs_in_another_folder(installed: Path, tmp_path: Path):
    assert "translation" in run(installed / "nlp-apps", "--help", cwd=tmp_path)
    assert "predict" in run(installed / "nlp-apps", "translation", "--help", cwd=tmp_path)
    assert "--resume" in run(installed / "nlp-apps", "translation", "train", "--help", cwd=tmp_path)


def test_recipes_and_corpora_are_found_in_the_installed_package(installed: Path, tmp_path: Path):
    code = """
import json
from nlp_apps.recipe.load import load
from nlp_apps.resources import find_recipe, finder
path = find_recipe("translation-phrasebook")
recipe = load(path, task="translation")
find = finder(None, path.parent)
sources = [recipe.data.train, recipe.data.validation, recipe.data.test]
print(json.dumps([str(path), *[str(find(source)) for source in sources]]))
"""
    found = json.loads(run(installed / "python", "-c", code, cwd=tmp_path))
    for path in map(Path, found):
        assert path.is_file()
        assert path.is_relative_to(installed.parent), path


def test_the_metadata_of_the_package_matches_its_version(installed: Path, tmp_path: Path):
    code = """
import json
from importlib.metadata import metadata
import nlp_apps
about = metadata("nlp-apps")
print(json.dumps([nlp_apps.__version__, about["Version"], about["License-Expression"]]))
"""
    version, in_metadata, licence = json.loads(run(installed / "python", "-c", code, cwd=tmp_path))
    assert version == in_metadata
    assert licence == "Apache-2.0"


def test_a_shipped_model_predicts_without_tensorflow(wheel: Path, tmp_path: Path):
    venv.create(tmp_path / "small", with_pip=False)
    python = tmp_path / "small" / "bin" / "python"
    words = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", wheel)
    run(sys.executable, "-m", "pip", "--python", python, "install", *words, cwd=tmp_path)
    (site,) = (tmp_path / "small").glob("lib/python*/site-packages")
    for name in ("numpy", "numpy.libs", "ai_edge_litert"):
        if (found := Path(sysconfig.get_path("purelib")) / name).is_dir():
            (site / name).symlink_to(found)
    for app, text in (
        ("translation", "Where is the station?"),
        ("sentiment", "The soup was cold."),
        ("generation", "ROMEO:"),
    ):
        flags = ["--max-tokens", "20"] if app == "generation" else []
        prediction = run(python, "-m", f"nlp_apps.{app}", "predict", text, *flags, cwd=tmp_path)
        assert len(prediction.strip()) > 5
    assert not (site / "tensorflow").exists()
