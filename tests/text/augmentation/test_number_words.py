"""Tests of number words that become digits."""

import pytest

from nlp_apps.text.augmentation.augmenter import Augmenter
from nlp_apps.text.augmentation.number_words import NUMBER_WORDS, words_to_digits


def test_every_language_has_every_number_from_2_to_99():
    for words in NUMBER_WORDS:
        assert set(words.values()) == set(range(2, 100))


@pytest.mark.parametrize(
    ("source", "target", "digits"),
    [
        ("I am twenty-five.", "J'ai vingt-cinq ans.", ("I am 25.", "J'ai 25 ans.")),
        ("Thirty-one!", "Trente et un !", ("31!", "31 !")),
        ("Seventy-one.", "Einundsiebzig.", ("71.", "71.")),
        ("ninety-seven", "quatre-vingt-dix-sept", ("97", "97")),
        ("eleven men, forty-two women", "once, cuarenta y dos", ("11 men, 42 women", "11, 42")),
        ("Deux fois dix.", "Two times ten.", ("2 fois 10.", "2 times 10.")),
    ],
)
def test_numbers_with_the_same_values_on_both_sides_become_digits(
    source: str, target: str, digits: tuple[str, str]
):
    assert words_to_digits(source, target) == digits


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("two men", "trois hommes"),
        ("a new car", "une voiture neuf"),
        ("two hundred", "deux cents"),
        ("two-faced", "deux"),
        ("I once saw ten", "J'en ai vu neuf"),
        ("two and two", "deux"),
    ],
)
def test_other_words_stay(source: str, target: str):
    assert words_to_digits(source, target) == (source, target)


def test_number_words_are_replaced_by_other_numbers_in_digits():
    pair = ("It costs fifteen euros.", "Ça coûte quinze euros.")
    found = Augmenter([pair] * 50, seed=1, numbers=1.0).changed(0).values()
    numbers = {source.split()[2] for source, _ in found}
    assert len(numbers) > 10 and all(len(number) == 2 for number in numbers)
    assert all(target == f"Ça coûte {source.split()[2]} euros." for source, target in found)
