"""TensorFlow does not warn that functions of a training are traced again and again.

It counts in the whole process, so that each training needs its own.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import logging, sys
from pathlib import Path
from tests.tiny_runs import APPS, train
from tests.commands import run

handler = logging.FileHandler(sys.argv[2])
logging.getLogger("tensorflow").addHandler(handler)
import tensorflow
logging.getLogger("tensorflow").setLevel(logging.WARNING)
folder = train(sys.argv[1], Path(sys.argv[2]).parent)
words = ["evaluate", folder, "--split", "validation"]
assert run(APPS[sys.argv[1]], words, folder.parent).code == 0
logging.getLogger("tensorflow").warning("last line")
"""


@pytest.mark.parametrize("task", ["sentiment", "translation", "generation"])
def test_training_and_evaluation_log_no_warning_of_tensorflow(task: str, tmp_path: Path):
    log = tmp_path / "tensorflow.log"
    words = [sys.executable, "-c", SCRIPT, task, str(log)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert log.read_text(encoding="utf-8") == "last line\n"
