"""Finds the kind of a model by its path: run folder, SavedModel, or one file."""

from pathlib import Path

from nlp_apps.errors import UsageError
from nlp_apps.inference.hub_download import download, is_hub_name
from nlp_apps.resources import shipped_model, shipped_model_names


def find(path: str) -> tuple[str, Path]:
    """Returns the kind and the path of a model.

    Args:
        path: a run folder; a model folder for a hub; the folder of a SavedModel's version; a folder
            with versions, of which the newest is used; a folder with one `.tflite`, or with no
            `.tflite` and one `.onnx`; a file, which counts as an `.onnx` or a `.tflite` by its
            suffix; `hf://OWNER/NAME`, which is downloaded; or, if no such path exists, the name of
            a shipped model.

    Returns:
        "run", "saved_model" or "file", and the folder or file. Any other folder counts as a run
        folder.

    Raises:
        UsageError: neither the path nor a shipped model of this name exists.
        WorkError: a repository cannot be downloaded.
    """
    if is_hub_name(path):
        return "run", download(path)
    folder = Path(path)
    if folder.is_file():
        return "file", folder
    if not folder.is_dir():
        names = shipped_model_names()
        if path in names:
            return "file", shipped_model(path)
        raise UsageError(
            f"{path}: no such folder or file. Pass the run folder that train wrote, the "
            f"SavedModel, .tflite or .onnx that export wrote, or a shipped model: "
            f"{', '.join(names)}."
        )
    if (folder / "saved_model.pb").is_file():
        return "saved_model", folder
    if not (folder / "recipe.toml").is_file():
        versions = [child for child in folder.iterdir() if child.name.isdecimal()]
        versions = [child for child in versions if (child / "saved_model.pb").is_file()]
        if versions:
            return "saved_model", max(versions, key=lambda child: int(child.name))
        for suffix in ("tflite", "onnx"):
            files = [one for one in folder.glob(f"[!.]*.{suffix}") if one.is_file()]
            if len(files) == 1:
                return "file", files[0]
            if files:  # Several: the path does not say which.
                break
    return "run", folder
