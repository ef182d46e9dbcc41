"""Files that are made once, and again if they are damaged."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from nlp_apps.errors import WorkError
from nlp_apps.io.atomic_files import atomic_folder
from nlp_apps.io.leftovers import temporary_path

Content = TypeVar("Content")


def written_once(
    folder: Path, write: Callable[[Path], None], load: Callable[[Path], Content]
) -> Content:
    """Loads the content of a folder, which is written if it is missing or damaged.

    Folders beside it whose name has the same beginning, up to the last `-`, are deleted: they are
    those of other settings.

    Args:
        folder: the folder, `NAME-KEY`.
        write: writes the files into an empty folder.
        load: loads the content; raises WorkError, OSError or ValueError if it is damaged.

    Raises:
        WorkError: the files cannot be written.
    """
    if folder.is_dir():
        try:
            return load(folder)
        except (WorkError, OSError, ValueError):
            pass
    for other in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
        remove(other)
    with atomic_folder(lambda: folder) as temporary:
        write(temporary)
    return load(folder)


def remove(folder: Path) -> None:
    """Deletes a folder; after an interruption it has the name of a leftover."""
    leftover = temporary_path(folder)
    folder.rename(leftover)
    shutil.rmtree(leftover, ignore_errors=True)
