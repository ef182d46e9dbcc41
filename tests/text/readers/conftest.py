"""Fixtures of the tests of readers."""

from pathlib import Path

import pytest

from tests.text.readers.folder import TableFolder


@pytest.fixture
def folder(tmp_path: Path) -> TableFolder:
    return TableFolder(tmp_path)
