"""TF Serving's `models.config`: which models and versions are served, and labels of versions.

model_config_list {
  config {
    name: "opinions"
    base_path: "/models/opinions"
    model_version_policy { latest { num_versions: 2 } }
    version_labels { key: "stable" value: 7 }
  }
}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from nlp_apps.errors import WorkError
from nlp_apps.server import model_folders
from nlp_apps.server.model_folders import FoundModels

MAX_BYTES = 1024 * 1024
"""Maximum bytes of the file."""


@dataclass(frozen=True)
class VersionPolicy:
    """The versions of a model that are active at the same time.

    Attributes:
        num_versions: Their number, the newest first; None: all.
        pinned: The only ones that may be; None: any.
    """

    num_versions: int | None = 1
    pinned: frozenset[int] | None = None

    def candidates(self, numbers: Iterable[int]) -> list[int]:
        """Returns the versions that may be active, newest first."""
        wanted = [one for one in numbers if self.pinned is None or one in self.pinned]
        return sorted(wanted, reverse=True)

    def is_enough(self, num_active: int) -> bool:
        """Returns whether no further version may become active."""
        return self.num_versions is not None and num_active >= self.num_versions


NEWEST = VersionPolicy()


@dataclass(frozen=True)
class ModelConfig:
    """One entry of the file.

    Attributes:
        folder: The folder of its versions.
        policy: The versions that are active.
        labels: Versions by label, for `/labels/LABEL` in place of `/versions/N`.
    """

    folder: Path
    policy: VersionPolicy = NEWEST
    labels: Mapping[str, int] = field(default_factory=dict)


def read(path: Path) -> dict[str, ModelConfig]:
    """Reads the file.

    Args:
        path: the file; a relative `base_path` begins at its folder.

    Returns:
        The entries by name of the model.

    Raises:
        WorkError: it cannot be read, or an entry is wrong.
    """
    proto = model_server_config_pb2.ModelServerConfig()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise WorkError(f"{path}: has more than {MAX_BYTES:,} bytes, the maximum.")
        text_format.Parse(content.decode("utf-8"), proto)
    except OSError as error:
        raise WorkError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise WorkError(f"{path}: is not UTF-8.") from None
    except text_format.ParseError as error:
        reason = str(error).rstrip(".")
        raise WorkError(f"{path}: is not a models.config of TF Serving: {reason}.") from None
    entries = proto.model_config_list.config
    if not entries:
        raise WorkError(f"{path}: has no model_config_list with a config.")
    found: dict[str, ModelConfig] = {}
    for entry in entries:
        where = f"{path}: config {entry.name!r}"
        if not model_folders.is_name(entry.name):
            raise WorkError(f"{where}: name must be one part of a URL, without ':' and '/'.")
        if entry.name in found:
            raise WorkError(f"{where}: the name occurs twice.")
        if entry.model_platform not in ("", "tensorflow"):
            raise WorkError(f"{where}: model_platform must be 'tensorflow'.")
        if not entry.base_path:
            raise WorkError(f"{where}: base_path is missing.")
        labels = dict(entry.version_labels)
        found[entry.name] = ModelConfig(path.parent / entry.base_path, _policy(entry), labels)
    return found


def find(config: Mapping[str, ModelConfig]) -> FoundModels:
    """Finds the versions of configured models."""
    models: dict[str, dict[int, Path]] = {}
    unreadable: dict[str, OSError] = {}
    for name, entry in config.items():
        try:
            models[name], left_out = model_folders.versions(entry.folder, entry.folder)
        except OSError as error:
            unreadable[name] = _with_path(error, entry.folder)
        else:
            for version, reason in left_out.items():
                unreadable[f"{name}/{version}"] = _with_path(reason, entry.folder / version)
    return FoundModels({name: own for name, own in models.items() if own}, unreadable, [], False)


def _with_path(error: OSError, path: Path) -> OSError:
    """Returns an error that names the path, which is not `NAME` in the served folder."""
    return OSError(error.errno, error.strerror, str(path))


def _policy(entry: Any) -> VersionPolicy:
    """Returns the policy of an entry; the default is the newest version."""
    policy = entry.model_version_policy
    kind = policy.WhichOneof("policy_choice")
    if kind == "all":
        return VersionPolicy(None)
    if kind == "specific":
        return VersionPolicy(None, frozenset(policy.specific.versions))
    return VersionPolicy(max(1, policy.latest.num_versions))
