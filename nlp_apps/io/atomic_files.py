"""Files written whole: a reader sees the old content or the new, never a half.

The new content goes to a temporary name in the same folder (so that the rename stays on one file
system), is flushed to the disk, and then takes the final name with `os.replace`. What the disk
refuses becomes a `WorkError` that says what to do.
"""

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from nlp_apps.errors import NlpAppsError, WorkError

# What the operating system says, in the words of someone who can do something about it.
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
# h5py and TensorFlow lose the error number and keep the text of these.
_KNOWN_BY_TEXT = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)

_TEMPORARY_NAME = re.compile(r"\.tmp-[0-9a-f]{8}\..+")


@contextlib.contextmanager
def explain_write_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turns what the disk refuses inside the block into a `WorkError` that names `path`.

    Turned are the errors that the user can mend: full disk, quota, permission, read-only, a file
    where a folder should be; and whatever the system says of `path` itself, of a folder above it
    or of its temporary name. Any other error, and one about a file elsewhere, passes unchanged.

    Args:
        path: the file or folder being written, for the message.

    Raises:
        WorkError: "cannot write PATH: the disk is full. ..." and its like.
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
    """Makes a folder and its parents where they are missing.

    Args:
        path: the folder.

    Returns:
        The folder as a `Path`.

    Raises:
        WorkError: it cannot be made, or a file of that name exists.
    """
    folder = Path(path)
    with explain_write_errors(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise WorkError(
                f"cannot write {folder}: a file is in the way of this folder. "
                "Remove it or choose another folder."
            ) from error
    return folder


@contextlib.contextmanager
def write_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a temporary path to write to; when the block ends well it becomes `path`.

    The temporary name is `.tmp-RANDOM.NAME`: it ends as NAME does, because some libraries choose
    the format by it. When the block raises, the temporary file is removed and an earlier `path`
    stays as it was. The folder of `path` is made where it is missing. A link stays a link: the
    file that it points to is replaced. A device or pipe (`/dev/null`) cannot be renamed over: it
    is given as it is.

        with write_whole("run/summary.json") as temporary:
            temporary.write_text("{}")

    Args:
        path: the final name, of a file.

    Yields:
        The path to write to, in the same folder. The block must create it.

    Raises:
        WorkError: the folder cannot be written, the disk is full, and their like.
    """
    final = Path(os.path.realpath(path))
    if final.exists() and not final.is_file() and not final.is_dir():
        with explain_write_errors(path):
            yield final
        return
    make_folder(final.parent)
    temporary = final.with_name(f".tmp-{secrets.token_hex(4)}.{final.name}")
    try:
        with explain_write_errors(path):
            yield temporary
            if not temporary.exists():
                raise FileNotFoundError(f"{path}: nothing was written, or its folder is gone.")
            _flush_to_disk(temporary)
            os.replace(temporary, final)
            _flush_to_disk(final.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()  # after the rename there is nothing to remove


@contextlib.contextmanager
def write_folder_whole(final: Callable[[], Path]) -> Iterator[Path]:
    """Gives a temporary folder to write to; when the block ends well it takes its final name.

    The temporary name is `.tmp-RANDOM.NAME`, beside the final one, so that the rename is one step:
    whoever watches the parent sees the whole folder or none. When the block raises, all of it is
    removed, and so is the parent where it was made here.

    Args:
        final: gives the final path; asked again when somebody else took it meanwhile.

    Yields:
        The folder to write to; it exists.

    Raises:
        WorkError: the parent cannot be written, the disk is full, and their like.
    """
    wanted = final()
    is_new = not wanted.parent.exists()
    make_folder(wanted.parent)
    temporary = wanted.with_name(f".tmp-{secrets.token_hex(4)}.{wanted.name}")
    try:
        with explain_write_errors(wanted):
            temporary.mkdir()
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
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if is_new:
            with contextlib.suppress(OSError):
                wanted.parent.rmdir()  # refused where there is something in it


def write_text_whole(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text file whole, as UTF-8, with line ends exactly as in `text`.

    Args:
        path: the file.
        text: its new content.

    Raises:
        WorkError: as `write_whole`.
    """
    with write_whole(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def remove_leftovers(folder: str | os.PathLike[str]) -> int:
    """Removes the temporary files that a killed process left in a folder (not below it).

    Only for a folder that no other process writes to.

    Args:
        folder: where to look; it may be missing.

    Returns:
        How many files were removed.
    """
    removed = 0
    for path in sorted(Path(folder).glob(".tmp-*")):
        if _TEMPORARY_NAME.fullmatch(path.name) and path.is_file():
            with contextlib.suppress(OSError):
                path.unlink()
                removed += 1
    return removed


def _reason(error: Exception, path: Path) -> str | None:
    """Says what to do about an error met while writing `path`; None where we do not know."""
    if isinstance(error, OSError) and error.errno is not None:
        known = _REASONS.get(error.errno)
        if not isinstance(error.filename, str | os.PathLike):
            return known
        final = Path(os.path.realpath(path))
        other = Path(os.path.realpath(error.filename))
        if final.is_relative_to(other) or any(map(_TEMPORARY_NAME.fullmatch, other.parts)):
            return known or f"{error.strerror}. Choose another folder."
        is_near = other.is_relative_to(final.parent)
        return known if is_near else None  # else the block stumbled over another file
    if isinstance(error, OSError | RuntimeError) or "tensorflow" in type(error).__module__:
        for number in _KNOWN_BY_TEXT:
            if os.strerror(number) in str(error):
                return _REASONS[number]
    return None


def _flush_to_disk(path: Path) -> None:
    """Asks the system to put a file or a folder on the disk, so that it outlives a power cut."""
    is_folder = path.is_dir()
    if is_folder and os.name == "nt":  # Windows cannot open a folder
        return
    # Windows flushes only what is open for writing.
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        # Some network file systems refuse to flush a folder; the rename is done by then.
        with contextlib.suppress(OSError) if is_folder else contextlib.nullcontext():
            os.fsync(handle)
    finally:
        os.close(handle)
