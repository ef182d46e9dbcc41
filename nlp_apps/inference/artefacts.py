"""Finds the kind of a model by its path: run folder, SavedModel or `.tflite`."""

from pathlib import Path

from nlp_apps.errors import UsageError


def find(path: str) -> tuple[str, Path]:
    """Returns the kind and the path of a model.

    Args:
        path: a run folder; the folder of a SavedModel's version; a folder with versions, of which
            the newest is used, or with one `.tflite`; or a file, which counts as a `.tflite`.

    Returns:
        "run", "saved_model" or "tflite", and the folder or file. Any other folder counts as a run
        folder.

    Raises:
        UsageError: the path does not exist.
    """
    folder = Path(path)
    if folder.is_file():
        return "tflite", folder
    if not folder.is_dir():
        raise UsageError(
            f"{path}: no such folder or file. Pass the run folder that train wrote, or the "
            "SavedModel or .tflite that export wrote."
        )
    if (folder / "saved_model.pb").is_file():
        return "saved_model", folder
    if not (folder / "recipe.toml").is_file():
        versions = [child for child in folder.iterdir() if child.name.isdecimal()]
        versions = [child for child in versions if (child / "saved_model.pb").is_file()]
        if versions:
            return "saved_model", max(versions, key=lambda child: int(child.name))
        if len(files := list(folder.glob("*.tflite"))) == 1:
            return "tflite", files[0]
    return "run", folder
