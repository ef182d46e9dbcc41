"""Tests of JSON, tables and text for a terminal."""

import json
from pathlib import Path

import numpy as np
import pytest

from nlp_apps.cli.formatting import display_width, printable, to_columns, to_json, to_table
from nlp_apps.text.normalize import one_line


def test_line_breaks_become_spaces_and_json_stays_on_one_line():
    assert one_line("a\r\nb\nc\u2029d") == "a b c d"
    text = to_json({"t": "a\nb\u2028c\x85d é"})
    assert len(text.splitlines()) == 1
    assert json.loads(text) == {"t": "a\nb\u2028c\x85d é"}


def test_json_has_plain_numbers():
    value = {"a": np.int64(3), "b": np.array([1.5, np.inf]), "c": (True, None), "d": Path("x")}
    assert json.loads(to_json(value)) == {"a": 3, "b": [1.5, None], "c": [True, None], "d": "x"}


def test_a_table_joins_nested_names_by_dots():
    assert to_table({}) == ""
    table = to_table({"a": {"b": 1000, "c": [1, 2]}, "d": True, "e": "x\ny", "f": 0.12345})
    assert table == "a.b  1,000\na.c  1, 2\nd    yes\ne    x y\nf    0.1235"


@pytest.mark.parametrize(
    ("text", "width"),
    [("soup", 4), ("\u597d\u8bc4", 4), ("\uff01", 2), ("cafe\u0301", 4), ("a\u200db", 2)],
    ids=["letters", "Chinese", "full width", "mark", "joiner"],
)
def test_cells_are_padded_to_their_display_width(text: str, width: int):
    assert display_width(text) == width
    space = " " * (4 - width)
    assert to_columns([[text, text], ["word", "+0.1"]]) == (
        f"{text}{space}  {space}{text}\nword  +0.1"
    )


def test_columns_of_wide_words_are_aligned():
    rows = [["word", "attention"], ["\u597d", "0.5"], ["\u8bc4\u8bba", "0.25"]]
    assert to_columns(rows).splitlines() == [
        "word  attention",
        "\u597d          0.5",
        "\u8bc4\u8bba       0.25",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f469\u200d\U0001f680 \u2764\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\u200e\u200f\u061c a\tb\u00a0c\u3000d so\u00adft",
    ],
    ids=["Persian", "emoji", "flag", "marks and spaces"],
)
def test_invisible_parts_of_words_and_emoji_are_printed(text: str):
    assert printable(text) == text


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2067", "\u2069"])
def test_control_characters_and_direction_overrides_are_not_printed(character: str):
    assert printable(f"a{character}b") == "a\ufffdb"
