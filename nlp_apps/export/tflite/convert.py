"""Converts a SavedModel of static shapes to `.tflite`: `python -m nlp_apps.export.tflite.convert`.

Runs in a process of its own, because the converter is native code that can crash its process.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.io import quiet_tensorflow
from nlp_apps.io.literal_path import literal_path


def write(functions: Mapping[str, Any], module: Any, folder: Path, quantize: str) -> Path:
    """Writes traced functions as a `.tflite`.

    Args:
        functions: name of each signature -> a concrete function.
        module: the `tf.Module` with their weights.
        folder: for temporary files and the result.
        quantize: one of `formats.QUANTIZE`.

    Returns:
        The file.

    Raises:
        WorkError: the converter failed.
    """
    import tensorflow as tf

    source, target = folder / "saved_model", folder / "model.tflite"
    tf.saved_model.save(module, str(source), signatures=dict(functions))
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(source), str(target), quantize, *functions],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not target.is_file():
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        reason = (lines or done.stderr.splitlines() or ["no message"])[-1][:300]
        end = f"signal {-done.returncode}" if done.returncode < 0 else f"exit {done.returncode}"
        raise WorkError(f"the TFLite converter failed ({end}): {reason}")
    return target


def convert(source: str, target: str, quantize: str, signatures: Sequence[str]) -> None:
    """Converts in this process, with built-in operations only, so that no runtime needs Flex."""
    import tensorflow as tf

    from nlp_apps.export.tflite.deduplicate import deduplicate

    with literal_path(Path(source)) as folder:
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=signatures)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if quantize != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        Path(target).write_bytes(deduplicate(converter.convert()))


if __name__ == "__main__":
    quiet_tensorflow.install()
    convert(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
