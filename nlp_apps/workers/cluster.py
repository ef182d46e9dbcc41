"""The cluster that the environment variable `TF_CONFIG` describes: one address for each worker.

Kubernetes operators, Vertex AI, SageMaker and `nlp-apps launch` set it, for example

    {"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 0}}
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlp_apps.errors import UsageError

VARIABLE = "TF_CONFIG"

LAUNCHED = "NLP_APPS_LAUNCHED"
"""Environment variable of a worker that a launcher has started, and whose end it waits for."""

EXIT_LOST = 75
"""Exit code, for the launcher alone, of a worker whose group ended because of another worker."""

ROLES = ("chief", "worker")
"""Roles of tasks that train, in the order of their indices."""

ADDRESS = re.compile(r"(?P<host>[^:/\s]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")

EXAMPLE = '{"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Cluster:
    """The addresses of all workers, and the place of this one.

    Attributes:
        roles: addresses `host:port` by role, "chief" or "worker".
        role: the role of this process.
        task: its number within the role.
    """

    roles: Mapping[str, list[str]]
    role: str
    task: int

    @property
    def addresses(self) -> list[str]:
        """The addresses by the index of the worker; worker 0 is the chief."""
        return [address for role in ROLES for address in self.roles.get(role, ())]

    @property
    def index(self) -> int:
        """Index of this process."""
        return self.index_of(self.role, self.task)

    def index_of(self, role: str, task: int) -> int:
        """Returns the index of a task."""
        return task if role == ROLES[0] else len(self.roles.get(ROLES[0], ())) + task

    @property
    def port(self) -> int:
        """The port of this process."""
        return port_of(self.addresses[self.index])


def cluster_of_environment() -> Cluster | None:
    """Returns the cluster in `TF_CONFIG`; None without one, or with a single worker.

    Raises:
        UsageError: `TF_CONFIG` is no JSON of that form, or the process has no place in it.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong("it is not JSON") from None
    if not isinstance(content, dict):
        raise _wrong("it is not a JSON object")
    if not content.get("cluster"):
        return None
    cluster = _cluster(content)
    return cluster if len(cluster.addresses) > 1 else None


def _cluster(content: Mapping[str, Any]) -> Cluster:
    roles, task = content["cluster"], content.get("task")
    if not isinstance(roles, dict):
        raise _wrong('"cluster" is not an object')
    for role, addresses in roles.items():
        if role not in ROLES:
            raise _wrong(f"the role {role!r} does not train; roles are {' and '.join(ROLES)}")
        if not isinstance(addresses, list) or not addresses:
            raise _wrong(f'the addresses of "{role}" are not a list')
        for address in addresses:
            require_address(address, VARIABLE)
    if len(roles.get(ROLES[0], ())) > 1:
        raise _wrong("it has more than one chief")
    every = [address for addresses in roles.values() for address in addresses]
    if len(set(every)) < len(every):
        raise _wrong("two workers have the same address")
    if not isinstance(task, dict):
        raise _wrong('it has no "task"')
    role, index = task.get("type"), task.get("index")
    if not isinstance(role, str) or role not in roles:
        raise _wrong(f"the task has the type {role!r}, which is not in the cluster")
    if isinstance(index, str) and index.isdecimal():
        index = int(index)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(roles[role]):
        raise _wrong(f"the task has the index {index!r}, and there are {len(roles[role])} {role}s")
    return Cluster(roles, role, index)


def require_address(address: object, place: str) -> None:
    """Checks that an address is `host:port`.

    Args:
        address: the address.
        place: the name of its flag or variable, for the error.

    Raises:
        UsageError: it is not.
    """
    found = ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if found is None or not 0 < int(found["port"]) < 65536:
        raise UsageError(f"{place}: {address!r} is not an address. Write host:port, as in a:2222.")


def port_of(address: str) -> int:
    """Returns the port of an address."""
    return int(address.rpartition(":")[2])


def tf_config(addresses: list[str], index: int) -> str:
    """Returns the content of `TF_CONFIG` for a worker."""
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": addresses}, "task": task})


def _wrong(reason: str) -> UsageError:
    return UsageError(f"{VARIABLE}: {reason}. Write it as {EXAMPLE}")
