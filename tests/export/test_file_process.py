"""A process that predicts with a file may print any number of warnings."""

import sys
from pathlib import Path

import pytest

from nlp_apps.errors import WorkError
from nlp_apps.export.file_process import FileWorker
from nlp_apps.export.parity import Prediction

SCRIPT = """#!/bin/sh
read request
yes 'a warning' | head -n 30000 >&2
echo '[["text", [1.0]]]'
read request
echo 'the last words' >&2
"""


def test_many_warnings_do_not_stop_it_and_the_last_one_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    script = tmp_path / "python"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with FileWorker(Path("model.onnx")) as worker:
        assert worker.predict("probabilities", ["x"], {}) == [Prediction("text", (1.0,))]
        with pytest.raises(WorkError, match=r"new \.onnx, .*the last words$"):
            worker.predict("probabilities", ["x"], {})
