"""Which models a folder holds: DIR/NAME/VERSION/saved_model.pb, VERSION an integer."""

import os
import re
from pathlib import Path

from nlp_apps.device import listing
from nlp_apps.errors import WorkError

GRAPH = "saved_model.pb"

# 18 digits fit into the signed 64 bits that TF Serving has for a version.
_VERSION = re.compile(r"[0-9]{1,18}")

# A name is one part of an address, and ":" begins the verb there. Hidden and temporary folders
# begin with a dot: a version that is still being written has no number yet.
_NAME = re.compile(r"[^./:][^/:]*")


def find(folder: Path) -> dict[str, dict[int, Path]]:
    """Finds every version of every model.

    Args:
        folder: holds NAME/VERSION folders, or is itself a NAME that holds VERSION folders.

    Returns:
        Folders by name and version; a name has at least one version.

    Raises:
        OSError: the folder cannot be read.
    """
    own = _versions(folder)
    if own:
        return {folder.resolve().name: own}
    found = {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if _NAME.fullmatch(entry.name) and entry.is_dir():
            versions = _versions(Path(entry.path))
            if versions:
                found[entry.name] = versions
    return found


def check(folder: Path) -> None:
    """Tells a mistaken folder before anything slow begins.

    Raises:
        WorkError: it is missing, cannot be read, or holds no model.
    """
    if not folder.is_dir():
        raise WorkError(f"{folder}: is not a folder. Name the one that holds NAME/VERSION folders.")
    try:
        found = find(folder)
    except OSError as error:
        raise WorkError(f"{folder}: cannot be read: {error.strerror}.") from error
    if not found and not listing.find([folder]):
        raise WorkError(
            f"{folder}: holds no NAME/VERSION/{GRAPH} (VERSION an integer) and no .tflite. Export "
            "a model into it."
        )


def fingerprint(version: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a version that did not load is written again: names, sizes, times."""
    files = [version / GRAPH, *sorted((version / "variables").glob("*"))]
    marks = []
    for path in files:
        try:
            status = path.stat()
        except OSError:  # Being replaced at this moment: the next look sees what it became.
            continue
        marks.append((path.name, status.st_size, status.st_mtime_ns))
    return tuple(marks)


def _versions(folder: Path) -> dict[int, Path]:
    """The versions of one model."""
    return {
        int(entry.name): Path(entry.path)
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
        if _VERSION.fullmatch(entry.name) and os.path.isfile(os.path.join(entry.path, GRAPH))
    }
