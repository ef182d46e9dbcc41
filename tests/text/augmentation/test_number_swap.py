"""Tests of numbers that are replaced on both sides of a pair."""

import re
from random import Random

import pytest

from nlp_apps.text.augmentation.number_swap import shared_numbers, swap_numbers


@pytest.mark.parametrize(
    ("source", "target", "shared"),
    [
        ("I am 25.", "J'ai 25 ans.", ["25"]),
        ("I am 25.", "J'ai vingt-cinq ans.", []),
        ("5 and 5", "5", []),
        ("21st, the 1990s, B2, COVID-19", "21st, the 1990s, B2, COVID-19", []),
        ("an 8 euro ticket", "un billet à 8 euros", []),
        ("1 or 0 or 007", "1 ou 0 ou 007", []),
        ("at 7:05", "à 7h05", ["05", "7"]),
        ("It costs 2,500.75.", "Ça coûte 2 500,75.", ["2", "500", "75"]),
        ("我25岁", "I am 25", ["25"]),
    ],
)
def test_numbers_are_shared_if_they_are_on_both_sides_equally_often(
    source: str, target: str, shared: list[str]
):
    assert shared_numbers(source, target) == shared


def numbers(pair: tuple[str, str]) -> list[list[int]]:
    return [[int(digits) for digits in re.findall(r"[0-9]+", text)] for text in pair]


def draws(source: str, target: str) -> list[tuple[str, str]]:
    random = Random(1)
    return [swap_numbers(source, target, random) for _ in range(300)]


def test_both_sides_get_the_same_new_number_of_the_same_length():
    found = [numbers(pair) for pair in draws("I am 25.", "J'ai 25 ans.")]
    assert all(there == here for here, there in found)
    values = {here[0] for here, _ in found}
    assert len(values) > 20 and min(values) >= 10 and max(values) <= 99 and 25 not in values


def test_a_year_stays_a_year_and_its_day_a_day():
    for here, there in map(numbers, draws("May 14, 1998", "le 14 mai 1998")):
        assert there == here
        assert 10 <= here[0] <= 31 and 1800 <= here[1] <= 2030


def test_hours_and_minutes_stay_in_range():
    found = draws("It is 7:45.", "Il est 7 h 45.")
    assert len(set(found)) > 50
    for source, target in found:
        (hour, minute), there = numbers((source, target))
        assert there == [hour, minute]
        assert 2 <= hour <= 12 and minute < 60
        assert re.fullmatch(r"It is [0-9]+:[0-9]{2}\.", source)


def test_final_zeros_and_the_plural_stay():
    assert {source for source, _ in draws("2 000", "2,000")} == {"3 000", "4 000"}
    assert {source for source, _ in draws("5", "5")} == {"6", "7", "8", "9"}
    assert {int(source) % 10 for source, _ in draws("21", "21")} == {1}
