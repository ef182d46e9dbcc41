"""French spelling rules: elision, contraction, plurals, feminine forms, numbers, punctuation."""

from __future__ import annotations

NARROW_SPACE = "\u202f"  # before ? ! ;
WIDE_SPACE = "\u00a0"  # before :
VOWELS = "aeiouyàâäéèêëîïôöùûüœæ"
# Words that begin with a vowel or an h and yet take no elision.
NO_ELISION = frozenset(
    [
        "hamac",
        "hamster",
        "hall",
        "handball",
        "haricot",
        "haricots",
        "hasard",
        "haut",
        "haute",
        "hauts",
        "hautes",
        "héros",
        "hibou",
        "hibous",
        "hockey",
        "hollande",
        "homard",
        "homards",
        "honte",
        "hors",
        "huit",
        "huitième",
        "onze",
        "onzième",
        "oui",
        "yaourt",
        "yaourts",
        "hérisson",
        "hérissons",
        "harpe",
        "haie",
        "haies",
        "halte",
        "hanche",
        "housse",
    ]
)


def begins_with_vowel(text: str) -> bool:
    """Returns whether the word before `text` is elided: l'ami, l'hôtel, but le haricot."""
    word = text.lower().split(" ")[0].split("'")[0].split("-")[0].strip(".,?!")
    if not word or word in NO_ELISION:
        return False
    return word[0] in VOWELS or word[0] == "h"


def elide(word: str, following: str) -> str:
    """Joins `word` (le, la, de, que, ne, je, me, se...) to the next: l'ami, d'eau, qu'il."""
    if begins_with_vowel(following):
        return word[:-1] + "'" + following
    return word + " " + following


def que(text: str) -> str:
    """`que` before a clause: que nous partons, qu'il part."""
    return elide("que", text)


def si(text: str) -> str:
    """`si` before a clause: elided before il and ils only."""
    return "s'" + text if text.split(" ")[0] in ("il", "ils") else "si " + text


def de(noun_phrase: str) -> str:
    """`de` before a noun phrase: du pain, des amis, de la gare, d'un ami, de l'école."""
    if noun_phrase.startswith("le "):
        return "du " + noun_phrase[3:]
    if noun_phrase.startswith("les "):
        return "des " + noun_phrase[4:]
    return elide("de", noun_phrase)


def to(noun_phrase: str) -> str:
    """`à` before a noun phrase: au marché, aux enfants, à la gare, à l'école."""
    if noun_phrase.startswith("le "):
        return "au " + noun_phrase[3:]
    if noun_phrase.startswith("les "):
        return "aux " + noun_phrase[4:]
    return "à " + noun_phrase


def plural(word: str) -> str:
    """The regular plural of a noun or adjective: lits, châteaux, journaux, prix."""
    if word[-1] in "sxz":
        return word
    if word.endswith(("eau", "eu")) and word not in ("bleu", "pneu"):
        return word + "x"
    if word.endswith("al") and word not in ("bal", "festival", "carnaval", "final"):
        return word[:-2] + "aux"
    return word + "s"


def feminine(word: str) -> str:
    """The regular feminine of an adjective: grande, calme; others are listed with both forms."""
    return word if word.endswith("e") else word + "e"


def agree(participle: str, is_feminine: bool, is_plural: bool) -> str:
    """A past participle with its ending: arrivé, arrivée, arrivés, arrivées."""
    form = participle + ("e" if is_feminine else "")
    return plural(form) if is_plural else form


UNITS = [
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
]
TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}


def number(value: int, is_feminine: bool = False) -> str:
    """A whole number from 0 to 999 in words: vingt et un, soixante-dix, quatre-vingts."""
    if value >= 100:
        hundreds, rest = divmod(value, 100)
        head = "cent" if hundreds == 1 else UNITS[hundreds] + " cent"
        if rest:
            return head + " " + number(rest, is_feminine)
        return head + ("s" if hundreds > 1 else "")
    if value == 1 and is_feminine:
        return "une"
    if value <= 16:
        return UNITS[value]
    if value < 20:
        return "dix-" + UNITS[value - 10]
    if value < 70:
        ten, unit = value - value % 10, value % 10
        if unit == 0:
            return TENS[ten]
        if unit == 1:
            return TENS[ten] + " et " + ("une" if is_feminine else "un")
        return TENS[ten] + "-" + UNITS[unit]
    if value < 80:
        return "soixante et onze" if value == 71 else "soixante-" + number(value - 60)
    if value == 80:
        return "quatre-vingts"
    return "quatre-vingt-" + number(value - 80, is_feminine)


def finish(text: str, end: str) -> str:
    """A sentence: capital letter first, `end` last with the space that French puts before it."""
    text = text[0].upper() + text[1:]
    if end in ("?", "!", ";"):
        return text + NARROW_SPACE + end
    return text + end
