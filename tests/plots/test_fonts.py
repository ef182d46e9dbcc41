"""Tests of the characters and widths of the font."""

import pytest

from nlp_apps.plots import fonts


def test_a_character_that_the_font_lacks_is_replaced():
    assert fonts.drawable("h\u00e9 \u65e5\x07\ta") == "h\u00e9 \u25a1\u25a1 a"


def test_a_combining_accent_with_a_composed_letter_is_whole():
    assert fonts.drawable("cafe\u0301") == "caf\u00e9"
    assert fonts.is_whole("cafe\u0301")


@pytest.mark.parametrize("text", ["\u65e5", "\u0645\u0631\u062d\u0628\u0627", "a\u200bb"])
def test_a_text_that_the_font_lacks_is_not_whole(text):
    assert not fonts.is_whole(text)


def test_joiners_are_parts_of_words():
    assert fonts.is_drawable("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")


@pytest.mark.parametrize(
    ("text", "wanted"), [("1. tea", "L"), ("\u0686\u0627\u06cc tea", "R"), ("3.5", ""), ("", "")]
)
def test_the_first_letter_determines_the_direction(text: str, wanted: str):
    assert fonts.direction(text) == wanted


def test_only_a_name_from_right_to_left_needs_marks_in_a_line():
    assert fonts.in_line("tea 1") == "tea 1"
    assert fonts.in_line("\u0686\u0627\u06cc") == "\u200e\u0686\u0627\u06cc\u200e"


def test_a_long_name_is_truncated_with_an_ellipsis():
    assert fonts.drawable("abcdefgh", 5) == "abcd\u2026"
    assert fonts.drawable("abcde", 5) == "abcde"


def test_lines_are_no_wider_than_max_width():
    lines = fonts.wrap("several words that need more than a single line", 9.5, 1.0)
    assert len(lines) > 2
    assert all(fonts.width(line, 9.5) <= 1.0 for line in lines)
    assert " ".join(lines) == "several words that need more than a single line"


def test_a_bold_text_is_wider():
    assert fonts.width("word", 9.5, bold=True) > fonts.width("word", 9.5)
