"""The registry of models: finds, loads, swaps and unloads versions.

One thread scans the folder again and again. A new version becomes active when it is loaded and
warm. It replaces the old one in one step, and the old one completes its accepted requests before it
is unloaded.
"""

import gc
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.server import model_folders, served_files
from nlp_apps.server.batching import Queue
from nlp_apps.server.limits import Limits
from nlp_apps.server.loaded_model import LoadedModel, load
from nlp_apps.server.prometheus import Metrics, QueueMetrics
from nlp_apps.server.request_error import RequestError

LOADING, AVAILABLE, UNLOADING, END = "LOADING", "AVAILABLE", "UNLOADING", "END"
"""TF Serving's states of a version."""

_UNKNOWN_OP = re.compile(r"Op type not registered '(\w+)'")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ActiveVersion:
    """A version that accepts requests."""

    number: int
    model: LoadedModel
    queue: Queue


@dataclass(eq=False)
class Version:
    """A version of a model, in any state.

    Attributes:
        number: The version.
        fingerprint: Its files at the time of the load.
        state: LOADING, AVAILABLE, UNLOADING, or END after a failed load.
        error: Reason of a failed load, for clients.
        active: The model and its queue, while AVAILABLE or UNLOADING.
        is_outdated: Whether its files have changed since, which is logged once.
    """

    number: int
    fingerprint: Any
    state: str = LOADING
    error: str = ""
    active: ActiveVersion | None = None
    is_outdated: bool = False


class ModelRegistry:
    """The models below a folder.

    Args:
        folder: holds NAME/VERSION folders, or is one NAME.
        limits: limits of batches and queues.
        metrics: counts loads and calls.
        loader: loads a version.

    Attributes:
        folder: the argument.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        metrics: Metrics,
        loader: Callable[[Path], LoadedModel] = load,
    ) -> None:
        self.folder = folder
        self._limits = limits
        self._metrics = metrics
        self._loader = loader
        self._lock = threading.Lock()
        self._versions: dict[str, dict[int, Version]] = {}
        self._current: dict[str, Version] = {}
        self._has_scanned = False
        self._is_model = False
        self._warnings = model_folders.FolderWarnings(folder)
        self._removed: set[str] = set()
        self._num_unloaded = 0
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, poll: float) -> None:
        """Starts to scan the folder every `poll` seconds, in a thread."""

        def watch() -> None:
            while not self._stop.is_set():
                try:
                    self.rescan()
                except Exception:  # The watch continues, and so do the loaded models.
                    _log.exception("the scan for new versions failed")
                self._stop.wait(min(poll, threading.TIMEOUT_MAX))

        self._watcher = threading.Thread(target=watch, name="nlp_apps-versions", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stops the scans and completes the accepted requests of every version.

        A load that takes longer than `timeout` is abandoned, together with its thread.
        """
        self._stop.set()
        if self._watcher is not None:
            seconds = min(self._limits.timeout, threading.TIMEOUT_MAX)
            self._watcher.join(seconds)
            if self._watcher.is_alive():
                _log.warning("a version is still loading after %g s: abandoned", seconds)
        for name, version in list(self._current.items()):
            self._unload(name, version)

    def rescan(self) -> None:
        """Scans the folder once: loads new versions and unloads removed ones."""
        num_unloaded = self._num_unloaded
        try:
            # The folder keeps its kind, NAME or folder of names, while a model of it is loaded.
            is_model = self._is_model if self._current else None
            found, unreadable, ignored, self._is_model = model_folders.find(self.folder, is_model)
        except OSError as error:
            self._warnings.log_unreadable({"": error})
            return
        self._warnings.log_unreadable(unreadable)
        self._warnings.log_ignored(ignored, self._is_model)
        for name in self._removed - found.keys():  # Its last responses are counted by now.
            self._metrics.remove_model(name)
        self._removed.clear()
        # The versions of an unreadable model remain active.
        for name in sorted({*found, *self._versions} - unreadable.keys()):
            if self._stop.is_set():
                return
            self._update(name, found.get(name, {}))
        self._has_scanned = True
        if self._num_unloaded != num_unloaded:
            gc.collect()  # TensorFlow's objects refer to each other in cycles.

    def names(self) -> list[str]:
        """Returns the names of all known models, sorted."""
        with self._lock:
            return sorted(name for name, versions in self._versions.items() if versions)

    def versions(self, name: str, number: int | None = None) -> list[Version]:
        """Returns the versions of a model, newest first, or one version.

        Raises:
            RequestError: 404, there is none; 503, as `resolve`.
        """
        with self._lock:
            known = self._versions.get(name, {})
            if number is None:
                found = [known[key] for key in sorted(known, reverse=True)]
            else:
                found = [known[number]] if number in known else []
        if not found and not self._has_scanned and not known:
            raise _still_loading(name)
        if not found:
            missing = "any versions" if number is None else f"version {number}"
            raise RequestError(404, f"Could not find {missing} of model {_short(name)}")
        return found

    def resolve(self, name: str, number: int | None = None) -> ActiveVersion:
        """Returns the version that accepts requests: the current one, or version `number`.

        Raises:
            RequestError: 404, there is none; 503, it is loading, or the first scan is running.
        """
        with self._lock:
            known = self._versions.get(name, {})
            version = self._current.get(name) if number is None else known.get(number)
            if version is not None and version.state == AVAILABLE:
                assert version.active is not None
                return version.active
            candidates = known.values() if number is None else [version]
            is_loading = any(found is not None and found.state == LOADING for found in candidates)
        name = _short(name)
        if is_loading:
            raise RequestError(503, f"Model {name} is loading.", retry_after=2)
        if not self._has_scanned and not known:
            raise _still_loading(name)
        servable = f"Latest({name})" if number is None else f"Specific({name}, {number})"
        raise RequestError(404, f"Servable not found for request: {servable}")

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Returns whether the first scan is done and a model is active, and the model states.

        A model that fails to load does not make the server unready: the others stay in service.
        """
        with self._lock:
            states = {
                name: AVAILABLE if name in self._current else max(versions.items())[1].state
                for name, versions in sorted(self._versions.items())
                if versions
            }
        return self._has_scanned and AVAILABLE in states.values(), states

    def _update(self, name: str, folders: dict[int, Path]) -> None:
        """Activates the newest version of a model that loads."""
        with self._lock:
            known = self._versions.setdefault(name, {})
            current = self._current.get(name)
            for number, version in list(known.items()):
                if version.state == END and (
                    number not in folders
                    or model_folders.fingerprint(folders[number]) != version.fingerprint
                ):
                    del known[number]  # It was removed, or has changed and is tried again.
        for number in sorted(folders, reverse=True):
            if current is not None and number == current.number:
                _warn_if_changed(name, current, folders[number])
                return
            if number in known:
                continue  # It failed to load and has not changed.
            if self._load(name, number, folders[number]):
                if current is not None:
                    self._unload(name, current)
                return
            if self._stop.is_set():
                return
        if not folders:
            if current is not None:
                self._unload(name, current)
            self._removed.add(name)
            with self._lock:
                self._versions.pop(name, None)

    def _load(self, name: str, number: int, folder: Path) -> bool:
        """Loads a version and makes it the current one; returns whether that succeeded."""
        version = Version(number, model_folders.fingerprint(folder))
        with self._lock:
            self._versions[name][number] = version
        started = time.perf_counter()
        try:
            served_files.check_version(folder, self.folder)
            model = self._loader(folder)
        except Exception as error:
            _log.warning("model %s version %d cannot be loaded: %s", name, number, error)
            self._metrics.loads.labels(name, "failed").inc()
            with self._lock:
                version.state, version.error = END, _load_error(error)
            return False
        if self._stop.is_set():  # `stop` may have abandoned this thread long ago.
            return False
        with self._lock:
            queue = Queue(model.run, self._limits, QueueMetrics(self._metrics, name))
            version.active = ActiveVersion(number, model, queue)
            version.state = AVAILABLE
            self._current[name] = version
        self._metrics.version.labels(name).set(number)
        self._metrics.loads.labels(name, "loaded").inc()
        seconds = time.perf_counter() - started
        _log.info("model %s version %d is active (loaded in %.1f s)", name, number, seconds)
        return True

    def _unload(self, name: str, version: Version) -> None:
        """Completes the accepted requests of a version, and releases it."""
        assert version.active is not None
        with self._lock:
            version.state = UNLOADING
            if self._current.get(name) is version:
                del self._current[name]
        version.active.queue.close()
        version.active.model.unload()
        with self._lock:
            self._versions[name].pop(version.number, None)
            version.active = None
        self._num_unloaded += 1
        _log.info("model %s version %d is unloaded", name, version.number)


def _warn_if_changed(name: str, version: Version, folder: Path) -> None:
    """Logs once that the files of a loaded version have changed."""
    if not version.is_outdated and model_folders.fingerprint(folder) != version.fingerprint:
        version.is_outdated = True
        _log.warning(
            "model %s version %d: its files have changed, the loaded version stays active. Write "
            "a change as a new version with a higher number",
            name,
            version.number,
        )


def _load_error(error: Exception) -> str:
    """Returns the reason of a failed load, without a path or a message of another library."""
    if isinstance(error, WorkError | RequestError):
        return str(error)
    unknown = _UNKNOWN_OP.search(str(error))
    if unknown:
        return f"The SavedModel needs the op '{unknown[1]}', which this TensorFlow does not have."
    return f"The SavedModel cannot be loaded ({type(error).__name__}); see the server's log."


def _still_loading(name: str) -> RequestError:
    """Returns the error for an unknown model during the first scan."""
    return RequestError(
        503,
        f"Model {_short(name)} is not available; the server is still loading models.",
        retry_after=2,
    )


def _short(name: str) -> str:
    """Returns a name from a URL, truncated to 80 characters."""
    return name if len(name) <= 80 else name[:77] + "..."
