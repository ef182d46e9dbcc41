"""A folder of files for tests of readers, and strategies for their content."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from nlp_apps.text.readers.bad_lines import BadLinePolicy
from nlp_apps.text.readers.columns import Column, Requested
from nlp_apps.text.readers.tables import TableReader

GOOD = [("pos", "Well done."), ("neg", "Not so.")]

VALUES = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)
"""Values of a cell."""


class Folder:
    """A folder of files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, name: str) -> Path:
        return self.path / name

    def write(self, name: str, content: bytes | str) -> str:
        """Writes a file, packed if it is `.gz`, and returns its name."""
        data = content.encode() if isinstance(content, str) else content
        self.find(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return name


class TableFolder(Folder):
    """A folder of tables."""

    def table(
        self,
        name: str,
        columns: Sequence[Column] = ("", ""),
        *,
        policy: str = "stop",
        max_line_characters: int = 100_000,
        tfds_dir: Path | None = None,
    ) -> TableReader:
        """Returns the reader of label and text, or of the text alone."""
        keys = [("data.label_column", 1, "label"), ("data.text_column", 2, "text")]
        return TableReader(
            name,
            [
                Requested(key, column, number, title)
                for (key, number, title), column in zip(keys[-len(columns) :], columns, strict=True)
            ],
            find=self.find,
            bad_lines=BadLinePolicy(policy),
            max_line_characters=max_line_characters,
            tfds_dir=tfds_dir,
        )

    def read(
        self, name: str, content: bytes | str, columns: Sequence[Column] = ("", ""), **options: Any
    ) -> list[tuple[str, ...]]:
        """Writes a table and returns the values of its rows."""
        rows = self.table(self.write(name, content), columns, **options)
        return [row.values for row in rows]
