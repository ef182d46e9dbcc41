"""The checksum of a model: equal models predict equally."""

import hashlib

from nlp_apps.inference.artefacts import find
from nlp_apps.training.run_folder import RunFolder


def model_checksum(path: str) -> str:
    """Returns the SHA-256 of the files that a predictor reads.

    Args:
        path: as in `artefacts.find`.

    Raises:
        UsageError: there is no such model.
    """
    kind, place = find(path)
    if kind == "file":
        files = [place]
    elif kind == "saved_model":
        files = [file for file in place.rglob("*") if file.is_file()]
    else:
        files = [file for file in RunFolder(place).read_by_predictors if file.is_file()]
    total = hashlib.sha256()
    for file in sorted(files):
        name = "" if file == place else file.relative_to(place).as_posix()
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{name}\0{content}\n".encode())
    return total.hexdigest()
