"""A version of a model in the registry: its state, and the messages about it."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.server import model_folders
from nlp_apps.server.batching import Queue
from nlp_apps.server.loaded_model import LoadedModel
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


def warn_if_changed(name: str, version: Version, folder: Path) -> None:
    """Logs once that the files of a loaded version have changed."""
    if not version.is_outdated and model_folders.fingerprint(folder) != version.fingerprint:
        version.is_outdated = True
        _log.warning(
            "model %s version %d: its files have changed, the loaded version stays active. Write "
            "a change as a new version with a higher number",
            name,
            version.number,
        )


def load_error(error: Exception) -> str:
    """Returns the reason of a failed load, without a path or a message of another library."""
    if isinstance(error, WorkError | RequestError):
        return str(error)
    unknown = _UNKNOWN_OP.search(str(error))
    if unknown:
        return f"The SavedModel needs the op '{unknown[1]}', which this TensorFlow does not have."
    return f"The SavedModel cannot be loaded ({type(error).__name__}); see the server's log."
