"""Atomic writes: a reader sees the old content or the new content, never a part of it.

The new content is written under a temporary name in the same folder (so that the rename stays on
one file system), flushed to the disk, and renamed with `os.replace`. Errors of the file system
become a `WorkError` that names the path and the remedy. The temporary files of killed processes are
removed by the next writer into the folder; see `leftovers`.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from nlp_apps.errors import NlpAppsError, WorkError
from nlp_apps.io.leftovers import is_temporary, temporary_path, writing_into

# Error number -> reason and remedy.
_REASONS = {
    errno.ENOSPC: "the disk is full. Free some space or choose another folder.",
    errno.EDQUOT: "your disk quota is used up. Free some space or choose another folder.",
    errno.EROFS: "the file system is read-only. Choose another folder.",
    errno.EACCES: "no permission to write there. Change its permissions or choose another folder.",
    errno.EPERM: "writing there is not allowed. Change its permissions or choose another folder.",
    errno.ENOTDIR: "a part of this path is a file, not a folder. Choose another folder.",
    errno.EISDIR: "a folder of this name is in the way. Remove it or choose another name.",
    errno.ENAMETOOLONG: "the name is too long. Choose a shorter one.",
    errno.EFBIG: "the system does not allow a file this large. Choose another folder.",
}
# h5py and TensorFlow lose the error number of these and keep its text.
_KNOWN_BY_TEXT = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)


@contextlib.contextmanager
def convert_write_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Converts file system errors raised in the block to a `WorkError` that names `path`.

    Converts the errors that a user can fix (full disk, quota, permission, read-only file system, a
    file in place of a folder), and every `OSError` about `path`, a folder above it or its temporary
    name. Other errors pass unchanged, and so do errors about other files.

    Args:
        path: the file or folder being written, for the message.

    Raises:
        WorkError: for example "cannot write PATH: the disk is full. ...".
    """
    try:
        yield
    except NlpAppsError:
        raise
    except Exception as error:
        reason = _reason(error, Path(path))
        if reason is None:
            raise
        raise WorkError(f"cannot write {os.fspath(path)}: {reason}") from error


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Creates a folder and its missing parents.

    Args:
        path: the folder.

    Returns:
        The folder as a `Path`.

    Raises:
        WorkError: the folder cannot be created, or a file of that name exists.
    """
    folder = Path(path)
    with convert_write_errors(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise WorkError(
                f"cannot write {folder}: a file is in the way of this folder. "
                "Remove it or choose another folder."
            ) from error
    return folder


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path, which is renamed to `path` at the end of the block.

    The temporary name is `.tmp-RANDOM.NAME`: it keeps the suffix of NAME, because some libraries
    choose the format by it. If the block raises, the temporary file is removed and an earlier
    `path` is unchanged. Missing folders are created. A symbolic link stays a link: its target is
    replaced. A device or pipe (`/dev/null`) cannot be replaced: it is yielded itself.

        with atomic_write("run/summary.json") as temporary:
            temporary.write_text("{}")

    Args:
        path: the final path of the file.

    Yields:
        The path to write to, in the same folder. The block must create it.

    Raises:
        WorkError: as `convert_write_errors`.
    """
    final = Path(os.path.realpath(path))
    if final.exists() and not final.is_file() and not final.is_dir():
        with convert_write_errors(path):
            yield final
        return
    make_folder(final.parent)
    temporary = temporary_path(final)
    try:
        with writing_into(final.parent), convert_write_errors(path):
            yield temporary
            if not temporary.exists():
                raise FileNotFoundError(f"{path}: nothing was written, or its folder is gone.")
            _flush_to_disk(temporary)
            os.replace(temporary, final)
            _flush_to_disk(final.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()  # missing after the rename


@contextlib.contextmanager
def temporary_folder(final: Path) -> Iterator[Path]:
    """Yields a temporary folder, which is removed at the end of the block.

    It is in the same parent as `final`, so that a rename is atomic. Parents that were created here
    are removed if they are empty at the end.

    Args:
        final: the path of the result.

    Yields:
        The folder to write to; it exists.

    Raises:
        WorkError: as `convert_write_errors`.
    """
    missing = [parent for parent in final.parents if not parent.exists()]
    make_folder(final.parent)
    temporary = temporary_path(final)
    try:
        with writing_into(final.parent), convert_write_errors(final):
            temporary.mkdir()
            yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        with contextlib.suppress(OSError):
            for parent in missing:
                parent.rmdir()  # fails unless it is empty


@contextlib.contextmanager
def atomic_folder(final: Callable[[], Path]) -> Iterator[Path]:
    """Yields a temporary folder, which is renamed to its final path at the end of the block.

    If the block raises, the folder is removed; see `temporary_folder`.

    Args:
        final: returns the final path. Called again if another process created that path during the
            block.

    Yields:
        The folder to write to; it exists.

    Raises:
        WorkError: as `convert_write_errors`.
    """
    wanted = final()
    with temporary_folder(wanted) as temporary:
        yield temporary
        for path in (*temporary.rglob("*"), temporary):
            _flush_to_disk(path)
        while True:
            try:
                os.rename(temporary, wanted)
                break
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or final() == wanted:
                    raise
                wanted = final()
        _flush_to_disk(wanted.parent)


def atomic_write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text file atomically, as UTF-8, with the newlines of `text` unchanged.

    Args:
        path: the file.
        text: its new content.

    Raises:
        WorkError: as `convert_write_errors`.
    """
    with atomic_write(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def _reason(error: Exception, path: Path) -> str | None:
    """Returns reason and remedy for an error raised while writing `path`; None if unknown."""
    if isinstance(error, OSError) and error.errno is not None:
        known = _REASONS.get(error.errno)
        if not isinstance(error.filename, str | os.PathLike):
            return known
        final = Path(os.path.realpath(path))
        other = Path(os.path.realpath(error.filename))
        if final.is_relative_to(other) or any(map(is_temporary, other.parts)):
            return known or f"{error.strerror}. Choose another folder."
        return known if other.is_relative_to(final.parent) else None  # None: an unrelated file
    if isinstance(error, OSError | RuntimeError) or "tensorflow" in type(error).__module__:
        for number in _KNOWN_BY_TEXT:
            if os.strerror(number) in str(error):
                return _REASONS[number]
    return None


def _flush_to_disk(path: Path) -> None:
    """Flushes a file or folder to the disk, so that it survives a power failure."""
    is_folder = path.is_dir()
    if is_folder and os.name == "nt":  # Windows cannot open a folder
        return
    # Windows flushes only files opened for writing.
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        # Some network file systems cannot flush a folder; the rename has already succeeded.
        with contextlib.suppress(OSError) if is_folder else contextlib.nullcontext():
            os.fsync(handle)
    finally:
        os.close(handle)
