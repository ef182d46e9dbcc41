"""The tables of docs/settings.md are those of `nlp_apps.recipe.auto`."""

import re

from nlp_apps.recipe import auto
from tests.prose import ROOT


def rows(heading: str) -> list[list[str]]:
    """Returns the cells of the table below a heading."""
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    section = text.partition(f"\n### {heading}\n")[2]
    table = re.search(r"^\|.*?\n\n", section, re.MULTILINE | re.DOTALL)
    assert table
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table[0].split("\n")[2:-2]
    ]


def cells(row: tuple[float, ...]) -> list[str]:
    """Returns the cells of a row of settings; infinity is `more`, and `no limit` at the end."""
    words = [f"{value:,}" if value != float("inf") else "no limit" for value in row]
    return ["more" if row[0] == float("inf") else words[0], *words[1:]]


def test_the_tables_have_the_chosen_settings() -> None:
    assert rows("Labels") == [cells(row) for row in auto.SENTIMENT]
    assert rows("Sentence pairs") == [cells(row) for row in auto.TRANSLATION]
    assert rows("Plain text") == [cells(row) for row in auto.GENERATION]
