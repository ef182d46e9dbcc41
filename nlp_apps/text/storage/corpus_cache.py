"""Files of text that is larger than memory, kept so that `--resume` does not read it again.

The cache has one folder for each source. Its name is a hash of the checksum of the source and of
the settings that it was read with: another text, or another setting, has another folder. Everything
in it can be made again: it may be deleted while no command uses it.
"""

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from nlp_apps import __version__
from nlp_apps.errors import WorkError
from nlp_apps.io.atomic_files import atomic_write_text, convert_write_errors, make_folder
from nlp_apps.io.bounded_files import read_json
from nlp_apps.io.leftovers import remove_leftovers, temporary_path
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.storage.stored_examples import Make, StoredExamples, StoredLocations
from nlp_apps.text.storage.written_once import remove

Example = TypeVar("Example")

FORMAT = 1
"""Version of the files."""

DESCRIPTION = "corpus.json"

_KEY = re.compile("[0-9a-f]{16}")


class CorpusCache:
    """The folders of stored sources.

    Args:
        folder: sources that an earlier command stored; None: there are none.
        is_writable: new sources are stored in `folder`; otherwise in a temporary folder, which is
            deleted with the last corpus in it.
    """

    def __init__(self, folder: Path | None = None, *, is_writable: bool = False):
        self._folder, self._is_writable = folder, is_writable and folder is not None
        self._temporary: Path | None = None
        self._used: set[str] = set()

    @property
    def has_sources(self) -> bool:
        """True if an earlier command may have stored a source."""
        return self._folder is not None and self._folder.is_dir()

    def new_folder(self) -> Path:
        """Creates the folder of a source that is being read.

        Raises:
            WorkError: the folder cannot be created.
        """
        if self._is_writable and self._folder is not None:
            parent = make_folder(self._folder)
            remove_leftovers(parent)
        else:
            parent = self._temporary = self._temporary or self._new_temporary()
        folder = temporary_path(parent / "text")
        with convert_write_errors(folder):
            folder.mkdir()
        return folder

    def _new_temporary(self) -> Path:
        try:
            folder = Path(tempfile.mkdtemp(prefix="nlp-apps-text-"))
        except OSError as error:
            raise WorkError(
                f"no temporary folder for the text, which is larger than memory allows: "
                f"{error.strerror}. Set TMPDIR to a folder with space."
            ) from None
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def load(self, key: str, make: Make[Example]) -> Corpus[Example] | None:
        """Returns the source under a key; None if there is none, or its files are damaged."""
        if self._folder is None:
            return None
        folder = self._folder / key
        try:
            found = read_json(folder / DESCRIPTION)
            examples: StoredExamples[Example] = StoredExamples(folder, make)
            locations = StoredLocations(folder)
            corpus = Corpus(
                examples,
                int(found["skipped"]),
                str(found["checksum"]),
                [str(name) for name in found["names"]],
                locations,
            )
        except (OSError, ValueError, KeyError, TypeError, WorkError):
            return None
        if len(examples) != len(locations) or not examples.is_whole():
            return None
        self._used.add(key)
        return corpus

    def keep(self, corpus: Corpus[Example], key: str, make: Make[Example]) -> Corpus[Example]:
        """Keeps a source in a new folder for later commands, unless the folder is temporary.

        Args:
            corpus: the source, with `StoredExamples`.
            key: see `key_of`.
            make: makes an example of its fields.

        Returns:
            The source in its final folder; an equal one that was stored before stays.

        Raises:
            WorkError: the cache cannot be written.
        """
        assert isinstance(corpus.examples, StoredExamples)
        if not self._is_writable or self._folder is None:
            corpus.examples.owner = self
            return corpus
        stored, folder = corpus.examples.folder, self._folder / key
        if (earlier := self.load(key, make)) is not None:
            shutil.rmtree(stored, ignore_errors=True)
            return earlier
        content = {"skipped": corpus.skipped, "checksum": corpus.checksum, "names": corpus.names}
        atomic_write_text(stored / DESCRIPTION, json.dumps(content) + "\n")
        if folder.is_dir():  # damaged
            remove(folder)
        with contextlib.suppress(OSError):  # Windows renames no folder with open files.
            stored.rename(folder)
        return self.load(key, make) or corpus

    def remove_others(self) -> None:
        """Deletes the sources of earlier commands that this one has not used."""
        if self._is_writable and self._folder is not None and self._folder.is_dir():
            for path in self._folder.iterdir():
                if _KEY.fullmatch(path.name) and path.name not in self._used:
                    remove(path)
            remove_leftovers(self._folder)
            with contextlib.suppress(OSError):  # It has used sources, or other files.
                self._folder.rmdir()


def key_of(source: str | Sequence[str], checksum: str, settings: Mapping[str, Any]) -> str:
    """Returns the name of the folder of a source, 16 hexadecimal digits.

    Args:
        source: the source as the recipe names it.
        checksum: its checksum, as in `Corpus`.
        settings: the settings that it is read with.
    """
    parts = [FORMAT, __version__, source, checksum, settings]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def folder_bytes(folder: Path) -> int:
    """Returns the size of the files in a folder and below it."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
