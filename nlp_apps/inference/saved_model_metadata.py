"""The metadata that `export` writes into a SavedModel; read without TensorFlow."""

from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError
from nlp_apps.io.bounded_files import MAX_METADATA_BYTES, read_json
from nlp_apps.litert.metadata import METADATA_FILE, with_new_names


def read_metadata(folder: Path) -> dict[str, Any]:
    """Reads the metadata of a SavedModel under the names of 0.2.0.

    Args:
        folder: the folder of a version.

    Raises:
        UsageError: another program wrote the folder.
    """
    try:
        path = folder / "assets.extra" / METADATA_FILE
        metadata = with_new_names(read_json(path, MAX_METADATA_BYTES))
        metadata["task"].strip()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{folder}: not a SavedModel of this package (no readable assets.extra/"
            f"{METADATA_FILE}). Pass a folder that export wrote."
        ) from None
    return metadata
