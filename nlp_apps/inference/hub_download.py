"""Downloads models from a hub: `hf://OWNER/NAME` and `hf://OWNER/NAME@REVISION`.

Only the files that a predictor reads are downloaded; none of them holds code. The rest is that of
`huggingface_hub`: its cache, its login for private repositories, and its environment variables,
such as `HF_HUB_OFFLINE` and `HF_ENDPOINT`.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, WorkError, first_line

SCHEME = "hf://"

REPOSITORY = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?", re.ASCII)

READ = ("recipe.toml", "tokenizer.model", "tokenizer.target.model", "labels.json")
"""Files that a predictor reads beside the weights."""

MORE = ("README.md", "summary.json", "parity.json", "*.tflite")
"""Further files of a model folder."""

WEIGHTS = "model.safetensors"

IN_FOLDERS = "*/*"
"""Pattern of files in folders, which a model folder has not; `*.tflite` matches them too."""

MAX_BYTES = 4 << 30
"""Bytes of the files of a model, at most; the largest models of this package have 1% of it."""


def is_hub_name(path: str) -> bool:
    """Returns whether a path names a repository."""
    return path.startswith(SCHEME)


def split_name(name: str) -> tuple[str, str | None]:
    """Returns repository and revision of `OWNER/NAME` or `OWNER/NAME@REVISION`.

    Args:
        name: with or without `hf://`.

    Raises:
        UsageError: it has another form.
    """
    found = REPOSITORY.fullmatch(name.removeprefix(SCHEME))
    if found is None:
        raise UsageError(f"{name}: must be OWNER/NAME or OWNER/NAME@REVISION, as hf://OWNER/NAME.")
    return found["id"], found["revision"]


def download(name: str, folder: Path | None = None, *, with_all: bool = False) -> Path:
    """Downloads a model.

    Args:
        name: as in `split_name`.
        folder: the folder to write to; default: the cache of `huggingface_hub`.
        with_all: also download `MORE`.

    Returns:
        The folder with the files.

    Raises:
        UsageError: the name has another form, or the repository holds no model of this package.
        WorkError: `huggingface_hub` is missing, the repository cannot be read, or it is too large;
            or there is a folder, and `HF_HUB_OFFLINE` is set.
    """
    repository, revision = split_name(name)
    hub = import_hub(name)
    patterns = [*READ, WEIGHTS, *(MORE if with_all else ())]
    if folder is not None and hub.constants.HF_HUB_OFFLINE:
        raise WorkError(
            f"{name}: a download into a folder needs the network, and HF_HUB_OFFLINE is set. "
            f"{SCHEME}{name.removeprefix(SCHEME)} loads a model of the cache without it."
        )

    def advice() -> str:
        cached = hub.try_to_load_from_cache(repository, WEIGHTS, revision=revision)
        if folder is not None or not isinstance(cached, str):
            return ""
        return " HF_HUB_OFFLINE=1 loads the model from the cache."

    with named_errors(name, advice):
        if not hub.constants.HF_HUB_OFFLINE:
            info = hub.HfApi().model_info(repository, revision=revision, files_metadata=True)
            sizes = {one.rfilename: one.size or 0 for one in info.siblings or []}
            _require_model(name, sizes, patterns)
        return Path(
            hub.snapshot_download(
                repository,
                revision=revision,
                allow_patterns=patterns,
                ignore_patterns=IN_FOLDERS,
                local_dir=folder,
            )
        )


def import_hub(name: str) -> Any:
    """Returns the module `huggingface_hub`.

    Raises:
        WorkError: it is missing.
    """
    try:
        import huggingface_hub
        import huggingface_hub.constants
    except ImportError as error:
        raise WorkError(
            f"{name}: needs the package {error.name}. Run pip install 'nlp-apps[hub]'."
        ) from error
    return huggingface_hub


@contextlib.contextmanager
def named_errors(name: str, advice: Callable[[], str] = str) -> Iterator[None]:
    """Converts errors of `huggingface_hub` and of the network to one line.

    Args:
        name: the repository.
        advice: returns the end of the message if the hub cannot be reached.

    Raises:
        WorkError: in place of such an error.
    """
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError:
        reason = "its owner has to let you in. Request access on its page, then run hf auth login."
    except errors.RepositoryNotFoundError:
        reason = "no such repository, or it is private. For a private one, run hf auth login."
    except errors.RevisionNotFoundError:
        reason = "the repository has no such revision."
    except errors.LocalEntryNotFoundError:
        reason = "the hub cannot be reached, and the model is not in the cache."
    except ValueError as error:  # A name, or a model card that the hub refuses.
        reason = " ".join(str(error).split())[:300]
    except OSError as error:  # A full disk, or an HTTP error.
        if not isinstance(error, errors.HfHubHTTPError) and error.filename is not None:
            raise
        reason = first_line(error)
    except Exception as error:  # The HTTP client has errors of its own.
        if not type(error).__module__.startswith(("httpx", "httpcore", "requests")):
            raise
        reason = f"the hub cannot be reached ({first_line(error)}).{advice()}"
    else:
        return
    raise WorkError(f"{name}: {reason}")


def _require_model(name: str, sizes: dict[str, int], patterns: list[str]) -> None:
    """Checks that a repository holds a model of this package, and is not too large."""
    for file in ("recipe.toml", WEIGHTS):
        if file not in sizes:
            raise UsageError(
                f"{name}: no model of nlp-apps: the repository has no {file}. Models of other "
                "programs cannot be loaded."
            )
    total = sum(
        size
        for file, size in sizes.items()
        if "/" not in file and any(fnmatchcase(file, pattern) for pattern in patterns)
    )
    if total > MAX_BYTES:
        raise WorkError(f"{name}: has {total:,} bytes; at most {MAX_BYTES:,} are downloaded.")
