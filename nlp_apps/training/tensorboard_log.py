"""Event files for TensorBoard."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from nlp_apps.io.atomic_files import convert_write_errors

# `tf.summary.scalar` imports the tensorboard package; this metadata makes the same records.
_SCALAR = tf.compat.v1.SummaryMetadata(
    plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
)


def log_scalars(row: Mapping[str, Any], folder: Path) -> None:
    """Appends the numbers of one evaluation to the event files in `folder`.

    Args:
        row: a row of `metrics.jsonl`; its floats are written at its "step".
        folder: folder of event files; created if missing.

    Raises:
        WorkError: the disk is full or read-only.
    """
    with convert_write_errors(folder):
        writer = tf.summary.create_file_writer(str(folder))
        with writer.as_default(step=row["step"]):
            for name, value in row.items():
                if isinstance(value, float):
                    tf.summary.write(name, tf.constant(value, tf.float32), metadata=_SCALAR)
        writer.close()
