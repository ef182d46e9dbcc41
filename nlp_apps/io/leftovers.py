"""Temporary files and folders, and their removal after the death of their writer.

A writer holds a shared lock on the folder that it writes into. The operating system releases the
lock when the process ends, also by `kill -9`, and it is the same for every user and container of a
machine. The next writer that finds no lock removes the leftovers. File systems without locks,
and Windows, keep the leftovers.
"""

import contextlib
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"\.tmp-[0-9a-f]{8}\..+")

_LOCK_SECONDS = 1.0
"""Maximum wait for a lock: another writer removes files, or a stranger holds it (`flock DIR`)."""


def temporary_path(final: Path) -> Path:
    """Returns a path for the content of `final` while it is written, in the same folder.

    Its name, `.tmp-RANDOM.NAME`, keeps the suffix, by which some libraries choose the format.
    """
    return final.with_name(f".tmp-{secrets.token_hex(4)}.{final.name}")


def is_temporary(name: str) -> bool:
    """Checks whether a file or folder has a name that `temporary_path` makes."""
    return _NAME.fullmatch(name) is not None


@contextlib.contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Removes the leftovers in a folder, and keeps temporary files from removal in the block."""
    with contextlib.ExitStack() as stack:
        file = _open(folder)
        if file is not None:
            stack.callback(os.close, file)
            if _lock(file, exclusive=True):
                _remove(folder)
            end = time.monotonic() + _LOCK_SECONDS
            while _lock(file, exclusive=False) is None and time.monotonic() < end:
                time.sleep(0.02)
        yield


def remove_leftovers(folder: str | os.PathLike[str]) -> int:
    """Removes the leftovers in a folder, not in its subfolders; none while a process writes there.

    Args:
        folder: the folder; it may be missing.

    Returns:
        The number of files and folders removed.
    """
    file = _open(Path(folder))
    if file is None:
        return 0
    try:
        return _remove(Path(folder)) if _lock(file, exclusive=True) else 0
    finally:
        os.close(file)


if sys.platform == "win32":

    def _open(folder: Path) -> int | None:
        """Returns None: a folder has no lock."""
        return None

    def _lock(file: int, *, exclusive: bool) -> bool | None:
        """Returns False: a folder has no lock."""
        return False

else:
    import fcntl

    def _open(folder: Path) -> int | None:
        """Opens a folder; None if it is missing or cannot be read."""
        try:
            return os.open(folder, os.O_RDONLY)
        except OSError:
            return None

    def _lock(file: int, *, exclusive: bool) -> bool | None:
        """Locks an open folder at once, or changes its lock.

        Returns:
            None if another process has a lock, False if the file system has none.
        """
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        except OSError:
            return False
        return True


def _remove(folder: Path) -> int:
    """Removes temporary files and folders; returns their number."""
    removed = 0
    for path in sorted(folder.glob(".tmp-*")):
        if not is_temporary(path.name) or path.is_symlink():
            continue
        with contextlib.suppress(OSError):  # Another user's
            if path.is_dir():
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
            else:
                continue
            removed += 1
    return removed
