"""Adds the checksum of the model to the metadata of a `.tflite` that has none.

Usage: `python -m nlp_apps.litert.add_checksum MODEL.tflite`.

The model itself keeps its bytes; only the archive at its end is written again.
"""

import sys
from pathlib import Path

from nlp_apps.errors import WorkError
from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.litert.archive import ArchiveError, add_checksum
from nlp_apps.litert.command import run_command


def main(model: str) -> int:
    """Rewrites a `.tflite` with its checksum.

    Raises:
        WorkError: it is not a `.tflite` of this package, or cannot be written.
    """
    path = Path(model)
    try:
        content = add_checksum(path.read_bytes())
    except ArchiveError as error:
        raise WorkError(f"{path}: not a .tflite of this package ({error}).") from None
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
    return 0


if __name__ == "__main__":
    usage = "python -m nlp_apps.litert.add_checksum MODEL.tflite"
    sys.exit(run_command(main, usage, sys.argv[1:], max_arguments=1))
