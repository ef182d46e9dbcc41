"""The output folder: parts, dead letters, manifest and summary.

    OUTPUT/_manifest.json                             model, inputs and settings; written first
    OUTPUT/part-00000-of-00042.jsonl                  the predictions of a shard
    OUTPUT/dead-letters/part-00000-of-00042.jsonl     its bad rows, if it has any; written before
    OUTPUT/_summary.json                              the counts; written last

Every file appears when it is complete, so a part shows that its shard is finished. Files whose name
begins with `_` are ignored by Spark, Hive and Ray Data.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io.atomic_files import atomic_write_text, convert_write_errors
from nlp_apps.io.bounded_files import parse_json, read_bytes
from nlp_apps.io.folder_lock import NAME as LOCK
from nlp_apps.io.leftovers import is_temporary, remove_leftovers

MANIFEST, SUMMARY, DEAD_LETTERS = "_manifest.json", "_summary.json", "dead-letters"

_MAX_MANIFEST_BYTES = 256 << 20
_PART = re.compile(r"part-(\d{5,})-of-(\d{5,})\.jsonl")


@dataclass(frozen=True)
class Counts:
    """Numbers of rows.

    Attributes:
        predictions: rows with a prediction.
        dead_letters: bad rows.
    """

    predictions: int = 0
    dead_letters: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.predictions + other.predictions, self.dead_letters + other.dead_letters)

    @property
    def rows(self) -> int:
        """All rows."""
        return self.predictions + self.dead_letters


class OutputFolder:
    """The output folder of a run. Creating the object changes no file.

    Args:
        path: the folder.
    """

    def __init__(self, path: str):
        self.path = Path(path)

    def part(self, index: int, num_shards: int) -> Path:
        """Returns the path of the predictions of a shard."""
        return self.path / f"part-{index:05d}-of-{num_shards:05d}.jsonl"

    def dead_letters(self, index: int, num_shards: int) -> Path:
        """Returns the path of the bad rows of a shard."""
        return self.path / DEAD_LETTERS / self.part(index, num_shards).name

    def is_free(self) -> bool:
        """Checks whether a run may begin here: the folder is missing or empty."""
        if not os.path.lexists(self.path):
            return True
        return self.path.is_dir() and all(
            path.name == LOCK or is_temporary(path.name) for path in self.path.iterdir()
        )

    def has(self, manifest: Mapping[str, Any]) -> bool:
        """Checks whether a run with this manifest began here."""
        try:
            self.require_same(manifest)
        except UsageError:
            return False
        return True

    def has_summary(self) -> bool:
        """Checks whether a run is complete."""
        return (self.path / SUMMARY).is_file()

    def require_manifest(self) -> dict[str, Any]:
        """Returns the manifest.

        Raises:
            UsageError: there is no manifest, or it is damaged.
        """
        try:
            found = parse_json(read_bytes(self.path / MANIFEST, _MAX_MANIFEST_BYTES))
            if isinstance(found, dict):
                return found
        except (OSError, ValueError):
            pass
        raise UsageError(
            f"{self.path}: exists and has no readable {MANIFEST}, so it is no output of this "
            "command. Choose another OUTPUT."
        )

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Writes the manifest."""
        _write_json(self.path / MANIFEST, manifest)

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Writes the summary."""
        _write_json(self.path / SUMMARY, summary)

    def require_same(self, manifest: Mapping[str, Any]) -> None:
        """Checks that the finished shards are those of this manifest.

        Raises:
            UsageError: the model, an input or a setting differs.
        """
        before = self.require_manifest()
        for name, value in manifest.items():
            if before.get(name) != json.loads(json.dumps(value)):
                raise UsageError(
                    f"--resume: {self.path} was made with other {name}: {_show(before.get(name))}, "
                    f"now {_show(value)}. Pass the same, or replace it with --overwrite."
                )

    def clear(self) -> None:
        """Removes the files of an earlier run, and no other files."""
        remove_leftovers(self.path)
        with convert_write_errors(self.path):
            # The manifest is last: without it, the folder is no output of this command.
            for path in self.path.iterdir():
                if _PART.fullmatch(path.name) or path.name == SUMMARY:
                    path.unlink()
            if (self.path / DEAD_LETTERS).is_dir():
                shutil.rmtree(self.path / DEAD_LETTERS)
            (self.path / MANIFEST).unlink(missing_ok=True)

    def clean(self, *, is_new: bool) -> None:
        """Removes the incomplete files of workers that were ended.

        Args:
            is_new: whether the run began here, so that its traces are removed too if none of its
                shards is finished.
        """
        remove_leftovers(self.path)
        remove_leftovers(self.path / DEAD_LETTERS)
        if is_new and not self.finished():
            shutil.rmtree(self.path / DEAD_LETTERS, ignore_errors=True)
            (self.path / MANIFEST).unlink(missing_ok=True)

    def finished(self) -> set[int]:
        """Returns the numbers of the finished shards."""
        if not self.path.is_dir():
            return set()
        found = (_PART.fullmatch(path.name) for path in self.path.iterdir())
        return {int(match[1]) for match in found if match}

    def count(self, index: int, num_shards: int) -> Counts:
        """Counts the rows of a finished shard in its files.

        Raises:
            WorkError: a file cannot be read.
        """
        return Counts(
            _count_lines(self.part(index, num_shards)),
            _count_lines(self.dead_letters(index, num_shards), missing=0),
        )


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    atomic_write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _count_lines(path: Path, missing: int | None = None) -> int:
    """Counts the newlines of a file."""
    total = 0
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                total += block.count(b"\n")
    except FileNotFoundError as error:
        if missing is not None:
            return missing
        raise WorkError(f"{path}: the file is gone. Run the command with --resume.") from error
    except OSError as error:
        raise WorkError(f"{path}: cannot be read: {error.strerror}.") from error
    return total
