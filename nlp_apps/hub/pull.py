"""Downloads a model folder from a hub."""

import shutil
from pathlib import Path

from nlp_apps.errors import UsageError
from nlp_apps.inference.hub_download import download
from nlp_apps.io.atomic_files import atomic_folder


def pull(repository: str, folder: str | Path) -> Path:
    """Downloads a model with its card into a new folder, whole or not at all.

    Args:
        repository: `OWNER/NAME`, or `OWNER/NAME@REVISION`.
        folder: the folder to write.

    Returns:
        The folder.

    Raises:
        UsageError: the folder exists, or the repository holds no model of this package.
        WorkError: `huggingface_hub` is missing, or the repository cannot be read.
    """
    final = Path(folder)
    if final.exists():
        raise UsageError(f"{final}: exists. Choose another folder, or delete it.")
    with atomic_folder(lambda: final) as temporary:
        download(repository, temporary, with_all=True)
        shutil.rmtree(temporary / ".cache", ignore_errors=True)  # notes of huggingface_hub
    return final
