"""Tests of placing words on lines."""

import pytest

from nlp_apps.plots import text_flow
from nlp_apps.plots.report import HighlightedWord

ALEF, BEH, TEH = "\u0627", "\u0628", "\u062a"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["a", "b", "c"], ["a", "b", "c"]),
        ([ALEF, BEH, "."], [".", BEH, ALEF]),
        ([ALEF, "a", "1", "b", BEH, "2"], ["2", BEH, "a", "1", "b", ALEF]),
        (["a", ALEF, "1", BEH, "b", TEH], ["a", BEH, "1", ALEF, "b", TEH]),
        (["1", ALEF, "\n", BEH, TEH], ["\u21b5", ALEF, "1", TEH, BEH]),
    ],
    ids=["left", "right", "left in right", "right in left", "lines"],
)
def test_words_are_in_the_order_of_their_script(words: list[str], wanted: list[str]):
    found = text_flow.place([HighlightedWord(word) for word in words], 9.0)
    found.sort(key=lambda one: (one.line, one.x))
    assert [one.text for one in found] == wanted


def test_words_from_right_to_left_begin_at_one_edge_and_do_not_overlap():
    found = text_flow.place([HighlightedWord(ALEF * (1 + index % 7)) for index in range(200)], 9.0)
    lines = [[one for one in found if one.line == line] for line in range(found[-1].line + 1)]
    assert len(lines) > 1
    right = max(one.x + one.width for one in found)
    for line in lines:
        assert line[0].x + line[0].width == pytest.approx(right)
        for one, following in zip(line, line[1:], strict=False):
            assert following.x + following.width < one.x + 1e-6
        assert line[-1].x >= -1e-6


def test_punctuation_stays_with_its_word():
    texts = ["he", ",", "she", ".", "\n"]
    words = [HighlightedWord(text, space=text.isalpha()) for text in texts]
    found = [[word.text for word in group] for group in text_flow.groups(words)]
    assert found == [["he", ","], ["she", ".", "\n"]]


def test_a_text_without_spaces_is_broken_into_groups():
    words = [HighlightedWord("\u65e5", space=False) for _ in range(60)]
    assert [len(group) for group in text_flow.groups(words)] == [24, 24, 12]
