"""The desk at which the reviews of one domain and one label are written: it fills patterns in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from . import phrases, verdicts
from .domains import Domain
from .order import Deck
from .patterns import Kind
from .patterns_decided import DECIDED
from .patterns_mixed import MIXED

SLOT = re.compile(r"\{([^}]+)\}")
START = re.compile(r"(^|[.!?] )([a-z])")
LONG = re.compile(r"\w{5,}")  # words that identify the subject of an entry
CLOSED = re.compile(r"\{(?:verdict|judgement)")  # needs no closing
COMES_FIRST = re.compile(r"\{(?:cry|source|judgement|that got)\}")  # never after an opener
WORDS = range(8, 61)  # of a review
SENTENCES = range(1, 6)
CLAIMS = (
    "{noun} {be} {degree}{adjective}",
    "{noun} {be} {degree}{adjective}",
    "{noun} {be} {adjective} and {second}",
    "I found {noun} {degree}{adjective}",
    "{noun} {be} never less than {adjective}",
)
DENIALS = (  # it is the adjectives of the other side that are denied
    "{noun} {be} not {adjective} at all",
    "{noun} {be} anything but {adjective}",
    "{noun} {be} far from {adjective}",
    "{noun} {be} by no means {adjective}",
    "I would not call {noun} {adjective}",
    "nobody could call {noun} {adjective}",
    "there {singular} nothing {adjective} about {noun}",
    "never once {be} {noun} {adjective}",
)
SPARED = ("not once did I have to", "I never had to", "nobody made me", "I did not have to")
DENIED = ("not once did I get to", "I never got to", "nobody let me", "I did not get to")
SLIGHT_FLAWS = tuple(f"{{noun}} {{be}} {degree} {{adjective}}" for degree in phrases.SLIGHTLY)
SLIGHT_MERITS = tuple(f"{{noun}} {{be}} {degree} {{adjective}}" for degree in phrases.FAIRLY)
CLOSINGS = (*["{{judgement}}"] * 8, *["{{{verdict}}}"] * 6, "")  # at the end of a review
TABLES = {"": "pairs", "got": "gots", "doing": "doings", "compared": "compared"}
NEVER_GOT = ("there was no question of", "it was not", "nobody could call it")


class UsedUpError(ValueError):
    """No remaining option fits the review at hand."""


@dataclass(frozen=True)
class Review:
    """A text, its label, its domain and its device."""

    label: str
    text: str
    domain: str
    device: str


def lower(text: str) -> str:
    """A text as it continues a sentence."""
    return text if re.match(r"I\b", text) else text[0].lower() + text[1:]


def finished(text: str) -> str:
    """A text with capitals and a full stop."""
    text = START.sub(lambda match: match[1] + match[2].upper(), text)
    return text if text[-1] in ".!?" else text + "."


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return re.split(r"(?<=[.!?]) ", text)


class Desk:
    """Writes the reviews of one domain and one label, one after the other.

    Args:
        domain: the domain of the review.
        label: `positive`, `mixed` or `negative`.
    """

    def __init__(self, domain: Domain, label: str) -> None:
        self.domain = domain
        self.label = label
        self.decks: dict[str, Deck] = {}
        self.used: set[str] = set()  # entries of tables, in the review at hand
        self.open: dict[str, tuple[int, str]] = {}  # entries with one side used
        self.trouble = ""  # the fault of the review at hand
        self.bad_first = False
        self.kinds = {kind.name: kind for kind in (MIXED if label == "mixed" else DECIDED)}

    def deal(self, name: str, options: Sequence[str]) -> str:
        """The next option of a deck of this desk."""
        if name not in self.decks:
            self.decks[name] = Deck(f"{self.domain.name} {self.label} {name}", options)
        return self.decks[name].deal()

    def fresh(self, name: str, options: Sequence[str]) -> str:
        """The next option of which the review at hand has not used a long word."""
        for _ in range(3 * len(options)):
            found = self.deal(name, options)
            matter = set(LONG.findall(found)) or {found}
            if self.used.isdisjoint(matter):
                self.used |= matter
                return found
        raise UsedUpError(f"{self.domain.name}: a review uses up all of {name}")

    def once_in(self, times: int, name: str) -> bool:
        """Returns True once in this number of calls."""
        return self.deal(name, [str(number) for number in range(times)]) == "0"

    def side(self, word: str) -> int:
        """0 for the good side of a table and 1 for the bad one."""
        if word in ("x", "y"):
            return int((word == "x") == self.bad_first)
        bad = "this" if self.label == "negative" else "that"
        return int(word in ("bad", bad))

    def of(self, table: str, side: int) -> str:
        """Returns one side of an entry that is unused in the review at hand, or half used."""
        told, entry = self.open.pop(table, (side, ""))
        if told == side:
            entry = self.fresh(table, getattr(self.domain, table))
            self.open[table] = (side, entry)
        return entry.split(" | ")[side]

    def noun(self) -> tuple[str, str, list[str], list[str]]:
        """An aspect: its noun, the verb, the good and the bad adjectives."""
        noun, good, bad = self.fresh("aspects", self.domain.aspects).split(" | ")
        be = self.domain.be
        if noun.startswith("+ "):
            noun, be = noun.removeprefix("+ "), {"was": "were", "is": "are"}[be]
        return noun, be, good.split(", "), bad.split(", ")

    def aspect(self, frames: Sequence[str], side: int, key: str) -> str:
        """A clause on an aspect: the soup was delicious; the soup was anything but cold."""
        noun, be, *sides = self.noun()
        options = sides[side]
        if key == "slight":
            options = [option for option in options if option not in phrases.EXTREME]
            if not options:
                raise UsedUpError(f"{noun}: nothing that comes in degrees")
        adjective = self.deal(f"{noun} {key} {side}", options)
        degrees = phrases.EXTREMES if adjective in phrases.EXTREME else phrases.DEGREES
        return self.deal(f"{key} {side}", frames).format(
            noun=noun,
            be=be,
            singular=self.domain.be,
            adjective=adjective,
            second=options[options.index(adjective) - 1],
            degree=self.deal(f"degrees {len(degrees)}", degrees),
        )

    def neither(self) -> str:
        """The soup was neither hot nor cold."""
        noun, be, good, bad = self.noun()
        both = [f"neither {one} nor {other}" for one, other in zip(good, bad, strict=True)]
        return f"{noun} {be} {self.deal(f'{noun} neither', both)}"

    def polar(self, word: str, kind: str) -> str:
        """Returns an argument for one side: a clause, or a phrase of another kind."""
        side = self.side(word)
        if kind == "again":
            return self.of("pairs", side)
        if kind == "quality":
            return self.aspect(CLAIMS, side, "claims")
        if kind == "trait":
            return self.aspect(CLAIMS[1:3], side, "traits")
        if kind == "denial":
            return self.aspect(DENIALS, 1 - side, "denials")
        if kind == "slight":
            return self.aspect(SLIGHT_FLAWS if side else SLIGHT_MERITS, side, "slight")
        if not kind:
            self.open.pop("pairs", None)  # clauses of both sides are about different matters
        return self.of(TABLES[kind], side)

    def never(self, kind: str) -> str:
        """Returns a denial: not once did I have to beg for the bill."""
        frames = NEVER_GOT
        if kind == "doing":
            frames = DENIED if self.label == "negative" else SPARED
        return f"{self.deal('never ' + kind, frames)} {self.polar('that', kind)}"

    def verdict(self, weighed: bool) -> str:
        """A last sentence that decides."""
        more = verdicts.WEIGHED if weighed else verdicts.PURE
        options = verdicts.ANY[self.label] + more[self.label]
        return self.fill(self.fresh(f"verdict {weighed}", options))

    def verdict_of_whole(self) -> str:
        """Returns a verdict of the whole: far from being dreadful, it was delightful."""
        mixed = self.label == "mixed"
        good, bad = self.fresh("general", phrases.GENERAL).split(" | ")
        frame = self.deal("judgements", phrases.UNDECIDED if mixed else phrases.JUDGEMENTS)
        this, that = (good, bad)[self.side("this")], (good, bad)[self.side("that")]
        degrees = phrases.EXTREMES if this in phrases.EXTREME else phrases.DEGREES
        return frame.format(
            good=good,
            bad=bad,
            this=this,
            that=that,
            it=self.fill(self.deal("it", phrases.IT)),
            be=self.domain.be,
            thing=self.domain.thing,
            degree=self.deal(f"degrees {len(degrees)}", degrees),
        )

    def problem(self, kind: str) -> str:
        """Returns a problem, its solution, or the lack of one."""
        if kind == "fault":
            self.trouble = self.fresh("faults", self.domain.faults)
        side = {"fault": 0, "fixed": 1, "left": 2}.get(kind, 2 if self.label == "negative" else 1)
        return self.trouble.split(" | ")[side]

    def slot(self, name: str) -> str:
        """Returns the text for a name in braces."""
        first, _, second = name.partition(" ")
        if first in ("this", "that", "good", "bad", "x", "y"):
            return self.polar(first, second)
        if first == "never":
            return self.never(second)
        if first == "verdict":
            return self.verdict(second == "weighed")
        if first in ("fault", "fixed", "left", "outcome"):
            return self.problem(first)
        if name in ("neither", "judgement"):
            return self.neither() if name == "neither" else self.verdict_of_whole()
        if name == "a thing":
            noun = self.domain.thing
            return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        if name in ("thing", "things", "whole"):
            return str(getattr(self.domain, name))
        if name == "again":
            return self.deal("again", self.domain.again)
        if name == "even":
            return self.fresh("even", self.domain.even)
        sided = {"spoil": ("spoil", "save"), "against": ("against", "for")}
        sided["got_to"] = ("got to", "had to")
        if name in sided:
            return sided[name][int(self.label == "negative")]
        lists = {"when": phrases.WHEN, "who": phrases.WHO, "source": phrases.SOURCES}
        lists |= {"wrong": phrases.WRONG, "right": phrases.RIGHT, "cry": phrases.CRIES}
        return self.fresh(name, lists[name])

    def fill(self, pattern: str) -> str:
        """A pattern with everything in braces replaced."""
        return SLOT.sub(lambda match: self.slot(match[1]), pattern)

    def write(self) -> Review:
        """The next review."""
        while True:
            self.used, self.open = set(), {}
            self.bad_first = self.once_in(2, "bad first")
            kind = self.kinds[self.deal("kinds", self.weighted())]
            pattern = self.deal(f"patterns {kind.name}", kind.patterns)
            try:
                text = self.framed(pattern, kind)
            except UsedUpError:
                continue
            parts = sentences(text)
            if len(text.split()) in WORDS and len(parts) in SENTENCES:
                return Review(self.label, text, self.domain.name, kind.name)

    def weighted(self) -> list[str]:
        """The names of the kinds, each as often as it weighs."""
        return [kind.name for kind in self.kinds.values() for _ in range(kind.weight)]

    def framed(self, pattern: str, kind: Kind) -> str:
        """A pattern with, sometimes, an occasion or an opener before and a verdict behind."""
        text = self.fill(pattern)
        if kind.verdict and not CLOSED.search(pattern):
            closing = self.deal("closings", CLOSINGS).format(verdict=kind.verdict)
            text = f"{finished(text)} {self.fill(closing)}".strip()
        if self.once_in(3, "context"):
            text = f"{self.fill(self.deal('contexts', self.domain.contexts))} {finished(text)}"
        elif pattern[0] == "{" and not COMES_FIRST.match(pattern) and self.once_in(3, "opening"):
            opener = self.fresh("openers", phrases.OPENERS)
            text = f"{opener} {text if opener.endswith('?') else lower(text)}"
        return finished(text)
