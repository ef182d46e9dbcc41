"""Files that the server may open: regular files whose path, links followed, is inside DIR.

Opening a FIFO blocks for ever, reading a device never ends, and a link can lead to any file of the
machine. Who can write into DIR while the server opens a file is trusted: the check precedes it.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlp_apps.errors import WorkError
from nlp_apps.litert import model_index

LEAVES = OSError(errno.EXDEV, "its link leads out of the served folder")


def is_inside(path: Path, folder: Path) -> bool:
    """Returns whether a path is inside a folder after links of both are followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def is_regular(path: Path, folder: Path) -> bool:
    """Returns whether a path is a regular file inside a folder."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode) and is_inside(path, folder)
    except (OSError, ValueError):  # Missing, a circle of links, or no permission.
        return False


def tflite_files(folders: Sequence[Path]) -> dict[str, tuple[Path, Path]]:
    """Finds every `.tflite` below folders that the server may open.

    Returns:
        Path relative to its folder -> the path, and the folder.
    """
    found: dict[str, tuple[Path, Path]] = {}
    for folder in folders:
        for place, path in model_index.find([folder]).items():
            if is_regular(path, folder):
                found.setdefault(place, (path, folder))
    return dict(sorted(found.items()))


def check_version(version: Path, folder: Path) -> None:
    """Checks every file of a version before TensorFlow opens it.

    Args:
        version: NAME/VERSION.
        folder: the served folder.

    Raises:
        WorkError: a file is not a regular one inside the folder. The message has no path outside
            of the version.
    """
    for path in _below(version):
        if not is_regular(path, folder):
            place = path.relative_to(version)
            reason = "is no regular file" if is_inside(path, folder) else LEAVES.strerror
            raise WorkError(f"{place}: {reason}.")


def _below(version: Path) -> Iterator[Path]:
    """Yields the files below a folder, and links to folders."""
    for parent, folders, files in os.walk(version):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        for name in [*files, *links]:
            yield Path(parent, name)
