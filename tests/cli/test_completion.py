"""Tests of completion on TAB."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nlp_apps import __main__ as entry
from nlp_apps.cli.completion_script import SHELLS
from nlp_apps.export.formats import FORMATS
from nlp_apps.resources import recipe_names, shipped_model_names

ROOT = Path(__file__).parents[2]


def complete(line: str, folder: Path) -> list[str]:
    """Returns the words that complete a line, in a folder whose modules are imported first."""
    out = folder / ".completions"
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}:{ROOT}",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(out),
    }
    subprocess.run([sys.executable, "-m", "nlp_apps"], cwd=folder, env=environment, check=True)
    words = out.read_text(encoding="utf-8").split("\n")
    out.unlink()
    return words


def test_apps_programs_verbs_and_flags_are_completed(tmp_path: Path):
    assert complete("nlp-apps ", tmp_path) == [*entry.APPS, *entry.PROGRAMS]
    assert complete("nlp-apps sentiment tra", tmp_path) == ["train"]
    assert "--grpc-port" in complete("nlp-apps serve --", tmp_path)
    assert "--thorough" in complete("nlp-apps sentiment train mine.toml --", tmp_path)
    assert complete("nlp-apps translation export run --format ", tmp_path) == [*FORMATS]
    assert complete("nlp-apps completion ", tmp_path) == list(SHELLS)


def test_recipes_models_runs_and_files_are_completed(tmp_path: Path):
    for run in ("mine", "old/other"):
        (tmp_path / "runs" / run).mkdir(parents=True)
        (tmp_path / "runs" / run / "recipe.toml").touch()
    (tmp_path / "mine.toml").touch()
    own = [name for name in recipe_names() if name.startswith("sentiment-")]
    assert complete("nlp-apps sentiment train ", tmp_path) == [*own, "mine.toml", "runs/"]
    assert complete("nlp-apps sentiment evaluate ", tmp_path) == ["runs/mine", "runs/old/other"]
    models = [name for name in shipped_model_names() if name.startswith("translation-")]
    assert set(complete("nlp-apps translation predict ", tmp_path)) > {*models, "runs/mine"}
    assert set(complete("nlp-apps batch ", tmp_path)) > {*shipped_model_names()}
    assert complete("nlp-apps serve r", tmp_path) == ["runs/"]


def test_the_training_of_launch_is_completed(tmp_path: Path):
    assert complete("nlp-apps launch --workers 2 -- gen", tmp_path) == ["generation"]
    assert "--time" in complete("nlp-apps launch -- generation train a.toml --", tmp_path)


def test_completion_imports_nothing_heavy(tmp_path: Path):
    for heavy in ("tensorflow", "keras", "pydantic", "numpy", "matplotlib", "optuna"):
        (tmp_path / f"{heavy}.py").write_text("raise SystemExit('imported')")
    (tmp_path / "runs").mkdir()
    for line in ("sentiment train sentiment-r", "translation predict translation-tatoeba-e"):
        assert len(complete(f"nlp-apps {line}", tmp_path)) == 1
    for program in entry.PROGRAMS:
        assert "--help" in complete(f"nlp-apps {program} -", tmp_path)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_with_the_printed_script(tmp_path: Path):
    command = tmp_path / "nlp-apps"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nlp_apps "$@"\n')
    command.chmod(0o755)
    script = (
        'eval "$(nlp-apps completion bash)"\n'
        'COMP_LINE="nlp-apps sentiment tra" COMP_POINT=22 COMP_TYPE=9\n'
        "complete -p nlp-apps >&2\n"
        '_python_argcomplete nlp-apps && printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["train"], done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script(shell: str, capsys: pytest.CaptureFixture[str]):
    assert entry.main(["completion", shell]) == 0
    assert "nlp-apps" in capsys.readouterr().out


def test_an_unknown_shell_is_an_error(capsys: pytest.CaptureFixture[str]):
    assert entry.main(["completion", "fsh"]) == 2
    assert "Did you mean fish?" in capsys.readouterr().err
