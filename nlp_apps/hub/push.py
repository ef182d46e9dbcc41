"""Uploads a model folder to a hub."""

from pathlib import Path

from nlp_apps.errors import UsageError
from nlp_apps.inference.hub_download import (
    IN_FOLDERS,
    MORE,
    READ,
    WEIGHTS,
    import_hub,
    named_errors,
    split_name,
)

CARD = "README.md"

UPLOADED = (*MORE, WEIGHTS, *READ)
"""Files of a model folder; others in it stay here."""


def push(
    folder: str | Path, repository: str, *, private: bool = False, message: str | None = None
) -> str:
    """Uploads a model folder, as one commit. The repository is created if it does not exist.

    Args:
        folder: the folder that `export --format hub` wrote.
        repository: `OWNER/NAME`, or `OWNER/NAME@BRANCH`; the branch is created too.
        private: create a private repository, and upload to a private one only.
        message: title of the commit; default: that of `huggingface_hub`.

    Returns:
        The address of the commit.

    Raises:
        UsageError: the folder is no model folder for a hub, or the repository is public.
        WorkError: `huggingface_hub` is missing, or the hub refuses the upload.
    """
    name, branch = split_name(repository)
    for file in (CARD, WEIGHTS, "recipe.toml"):
        if not (Path(folder) / file).is_file():
            raise UsageError(
                f"{folder}: has no {file}. Pass the folder that export --format hub wrote."
            )
    hub = import_hub(f"push {repository}")
    with named_errors(repository):
        api = hub.HfApi()
        api.create_repo(name, private=private or None, exist_ok=True)
        if private and not api.model_info(name).private:
            raise UsageError(
                f"{name}: is public, so nothing was uploaded. Choose another name, or change its "
                "visibility in its settings."
            )
        if branch is not None:
            api.create_branch(name, branch=branch, exist_ok=True)
        commit = api.upload_folder(
            repo_id=name,
            folder_path=folder,
            revision=branch,
            allow_patterns=list(UPLOADED),
            ignore_patterns=IN_FOLDERS,
            commit_message=message,
        )
    return str(commit.commit_url)
