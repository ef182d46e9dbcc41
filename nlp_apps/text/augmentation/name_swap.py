"""Names of a sentence pair, replaced on both sides by other names of the same kind."""

import re
from collections import Counter
from random import Random

from nlp_apps.text.augmentation.made_up_names import CONSONANTS, made_up_name
from nlp_apps.text.augmentation.name_lists import CITIES, FEMALE_NAMES, MALE_NAMES

NAME = re.compile(r"(?<![\w-])[A-Z][a-z]+(?![\w-])")
"""A capitalised word that is no part of a longer one. It may follow an apostrophe: d'Anna."""

BEFORE_CAPITAL = re.compile(r"[A-Z][a-z]+(?=\s[A-Z])")
AFTER_SAINT = re.compile(r"(?<=\b(?:San|Los|New)\s)[A-Z][a-z]+|(?<=\bSt\.\s)[A-Z][a-z]+")

MADE_UP = 1 / 3
"""Share of the new names that are made up."""

VOWEL_SOUNDS = ("i", "o", "aeu")
"""Vowels before which articles and conjunctions are equal: Italian has "e" and "ed"."""

_LISTS = {"male": MALE_NAMES, "female": FEMALE_NAMES, "city": CITIES}


def _sound(name: str) -> str:
    """Returns the first letters that names of the same sound may have."""
    return next((letters for letters in VOWEL_SOUNDS if name[0].lower() in letters), CONSONANTS)


_KINDS = {name: (kind, _sound(name)) for kind, names in _LISTS.items() for name in names}
_POOLS = {
    kind: [name for name, other in _KINDS.items() if other == kind] for kind in _KINDS.values()
}


def shared_names(source: str, target: str) -> list[str]:
    """Returns the listed names that are on both sides equally often, sorted.

    A city before another capitalised word (Boston Globe), and a name that is part of another one
    (San Diego), stay.
    """
    here = Counter(name for name in NAME.findall(source) if name in _KINDS)
    if not here:
        return []
    there = Counter(NAME.findall(target))
    fixed = {*AFTER_SAINT.findall(source), *AFTER_SAINT.findall(target)}
    fixed |= {
        name
        for name in (*BEFORE_CAPITAL.findall(source), *BEFORE_CAPITAL.findall(target))
        if name in _KINDS and _KINDS[name][0] == "city"
    }
    return sorted(
        name for name, count in here.items() if count == there[name] and name not in fixed
    )


def swap_names(source: str, target: str, random: Random) -> tuple[str, str]:
    """Replaces the shared names of a pair.

    A new name has the kind of the old one (male, female, city), or is made up. It begins with the
    same class of sounds, so that "d'Anna" becomes "d'Emma". Different names stay different.
    """
    new: dict[str, str] = {}
    taken = {*NAME.findall(source), *NAME.findall(target)}
    for name in shared_names(source, target):
        if random.random() < MADE_UP:
            options = [made_up_name(random, _KINDS[name][1])]
        else:
            options = list(_POOLS[_KINDS[name]])
        options = [other for other in options if other not in taken]
        if options:
            new[name] = random.choice(options)
            taken.add(new[name])

    def replace(match: re.Match[str]) -> str:
        return new.get(match[0], match[0])

    return NAME.sub(replace, source), NAME.sub(replace, target)
