"""Comparisons and relative clauses."""

from __future__ import annotations

from itertools import permutations, product

from . import clauses as c
from . import french
from . import words as w
from .clauses import ANYONE, HE, ME, SHE, THEY, WE, Subject, join
from .everyday import ONGOING
from .nouns import phrase
from .patterns import Sentences, pattern, say, some_of
from .people import EVERYBODY
from .verbs import verb

STRONG = {
    "I": ("me", "moi"),
    "you": ("you", "vous"),
    "he": ("him", "lui"),
    "she": ("her", "elle"),
    "we": ("us", "nous"),
    "they": ("them", "eux"),
}


SHORT = {
    "tall": "taller",
    "small": "smaller",
    "young": "younger",
    "old": "older",
    "kind": "kinder",
    "rich": "richer",
    "poor": "poorer",
    "strong": "stronger",
    "shy": "shyer",
    "lazy": "lazier",
    "funny": "funnier",
    "friendly": "friendlier",
    "quiet": "quieter",
    "proud": "prouder",
    "brave": "braver",
}


@pattern("comparisons", 190)
def taller_than() -> Sentences:
    """My brother is taller than me. She is more patient than Paul. He is as tall as you."""
    nice = [a for a in w.CHARACTER if a.en != "famous"]
    for who, adjective in product(EVERYBODY, nice):
        form = adjective.form(who.fem, who.plural)
        more = SHORT.get(adjective.en, f"more {adjective.en}")
        finite = verb("être").form("present", who.person)
        for other in some_of(ANYONE, 2, who.en + adjective.en):
            if other.en == who.en or other in (THEY,):
                continue
            en, fr = STRONG.get(other.en, (other.en, other.fr))
            than = french.que(fr)
            yield say(
                f"{who.en} {who.be()} {more} than {en}",
                join(who.fr, f"{finite} plus {form} {than}"),
            )
            yield say(
                f"{who.en} {who.be()} as {adjective.en} as {en}",
                join(who.fr, f"{finite} aussi {form} {than}"),
            )
            if adjective.en not in SHORT:
                yield say(
                    f"{who.en} {who.be()} less {adjective.en} than {en}",
                    join(who.fr, f"{finite} moins {form} {than}"),
                )


THING_WORDS = w.adjectives("""
heavy = lourd; expensive = cher/chère; useful = utile; beautiful = beau/belle; light = léger/légère;
practical = pratique; elegant = élégant
""")


ALIKE = (
    "coat jacket jumper raincoat",
    "dress skirt shirt blouse suit",
    "scarf hat cap tie belt",
    "ring necklace watch",
    "book newspaper magazine novel dictionary",
    "bag suitcase basket box handbag",
    "phone computer camera printer",
    "chair sofa armchair bed",
    "table desk cupboard wardrobe",
    "guitar violin",
    "plate bowl cup glass saucepan",
    "oven fridge television radio",
)


THING_MORE = {"heavy": "heavier", "light": "lighter"}


@pattern("comparisons", 130)
def dearer_than() -> Sentences:
    """Sentences such as these.

    `This coat is more expensive than the jacket. It is the most beautiful city in France.`
    """
    things = {n.en: n for n in w.CLOTHES + w.THINGS + w.HOUSEHOLD}
    for names, adjective in product(ALIKE, THING_WORDS):
        if "ring" in names and adjective.en in ("heavy", "light", "practical", "useful"):
            continue
        if adjective.en == "elegant" and "coat" not in names and "dress" not in names:
            continue
        for first, second in permutations(names.split(), 2):
            one, two = things[first], things[second]
            it, other = phrase("this", one), phrase("the", two)
            more = THING_MORE.get(adjective.en, f"more {adjective.en}")
            yield say(
                f"{it.en} is {more} than {other.en}",
                f"{it.fr} est plus {adjective.form(one.fem)} {french.que(other.fr)}",
            )
    for noun, (en, (_, fr_from)) in product(w.SIGHTS, w.COUNTRIES.items()):
        if noun.en in ("tree", "street", "square", "garden", "hotel", "farm", "district"):
            continue
        le = "la" if noun.fem else "le"
        for en_word, masc, fem in (
            ("most beautiful", "beau", "belle"),
            ("oldest", "vieux", "vieille"),
            ("biggest", "grand", "grande"),
            ("smallest", "petit", "petite"),
        ):
            if en_word == "oldest" and noun.en in (
                "mountain",
                "lake",
                "forest",
                "island",
                "river",
                "beach",
                "valley",
            ):
                continue
            yield say(
                f"it is the {en_word} {noun.en} in {en}",
                f"c'est {le} plus {fem if noun.fem else masc} {noun.fr} {fr_from}",
            )


VISIBLE = [n for n in w.THINGS + w.CLOTHES if n.en not in ("stamp", "T-shirt", "flag")]


@pattern("relative clauses", 260)
def which_and_who() -> Sentences:
    """The book that you bought is interesting. The woman who lives here is a doctor."""
    verbs = (
        ("bought", "acheté"),
        ("found", "trouvé"),
        ("chose", "choisi"),
        ("lost", "perdu"),
        ("saw", "vu"),
        ("sold", "vendu"),
    )
    words = w.adjectives(
        "old = vieux/vieille; beautiful = beau/belle; expensive = cher/chère; "
        "new = neuf/neuve; small = petit; pretty = joli; cheap = bon marché/-"
    )
    for noun, (en, participle) in product(VISIBLE, verbs):
        the = phrase("the", noun)
        form = french.agree(participle, noun.fem, False)
        for who in some_of(ANYONE, 3, noun.en + en):
            have = verb("avoir").form("present", who.person)
            clause = join(who.fr, f"{have} {form}")
            for word in some_of(words, 1, who.en + noun.en + en):
                yield say(
                    f"{the.en} that {who.en} {en} is {word.en}",
                    f"{the.fr} {french.que(clause)} est {word.form(noun.fem)}",
                )
            yield say(
                f"where is {the.en} that {who.en} {en}",
                f"où est {the.fr} {french.que(clause)}",
                "?",
            )
            yield say(
                f"this is {the.en} that {who.en} {en}", f"c'est {the.fr} {french.que(clause)}"
            )
    people = [
        ("the woman", "la femme", "3s", True),
        ("the man", "l'homme", "3s", False),
        ("the girl", "la fille", "3s", True),
        ("the boy", "le garçon", "3s", False),
    ]
    kin = {
        "the woman": ("aunt", "ma tante"),
        "the man": ("uncle", "mon oncle"),
        "the girl": ("cousin Julie", "ma cousine Julie"),
        "the boy": ("nephew", "mon neveu"),
    }
    deeds = [a for a in ONGOING if "{own}" not in a.en and not set(a.when) & set("ts")]
    for (en, fr, person, fem), activity in product(people, deeds):
        if ("drink" in activity.en or "smoke" in activity.en) and en in ("the girl", "the boy"):
            continue
        subject = Subject(en, fr, person, fem, "her" if fem else "his")
        head, rest = c.english_words(activity, subject)
        doing = c.french_simple(subject, activity, "present")
        for who in some_of((HE, SHE, WE, ME), 1, en + activity.en):
            know = verb("connaître").form("present", who.person)
            yield say(
                f"{who.en} know{'s' if who.third else ''} {en} who is {c.english.ing(head)}{rest}",
                join(who.fr, f"{know} {fr} qui {doing}"),
            )
        relative = kin[en]
        yield say(
            f"{en} who is {c.english.ing(head)}{rest} is my {relative[0]}",
            f"{fr} qui {doing} est {relative[1]}",
        )
