"""Home: `rooms`, furniture, places of things, animals."""

from __future__ import annotations

from itertools import product

from . import clauses as c
from . import english, french
from . import words as w
from .clauses import ANYONE, join
from .nouns import phrase
from .patterns import Sentences, pattern, say, some_of
from .people import EVERYBODY, being
from .verbs import verb

FURNITURE = {
    "kitchen": "table chair fridge oven cupboard shelf washing_machine clock radio",
    "bedroom": "bed lamp wardrobe mirror desk carpet armchair curtain chair",
    "living room": "sofa armchair carpet television lamp clock mirror table radio",
    "bathroom": "mirror washing_machine towel cupboard brush shelf",
    "garage": "ladder hammer bucket shelf",
    "cellar": "bucket ladder shelf wardrobe",
    "attic": "wardrobe mirror bed armchair lamp ladder",
    "dining room": "table clock mirror cupboard lamp",
    "corridor": "mirror lamp carpet cupboard",
    "flat": "washing_machine television",
}


OBJECTS = [
    n
    for n in w.THINGS + w.HOUSEHOLD
    if n.en
    in [
        "book",
        "newspaper",
        "letter",
        "pen",
        "key",
        "bag",
        "umbrella",
        "watch",
        "phone",
        "camera",
        "ticket",
        "map",
        "wallet",
        "passport",
        "dictionary",
        "knife",
        "toy",
        "box",
        "basket",
        "plate",
        "fork",
        "spoon",
        "glass",
        "cup",
        "bottle",
        "bowl",
        "towel",
        "magazine",
        "notebook",
        "candle",
        "guitar",
    ]
]


SPOTS = [
    ("on", "sur"),
    ("under", "sous"),
    ("behind", "derrière"),
    ("in front of", "devant"),
    ("next to", "à côté de"),
    ("near", "près de"),
]


BASES = [
    n
    for n in w.HOUSEHOLD
    if n.en
    in [
        "table",
        "chair",
        "bed",
        "sofa",
        "armchair",
        "cupboard",
        "shelf",
        "fridge",
        "desk",
        "lamp",
        "television",
        "wardrobe",
    ]
]


@pattern("home", 290)
def where_things_are() -> Sentences:
    """Your keys are on the table. There is a mirror in the bathroom. I put the bag there."""
    named = {n.en: n for n in w.HOUSEHOLD}
    for thing, base in product(OBJECTS, BASES):
        for en, fr in some_of(SPOTS, 2, thing.en + base.en):
            if (en == "under" and base.en in ("lamp", "shelf")) or (
                en == "on" and base.en == "lamp"
            ):
                continue
            place = phrase("the", base)
            where = fr[:-2] + french.de(place.fr) if fr.endswith(" de") else f"{fr} {place.fr}"
            for word in some_of(("the", "my", "your", "his"), 2, en + thing.en + base.en):
                it = phrase(word, thing)
                yield say(f"{it.en} is {en} {place.en}", f"{it.fr} est {where}")
            the = phrase("the", thing)
            yield say(f"I put {the.en} {en} {place.en}", f"j'ai mis {the.fr} {where}")
            yield say(f"{the.en} was {en} {place.en}", f"{the.fr} était {where}")
            yield say(
                f"put {the.en} {en} {place.en}, please", f"mettez {the.fr} {where}, s'il vous plaît"
            )
            yield say(f"is {the.en} {en} {place.en}", f"est-ce que {the.fr} est {where}", "?")
    rooms = {n.en: n for n in w.ROOMS}
    for name, contents in FURNITURE.items():
        room = phrase("the", rooms[name])
        for content in contents.replace("_", " _").replace(" _", "_").split():
            noun = named[content.replace("_", " ")]
            for word in ("a",):
                it = phrase(word, noun)
                yield say(f"there is {it.en} in {room.en}", f"il y a {it.fr} dans {room.fr}")
                none = french.elide("de", noun.fr)
                yield say(
                    f"there is no {noun.en} in {room.en}", f"il n'y a pas {none} dans {room.fr}"
                )
                yield say(f"is there {it.en} in {room.en}", f"y a-t-il {it.fr} dans {room.fr}", "?")
                yield say(
                    f"the {noun.en} in {room.en} is broken"
                    if noun.en not in ("carpet", "curtain", "towel", "brush")
                    else f"the {noun.en} in {room.en} is old",
                    f"{phrase('the', noun).fr} {french.de(room.fr)} est "
                    + (
                        w.QUALITIES[3].form(noun.fem)
                        if noun.en in ("carpet", "curtain", "towel", "brush")
                        else ("cassée" if noun.fem else "cassé")
                    ),
                )


@pattern("home", 190)
def rooms() -> Sentences:
    """My mother is in the kitchen. The living room is bright. We painted the bedroom blue."""
    words = w.adjectives("""
    big = grand; small = petit; clean = propre; dirty = sale; bright = clair; dark = sombre;
    cold = froid; comfortable = confortable; quiet = calme; empty = vide; beautiful = beau/belle
    """)
    for noun in w.ROOMS:
        room = phrase("the", noun)
        for adjective in words:
            form = adjective.form(noun.fem)
            for word in ("the", "our", "this", "their"):
                it = phrase(word, noun)
                yield say(f"{it.en} is {adjective.en}", f"{it.fr} est {form}")
                yield say(f"{it.en} is very {adjective.en}", f"{it.fr} est très {form}")
                yield say(
                    f"{it.en} is too {adjective.en}"
                    if adjective.en in ("big", "small", "cold", "dark")
                    else f"{it.en} is not {adjective.en}",
                    f"{it.fr} est trop {form}"
                    if adjective.en in ("big", "small", "cold", "dark")
                    else f"{it.fr} n'est pas {form}",
                )
        for who in EVERYBODY:
            if noun.en in ("house", "flat"):
                continue
            yield say(
                f"{who.en} {who.be()} in {room.en}",
                join(who.fr, f"{being(who, 'present')} dans {room.fr}"),
            )
            yield say(
                f"{who.en} {who.was()} in {room.en}",
                join(who.fr, f"{being(who, 'imperfect')} dans {room.fr}"),
            )
        if noun.en not in ("garden",):
            for colour in w.COLOURS:
                yield say(
                    f"we painted {room.en} {colour.en}",
                    f"nous avons peint {room.fr} en {colour.masc}",
                )


@pattern("home", 170)
def animals() -> Sentences:
    """Sentences such as these.

    `They have two dogs. My neighbour's cat is black. There are cows in the field.`
    """
    pets = [
        n
        for n in w.ANIMALS
        if n.en
        in ["dog", "cat", "horse", "rabbit", "bird", "hamster", "fish", "donkey", "hen", "goat"]
    ]
    for who, pet in product(EVERYBODY, pets):
        has = "has" if who.third else "have"
        have = verb("avoir").form("present", who.person)
        for value in some_of(range(1, 7), 2, who.en + pet.en):
            if value == 1:
                it = phrase("a", pet)
                yield say(f"{who.en} {has} {it.en}", join(who.fr, f"{have} {it.fr}"))
            else:
                yield say(
                    f"{who.en} {has} {english.number(value)} {pet.en_plural}",
                    join(who.fr, f"{have} {french.number(value)} {pet.fr_plural}"),
                )
        doesnt = "doesn't" if who.third else "don't"
        yield say(
            f"{who.en} {doesnt} have {phrase('a', pet).en}",
            join(who.fr, c.with_pronoun("ne", have) + f" pas {french.elide('de', pet.fr)}"),
        )
    places = [
        ("in the field", "dans le champ", "cow sheep horse donkey goat rabbit fox"),
        ("on the farm", "à la ferme", "cow pig hen duck goat horse sheep donkey dog"),
        ("at the zoo", "au zoo", "lion elephant bear wolf owl"),
        ("in the forest", "dans la forêt", "fox squirrel owl wolf bear bird"),
        ("on the lake", "sur le lac", "swan duck"),
        ("in the garden", "dans le jardin", "butterfly bee frog cat rabbit bird mouse squirrel"),
    ]
    sees = {"saw": "vu", "heard": "entendu", "photographed": "photographié"}
    for where_en, where_fr, names in places:
        for noun in w.ANIMALS:
            if noun.en not in names.split():
                continue
            yield say(
                f"there are {noun.en_plural} {where_en}", f"il y a des {noun.fr_plural} {where_fr}"
            )
            yield say(
                f"there is {phrase('a', noun).en} {where_en}",
                f"il y a {phrase('a', noun).fr} {where_fr}",
            )
            for who in some_of(ANYONE, 5, where_en + noun.en):
                have = verb("avoir").form("present", who.person)
                for en, fr in sees.items():
                    if en == "heard" and noun.en in ("rabbit", "butterfly", "fish", "fox"):
                        continue
                    yield say(
                        f"{who.en} {en} {phrase('a', noun).en} {where_en}",
                        join(who.fr, f"{have} {fr} {phrase('a', noun).fr} {where_fr}"),
                    )
    colours = [q for q in [*w.COLOURS[4:7], *w.QUALITIES[:5]] if q.en != "new"]
    for noun, quality in product(w.ANIMALS, colours):
        odd = quality in w.COLOURS and noun.en in (
            "elephant",
            "lion",
            "bee",
            "fox",
            "frog",
            "squirrel",
            "pig",
        )
        if odd:
            continue
        yield say(
            f"I saw {phrase('a', noun, quality).en}", f"j'ai vu {phrase('a', noun, quality).fr}"
        )
        many = phrase("the", noun, many=True)
        it = phrase("this", noun)
        yield say(f"{it.en} is {quality.en}", f"{it.fr} est {quality.form(noun.fem)}")
        yield say(
            f"these {noun.en_plural} are {quality.en}",
            f"ces {noun.fr_plural} sont {quality.form(noun.fem, True)}",
        )
        yield say(
            f"do you like {many.en.removeprefix('the ')}", f"est-ce que vous aimez {many.fr}", "?"
        )
