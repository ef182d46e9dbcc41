"""Tests of names that are replaced on both sides of a pair."""

from random import Random

import pytest

from nlp_apps.text.augmentation.name_lists import CITIES, FEMALE_NAMES, MALE_NAMES
from nlp_apps.text.augmentation.name_swap import shared_names, swap_names


def test_a_name_has_one_kind():
    names = [*MALE_NAMES, *FEMALE_NAMES, *CITIES]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and name[0] not in "HY" for name in (*MALE_NAMES, *FEMALE_NAMES))


@pytest.mark.parametrize(
    ("source", "target", "shared"),
    [
        ("Tom's car is in Boston.", "La voiture de Tom est à Boston.", ["Boston", "Tom"]),
        ("Tom loves Mary.", "Tom aime Marie.", ["Tom"]),
        ("Tom said Tom came.", "Tom a dit qu'il est venu.", []),
        ("I read the Boston Globe.", "Je lis le Boston Globe.", []),
        ("He lives in San Diego.", "Il habite à San Diego.", []),
        ("Anna-Maria is here.", "Anna-Maria est là.", []),
        ("Nobody is here.", "Nobody est là.", []),
    ],
)
def test_listed_names_are_shared_if_they_are_on_both_sides_equally_often(
    source: str, target: str, shared: list[str]
):
    assert shared_names(source, target) == shared


def test_a_new_name_has_the_kind_and_the_first_sound_of_the_old_one():
    random = Random(1)
    made_up = 0
    for _ in range(100):
        source, target = swap_names("Anna is Tom's aunt.", "Anna est la tante de Tom.", random)
        female, male = source.split()[0], source.split()[2].removesuffix("'s")
        assert target == f"{female} est la tante de {male}."
        assert female[0] in "AEU" and female != "Anna"
        assert male[0] not in "AEIOU" and male != "Tom"
        made_up += (female not in FEMALE_NAMES) + (male not in MALE_NAMES)
    assert 40 < made_up < 95  # A third of 200.


def test_different_names_stay_different():
    random = Random(1)
    text = "Ivan Igor Ibrahim Ismael"
    for _ in range(50):
        source, _ = swap_names(text, text, random)
        assert len(set(source.split())) == 4
