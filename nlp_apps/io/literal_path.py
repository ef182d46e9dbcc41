"""Paths for TensorFlow, which expands wildcards in the path of a SavedModel that it loads."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

_WILDCARDS = frozenset("[]*?") | ({"\\"} if os.sep == "/" else frozenset())


@contextlib.contextmanager
def literal_path(folder: Path) -> Iterator[Path]:
    """Yields a path of a folder in which no character is a wildcard.

    Args:
        folder: the folder.

    Yields:
        The folder; if its path has a wildcard, a symbolic link to it, which exists in the block.
    """
    if _WILDCARDS.isdisjoint(str(folder)):
        yield folder
        return
    with tempfile.TemporaryDirectory() as temporary:
        link = Path(temporary) / "saved_model"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield link
