"""A `.tflite` in a process that has no TensorFlow, to be asked from one that has."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from nlp_apps.errors import WorkError
from nlp_apps.export.parity import Answer


class LiteRTWorker:
    """The process; a context manager that ends it.

    Args:
        path: the `.tflite`.
    """

    def __init__(self, path: Path):
        self._path = path
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nlp_apps.litert.worker", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, way: str, texts: Sequence[str], settings: dict[str, Any]) -> list[Answer]:
        """Asks for texts, in order.

        Raises:
            WorkError: the process ended.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        request = {"way": way, "texts": list(texts), "settings": settings}
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            _, told = self._process.communicate()
            raise WorkError(runtime_failed(told))
        return [Answer(output, tuple(figures)) for output, figures in json.loads(line)]


def runtime_failed(told: str) -> str:
    """What to say when the process failed that told this."""
    reason = (told.strip().splitlines() or ["no message"])[-1][:300]
    return f"the LiteRT runtime failed on the new .tflite, so it was not kept: {reason}"
