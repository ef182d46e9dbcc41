"""Constants and helpers of the tests of `.tflite` files."""

import json
from pathlib import Path

TASKS = ("translation", "sentiment", "generation")


def trained(file: Path) -> Path:
    """The run of a file."""
    return Path(json.loads((file.parent / "parity.json").read_text())["run"])
