"""Joins the group that the recipe and the environment describe."""

import importlib.metadata
import os
import platform
import threading
import time
from typing import Any

from nlp_apps import __version__
from nlp_apps.errors import UsageError
from nlp_apps.io.process_start import EXIT_TERMINATED
from nlp_apps.workers.cluster import EXAMPLE, LAUNCHED, VARIABLE, cluster_of_environment
from nlp_apps.workers.collective_group import CollectiveGroup
from nlp_apps.workers.worker_group import SINGLE, LostWorkerError, WorkerGroup

VERSIONED = ("tensorflow", "keras", "sentencepiece")
"""Packages whose versions must be the same in all workers."""

_joined: dict[str, WorkerGroup] = {}
"""The group of this process: TensorFlow joins one in its life."""


def join_group(strategy: str) -> WorkerGroup:
    """Returns the group of this process, and waits for its other workers.

    Args:
        strategy: `training.strategy`.

    Raises:
        UsageError: `TF_CONFIG` is missing or wrong, or workers have other versions.
    """
    if strategy == "none":
        return SINGLE
    cluster = cluster_of_environment()
    if cluster is None:
        if strategy == "multi_worker":
            raise UsageError(
                f'training.strategy = "multi_worker" needs several workers in the environment '
                f"variable {VARIABLE}, as in {EXAMPLE}. `nlp-apps launch --workers N -- ...` sets "
                "it."
            )
        return SINGLE
    if "group" not in _joined:
        if LAUNCHED in os.environ:
            threading.Thread(target=_end_with_launcher, daemon=True).start()
        group = CollectiveGroup(cluster)
        try:
            group.require_equal("version", versions())
        except LostWorkerError as error:
            error.add_note(f"Do all workers have the same cluster in {VARIABLE}?")
            raise
        _joined["group"] = group
    return _joined["group"]


def _end_with_launcher() -> None:
    """Ends this process when the launcher is gone, also by `kill -9`."""
    launcher = os.getppid()
    while os.getppid() == launcher:
        time.sleep(1.0)
    os._exit(EXIT_TERMINATED)


def versions() -> dict[str, Any]:
    """Returns the versions that all workers must share."""
    found = {name: importlib.metadata.version(name) for name in VERSIONED}
    return {"nlp-apps": __version__, "python": platform.python_version(), **found}
