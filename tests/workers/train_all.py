"""Trains the tiny recipes in a folder with the group of `TF_CONFIG`, and then wrong ones.

    python -m tests.workers.train_all FOLDER NAME TASK,...

The runs are FOLDER/NAME-TASK. With several workers, worker 1 then passes something else than worker
0, again and again, and every worker prints its errors as a line of JSON each.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from nlp_apps.errors import NlpAppsError
from nlp_apps.tasks.training_run import train


def main(folder: Path, name: str, tasks: list[str]) -> None:
    """Trains every task; see above."""
    for task in tasks:
        train(task, folder / task / "tiny.toml", run_dir=str(folder / f"{name}-{task}"))
    config = json.loads(os.environ.get("TF_CONFIG", "{}"))
    if not config or len(config["cluster"]["worker"]) != 2:
        return
    index = config["task"]["index"]
    recipe, wrong = folder / "sentiment/tiny.toml", str(folder / f"{name}-wrong")
    other = index == 1
    attempts: dict[str, dict[str, Any]] = {
        "recipe": {"overrides": ["training.seed=7"] if other else []},
        "command": {"resume": other},
        "text": {"data_dir": str(folder / "translation") if other else None},
        "run folder": {"run_dir": f"{wrong}-{index}"},
    }
    for attempt, options in attempts.items():
        words = {"run_dir": wrong, **options}
        try:
            train("sentiment", recipe, **words)
        except NlpAppsError as error:
            sys.stdout.write(json.dumps([attempt, error.exit_code, str(error)]) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(","))
