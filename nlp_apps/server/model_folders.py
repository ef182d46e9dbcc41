"""Model folders: DIR/NAME/VERSION/saved_model.pb, where VERSION is an integer."""

import errno
import logging
import os
import re
from pathlib import Path
from typing import NamedTuple

from nlp_apps.errors import WorkError
from nlp_apps.server import served_files
from nlp_apps.text.normalize import LONE_SURROGATE

GRAPH = "saved_model.pb"

FILES = (".tflite", ".onnx")
"""Suffixes of models in one file, which the server does not load."""

EXPORT = "Export a SavedModel: nlp-apps APP export RUN --format saved_model --output DIR/NAME."
"""Advice for a folder without a model to serve."""

# 18 digits fit into the signed 64-bit version of TF Serving.
_VERSION = re.compile(r"[0-9]{1,18}")

# A name is one segment of a URL, in which ":" starts the verb. Hidden and temporary folders start
# with a dot; so does a version that is still being written.
_NAME = re.compile(r"[^./:][^/:]*")

_NOT_UTF8 = OSError(errno.EILSEQ, "its name is not UTF-8")

_log = logging.getLogger(__name__)


class FoundModels(NamedTuple):
    """The content of a folder.

    Attributes:
        models: Version folders by name and version, for names with at least one version.
        unreadable: By path in the folder the reason why another folder cannot be read, cannot be
            part of a URL, or is not followed.
        ignored: Folders that are not served: a version beside names, or a name beside versions.
        is_model: Whether the folder itself is a NAME.
    """

    models: dict[str, dict[int, Path]]
    unreadable: dict[str, OSError]
    ignored: list[str]
    is_model: bool


def find(folder: Path, is_model: bool | None = None) -> FoundModels:
    """Finds every version of every model.

    Args:
        folder: holds NAME/VERSION folders, or is a NAME that holds VERSION folders.
        is_model: whether it is a NAME; None: only if it holds no NAME/VERSION, so that one more
            folder whose name is a number removes no model.

    Raises:
        OSError: the folder itself cannot be read.
    """
    own, own_unreadable = versions(folder, folder)
    models, unreadable = _models(folder)
    if is_model is None:
        is_model = bool(own) and not models
    if not is_model:
        ignored = [path.name for path in own.values() if path.name not in models]
        return FoundModels(models, unreadable, ignored, is_model)
    name = folder.resolve().name
    if own and not _is_utf8(name):
        return FoundModels({}, {"": _NOT_UTF8}, [], is_model)
    return FoundModels({name: own} if own else {}, own_unreadable, list(models), is_model)


def check(folder: Path) -> None:
    """Checks the served folder before anything slow starts.

    Raises:
        WorkError: the folder is missing, unreadable, or holds no model.
    """
    if not folder.is_dir():
        raise WorkError(f"{folder}: is not a folder. Name the folder of NAME/VERSION folders.")
    try:
        models, unreadable, _, _ = find(folder)
    except OSError as error:
        raise WorkError(f"{folder}: cannot be read: {error.strerror}.") from error
    if unreadable.get("") is _NOT_UTF8:
        raise WorkError(f"{folder}: {_NOT_UTF8.strerror}. Rename the folder.")
    if not models and not served_files.tflite_files([folder]):
        skipped = f" Cannot read in it: {', '.join(unreadable)}." if unreadable else ""
        raise WorkError(
            f"{folder}: holds no NAME/VERSION/{GRAPH} (VERSION is an integer) and no .tflite. "
            f"{EXPORT}{skipped}"
        )
    if not models:
        _log.warning(
            "%s: holds no SavedModel, only models for the page /device/. To make one: "
            "nlp-apps demo; then: nlp-apps serve runs/demo/export",
            folder,
        )


def fingerprint(version: Path) -> tuple[tuple[str, int, int], ...]:
    """Returns path, size and time of every file of a version; they change when it is rewritten."""
    files_seen = []
    for parent, folders, files in os.walk(version):
        for name in [*folders, *files]:
            path = os.path.join(parent, name)
            try:
                status = os.stat(path)
            except OSError:  # The file is being replaced; the next scan finds the new one.
                continue
            files_seen.append((path, status.st_size, status.st_mtime_ns))
    return tuple(sorted(files_seen))


class FolderWarnings:
    """Logs each unreadable or ignored folder once, until it is readable or gone.

    Args:
        folder: the served folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unreadable: set[str] = set()
        self._ignored: set[str] = set()

    def log_unreadable(self, unreadable: dict[str, OSError]) -> None:
        """Logs folders that cannot be read; "" is the served folder itself."""
        for name in sorted(unreadable.keys() - self._unreadable):
            error = unreadable[name]
            path = error.filename or self._folder / name
            _log.warning("%s cannot be read: %s", path, error.strerror)
        self._unreadable = set(unreadable)

    def log_ignored(self, ignored: list[str], is_model: bool) -> None:
        """Logs folders that are not served, with the rule."""
        rule = (
            "the versions beside it are served. The next start would serve it instead of them: "
            "move it away"
            if is_model
            else "a version belongs into the folder of its model, NAME/VERSION"
        )
        for name in sorted(set(ignored) - self._ignored):
            _log.warning("%s is ignored: %s", self._folder / name, rule)
        self._ignored = set(ignored)


def _is_utf8(name: str) -> bool:
    """Returns whether a file name is UTF-8; Python decodes other bytes as lone surrogates."""
    return LONE_SURROGATE.search(name) is None


def _models(folder: Path) -> tuple[dict[str, dict[int, Path]], dict[str, OSError]]:
    """Returns the versions of every NAME, and the reasons why others are unreadable."""
    found, unreadable = {}, {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not _NAME.fullmatch(entry.name):
            continue
        try:
            if not entry.is_dir():
                continue
            own, left_out = versions(Path(entry.path), folder)
        except (FileNotFoundError, NotADirectoryError):  # Removed since it was listed.
            continue
        except OSError as error:
            unreadable[entry.name] = error
            continue
        if (own or left_out) and not _is_utf8(entry.name):
            unreadable[entry.name] = _NOT_UTF8
        elif (own or left_out) and not served_files.is_inside(Path(entry.path), folder):
            unreadable[entry.name] = served_files.LEAVES
        else:
            unreadable |= {f"{entry.name}/{name}": error for name, error in left_out.items()}
            if own:
                found[entry.name] = own
    return found, unreadable


def is_name(name: str) -> bool:
    """Returns whether a name can be that of a model: one part of a URL, not hidden."""
    return _NAME.fullmatch(name) is not None


def versions(folder: Path, root: Path) -> tuple[dict[int, Path], dict[str, OSError]]:
    """Returns the version folders of one model, and those whose links lead out of `root`.

    Raises:
        OSError: the folder cannot be read.
    """
    found, left_out = {}, {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if not _VERSION.fullmatch(entry.name) or not os.path.isfile(path / GRAPH):
            continue
        if served_files.is_inside(path, root):
            found[int(entry.name)] = path
        else:
            left_out[entry.name] = served_files.LEAVES
    return found, left_out
