"""Tests of nlp_apps.io.printable."""

from nlp_apps.io.printable import escape, escape_lines


def test_printable_text_and_every_space_are_unchanged() -> None:
    text = "Où est la gare\u00a0? 駅\u3000🙂 می\u200cخواهم 👨\u200d👩\u200d👧"
    assert escape(text) == text


def test_control_characters_are_escaped() -> None:
    assert escape("a\n\x1b[2J\u202e\u2028\ud800") == r"a\n\x1b[2J\u202e\u2028\ud800"


def test_lines_and_tabs_stay() -> None:
    assert escape_lines("a\tb\x1b\nc\r\n") == "a\tb\\x1b\nc\\r\n"
