"""Starts a command as a worker of the group that Vertex AI or SageMaker describes.

    python start.py nlp-apps translation train mine.toml --output /runs/mine --resume

Vertex AI sets TF_CONFIG with a `chief` beside the workers; the chief becomes worker 0. SageMaker
writes the names of the hosts into a file. Needs Python only. Exit code 2: the group is not valid.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

RESOURCES = Path("/opt/ml/input/config/resourceconfig.json")
"""File of SageMaker: `hosts` has the names of all hosts, `current_host` that of this one."""

PORT = 2222
"""Port of the workers on SageMaker."""


def main() -> int:
    """Replaces this process by the command; returns 2 if there is none or the group is wrong."""
    command = sys.argv[1:]
    if not command:
        print("error: no command. Usage: start.py COMMAND ...", file=sys.stderr)
        return 2
    try:
        group = find_group(os.environ.get("TF_CONFIG", ""), RESOURCES)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"error: TF_CONFIG or {RESOURCES}: not a group: {error!r}", file=sys.stderr)
        return 2
    if group is None:
        os.environ.pop("TF_CONFIG", None)
    else:
        os.environ["TF_CONFIG"] = json.dumps(group)
    os.execvp(command[0], command)


def find_group(tf_config: str, resources: Path) -> dict[str, Any] | None:
    """Returns a TF_CONFIG that has workers only; None if there is one machine.

    Args:
        tf_config: value of TF_CONFIG; empty: not set.
        resources: file of SageMaker, read without TF_CONFIG.

    Raises:
        ValueError: the group has other tasks, or this machine is not in it.
    """
    if tf_config:
        config = json.loads(tf_config)
        cluster, task = config.get("cluster") or {}, config.get("task") or {}
        other = sorted({*cluster, task.get("type", "worker")} - {"chief", "worker"})
        if other:
            raise ValueError(f"tasks must be chief and worker, not {', '.join(other)}")
        chiefs = cluster.get("chief", [])
        hosts = [*chiefs, *cluster.get("worker", [])]
        index = int(task.get("index", 0))
        index += len(chiefs) if task.get("type") == "worker" else 0
    elif resources.exists():
        found = json.loads(resources.read_text("utf-8"))
        hosts = [f"{name}:{PORT}" for name in found["hosts"]]
        index = found["hosts"].index(found["current_host"])
    else:
        return None
    if len(hosts) < 2:
        return None
    if not 0 <= index < len(hosts):
        raise ValueError(f"index {index} of {len(hosts)} workers")
    return {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}}


if __name__ == "__main__":
    raise SystemExit(main())
