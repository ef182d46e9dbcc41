"""The longest subwords of a vocabulary."""

from nlp_apps.text.longest_subwords import longest_subwords

VOCABULARY = {
    piece: index
    for index, piece in enumerate(["▁", "▁a", "▁ab", "b", "c", "<0xC3>", "<0xA9>", "bc▁a"])
}


def test_the_longest_subword_is_first() -> None:
    assert longest_subwords("abc", VOCABULARY) == [2, 4]
    assert longest_subwords("a bc", VOCABULARY) == [1, 0, 3, 4]
    assert longest_subwords("ac abc a", VOCABULARY) == [1, 4, 2, 4, 1]


def test_an_unknown_character_becomes_its_known_bytes() -> None:
    assert longest_subwords("aé", VOCABULARY) == [1, 5, 6]
    assert longest_subwords("a→b", VOCABULARY) == [1, 3]
    assert longest_subwords("", {}) == []
