"""A `.tflite` or `.onnx` in a process without TensorFlow, for a process that has it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from nlp_apps.errors import WorkError
from nlp_apps.export.parity import Prediction

STDERR_BYTES = 1 << 16
"""Bytes that are read at most from the end of the process's stderr."""


class FileWorker:
    """The process of `nlp_apps.litert.worker`; a context manager that ends it.

    Args:
        path: the file.
    """

    def __init__(self, path: Path):
        self._path = path
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115, closed by __exit__
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nlp_apps.litert.worker", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,  # A full pipe would stop the process.
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._stderr.close()

    def predict(
        self, mode: str, texts: Sequence[str], settings: dict[str, Any]
    ) -> list[Prediction]:
        """Predicts for texts, in order.

        Raises:
            WorkError: the process ended.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        request = {"mode": mode, "texts": list(texts), "settings": settings}
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._process.communicate()
            raise WorkError(runtime_failed(self._path, self._last_errors()))
        return [Prediction(output, tuple(scores)) for output, scores in json.loads(line)]

    def _last_errors(self) -> str:
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - STDERR_BYTES))
        return self._stderr.read().decode("utf-8", "replace")


def runtime_failed(path: Path, stderr: str) -> str:
    """Returns the message for a process that failed."""
    reason = (stderr.strip().splitlines() or ["no message"])[-1][:300]
    return f"the runtime failed on the new {path.suffix}, which was deleted: {reason}"
