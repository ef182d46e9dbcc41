"""A lock on a folder or a file, so that one process at a time writes into it.

The operating system releases the lock when its process ends, also by `kill -9`. A lock file that a
killed process left behind is therefore no obstacle.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from nlp_apps.errors import UsageError
from nlp_apps.io.atomic_files import convert_write_errors, make_folder

NAME = "process.lock"
"""Name of the lock file; it holds the number of the process."""

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        """Locks a byte past the text, because Windows lets no other process read a locked one."""
        os.lseek(file, 1 << 20, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    _IN_USE: tuple[type[OSError], ...] = (OSError,)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    _IN_USE = (BlockingIOError, PermissionError)


@contextlib.contextmanager
def locked_folder(path: Path, work: str = "training", place: str = "--output") -> Iterator[None]:
    """Locks a folder for the block; at its end, removes the lock file and folders left empty.

    A missing folder is created. A file system without locks, as some network drives, has none: the
    block runs without.

    Args:
        path: the folder.
        work: the work of the process that has the lock, for its error.
        place: the argument that names the folder, for the error.

    Raises:
        UsageError: another process, or another block of this one, has the lock.
        WorkError: the folder cannot be written.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    make_folder(path)
    file = open_locked(path / NAME, lambda: _in_use(path / NAME, work, place))
    try:
        with contextlib.suppress(OSError):  # A full disk
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
            os.write(file, str(os.getpid()).encode())
        yield
    finally:
        _close_and_remove(file, path / NAME)
        with contextlib.suppress(OSError):
            for folder in missing:
                folder.rmdir()


def _close_and_remove(file: int, path: Path) -> None:
    """Releases the lock; removes the lock file before any other process can lock it."""
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            os.unlink(path)
    os.close(file)
    with contextlib.suppress(OSError):
        if sys.platform == "win32":  # It removes no open file, so the order is safe there.
            os.unlink(path)


def open_locked(path: Path, in_use: Callable[[], str]) -> int:
    """Opens a file for reading and writing, and locks it until it is closed; creates it if missing.

    Args:
        path: the file; its content stays.
        in_use: returns the message of the error if another process has the lock.

    Returns:
        The descriptor. A file system without locks has none.

    Raises:
        UsageError: another process, or another descriptor of this one, has the lock.
        WorkError: the file cannot be written.
    """
    while True:
        with convert_write_errors(path):
            file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            _lock(file)
        except _IN_USE:
            os.close(file)
            raise UsageError(in_use()) from None
        except OSError:  # The file system has no locks.
            return file
        # The owner before may have removed or renamed the file after it was opened here.
        if _is_at(path, file):
            return file
        os.close(file)


def _is_at(path: Path, file: int) -> bool:
    """Checks whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def _in_use(path: Path, work: str, place: str) -> str:
    """Returns the message of a lock file that another process has."""
    return (
        f"{path.parent}: process {_owner(path)} is {work} into this folder. Wait for its end, "
        f"or choose another folder with {place}."
    )


def _owner(path: Path) -> str:
    """Returns the number of the process that wrote a lock file, in digits."""
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8")[:20].strip() or "unknown"
    return "unknown"
