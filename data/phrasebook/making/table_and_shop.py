"""At the table and in the shops: food, drink, prices, colours and clothes."""

from __future__ import annotations

from itertools import product

from . import english, french
from . import words as w
from .clauses import ANYONE, HE, PEOPLE, SHE, WE, I, join
from .nouns import Adjective, Noun, Phrase, phrase
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
    ("a little", "un peu de", "salt pepper sugar milk butter bread cheese garlic oil cream soup rice"),
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
    """What can be liked: cheese, le fromage; apples, les pommes."""
    found = [(n.en, phrase("the", n).fr) for n in w.FOOD + w.DRINKS]
    return found + [(n.en_plural, "les " + n.fr_plural) for n in w.PIECES]


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
        for other_en, other_fr in some_of(liked(), 3, "prefer" + en):
            for who in some_of(ANYONE, 1, other_en + en):
                if other_en != en:
                    form = "prefers" if who.third else "prefer"
                    finite = verb("préférer").form("present", who.person)
                    yield say(f"{who.en} {form} {en} to {other_en}",
                              join(who.fr, f"{finite} {fr} {french.to(other_fr)}"))  # fmt: skip


TASTED = "soup fish salad chicken omelette meat cake coffee bread cheese rice sauce pizza dessert lamb"
UNFIT = {"spicy": "coffee bread cake cheese dessert wine", "sweet": "fish meat chicken omelette ham",
         "salty": "coffee cake dessert wine", "fresh": "rice sauce pizza wine coffee omelette",
         "ready": "bread cheese", "hot": "cheese", "bitter": "fish meat chicken bread rice pizza cake"
         " omelette"}  # fmt: skip


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
        yield say(f"is {dish.en} {taste.en}", f"est-ce que {dish.fr} est {taste.form(noun.fem)}", "?")


@pattern("food", 100)
def in_the_restaurant() -> Sentences:
    """For me, the fish, please. My wife will have the soup. Is the cheese included?"""
    guests = [*PEOPLE, HE, SHE, WE, I]
    for noun in w.DISHES:
        dish = phrase("the", noun)
        yield say(f"for me, {dish.en}, please", f"pour moi, {dish.fr}, s'il vous plaît")
        if noun.en not in ("wine", "coffee", "tea", "dessert", "cake", "apple pie"):
            yield say(f"with {dish.en}, we will take some red wine",
                      f"avec {dish.fr}, nous prendrons du vin rouge")  # fmt: skip
        yield say(f"who ordered {dish.en}", f"qui a commandé {dish.fr}", "?")
        yield say(f"I recommend {dish.en}", f"je vous recommande {dish.fr}")
        yield say(f"could you bring {dish.en}", f"pourriez-vous apporter {dish.fr}", "?")
        for who in some_of(guests, 6, dish.en):
            finite = verb("prendre").form("future", who.person)
            yield say(f"{who.en} will take {dish.en}", join(who.fr, f"{finite} {dish.fr}"))
            chose = verb("avoir").form("present", who.person)
            yield say(f"{who.en} chose {dish.en}", join(who.fr, f"{chose} choisi {dish.fr}"))
    for noun in w.HOUSEHOLD:
        if noun.en in "plate fork spoon glass cup bottle bowl chair table".split():
            thing = phrase("a", noun)
            yield say(f"could I have another {noun.en}",
                      f"pourrais-je avoir {thing.fr.replace(' ', ' autre ', 1)}", "?")  # fmt: skip
            yield say(f"this {noun.en} is not clean", f"{phrase('this', noun).fr} n'est pas propre")


BUYABLE = w.CLOTHES + [n for n in w.THINGS if n.en not in ("key", "letter", "passport")]


WOMENS = ("dress", "skirt", "blouse", "handbag", "earring", "necklace", "sandal")


def qualities(name: str) -> list[Adjective]:
    """The adjectives that suit a thing."""
    plain = "new old beautiful pretty small big expensive cheap modern original".split()
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
    dull = ("modern", "original", "pretty") if name in ("ticket", "stamp", "passport", "key") else ()
    return [q for q in w.QUALITIES if q.en in names and q.en not in dull]


@pattern("shopping", 300)
def this_thing_is() -> Sentences:
    """This dress is pretty; these watches are too expensive; the bag is heavy."""
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
                yield say(f"{thing.en} {be_en} very {quality.en}",
                          f"{thing.fr} {be_fr} très {form}" if quality.en != "cheap"
                          else f"{thing.fr} {be_fr} très bon marché")  # fmt: skip
                if quality.en in ("big", "small", "expensive", "heavy", "old"):
                    yield say(f"{thing.en} {be_en} too {quality.en}",
                              f"{thing.fr} {be_fr} trop {form}")  # fmt: skip


@pattern("shopping", 230)
def a_nice_thing() -> Sentences:
    """He bought a red coat; I have a new watch; we saw some beautiful paintings."""
    deeds = (("bought", "acheter"), ("found", "trouver"), ("saw", "voir"), ("chose", "choisir"))
    for noun in w.CLOTHES + w.THINGS + w.PAIRS:
        colours = w.COLOURS if noun in w.CLOTHES + w.PAIRS else ()
        if noun.en in "bicycle umbrella pen bag suitcase envelope notebook pencil box ball".split():
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
                yield say(f"{who.en} {'has' if who.third else 'have'} {thing.en}",
                          join(who.fr, f"{finite} {thing.fr}"))  # fmt: skip
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
            yield say(f"I paid {euros[0]} euros for {this.en}",
                      f"j'ai payé {this.fr} {euros[1]} euros")  # fmt: skip
    for value in [*range(2, 101), 110, 120, 150, 180, 200, 250, 300, 400, 500, 600, 700, 800, 900]:
        yield say(f"it costs {english.number(value)} euros", f"ça coûte {french.number(value)} euros")
        yield say(f"that makes {english.number(value)} euros", f"ça fait {french.number(value)} euros")


@pattern("shopping", 120)
def choosing() -> Sentences:
    """Do you have this dress in blue? I will take these shoes. Whose coat is this?"""
    for noun in w.CLOTHES + w.PAIRS:
        many = noun in w.PAIRS
        thing = phrase("this", noun, many=many)
        for colour in w.COLOURS:
            yield say(f"do you have {thing.en} in {colour.en}",
                      f"avez-vous {thing.fr} en {colour.masc}", "?")  # fmt: skip
        yield say(f"can I try on {thing.en}", f"puis-je essayer {thing.fr}", "?")
        yield say(f"I will take {thing.en}", f"je prends {thing.fr}")
        yield say(f"do you have {thing.en} in a larger size",
                  f"avez-vous {thing.fr} dans une taille plus grande", "?")  # fmt: skip
        suits = "vont" if many else "va"
        yield say(f"{thing.en} suit{'' if many else 's'} you very well",
                  f"{thing.fr} vous {suits} très bien")  # fmt: skip
    for noun in BUYABLE:
        yield say(f"where can I buy {phrase('a', noun).en}",
                  f"où est-ce que je peux acheter {phrase('a', noun).fr}", "?")  # fmt: skip
        yield say(f"which {noun.en} do you prefer",
                  f"{phrase('which', noun).fr} est-ce que vous préférez", "?")  # fmt: skip
        yield say(f"which {noun.en} is the cheapest",
                  f"{phrase('which', noun).fr} est {'la' if noun.fem else 'le'} moins "
                  f"{'chère' if noun.fem else 'cher'}", "?")  # fmt: skip
        yield say(f"I would like to see {phrase('this', noun).en}",
                  f"je voudrais voir {phrase('this', noun).fr}")  # fmt: skip
        yield say(f"{phrase('this', noun).en} is a present for my mother",
                  f"{phrase('this', noun).fr} est un cadeau pour ma mère")  # fmt: skip


@pattern("shopping", 110)
def owners() -> Sentences:
    """This umbrella is mine; it is my sister's car: it belongs to my sister."""
    owners = [("my brother", "mon frère"), ("my sister", "ma sœur"), ("our neighbour", "notre voisin"),
              ("the teacher", "le professeur"), ("the children", "les enfants"), ("Marie", "Marie"),
              ("the director", "le directeur"), ("Paul", "Paul"), ("my uncle", "mon oncle"),
              ("the students", "les étudiants"), ("the tourist", "le touriste")]  # fmt: skip
    mine = [("mine", "à moi"), ("his", "à lui"), ("hers", "à elle"), ("ours", "à nous"),
            ("yours", "à vous"), ("theirs", "à eux")]  # fmt: skip
    for noun in w.THINGS:
        this = phrase("this", noun)
        for en, fr in owners:
            yield say(f"{this.en} belongs to {en}", f"{this.fr} appartient {french.to(fr)}")
        for en, fr in mine:
            yield say(f"{this.en} is {en}", f"{this.fr} est {fr}")
        yield say(f"whose {noun.en} is this", f"à qui est {this.fr}", "?")

