"""Index of the `.tflite` models below a folder, for the browser page.

Usage: `python -m nlp_apps.litert.model_index DIR`.

Prints `[{"file": "NAME/NAME.tflite", "task": "translation"}, ...]`, which the page reads as
`DIR/models.json`.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nlp_apps.errors import NlpAppsError, UsageError
from nlp_apps.litert.command import run_command
from nlp_apps.litert.metadata import read_metadata

SUFFIX = ".tflite"


def find(folders: Sequence[Path]) -> dict[str, Path]:
    """Finds every `.tflite` below folders.

    Returns:
        Path relative to its folder -> path, in alphabetical order. Of two files with the same
        relative path, the one of the earlier folder.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in _below(folder):
            found.setdefault(path.relative_to(folder).as_posix(), path)
    return dict(sorted(found.items()))


def listing(found: Mapping[str, Path]) -> list[dict[str, str]]:
    """Returns the index of files that `find` returned, without those of other programs."""
    rows = []
    for file, path in found.items():
        try:
            rows.append({"file": file, "task": read_metadata(path)["task"]})
        except (NlpAppsError, OSError):  # of another program, damaged, or deleted meanwhile
            continue
    return rows


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        # A hidden folder holds unfinished work; npm's holds thousands of files and no model.
        folders[:] = [name for name in folders if name[0] != "." and name != "node_modules"]
        for name in files:
            if name.endswith(SUFFIX) and name[0] != ".":
                yield Path(place, name)


def main(folder: str) -> int:
    """Prints the index of a folder.

    Raises:
        UsageError: the folder does not exist.
    """
    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: no such folder.")
    print(json.dumps(listing(find([Path(folder)])), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    usage = "python -m nlp_apps.litert.model_index DIR"
    sys.exit(run_command(main, usage, sys.argv[1:], max_arguments=1))
