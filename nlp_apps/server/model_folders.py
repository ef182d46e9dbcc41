"""Which models a folder holds: DIR/NAME/VERSION/saved_model.pb, VERSION an integer."""

import errno
import os
import re
from pathlib import Path
from typing import NamedTuple

from nlp_apps.errors import WorkError
from nlp_apps.litert import model_index
from nlp_apps.text.normalize import LONE_SURROGATE

GRAPH = "saved_model.pb"

# 18 digits fit into the signed 64 bits that TF Serving has for a version.
_VERSION = re.compile(r"[0-9]{1,18}")

# A name is one part of an address, and ":" begins the verb there. Hidden and temporary folders
# begin with a dot: a version that is still being written has no number yet.
_NAME = re.compile(r"[^./:][^/:]*")

_NO_TEXT = OSError(errno.EILSEQ, "its name is not UTF-8")


class Found(NamedTuple):
    """What a folder holds.

    Attributes:
        models: Folders by name and version, where a name has at least one version.
        unreadable: By name why a folder cannot be read, or cannot be named in an address.
        stray: Names of folders that are passed over: versions beside names, or names beside
            versions.
        is_one: Whether the folder is itself a NAME.
    """

    models: dict[str, dict[int, Path]]
    unreadable: dict[str, OSError]
    stray: list[str]
    is_one: bool


def find(folder: Path, is_one: bool | None = None) -> Found:
    """Finds every version of every model.

    Args:
        folder: holds NAME/VERSION folders, or is itself a NAME that holds VERSION folders.
        is_one: which of the two it is; None: a NAME only where it holds no NAME/VERSION, so that
            one folder more, which happens to have a number, takes no model away.

    Raises:
        OSError: the folder itself cannot be read.
    """
    own = _versions(folder)
    models, unreadable = _named(folder)
    if is_one is None:
        is_one = bool(own) and not models
    if not is_one:
        stray = [path.name for path in own.values() if path.name not in models]
        return Found(models, unreadable, stray, is_one)
    name = folder.resolve().name
    if own and not _is_text(name):
        return Found({}, {"": _NO_TEXT}, [], is_one)
    return Found({name: own} if own else {}, {}, list(models), is_one)


def check(folder: Path) -> None:
    """Tells a mistaken folder before anything slow begins.

    Raises:
        WorkError: it is missing, cannot be read, or holds no model.
    """
    if not folder.is_dir():
        raise WorkError(f"{folder}: is not a folder. Name the one that holds NAME/VERSION folders.")
    try:
        models, unreadable, _, _ = find(folder)
    except OSError as error:
        raise WorkError(f"{folder}: cannot be read: {error.strerror}.") from error
    if unreadable.get("") is _NO_TEXT:
        raise WorkError(f"{folder}: {_NO_TEXT.strerror}. Rename it.")
    if not models and not model_index.find([folder]):
        closed = f" It cannot read {', '.join(unreadable)} in it." if unreadable else ""
        raise WorkError(
            f"{folder}: holds no NAME/VERSION/{GRAPH} (VERSION an integer) and no .tflite. Export "
            f"a model into it.{closed}"
        )


def fingerprint(version: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a version is written again: names, sizes, times."""
    marks = []
    for place, folders, files in os.walk(version):
        for name in [*folders, *files]:
            path = os.path.join(place, name)
            try:
                status = os.stat(path)
            except OSError:  # Being replaced at this moment: the next look sees what it became.
                continue
            marks.append((path, status.st_size, status.st_mtime_ns))
    return tuple(sorted(marks))


def _is_text(name: str) -> bool:
    """Whether the bytes of a name are UTF-8; Python has those that are not as half surrogates."""
    return LONE_SURROGATE.search(name) is None


def _named(folder: Path) -> tuple[dict[str, dict[int, Path]], dict[str, OSError]]:
    """The models whose names are folders, and why others cannot be read or named."""
    found, unreadable = {}, {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not _NAME.fullmatch(entry.name):
            continue
        try:
            versions = _versions(Path(entry.path)) if entry.is_dir() else {}
        except (FileNotFoundError, NotADirectoryError):  # It has gone since it was listed.
            continue
        except OSError as error:
            unreadable[entry.name] = error
            continue
        if versions and _is_text(entry.name):
            found[entry.name] = versions
        elif versions:
            unreadable[entry.name] = _NO_TEXT
    return found, unreadable


def _versions(folder: Path) -> dict[int, Path]:
    """The versions of one model."""
    return {
        int(entry.name): Path(entry.path)
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
        if _VERSION.fullmatch(entry.name) and os.path.isfile(os.path.join(entry.path, GRAPH))
    }
