"""Tests of `push`, `pull` and `hf://` names, with the real client and a hub on a local port."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.hub.fake_hub import TOKEN, FakeHub, Repository, running
from tests.tiny_models import Made

pytestmark = pytest.mark.skipif(
    find_spec("huggingface_hub") is None, reason="huggingface_hub is not installed"
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CARD = "---\nlicense: cc0-1.0\n---\n\n# mine\n"
FILES = {"README.md": CARD, "recipe.toml": "a = 1\n", "model.safetensors": "weights"}


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with running() as hub:
        yield hub


@pytest.fixture
def run(hub: FakeHub, tmp_path: Path) -> Run:
    """Runs a command with a login at the hub; keywords are further environment variables."""

    def run(*words: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "home")}
        # Settings of the developer must not count.
        settings |= {"HF_HUB_OFFLINE": "0", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        settings |= {"HF_HUB_CACHE": str(tmp_path / "home" / "hub")}
        return subprocess.run(
            [sys.executable, "-m", "nlp_apps", *map(str, words)],
            env={**os.environ, **settings, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of a model folder, and one more."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in {**FILES, "mine.tflite": "lite", "notes.txt": "private"}.items():
        (folder / name).write_text(content)
    return folder


def error_line(done: "subprocess.CompletedProcess[str]") -> str:
    """Returns the only line of an error."""
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if line.strip()]
    assert line.startswith("nlp-apps: error: ")
    return line


def test_a_folder_is_one_commit_without_its_other_files(
    run: Run, hub: FakeHub, folder: Path
) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "mine.tflite").write_text("private")
    done = run("push", folder, "me/mine", "--message", "first")
    assert done.returncode == 0, done.stderr
    repository = hub.repositories["me/mine"]
    assert done.stdout.startswith(f"{hub.url}/me/mine/commit/")
    assert repository.titles == ["first"]
    assert not repository.private
    assert repository.branches["main"].keys() == {*FILES, "mine.tflite"}
    assert hub.cards == [CARD]


def test_a_branch_is_created(run: Run, hub: FakeHub, folder: Path) -> None:
    assert run("push", folder, "me/mine@v2").returncode == 0
    branches = hub.repositories["me/mine"].branches
    assert "README.md" in branches["v2"]
    assert not branches["main"]


def test_a_private_folder_is_not_pushed_to_a_public_repository(
    run: Run, hub: FakeHub, folder: Path
) -> None:
    assert run("push", folder, "me/private", "--private").returncode == 0
    assert hub.repositories["me/private"].private
    hub.repositories["me/mine"] = Repository(private=False)
    done = run("push", folder, "me/mine", "--private")
    assert done.returncode == 2
    assert "is public, so nothing was uploaded" in error_line(done)
    assert not hub.repositories["me/mine"].branches["main"]


def test_a_card_that_the_hub_refuses_is_one_line(run: Run, folder: Path) -> None:
    (folder / "README.md").write_text(CARD.replace("cc0-1.0", "nonsense"))
    done = run("push", folder, "me/mine")
    assert done.returncode == 1
    assert '"license" must be one of' in error_line(done)


def test_a_push_without_login_is_one_line(run: Run, folder: Path) -> None:
    done = run("push", folder, "me/mine", HF_TOKEN="hf_wrong")
    assert done.returncode == 1
    assert "me/mine: " in error_line(done)


@pytest.mark.parametrize("missing", FILES)
def test_a_folder_of_another_kind_is_not_pushed(run: Run, folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    done = run("push", folder, "me/mine")
    assert done.returncode == 2
    assert f"has no {missing}" in error_line(done)


def test_a_model_is_pulled_into_a_new_folder(run: Run, hub: FakeHub, tmp_path: Path) -> None:
    files = {name: content.encode() for name, content in FILES.items()}
    foreign = {"pytorch_model.bin": b"pickle", "code.py": b"print()", "old/a.tflite": b"lite"}
    hub.repositories["me/mine"] = Repository(False, {"main": {**files, **foreign}})
    pulled = tmp_path / "pulled"
    done = run("pull", "hf://me/mine", pulled)
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in pulled.iterdir()} == files
    assert not any(name in request for name in foreign for request in hub.requests)
    assert run("pull", "me/mine", pulled).returncode == 2  # it exists


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("mine", 2, "must be OWNER/NAME"),
        ("me/../mine", 2, "must be OWNER/NAME"),
        ("me/other", 1, "no such repository, or it is private"),
        ("me/private", 1, "no such repository, or it is private"),
        ("me/mine@v3", 1, "no such revision"),
        ("me/bert", 2, "no model of nlp-apps: the repository has no recipe.toml"),
    ],
)
def test_a_model_that_cannot_be_pulled_is_one_line(
    run: Run, hub: FakeHub, tmp_path: Path, name: str, code: int, message: str
) -> None:
    files = {name: content.encode() for name, content in FILES.items()}
    hub.repositories["me/mine"] = Repository(False, {"main": files})
    hub.repositories["me/private"] = Repository(True, {"main": files})
    hub.repositories["me/bert"] = Repository(False, {"main": {"model.safetensors": b"x"}})
    done = run("pull", name, tmp_path / "pulled", HF_TOKEN="hf_other")
    assert done.returncode == code
    assert message in error_line(done)
    assert not (tmp_path / "pulled").exists()


def test_a_model_predicts_by_its_name_and_then_without_network(
    run: Run, hub: FakeHub, tiny_hub: Made
) -> None:
    folder = tiny_hub("sentiment")
    words = ("sentiment", "predict", "hf://me/mine", "the quiet sea", "--json")
    assert run("push", folder, "me/mine", "--private").returncode == 0
    first = run(*words)
    assert first.returncode == 0, first.stderr
    assert first.stdout == run("sentiment", "predict", folder, *words[3:]).stdout
    assert run(*words, HF_HUB_OFFLINE="1").stdout == first.stdout
    unreachable = error_line(run(*words, HF_ENDPOINT="http://127.0.0.1:9"))
    assert "the hub cannot be reached" in unreachable
    assert "HF_HUB_OFFLINE=1 loads the model from the cache" in unreachable


def test_a_hub_that_cannot_be_reached_is_one_line(run: Run, tmp_path: Path) -> None:
    done = run("pull", "me/mine", tmp_path / "pulled", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "the hub cannot be reached" in error_line(done)
    assert "HF_HUB_OFFLINE" not in error_line(done)


def test_a_pull_without_network_names_the_setting(run: Run, tmp_path: Path) -> None:
    done = run("pull", "me/mine", tmp_path / "pulled", HF_HUB_OFFLINE="1")
    assert done.returncode == 1
    assert "needs the network, and HF_HUB_OFFLINE is set. hf://me/mine loads" in error_line(done)
    assert not (tmp_path / "pulled").exists()
