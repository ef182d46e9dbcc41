"""Tests of the lock files against pyproject.toml."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "deploy/requirements.lock")
PYTHONS = ("3.11", "3.12", "3.13")


def lines(lock: str) -> list[str]:
    """Lists the requirements of a lock file, each with its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


def pins(lock: str, python: str) -> dict[str, str]:
    """Maps each name to its version in a lock file, on Linux."""
    system = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}
    system |= {"python_version": python, "python_full_version": f"{python}.1"}
    found: dict[str, str] = {}
    for line in lines(lock):
        pin = Requirement(line.split(" --hash")[0])
        if pin.marker is None or pin.marker.evaluate(system):
            (version,) = pin.specifier
            assert canonicalize_name(pin.name) not in found
            assert version.operator == "=="
            found[canonicalize_name(pin.name)] = version.version
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_version_with_hashes(lock: str):
    assert len(lines(lock)) > 50
    for line in lines(lock):
        requirement, *hashes = line.split(" --hash=")
        assert "==" in requirement
        assert hashes
        assert all(one.strip().startswith("sha256:") for one in hashes)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_package_index_and_no_file(lock: str):
    text = (ROOT / lock).read_text(encoding="utf-8")
    for word in ("://", "--index-url", "--extra-index-url", "--find-links", " @ "):
        assert word not in text


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_satisfies_the_requirements_of_the_project(python: str):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    found = pins("requirements.lock", python)
    for text in (*project["dependencies"], *extras["serve"], *extras["device"], *extras["dev"]):
        required = Requirement(text)
        if required.name != "nlp-apps":
            assert required.specifier.contains(found[canonicalize_name(required.name)]), text


@pytest.mark.parametrize("python", PYTHONS[1:])
def test_the_image_has_the_same_versions_and_no_tools(python: str):
    image = pins("deploy/requirements.lock", python)
    assert image.items() <= pins("requirements.lock", python).items()
    assert {"tensorflow", "uvicorn", "hatchling"} <= set(image)
    assert not {"pytest", "mypy", "ruff", "selenium", "hypothesis"} & set(image)
    # The server imports no scikit-learn; see also tests/test_imports.py.
    assert not {"scikit-learn", "scipy", "joblib", "threadpoolctl"} & set(image)
