"""Nouns, adjectives and noun phrases that agree in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from . import english, french

BEFORE_VOWEL = {"beau": "bel", "nouveau": "nouvel", "vieux": "vieil"}
POSSESSIVES = {
    "my": ("mon", "ma", "mes"), "his": ("son", "sa", "ses"), "her": ("son", "sa", "ses"),
    "our": ("notre", "notre", "nos"), "your": ("votre", "votre", "vos"),
    "their": ("leur", "leur", "leurs"),
}  # fmt: skip


@dataclass(frozen=True)
class Noun:
    """A noun in both languages, with both numbers and its French gender."""

    en: str
    fr: str
    fem: bool
    en_plural: str
    fr_plural: str


@dataclass(frozen=True)
class Adjective:
    """An adjective in both languages; `before` says that French puts it before the noun."""

    en: str
    masc: str
    fem: str
    masc_plural: str
    fem_plural: str
    before: bool

    def form(self, fem: bool, plural: bool = False) -> str:
        """The French form of this gender and number."""
        if fem:
            return self.fem_plural if plural else self.fem
        return self.masc_plural if plural else self.masc


def nouns(table: str) -> list[Noun]:
    """Reads `english[/plural] = french[/plural] m|f` entries, separated by semicolons."""
    found = []
    for entry in " ".join(table.split()).split(";"):
        if not entry.strip():
            continue
        left, right = (side.strip() for side in entry.split("="))
        right, gender = right.rsplit(" ", 1)
        en, _, en_plural = left.partition("/")
        fr, _, fr_plural = right.partition("/")
        if gender not in ("m", "f"):
            raise ValueError(f"gender must be m or f, got {gender!r} in {entry!r}")
        found.append(
            Noun(
                en, fr, gender == "f",
                en_plural or english.plural(en), fr_plural or french.plural(fr),
            )
        )  # fmt: skip
    return found


def adjectives(table: str) -> list[Adjective]:
    """Reads `english = masculine[/feminine] [<]` entries; `<` puts it before the noun."""
    found = []
    for entry in " ".join(table.split()).split(";"):
        if not entry.strip():
            continue
        en, right = (side.strip() for side in entry.split("="))
        before = right.endswith("<")
        masc, _, fem = right.removesuffix("<").strip().partition("/")
        if fem == "-":  # never changes: bon marché
            found.append(Adjective(en, masc, masc, masc, masc, before))
            continue
        fem = fem or french.feminine(masc)
        found.append(Adjective(en, masc, fem, french.plural(masc), french.plural(fem), before))
    return found


@dataclass(frozen=True)
class Phrase:
    """A noun phrase in both languages, with its agreement."""

    en: str
    fr: str
    fem: bool
    plural: bool


def article(word: str, fem: bool, plural: bool, following: str) -> str:
    """The French determiner for an English one, elided or changed before `following`."""
    vowel = french.begins_with_vowel(following)
    if word == "the":
        if plural:
            return "les " + following
        return french.elide("la" if fem else "le", following)
    if word == "a":
        return ("une " if fem else "un ") + following
    if word in ("this", "these"):
        masc = "cet " if vowel else "ce "
        return ("ces " if plural else "cette " if fem else masc) + following
    if word in POSSESSIVES:
        masc, feminine, many = POSSESSIVES[word]
        if plural:
            return many + " " + following
        return (feminine if fem and not vowel else masc) + " " + following
    if word == "some":
        if plural:
            return "des " + following
        return french.de(article("the", fem, False, following))
    if word == "which":
        return "quel" + ("le" if fem else "") + ("s" if plural else "") + " " + following
    raise ValueError(f"no article {word!r}")


def phrase(word: str, noun: Noun, adjective: Adjective | None = None, *, many: bool = False
           ) -> Phrase:  # fmt: skip
    """A noun phrase: `phrase("a", dress, red)` is a red dress, une robe rouge."""
    en_noun = noun.en_plural if many else noun.en
    fr_noun = noun.fr_plural if many else noun.fr
    en = f"{adjective.en} {en_noun}" if adjective else en_noun
    fr = fr_noun
    shown = word
    if adjective:
        form = adjective.form(noun.fem, many)
        if adjective.before:
            if not many and not noun.fem and french.begins_with_vowel(fr_noun):
                form = BEFORE_VOWEL.get(form, form)
            fr = f"{form} {fr_noun}"
            if many and word == "some":  # de beaux livres
                return Phrase("some " + en, french.elide("de", fr), noun.fem, True)
        else:
            fr = f"{fr_noun} {form}"
    if word == "this" and many:
        shown = "these"
    en = english.a(en) if word == "a" else f"{shown} {en}"
    return Phrase(en, article(word, noun.fem, many, fr), noun.fem, many)
