"""Directions: places, distances, turns."""

from __future__ import annotations

from itertools import product

from . import english, french
from . import words as w
from .nouns import phrase
from .patterns import Sentences, pattern, say, some_of

NEAR = [
    ("near", "près de", True),
    ("far from", "loin de", True),
    ("next to", "à côté de", True),
    ("opposite", "en face de", True),
    ("in front of", "devant", False),
    ("behind", "derrière", False),
]
FAR_APART = ("airport", "beach", "castle", "zoo", "harbour")  # nobody's next-door landmarks


def relation(word: str, contracts: bool, place: str) -> str:
    """A place after près de, devant...: près du pont, devant le pont."""
    return word[:-2] + french.de(place) if contracts else f"{word} {place}"


@pattern("directions", 120)
def where_is() -> Sentences:
    """Sentences such as these.

    `Where is the station? Is the station far from here? I am looking for the station.`
    """
    for noun in w.PLACES:
        place = phrase("the", noun)
        yield say(f"where is {place.en}", f"où est {place.fr}", "?")
        yield say(f"excuse me, where is {place.en}", f"excusez-moi, où est {place.fr}", "?")
        yield say(f"is {place.en} far from here", f"est-ce que {place.fr} est loin d'ici", "?")
        yield say(f"I am looking for {place.en}", f"je cherche {place.fr}")
        yield say(
            f"how do I get to {place.en}", f"comment est-ce que je vais {french.to(place.fr)}", "?"
        )
        yield say(
            f"is there {phrase('a', noun).en} near here",
            f"y a-t-il {phrase('a', noun).fr} près d'ici",
            "?",
        )
        yield say(f"this street leads to {place.en}", f"cette rue mène {french.to(place.fr)}")
        closed = "fermée" if noun.fem else "fermé"
        opened = "ouverte" if noun.fem else "ouvert"
        if noun.en in ("bridge", "square", "bus stop", "harbour"):
            continue
        for en, fr in (("closed", closed), ("open", opened)):
            yield say(f"{place.en} is {en} on Sundays", f"{place.fr} est {fr} le dimanche")
            yield say(f"{place.en} is {en} today", f"{place.fr} est {fr} aujourd'hui")
        yield say(f"what time does {place.en} open", f"à quelle heure ouvre {place.fr}", "?")
        yield say(f"what time does {place.en} close", f"à quelle heure ferme {place.fr}", "?")


@pattern("directions", 260)
def place_by_place() -> Sentences:
    """The bank is next to the station. There is a pharmacy opposite the hotel."""
    for first, second in product(w.PLACES, w.PLACES):
        if first == second or {first.en, second.en} & set(FAR_APART):
            continue
        for en, fr, contracts in some_of(NEAR, 1, first.en + second.en):
            one, other = phrase("the", first), phrase("the", second)
            where = relation(fr, contracts, other.fr)
            yield say(f"{one.en} is {en} {other.en}", f"{one.fr} est {where}")
            some = phrase("a", first)
            yield say(f"there is {some.en} {en} {other.en}", f"il y a {some.fr} {where}")
            yield say(f"is {one.en} {en} {other.en}", f"est-ce que {one.fr} est {where}", "?")


TURNS = [
    ("turn left", "tournez à gauche"),
    ("turn right", "tournez à droite"),
    ("go straight on", "allez tout droit"),
    ("stop", "arrêtez-vous"),
    ("wait for me", "attendez-moi"),
    ("cross the street", "traversez la rue"),
    ("get off the bus", "descendez du bus"),
]
STREETS = [
    ("the first street on the left", "la première rue à gauche"),
    ("the second street on the right", "la deuxième rue à droite"),
    ("the third street on the left", "la troisième rue à gauche"),
]


@pattern("directions", 170)
def turn_left() -> Sentences:
    """Turn left after the bridge, then go straight on. Take the second street on the right."""
    for noun in w.PLACES:
        place = phrase("the", noun)
        for en, fr in TURNS:
            if noun.en == "bridge" and en.startswith(("get off", "cross")):
                continue
            yield say(f"{en} in front of {place.en}", f"{fr} devant {place.fr}")
            if en.startswith(("turn", "go", "cross")):
                yield say(f"{en} after {place.en}", f"{fr} après {place.fr}")
                yield say(f"{en} before {place.en}", f"{fr} avant {place.fr}")
                yield say(f"at {place.en}, {en}", f"à {place.fr}, {fr}".replace("à le ", "au "))
        for en, fr in STREETS:
            yield say(
                f"to go to {place.en}, take {en}", f"pour aller {french.to(place.fr)}, prenez {fr}"
            )
        for value in some_of(range(2, 31), 3, noun.en):
            yield say(
                f"{place.en} is {english.number(value)} minutes from here on foot",
                f"{place.fr} est à {french.number(value, True)} minutes d'ici à pied",
            )
        for value in some_of((50, 100, 200, 300, 400, 500), 2, noun.en):
            yield say(
                f"{place.en} is {english.number(value)} metres away",
                f"{place.fr} est à {french.number(value)} mètres",
            )
    for (en, fr), (en2, fr2) in product(TURNS[:3], TURNS):
        if en != en2:
            yield say(f"{en}, then {en2}", f"{fr}, puis {fr2}")
