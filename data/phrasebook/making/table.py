"""Table: food and drink, likes and orders."""

from __future__ import annotations

from itertools import product

from . import english, french
from . import words as w
from .clauses import ANYONE, HE, ME, PEOPLE, SHE, WE, join
from .nouns import Noun, Phrase, phrase
from .patterns import Sentences, pattern, say, some_of
from .verbs import verb

PORTIONS = [
    ("a kilo of", "un kilo de", "butter cheese rice meat fish ham flour sugar beef pork lamb"),
    ("a slice of", "une tranche de", "bread ham cheese meat"),
    ("a piece of", "un morceau de", "cheese bread chocolate meat butter"),
    ("a bottle of", "une bouteille de", "water wine milk beer oil vinegar cider lemonade"),
    ("a glass of", "un verre de", "water wine milk lemonade cider beer"),
    ("a cup of", "une tasse de", "tea coffee"),
    ("a pot of", "un pot de", "jam honey mustard cream yogurt"),
    ("a litre of", "un litre de", "milk oil water vinegar"),
    (
        "a little",
        "un peu de",
        "salt pepper sugar milk butter bread cheese garlic oil cream soup rice",
    ),
    ("a lot of", "beaucoup de", "sugar salt pepper garlic cream cheese rice butter water bread"),
]


MASS = {noun.en: noun for noun in w.FOOD + w.DRINKS}


def portions() -> list[tuple[str, str]]:
    """A kilo of rice, un kilo de riz; a litre of oil, un litre d'huile."""
    found = []
    for en, fr, names in PORTIONS:
        for name in names.split():
            found.append((f"{en} {name}", fr[:-2] + french.elide("de", MASS[name].fr)))
    return found


def numbered(count: int, noun: Noun) -> Phrase:
    """Two apples, deux pommes."""
    plain = phrase("some", noun, many=True)
    return Phrase(
        english.number(count) + plain.en.removeprefix("some"),
        french.number(count) + plain.fr.removeprefix("des"),
        plain.fem,
        True,
    )


@pattern("food", 120)
def i_would_like() -> Sentences:
    """I would like a kilo of rice, please."""
    wishes = portions()
    wishes += [(p.en, p.fr) for n in w.PIECES for k in (2, 3, 4, 6, 12) for p in [numbered(k, n)]]
    for en, fr in wishes:
        yield say(f"I would like {en}, please", f"je voudrais {fr}, s'il vous plaît")
        yield say(f"we would like {en}", f"nous voudrions {fr}")
        yield say(f"could I have {en}, please", f"pourrais-je avoir {fr}, s'il vous plaît", "?")


@pattern("food", 110)
def do_you_have() -> Sentences:
    """Do you have any bread? We don't have any bread. There is no more bread."""
    for noun in w.FOOD + w.DRINKS:
        some = phrase("some", noun).fr
        none = french.elide("de", noun.fr)
        yield say(f"do you have any {noun.en}", f"avez-vous {some}", "?")
        yield say(f"we don't have any {noun.en}", f"nous n'avons pas {none}")
        yield say(f"there is no more {noun.en}", f"il n'y a plus {none}")
        yield say(f"is there any {noun.en}", f"y a-t-il {some}", "?")
        yield say(f"there is {noun.en} on the table", f"il y a {some} sur la table")
        yield say(f"I have too much {noun.en}", f"j'ai trop {none}")
        yield say(f"would you like some more {noun.en}", f"voudriez-vous encore {some}", "?")
    for noun in w.PIECES:
        none = french.elide("de", noun.fr_plural)
        yield say(f"do you have any {noun.en_plural}", f"avez-vous des {noun.fr_plural}", "?")
        yield say(f"we don't have any {noun.en_plural}", f"nous n'avons pas {none}")
        yield say(f"there are no more {noun.en_plural}", f"il n'y a plus {none}")
        yield say(f"there are a lot of {noun.en_plural}", f"il y a beaucoup {none}")
        yield say(f"we need {noun.en_plural}", f"nous avons besoin {none}")


def liked() -> list[tuple[str, str]]:
    """Returns things to like: cheese, le fromage; apples, les pommes."""
    found = [(n.en, phrase("the", n).fr) for n in w.FOOD + w.DRINKS]
    return found + [(n.en_plural, "les " + n.fr_plural) for n in w.PIECES]


SEASONING = [
    "butter",
    "sugar",
    "salt",
    "pepper",
    "oil",
    "vinegar",
    "garlic",
    "flour",
    "cream",
    "mustard",
]


def kind(name: str) -> str:
    """Returns things to compare a food with: drinks with drinks, apples with pears."""
    if name in SEASONING:
        return "seasoning"
    if any(name == noun.en for noun in w.DRINKS):
        return "drink"
    return "piece" if any(name == noun.en_plural for noun in w.PIECES) else "food"


@pattern("food", 190)
def likes() -> Sentences:
    """I like cheese; she doesn't like apples; we prefer tea to coffee; he hates fish."""
    for en, fr in liked():
        for who in some_of(ANYONE, 4, "likes" + en):
            for like, aimer in (("like", "aimer"), ("hate", "détester"), ("love", "adorer")):
                form = english.third(like) if who.third else like
                finite = verb(aimer).form("present", who.person)
                yield say(f"{who.en} {form} {en}", join(who.fr, f"{finite} {fr}"))
            auxiliary = "doesn't" if who.third else "don't"
            finite = verb("aimer").form("present", who.person)
            yield say(f"{who.en} {auxiliary} like {en}", join(who.fr, f"n'{finite} pas {fr}"))
        yield say(f"do you like {en}", f"est-ce que vous aimez {fr}", "?")
        rivals = [pair for pair in liked() if pair != (en, fr) and kind(pair[0]) == kind(en)]
        if kind(en) == "seasoning":
            continue
        for other_en, other_fr in some_of(rivals, 3, "prefer" + en):
            for who in some_of(ANYONE, 1, other_en + en):
                form = "prefers" if who.third else "prefer"
                finite = verb("préférer").form("present", who.person)
                yield say(
                    f"{who.en} {form} {en} to {other_en}",
                    join(who.fr, f"{finite} {fr} {french.to(other_fr)}"),
                )


TASTED = (
    "soup fish salad chicken omelette meat cake coffee bread cheese rice sauce pizza dessert lamb"
)


UNFIT = {
    "spicy": "coffee bread cake cheese dessert wine",
    "sweet": "fish meat chicken omelette ham",
    "salty": "coffee cake dessert wine",
    "fresh": "rice sauce pizza wine coffee omelette",
    "ready": "bread cheese",
    "hot": "cheese",
    "bitter": "fish meat chicken bread rice pizza cake omelette",
}


@pattern("food", 150)
def the_soup_is_hot() -> Sentences:
    """The soup is too salty; this sauce was delicious; is the fish fresh?"""
    dishes = [n for n in w.DISHES if n.en in TASTED.split()]
    for noun, taste in product(dishes, w.TASTES):
        if noun.en in UNFIT.get(taste.en, "").split():
            continue
        for word in ("the", "this"):
            dish = phrase(word, noun)
            form = taste.form(noun.fem)
            yield say(f"{dish.en} is {taste.en}", f"{dish.fr} est {form}")
            yield say(f"{dish.en} was {taste.en}", f"{dish.fr} était {form}")
            yield say(f"{dish.en} is not {taste.en}", f"{dish.fr} n'est pas {form}")
            if taste.en not in ("delicious", "excellent", "ready", "fresh", "good"):
                yield say(f"{dish.en} is too {taste.en}", f"{dish.fr} est trop {form}")
            if taste.en not in ("delicious", "excellent", "ready"):
                yield say(f"{dish.en} is very {taste.en}", f"{dish.fr} est très {form}")
        dish = phrase("the", noun)
        yield say(
            f"is {dish.en} {taste.en}", f"est-ce que {dish.fr} est {taste.form(noun.fem)}", "?"
        )


@pattern("food", 100)
def in_the_restaurant() -> Sentences:
    """For me, the fish, please. My wife will have the soup. Is the cheese included?"""
    guests = [*PEOPLE, HE, SHE, WE, ME]
    for noun in w.DISHES:
        dish = phrase("the", noun)
        yield say(f"for me, {dish.en}, please", f"pour moi, {dish.fr}, s'il vous plaît")
        if noun.en not in ("wine", "coffee", "tea", "dessert", "cake", "apple pie"):
            yield say(
                f"with {dish.en}, we will take some red wine",
                f"avec {dish.fr}, nous prendrons du vin rouge",
            )
        yield say(f"who ordered {dish.en}", f"qui a commandé {dish.fr}", "?")
        yield say(f"I recommend {dish.en}", f"je vous recommande {dish.fr}")
        yield say(f"could you bring {dish.en}", f"pourriez-vous apporter {dish.fr}", "?")
        for who in some_of(guests, 6, dish.en):
            finite = verb("prendre").form("future", who.person)
            yield say(f"{who.en} will take {dish.en}", join(who.fr, f"{finite} {dish.fr}"))
            chose = verb("avoir").form("present", who.person)
            yield say(f"{who.en} chose {dish.en}", join(who.fr, f"{chose} choisi {dish.fr}"))
    for noun in w.HOUSEHOLD:
        if noun.en in [
            "plate",
            "fork",
            "spoon",
            "glass",
            "cup",
            "bottle",
            "bowl",
            "chair",
            "table",
        ]:
            thing = phrase("a", noun)
            yield say(
                f"could I have another {noun.en}",
                f"pourrais-je avoir {thing.fr.replace(' ', ' autre ', 1)}",
                "?",
            )
            yield say(f"this {noun.en} is not clean", f"{phrase('this', noun).fr} n'est pas propre")
