"""The code of docs/how_it_works.md is that of the package."""

import re
from textwrap import indent

import pytest

from tests.prose import ROOT

PAGE = (ROOT / "docs" / "how_it_works.md").read_text("utf-8")
EXCERPTS = re.findall(r"^`(nlp_apps/[\w/]+\.py)`:\n\n```python\n(.*?)^```", PAGE, re.M | re.S)


def test_every_block_of_code_names_its_file() -> None:
    assert len(EXCERPTS) == PAGE.count("```python") >= 6


@pytest.mark.parametrize(("path", "code"), EXCERPTS)
def test_the_code_is_in_the_file(path: str, code: str) -> None:
    source = (ROOT / path).read_text("utf-8")
    assert any(indent(code, " " * width) in source for width in (4, 8, 12)), code
