"""Every model that is served: found, loaded, swapped for a newer version, and let go.

One thread looks at the folder, again and again. A version answers only when it is loaded and warm;
then it takes the place of the old one in one step, and the old one answers what it has accepted
before it goes.
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
from nlp_apps.server import model_folders
from nlp_apps.server.batching import Queue
from nlp_apps.server.limits import Limits
from nlp_apps.server.loaded_model import LoadedModel, load
from nlp_apps.server.prometheus import Metrics, QueueMeter
from nlp_apps.server.request_error import RequestError

LOADING, AVAILABLE, UNLOADING, END = "LOADING", "AVAILABLE", "UNLOADING", "END"
"""TF Serving's names for what a version is doing."""

_UNKNOWN_OP = re.compile(r"Op type not registered '(\w+)'")

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Version:
    """A version of a model, from being found to being gone.

    Attributes:
        number: Its version.
        fingerprint: Its files as they were when it was loaded.
        state: LOADING, AVAILABLE, UNLOADING, or END where it could not be loaded.
        error: Why not, fit for clients.
        servable: What answers, while AVAILABLE or UNLOADING.
        queue: What waits for it.
        is_outdated: Its files have changed since, which the log was told.
    """

    number: int
    fingerprint: Any
    state: str = LOADING
    error: str = ""
    servable: LoadedModel | None = None
    queue: Queue | None = None
    is_outdated: bool = False


@dataclass(frozen=True)
class ActiveVersion:
    """What a request needs of the version that will answer it."""

    number: int
    servable: LoadedModel
    queue: Queue


class ModelRegistry:
    """The models below a folder.

    Args:
        folder: holds NAME/VERSION folders, or is one NAME.
        limits: of batches and queues.
        metrics: is told what happens.
        loader: loads a version.

    Attributes:
        folder: as given.
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
        self._looked = False
        self._is_one = False
        self._unreadable: set[str] = set()
        self._stray: set[str] = set()
        self._gone: set[str] = set()
        self._retired = 0
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, poll: float) -> None:
        """Begins to look at the folder, every `poll` seconds."""

        def watch() -> None:
            while not self._stop.is_set():
                try:
                    self.look()
                except Exception:  # The watch must go on: what is loaded keeps answering.
                    _log.exception("looking for versions failed")
                self._stop.wait(min(poll, threading.TIMEOUT_MAX))

        self._watcher = threading.Thread(target=watch, name="nlp_apps-versions", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Looks no more, and lets every version answer what it accepted.

        A load that does not end within `--timeout` is left behind, with its thread.
        """
        self._stop.set()
        if self._watcher is not None:
            seconds = min(self._limits.timeout, threading.TIMEOUT_MAX)
            self._watcher.join(seconds)
            if self._watcher.is_alive():
                _log.warning("a version is still being loaded after %g s: given up", seconds)
        for name, version in list(self._current.items()):
            self._retire(name, version)

    def look(self) -> None:
        """Looks once: loads what is new, lets go what is gone."""
        retired = self._retired
        try:
            # What the folder is stays as it is while something is loaded from it.
            told = model_folders.find(self.folder, self._is_one if self._current else None)
        except OSError as error:
            self._warn({"": error})
            return
        found, unreadable, stray, self._is_one = told
        self._warn(unreadable)
        self._warn_of_stray(stray)
        for name in self._gone - found.keys():  # By now its last answers are counted.
            self._metrics.forget(name)
        self._gone.clear()
        # What cannot be read is no news: what was loaded from there keeps answering.
        for name in sorted({*found, *self._versions} - unreadable.keys()):
            if self._stop.is_set():
                return
            self._update(name, found.get(name, {}))
        self._looked = True
        if self._retired != retired:
            gc.collect()  # What TensorFlow loaded is a web of references; its weights are to go.

    def names(self) -> list[str]:
        """The models that are known, in order."""
        with self._lock:
            return sorted(name for name, versions in self._versions.items() if versions)

    def versions(self, name: str, number: int | None = None) -> list[Version]:
        """The versions of a model, newest first, or one of them.

        Raises:
            RequestError: 404, there is none; 503, as of `find`.
        """
        with self._lock:
            known = self._versions.get(name, {})
            if number is None:
                found = [known[key] for key in sorted(known, reverse=True)]
            else:
                found = [known[number]] if number in known else []
        if not found and not self._looked and not known:
            raise _too_early(name)
        if not found:
            what = "any versions" if number is None else f"version {number}"
            raise RequestError(404, f"Could not find {what} of model {_short(name)}")
        return found

    def find(self, name: str, number: int | None = None) -> ActiveVersion:
        """The version that answers.

        Raises:
            RequestError: 404, there is none; 503, it is being loaded, or others are before it at
                the server's start.
        """
        with self._lock:
            known = self._versions.get(name, {})
            version = self._current.get(name) if number is None else known.get(number)
            if version is not None and version.state == AVAILABLE:
                assert version.servable is not None and version.queue is not None
                return ActiveVersion(version.number, version.servable, version.queue)
            asked = known.values() if number is None else [version]
            loading = any(version is not None and version.state == LOADING for version in asked)
        name = _short(name)
        if loading:
            raise RequestError(503, f"Model {name} is being loaded.", retry_after=2)
        if not self._looked and not known:
            raise _too_early(name)
        wanted = f"Latest({name})" if number is None else f"Specific({name}, {number})"
        raise RequestError(404, f"Servable not found for request: {wanted}")

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether the folder was looked through and a model answers; the state of each model.

        A model that cannot be loaded does not make the server unready: it would take the others
        out of service with it.
        """
        with self._lock:
            states = {
                name: AVAILABLE if name in self._current else max(versions.items())[1].state
                for name, versions in sorted(self._versions.items())
                if versions
            }
        return self._looked and AVAILABLE in states.values(), states

    def _warn(self, unreadable: dict[str, OSError]) -> None:
        """Tells of folders that cannot be read, of each once until it can be read again."""
        for name in sorted(unreadable.keys() - self._unreadable):
            reason = unreadable[name].strerror
            _log.warning("%s cannot be read: %s", self.folder / name, reason)
        self._unreadable = set(unreadable)

    def _warn_of_stray(self, stray: list[str]) -> None:
        """Tells of folders that are passed over, of each once as long as it is there."""
        for name in sorted(set(stray) - self._stray):
            rule = (
                "versions beside it are served; from the next start on it would be: move it away"
                if self._is_one
                else "a version stands in the folder of its model, NAME/VERSION"
            )
            _log.warning("%s is passed over: %s", self.folder / name, rule)
        self._stray = set(stray)

    def _warn_of_change(self, name: str, version: Version, folder: Path) -> None:
        """Tells once that a version answers with files that are not there any more."""
        if not version.is_outdated and model_folders.fingerprint(folder) != version.fingerprint:
            version.is_outdated = True
            _log.warning(
                "model %s version %d has changed in its folder and answers as it was loaded: give "
                "what is new a higher number",
                name,
                version.number,
            )

    def _update(self, name: str, folders: dict[int, Path]) -> None:
        """Brings one model to the newest version that loads."""
        with self._lock:
            known = self._versions.setdefault(name, {})
            current = self._current.get(name)
            for number, version in list(known.items()):
                if version.state == END and (
                    number not in folders
                    or model_folders.fingerprint(folders[number]) != version.fingerprint
                ):
                    del known[number]  # It is gone, or worth another try.
        for number in sorted(folders, reverse=True):
            if current is not None and number == current.number:
                self._warn_of_change(name, current, folders[number])
                return
            if number in known:
                continue  # It did not load, and is still the same.
            if self._load(name, number, folders[number]):
                if current is not None:
                    self._retire(name, current)
                return
            if self._stop.is_set():
                return
        if not folders:
            if current is not None:
                self._retire(name, current)
            self._gone.add(name)
            with self._lock:
                self._versions.pop(name, None)

    def _load(self, name: str, number: int, folder: Path) -> bool:
        """Loads a version and lets it answer from now on; whether it does."""
        version = Version(number, model_folders.fingerprint(folder))
        with self._lock:
            self._versions[name][number] = version
        started = time.perf_counter()
        try:
            servable = self._loader(folder)
        except Exception as error:
            _log.warning("model %s version %d cannot be loaded: %s", name, number, error)
            self._metrics.loads.labels(name, "failed").inc()
            with self._lock:
                version.state, version.error = END, _reason(error)
            return False
        if self._stop.is_set():  # Perhaps long ago, and nobody waits for this thread any more.
            return False
        with self._lock:
            version.servable = servable
            version.queue = Queue(servable.run, self._limits, QueueMeter(self._metrics, name))
            version.state = AVAILABLE
            self._current[name] = version
        self._metrics.version.labels(name).set(number)
        self._metrics.loads.labels(name, "loaded").inc()
        seconds = time.perf_counter() - started
        _log.info("model %s version %d answers now (loaded in %.1f s)", name, number, seconds)
        return True

    def _retire(self, name: str, version: Version) -> None:
        """Lets a version answer what it accepted, and forgets it."""
        with self._lock:
            version.state = UNLOADING
            if self._current.get(name) is version:
                del self._current[name]
        assert version.queue is not None
        version.queue.close()
        with self._lock:
            self._versions[name].pop(version.number, None)
            version.servable = version.queue = None
        self._retired += 1
        _log.info("model %s version %d is unloaded", name, version.number)


def _reason(error: Exception) -> str:
    """Why a version cannot be loaded, without a path or another library's words."""
    if isinstance(error, WorkError | RequestError):
        return str(error)
    unknown = _UNKNOWN_OP.search(str(error))
    if unknown:
        return f"The SavedModel needs the op '{unknown[1]}', which this TensorFlow does not have."
    return f"The SavedModel cannot be loaded ({type(error).__name__}); the server's log says why."


def _too_early(name: str) -> RequestError:
    """At the server's start, of a model that was not come to."""
    return RequestError(503, f"Model {_short(name)} is not loaded yet, if at all.", retry_after=2)


def _short(name: str) -> str:
    """A name that a client chose, cut to what an error message has room for."""
    return name if len(name) <= 80 else name[:77] + "..."
