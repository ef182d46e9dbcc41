"""What a path given to `predict` is: a run folder, or an artefact that `export` wrote."""

from pathlib import Path

from nlp_apps.errors import UsageError


def find(path: str) -> tuple[str, Path]:
    """Tells a run folder from a SavedModel.

    Args:
        path: a run folder; a SavedModel, that is a version's folder; or a model's folder with
            versions in it, of which the newest is taken.

    Returns:
        "run" or "saved_model", and the folder. What is neither counts as a run folder.

    Raises:
        UsageError: there is no such folder.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise UsageError(
            f"{path}: no such folder. Give the run folder that train wrote, or the SavedModel that "
            "export wrote."
        )
    if (folder / "saved_model.pb").is_file():
        return "saved_model", folder
    if not (folder / "recipe.toml").is_file():
        versions = [child for child in folder.iterdir() if child.name.isdecimal()]
        versions = [child for child in versions if (child / "saved_model.pb").is_file()]
        if versions:
            return "saved_model", max(versions, key=lambda child: int(child.name))
    return "run", folder
