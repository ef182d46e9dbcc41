"""Lists the `.tflite` models below a folder, for the browser page.

Usage: `python -m nlp_apps.litert.model_index DIR`.

It prints `[{"file": "NAME/NAME.tflite", "task": "translation"}, ...]`; the page looks for it as
`DIR/models.json`.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlp_apps.errors import UsageError
from nlp_apps.litert.command import answer
from nlp_apps.litert.metadata import read_card

SUFFIX = ".tflite"


def find(folders: Sequence[Path]) -> dict[str, Path]:
    """Finds every `.tflite` below folders.

    Returns:
        Their paths by their places below their folder, in alphabetical order; of two with the same
        place the one whose folder comes first.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in _below(folder):
            found.setdefault(path.relative_to(folder).as_posix(), path)
    return dict(sorted(found.items()))


def listing(found: dict[str, Path]) -> list[dict[str, str]]:
    """What the page is told of files that `find` gave; those of others are left out."""
    rows = []
    for file, path in found.items():
        try:
            rows.append({"file": file, "task": read_card(path)["task"]})
        except (UsageError, OSError):  # somebody else's, or gone since
            continue
    return rows


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        # A hidden folder is unfinished work; npm's holds thousands of files and none of ours.
        folders[:] = [name for name in folders if name[0] != "." and name != "node_modules"]
        for name in files:
            if name.endswith(SUFFIX) and name[0] != ".":
                yield Path(place, name)


def main(folder: str) -> int:
    """Prints the list of a folder.

    Raises:
        UsageError: there is no such folder.
    """
    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: no such folder.")
    print(json.dumps(listing(find([Path(folder)])), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(answer(main, "python -m nlp_apps.litert.model_index DIR", sys.argv[1:], most=1))
