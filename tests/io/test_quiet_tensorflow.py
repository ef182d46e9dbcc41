"""Tests of the quiet import of TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**inherited, **environment},
    )


def test_tensorflow_starts_without_a_word():
    done = python(
        "from nlp_apps.io.quiet_tensorflow import install; install(); import keras, os, sys;"
        "print('from Python', file=sys.stderr); os.write(2, b'from native code\\n')"
    )
    assert done.returncode == 0
    assert done.stderr == "from Python\nfrom native code\n"


def test_tensorflow_is_quiet_in_a_notebook():
    done = python(
        "import logging; from nlp_apps.tasks import training_run; import tensorflow as tf;"
        "logging.getLogger('tensorflow').warning('5 out of the last 5 calls'); tf.constant(1)"
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_debug_prints_the_log_of_tensorflow():
    code = (
        "import nlp_apps; from nlp_apps.cli.guard import guarded;"
        "raise SystemExit(guarded(lambda: __import__('tensorflow'), debug={}))"
    )
    assert python(code.format(False)).stderr == ""
    assert "oneDNN" in python(code.format(True)).stderr


FAKE_TENSORFLOW = """
import os, sys
os.write(2, b"native log\\n")
print("from Python", file=sys.stderr)
if os.environ.get("BROKEN"):
    raise ImportError("libsomething.so.3 is missing")
if os.environ.get("INTERRUPTED"):
    raise KeyboardInterrupt
"""


@pytest.fixture
def fake_tensorflow(tmp_path: Path) -> str:
    """Code that makes the import of TensorFlow import a fake."""
    (tmp_path / "tensorflow.py").write_text(FAKE_TENSORFLOW)
    return f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"


@pytest.mark.parametrize("broken", ["", "1"])
def test_native_logs_are_dropped_unless_the_import_fails(fake_tensorflow: str, broken: str):
    code = (
        "from nlp_apps.io.quiet_tensorflow import install; install(); install()\n"
        "import tensorflow\n"
        "assert tensorflow.__spec__.loader is tensorflow.__loader__\n"
        "assert type(tensorflow.__loader__).__name__ == 'SourceFileLoader'\n"
        "assert not any('TensorFlow' in type(f).__name__ for f in sys.meta_path)\n"
    )
    done = python(fake_tensorflow + code, BROKEN=broken)
    assert done.returncode == (1 if broken else 0)
    assert done.stderr.startswith("from Python\n")
    assert ("native log\n" in done.stderr) is bool(broken)
    assert ("libsomething.so.3 is missing" in done.stderr) is bool(broken)


def test_native_logs_are_dropped_when_the_import_is_interrupted(fake_tensorflow: str):
    code = (
        "from nlp_apps.cli.guard import guarded\n"
        "def work(): import tensorflow\n"
        "raise SystemExit(guarded(work))\n"
    )
    done = python(fake_tensorflow + code, INTERRUPTED="1")
    assert (done.returncode, done.stderr) == (130, "from Python\nnlp-apps: interrupted\n")
