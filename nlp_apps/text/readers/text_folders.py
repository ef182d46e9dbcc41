"""Folders of text files: `.txt` and `.txt.gz`, one text a file.

For labelled texts, each folder in the folder is a label:

    reviews/pos/1.txt
    reviews/neg/2.txt
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from nlp_apps.errors import WorkError
from nlp_apps.text.readers.bad_lines import BadLinePolicy
from nlp_apps.text.readers.columns import Row
from nlp_apps.text.readers.text_file import TextFile, too_long

_SUFFIXES = (".txt", ".txt.gz")
_SPLITS = frozenset({"train", "test", "validation", "valid", "val", "dev"})


def text_files(folder: Path) -> list[Path]:
    """Returns the text files in a folder and the folders in it, in alphabetical order."""
    found = folder.rglob("*")
    files = [path for path in found if path.name.lower().endswith(_SUFFIXES) and path.is_file()]
    return sorted(path for path in files if not path.name.startswith("."))


class LabelFolder:
    """The texts of a folder of labels, read once.

    Args:
        path: the folder.
        bad_lines: policy for files with bad lines.
        max_line_characters: a longer line, or a longer text, is a problem.
        encoding: the encoding of the files.

    Attributes:
        may_have_header: False.
    """

    may_have_header = False

    def __init__(
        self, path: Path, bad_lines: BadLinePolicy, max_line_characters: int, encoding: str
    ) -> None:
        self.path, self.bad_lines, self.encoding = path, bad_lines, encoding
        self.max_line_characters = max_line_characters
        self._hash = hashlib.sha256()

    @property
    def checksum(self) -> str:
        """SHA-256 of the names and checksums of the files read so far."""
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[Row]:
        """Yields label and text of each file; the line of a row is the number of the file.

        Raises:
            WorkError: there is no label, a file is bad and the policy is to stop, or it cannot be
                read.
        """
        number = 0
        for label in self._labels():
            for path in text_files(label):
                number += 1
                text, problem = self._read(path)
                if problem:
                    self.bad_lines.report(str(path), problem)
                else:
                    yield Row(str(path), (label.name, text), line=number)

    def _labels(self) -> list[Path]:
        """Returns the folders of the labels, in alphabetical order."""
        try:
            folders = sorted(path for path in self.path.iterdir() if path.is_dir())
            labels = [path for path in folders if text_files(path)]
        except OSError as error:
            raise WorkError(f"{self.path}: cannot be read ({error.strerror}).") from error
        names = {path.name.lower() for path in labels}
        if not labels:
            raise WorkError(
                f"{self.path}: no folder of .txt files in it. Each label must be a folder, such as "
                f"{self.path / 'positive' / '1.txt'}; or name a file in place of the folder."
            )
        if names <= _SPLITS:
            splits = ", ".join(path.name for path in labels)
            train = next((path for path in labels if path.name.lower() == "train"), labels[0])
            raise WorkError(
                f"{self.path}: its folders are splits ({splits}), not labels. Set data.train to "
                f"{str(train)!r}, and data.validation and data.test likewise."
            )
        return labels

    def _read(self, path: Path) -> tuple[str, str]:
        """Returns the text of a file, and the problem or an empty string."""
        file = TextFile(path, max_line_characters=self.max_line_characters, encoding=self.encoding)
        if not path.stat().st_size:
            return "", "the file is empty"
        lines = list(file)
        self._hash.update(f"{path.relative_to(self.path)}\0{file.checksum}\n".encode())
        problem = next(
            (f"line {line.number}: {line.problem}" for line in lines if line.problem), ""
        )
        text = "\n".join(line.text for line in lines)
        if not problem and len(text) > self.max_line_characters:
            problem = too_long(self.max_line_characters)
        return text, problem
