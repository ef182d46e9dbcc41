"""Shops: prices, colours, clothes, possession."""

from __future__ import annotations

from itertools import product

from . import english, french
from . import words as w
from .clauses import ANYONE, join
from .nouns import Adjective, phrase
from .patterns import Sentences, pattern, say, some_of
from .verbs import verb

BUYABLE = w.CLOTHES + [n for n in w.THINGS if n.en not in ("key", "letter", "passport")]


WOMENS = ("dress", "skirt", "blouse", "handbag", "earring", "necklace", "sandal")


def qualities(name: str) -> list[Adjective]:
    """The adjectives that suit a thing."""
    plain = [
        "new",
        "old",
        "beautiful",
        "pretty",
        "small",
        "big",
        "expensive",
        "cheap",
        "modern",
        "original",
    ]
    extra = {
        "heavy": "book suitcase bag box computer dictionary bicycle violin basket coat",
        "light": "suitcase bag computer bicycle jacket coat raincoat",
        "useful": "book map dictionary umbrella computer phone pen notebook bicycle camera",
        "interesting": "book newspaper magazine novel letter painting",
        "elegant": "dress skirt shirt coat jacket hat scarf tie suit belt watch handbag blouse",
        "broken": "watch phone computer camera umbrella guitar violin screen printer toy doll",
        "empty": "bag suitcase box basket wallet envelope",
        "comfortable": "coat jacket jumper dress bicycle",
        "Italian": "dress suit handbag tie bicycle coat",
    }
    names = plain + [word for word, things in extra.items() if name in things.split()]
    dull = (
        ("modern", "original", "pretty") if name in ("ticket", "stamp", "passport", "key") else ()
    )
    return [q for q in w.QUALITIES if q.en in names and q.en not in dull]


@pattern("shopping", 300)
def this_thing_is() -> Sentences:
    """Sentences such as these.

    `This dress is pretty; these watches are too expensive; the bag is heavy.`
    """
    for noun in w.CLOTHES + w.THINGS + w.PAIRS:
        for quality in qualities(noun.en) + w.COLOURS[:4] * (noun in w.CLOTHES):
            for word, many in (("this", False), ("the", False), ("this", True), ("my", False)):
                if noun in w.PAIRS:
                    many = True
                thing = phrase(word, noun, many=many)
                be_en, be_fr = ("are", "sont") if many else ("is", "est")
                form = quality.form(noun.fem, many)
                yield say(f"{thing.en} {be_en} {quality.en}", f"{thing.fr} {be_fr} {form}")
                if quality in w.COLOURS or quality.en in ("broken", "Italian", "original"):
                    continue
                yield say(
                    f"{thing.en} {be_en} very {quality.en}",
                    f"{thing.fr} {be_fr} très {form}"
                    if quality.en != "cheap"
                    else f"{thing.fr} {be_fr} très bon marché",
                )
                if quality.en in ("big", "small", "expensive", "heavy", "old"):
                    yield say(
                        f"{thing.en} {be_en} too {quality.en}", f"{thing.fr} {be_fr} trop {form}"
                    )


@pattern("shopping", 230)
def a_nice_thing() -> Sentences:
    """He bought a red coat; I have a new watch; we saw some beautiful paintings."""
    deeds = (("bought", "acheter"), ("found", "trouver"), ("saw", "voir"), ("chose", "choisir"))
    for noun in w.CLOTHES + w.THINGS + w.PAIRS:
        colours = w.COLOURS if noun in w.CLOTHES + w.PAIRS else ()
        if noun.en in [
            "bicycle",
            "umbrella",
            "pen",
            "bag",
            "suitcase",
            "envelope",
            "notebook",
            "pencil",
            "box",
            "ball",
        ]:
            colours = w.COLOURS
        for quality in [*qualities(noun.en), *colours]:
            for who in some_of(ANYONE, 3, noun.en + quality.en):
                if noun.en in WOMENS and not who.fem:
                    continue
                many = noun in w.PAIRS or (noun not in w.CLOTHES and who.plural)
                thing = phrase("some" if many else "a", noun, quality, many=many)
                for en, infinitive in some_of(deeds, 1, who.en + noun.en + quality.en):
                    have = verb("avoir").form("present", who.person)
                    text = f"{have} {verb(infinitive).participle} {thing.fr}"
                    yield say(f"{who.en} {en} {thing.en}", join(who.fr, text))
                finite = verb("avoir").form("present", who.person)
                yield say(
                    f"{who.en} {'has' if who.third else 'have'} {thing.en}",
                    join(who.fr, f"{finite} {thing.fr}"),
                )
            thing = phrase("a", noun, quality)
            yield say(f"I am looking for {thing.en}", f"je cherche {thing.fr}")


@pattern("shopping", 150)
def wearing() -> Sentences:
    """She is wearing a white blouse; he wore black shoes."""
    for noun, colour in product(w.CLOTHES + w.PAIRS, w.COLOURS):
        for who in some_of([a for a in ANYONE if a.person in ("1s", "3s")], 6, noun.en + colour.en):
            if noun.en in WOMENS and not who.fem:
                continue
            if noun.en in ("tie", "suit") and who.fem:
                continue
            many = noun in w.PAIRS
            thing = phrase("some" if many else "a", noun, colour, many=many)
            en = thing.en.removeprefix("some ")
            finite = verb("porter").form("present", who.person)
            yield say(f"{who.en} {who.be()} wearing {en}", join(who.fr, f"{finite} {thing.fr}"))
            finite = verb("porter").form("imperfect", who.person)
            yield say(f"{who.en} {who.was()} wearing {en}", join(who.fr, f"{finite} {thing.fr}"))


@pattern("shopping", 140)
def prices() -> Sentences:
    """How much does this watch cost? It costs forty euros. These shoes cost eighty euros."""
    for noun in BUYABLE:
        this = phrase("this", noun)
        yield say(f"how much does {this.en} cost", f"combien coûte {this.fr}", "?")
        for value in some_of([*range(2, 100), 100, 150, 200, 250, 300], 4, noun.en):
            euros = english.number(value), french.number(value)
            yield say(f"{this.en} costs {euros[0]} euros", f"{this.fr} coûte {euros[1]} euros")
            yield say(
                f"I paid {euros[0]} euros for {this.en}", f"j'ai payé {this.fr} {euros[1]} euros"
            )
    for value in [*range(2, 101), 110, 120, 150, 180, 200, 250, 300, 400, 500, 600, 700, 800, 900]:
        yield say(
            f"it costs {english.number(value)} euros", f"ça coûte {french.number(value)} euros"
        )
        yield say(
            f"that makes {english.number(value)} euros", f"ça fait {french.number(value)} euros"
        )


@pattern("shopping", 120)
def choosing() -> Sentences:
    """Do you have this dress in blue? I will take these shoes. Whose coat is this?"""
    for noun in w.CLOTHES + w.PAIRS:
        many = noun in w.PAIRS
        thing = phrase("this", noun, many=many)
        for colour in w.COLOURS:
            yield say(
                f"do you have {thing.en} in {colour.en}",
                f"avez-vous {thing.fr} en {colour.masc}",
                "?",
            )
        yield say(f"can I try on {thing.en}", f"puis-je essayer {thing.fr}", "?")
        yield say(f"I will take {thing.en}", f"je prends {thing.fr}")
        yield say(
            f"do you have {thing.en} in a larger size",
            f"avez-vous {thing.fr} dans une taille plus grande",
            "?",
        )
        suits = "vont" if many else "va"
        yield say(
            f"{thing.en} suit{'' if many else 's'} you very well",
            f"{thing.fr} vous {suits} très bien",
        )
    for noun in BUYABLE:
        yield say(
            f"where can I buy {phrase('a', noun).en}",
            f"où est-ce que je peux acheter {phrase('a', noun).fr}",
            "?",
        )
        yield say(
            f"which {noun.en} do you prefer",
            f"{phrase('which', noun).fr} est-ce que vous préférez",
            "?",
        )
        yield say(
            f"which {noun.en} is the cheapest",
            f"{phrase('which', noun).fr} est {'la' if noun.fem else 'le'} moins "
            f"{'chère' if noun.fem else 'cher'}",
            "?",
        )
        yield say(
            f"I would like to see {phrase('this', noun).en}",
            f"je voudrais voir {phrase('this', noun).fr}",
        )
        yield say(
            f"{phrase('this', noun).en} is a present for my mother",
            f"{phrase('this', noun).fr} est un cadeau pour ma mère",
        )


@pattern("shopping", 110)
def owners() -> Sentences:
    """Sentences such as these.

    `This umbrella is mine; it is my sister's car: it belongs to my sister.`
    """
    owners = [
        ("my brother", "mon frère"),
        ("my sister", "ma sœur"),
        ("our neighbour", "notre voisin"),
        ("the teacher", "le professeur"),
        ("the children", "les enfants"),
        ("Marie", "Marie"),
        ("the director", "le directeur"),
        ("Paul", "Paul"),
        ("my uncle", "mon oncle"),
        ("the students", "les étudiants"),
        ("the tourist", "le touriste"),
    ]
    mine = [
        ("mine", "à moi"),
        ("his", "à lui"),
        ("hers", "à elle"),
        ("ours", "à nous"),
        ("yours", "à vous"),
        ("theirs", "à eux"),
    ]
    for noun in w.THINGS:
        this = phrase("this", noun)
        for en, fr in owners:
            yield say(f"{this.en} belongs to {en}", f"{this.fr} appartient {french.to(fr)}")
        for en, fr in mine:
            yield say(f"{this.en} is {en}", f"{this.fr} est {fr}")
        yield say(f"whose {noun.en} is this", f"à qui est {this.fr}", "?")
