"""Joins the group that the recipe and the environment describe."""

import importlib.metadata
from typing import Any

from nlp_apps import __version__
from nlp_apps.errors import UsageError
from nlp_apps.workers.cluster import EXAMPLE, VARIABLE, cluster_of_environment
from nlp_apps.workers.collective_group import CollectiveGroup
from nlp_apps.workers.worker_group import SINGLE, WorkerGroup

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
        group = _joined["group"] = CollectiveGroup(cluster)
        group.require_equal("version", versions())
    return _joined["group"]


def versions() -> dict[str, Any]:
    """Returns the versions that all workers must share."""
    found = {name: importlib.metadata.version(name) for name in VERSIONED}
    return {"nlp-apps": __version__, **found}
