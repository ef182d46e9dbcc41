"""The registry of models: finds, loads, swaps and unloads versions.

One thread scans the folder again and again. Each model with a change is updated in a thread of its
own, so that none waits for another's load. A new version becomes active when it is loaded and warm.
It replaces the old one in one step, and the old one completes its accepted requests before it is
unloaded.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from nlp_apps.server import model_config, model_folders, served_files
from nlp_apps.server.batching import Queue
from nlp_apps.server.limits import LOADER, Limits
from nlp_apps.server.loaded_model import LoadedModel, load
from nlp_apps.server.model_config import NEWEST, ModelConfig, VersionPolicy
from nlp_apps.server.model_version import (
    AVAILABLE,
    END,
    LOADING,
    UNLOADING,
    ActiveVersion,
    Version,
    load_error,
    warn_if_changed,
)
from nlp_apps.server.prometheus import Metrics, QueueMetrics
from nlp_apps.server.request_error import RequestError, bad_request

MAX_LOADS = 4
"""Models that are updated at the same time; each load needs memory and a core."""

_log = logging.getLogger(__name__)


class ModelRegistry:
    """The models below a folder.

    Args:
        folder: holds NAME/VERSION folders, or is one NAME.
        limits: limits of batches and queues.
        metrics: counts loads and calls.
        loader: loads a version.
        config: models with their folders, policies and labels; None: those of `folder`.

    Attributes:
        folder: the argument.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        metrics: Metrics,
        loader: Callable[[Path], LoadedModel] = load,
        config: Mapping[str, ModelConfig] | None = None,
    ) -> None:
        self.folder = folder
        self._limits = limits
        self._metrics = metrics
        self._loader = loader
        self._config = config
        self._lock = threading.Lock()
        self._versions: dict[str, dict[int, Version]] = {}
        self._current: dict[str, Version] = {}
        self._is_model = False
        self._updates: dict[str, threading.Thread] = {}
        self._first_updates: list[threading.Thread] | None = None
        self._may_update = threading.BoundedSemaphore(MAX_LOADS)
        self._warnings = model_folders.FolderWarnings(folder)
        self._removed: set[str] = set()
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, poll: float) -> None:
        """Starts to scan the folder every `poll` seconds, in a thread."""

        def watch() -> None:
            while not self._stop.is_set():
                try:
                    self._scan()
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
        seconds = min(self._limits.timeout, threading.TIMEOUT_MAX)
        deadline = time.monotonic() + seconds
        if self._watcher is not None:
            self._watcher.join(seconds)
        for name, update in list(self._updates.items()):
            update.join(max(0.0, deadline - time.monotonic()))
            if update.is_alive():
                _log.warning(
                    "model %s: a version is still loading after %g s: abandoned", name, seconds
                )
        for name, versions in list(self._versions.items()):
            for version in list(versions.values()):
                if version.state == AVAILABLE:
                    self._unload(name, version)

    def rescan(self) -> None:
        """Scans the folder once, and returns when new versions are loaded and removed ones not."""
        for update in self._scan():
            update.join()

    @property
    def _has_scanned(self) -> bool:
        """True if every model of the first scan is loaded, or has failed to load."""
        first = self._first_updates
        return first is not None and not any(update.is_alive() for update in first)

    def _scan(self) -> list[threading.Thread]:
        """Scans the folder once; returns the threads that load and unload versions."""
        try:
            # The folder keeps its kind, NAME or folder of names, while a model of it is loaded.
            is_model = self._is_model if self._current else None
            found, unreadable, ignored, self._is_model = (
                model_folders.find(self.folder, is_model)
                if self._config is None
                else model_config.find(self._config)
            )
        except OSError as error:
            self._warnings.log_unreadable({"": error})
            return []
        self._warnings.log_unreadable(unreadable)
        self._warnings.log_ignored(ignored, self._is_model)
        with self._lock:
            removed = self._removed - found.keys()
            self._removed.clear()
        for name in removed:  # Its last responses are counted by now.
            self._metrics.remove_model(name)
        # The versions of an unreadable model remain active.
        for name in sorted({*found, *self._versions} - unreadable.keys()):
            self._start_update(name, found.get(name, {}))
        updates = list(self._updates.values())
        if self._first_updates is None:
            self._first_updates = updates
        return updates

    def _start_update(self, name: str, folders: dict[int, Path]) -> None:
        """Updates a model in a thread, unless nothing has changed or its update still runs."""
        running = self._updates.get(name)
        if running is not None and running.is_alive():
            return
        policy = self._policy(name)
        candidates = policy.candidates(folders)
        with self._lock:
            known = dict(self._versions.get(name, {}))
        is_settled = known and all(one.state == AVAILABLE for one in known.values())
        if is_settled and sorted(known, reverse=True) == candidates[: policy.num_versions]:
            for number, version in known.items():
                warn_if_changed(name, version, folders[number])
            return

        def update() -> None:
            with self._may_update:
                try:
                    if not self._stop.is_set():
                        self._update(name, folders)
                except Exception:  # The next scan tries again, and the loaded models continue.
                    _log.exception("the update of model %s failed", name)

        self._updates[name] = threading.Thread(target=update, name=LOADER, daemon=True)
        self._updates[name].start()

    def number_of(self, name: str, label: str) -> int:
        """Returns the version of a label.

        Raises:
            RequestError: 400, as TF Serving: the model has no such label.
        """
        entry = (self._config or {}).get(name)
        if entry is None or label not in entry.labels:
            raise bad_request(f"Unrecognized servable version label: {_short(label)}")
        return entry.labels[label]

    def folders(self) -> list[Path]:
        """Returns the served folders: one, or those of the configured models."""
        if self._config is None:
            return [self.folder]
        return [entry.folder for entry in self._config.values()]

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

    def _root(self, name: str) -> Path:
        """Returns the folder that the links of a model may not leave."""
        return self.folder if self._config is None else self._config[name].folder

    def _policy(self, name: str) -> VersionPolicy:
        """Returns the policy of a model: the newest version, unless it is configured."""
        entry = (self._config or {}).get(name)
        return NEWEST if entry is None else entry.policy

    def _update(self, name: str, folders: dict[int, Path]) -> None:
        """Activates the newest versions of a model that load, as many as its policy allows."""
        policy = self._policy(name)
        with self._lock:
            known = self._versions.setdefault(name, {})
            for number, version in list(known.items()):
                if version.state == END and (
                    number not in folders
                    or model_folders.fingerprint(folders[number]) != version.fingerprint
                ):
                    del known[number]  # It was removed, or has changed and is tried again.
        active: list[Version] = []  # Newest first.
        for number in policy.candidates(folders):
            found = known.get(number)
            if found is None:
                found = self._load(name, number, folders[number])
                if self._stop.is_set():
                    return
            elif found.state == AVAILABLE:
                warn_if_changed(name, found, folders[number])
            else:
                continue  # It failed to load and has not changed.
            if found is not None:
                active.append(found)
                with self._lock:
                    self._current[name] = active[0]
                    self._metrics.version.labels(name).set(active[0].number)
            if policy.is_enough(len(active)):
                break
        # A version stays active until its successor is, or until its folder is gone.
        if active or not policy.candidates(folders):
            replaced = [
                version
                for version in known.values()
                if version.state == AVAILABLE and version not in active
            ]
            for version in replaced:
                self._unload(name, version)
            if replaced:
                gc.collect()  # TensorFlow's objects refer to each other in cycles.
        if not folders:
            with self._lock:
                self._removed.add(name)
                self._versions.pop(name, None)

    def _load(self, name: str, number: int, folder: Path) -> Version | None:
        """Loads a version; returns None if that fails."""
        version = Version(number, model_folders.fingerprint(folder))
        with self._lock:
            self._versions[name][number] = version
        started = time.perf_counter()
        try:
            served_files.check_version(folder, self._root(name))
            model = self._loader(folder)
        except Exception as error:
            _log.warning("model %s version %d cannot be loaded: %s", name, number, error)
            self._metrics.loads.labels(name, "failed").inc()
            with self._lock:
                version.state, version.error = END, load_error(error)
            return None
        if self._stop.is_set():  # `stop` may have abandoned this thread long ago.
            return None
        with self._lock:
            queue = Queue(model.run, self._limits, QueueMetrics(self._metrics, name))
            version.active = ActiveVersion(number, model, queue)
            version.state = AVAILABLE
        self._metrics.loads.labels(name, "loaded").inc()
        seconds = time.perf_counter() - started
        _log.info("model %s version %d is active (loaded in %.1f s)", name, number, seconds)
        return version

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
        _log.info("model %s version %d is unloaded", name, version.number)


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
