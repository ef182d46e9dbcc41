"""A glossary: terms of the source language with their prescribed translations.

In a file, a line is a term, a separator and its translation. The separator is a tab or, in a line
without one, `=>`, `->` or `=`. Empty lines and lines that begin with `#` are comments.

A term in lower case matches any case: `engine` also matches `Engine` and `ENGINE`. A term with a
capital matches exactly. A match begins and ends between words, except in scripts that write no
spaces. Of overlapping matches the longest counts, then that of a term with a capital, then that of
the earlier line.
"""

import logging
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from nlp_apps.errors import UsageError, first_line
from nlp_apps.text.normalize import (
    SPACE_MARK,
    is_empty,
    lowercase,
    normalize,
    normalize_input,
)
from nlp_apps.text.protected_spans import INTERNAL

logger = logging.getLogger(__name__)

MAX_TERM = 200
"""Characters of a term or of its translation."""

MAX_TERMS = 100_000
"""Terms of a glossary."""


LINE_FORM = (
    "a term, one separator (a tab, =>, -> or =) and its translation. In a line with a tab, the "
    "others are part of the text."
)
"""The form of a line, for messages."""

_SIGNS = re.compile("[-=<>]+")
_SEPARATOR = re.compile("[-=]+>|=")


class Term(NamedTuple):
    """A term of a glossary.

    Attributes:
        source: the term, normalized.
        target: its translation.
        is_capital: it was found with other letters in upper case than the term has: its translation
            starts with a capital at the start of a sentence.
    """

    source: str
    target: str
    is_capital: bool = False

    @property
    def replacement(self) -> str:
        """The text that a model reads in place of the match."""
        return self.source[:1].upper() + self.source[1:] if self.is_capital else self.source


class Match(NamedTuple):
    """A match of a term: `text[start:end]`."""

    start: int
    end: int
    term: Term


class Glossary:
    """Finds the terms of a glossary in texts.

    Args:
        terms: source terms and their translations.

    Raises:
        UsageError: a term is empty or too long, two terms with different translations are the same
            after normalization, or there are too many.
    """

    def __init__(self, terms: Mapping[str, str]):
        if len(terms) > MAX_TERMS:
            raise UsageError(f"a glossary has at most {MAX_TERMS:,} terms, received {len(terms):,}")
        self.terms: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._written: dict[str, list[tuple[bool, int, str]]] = {}
        for number, (source, target) in enumerate(terms.items()):
            source, target = _normalize_source(source), normalize(target)
            if problem := _problem(source, target):
                raise UsageError(f"glossary term {source!r}: {problem}")
            if source in self.terms:
                if self.terms[source] != target:
                    raise UsageError(
                        f"glossary term {source!r} has two translations, {self.terms[source]!r} "
                        f"and {target!r}. Keep one."
                    )
                continue
            self.terms[source], self._numbers[source] = target, number
            lower = lowercase(source)
            self._written.setdefault(_fold(lower), []).append((source == lower, number, source))
        self._folded = sorted(self._written)
        self._parents = _longest_prefixes(self._folded)
        self._far_prefixes = _far_prefixes(self._parents)

    def find(self, text: str) -> list[Match]:
        """Finds terms in a normalized text, in order and without overlap."""
        # Of each start, the longest term that may count; a shorter one only if that overlaps.
        words = _are_words(text)
        queue = [
            one
            for start, folded in self._longest(text, words)
            if (one := self._best(text, words, start, folded))
        ]
        heapify(queue)
        taken = bytearray(len(text))
        kept: list[Match] = []
        # Long ones come first, then those with a capital, then those of an earlier line.
        while queue:
            negative, _, _, start, source, folded = heappop(queue)
            end = start - negative
            if taken[start]:
                continue
            if (first := taken.find(1, start, end)) < 0:
                taken[start:end] = b"\1" * (end - start)
                is_capital = text[start:end] != source
                kept.append(Match(start, end, Term(source, self.terms[source], is_capital)))
                continue
            while len(folded) > first - start:
                folded = self._parents[folded]
            if one := self._best(text, words, start, folded):
                heappush(queue, one)
        return sorted(kept)

    def _best(
        self, text: str, words: list[bool], start: int, folded: str
    ) -> tuple[int, bool, int, int, str, str] | None:
        """Returns the first match that counts of a term and its prefixes at a start, for sorting.

        Its parts: -length, is the term in lower case, its line, start, the term, the folded term.
        """
        while folded:
            end = start + len(folded)
            if not (words[end - 1] and words[end]):
                written = text[start:end]
                terms = [one for one in self._written[folded] if one[0] or one[2] == written]
                if terms:
                    is_lower, number, source = min(terms)
                    return start - end, is_lower, number, start, source, folded
            folded = self._parents[folded]
        return None

    def _longest(self, text: str, words: list[bool]) -> Iterator[tuple[int, str]]:
        """Yields each start and the longest folded term there, which may end within a word."""
        lower = _fold(lowercase(text))
        for start in range(len(text)):
            if start and words[start - 1] and words[start]:
                continue
            # The term before the text in the order of terms, or a prefix of that term.
            here = lower[start : start + MAX_TERM]
            place = bisect_right(self._folded, here)
            folded = self._folded[place - 1] if place else ""
            while not here.startswith(folded):
                far = self._far_prefixes[folded]
                folded = self._parents[folded] if here.startswith(far) else far
            if folded:
                yield start, folded

    def of(self, text: str) -> dict[str, str]:
        """Returns the terms that occur in a normalized text in any case, also inside others.

        `find` in its sentences, also after `sentence_case`, finds only these. They have their order
        in the glossary.
        """
        text = re.sub(" +", " ", text.replace(SPACE_MARK, " "))
        words = _are_words(text)
        found: set[str] = set()
        for start, folded in self._longest(text, words):
            while folded:
                end = start + len(folded)
                if not (words[end - 1] and words[end]):
                    found.update(source for *_, source in self._written[folded])
                folded = self._parents[folded]
        return {
            source: self.terms[source] for source in sorted(found, key=self._numbers.__getitem__)
        }


def _fold(lower: str) -> str:
    """Replaces the final sigma, whose capital is that of the other one."""
    return lower.replace("ς", "σ")


def _longest_prefixes(texts: Iterable[str]) -> dict[str, str]:
    """Maps each of some sorted texts to the longest other one that it begins with, or ""."""
    found: dict[str, str] = {}
    last = ""
    for text in texts:
        while not text.startswith(last):
            last = found[last]
        found[text] = last
        last = text
    return found


def _far_prefixes(parents: Mapping[str, str]) -> dict[str, str]:
    """Maps each text to one of its prefixes, so that a few steps lead to any of them.

    These are the jump pointers of Myers' skew-binary lists. In `parents`, prefixes come first.
    """
    depths, found = {"": 0}, {"": ""}
    for text, parent in parents.items():
        depths[text] = depths[parent] + 1
        far = found[parent]
        is_equal = depths[parent] - depths[far] == depths[far] - depths[found[far]]
        found[text] = found[far] if is_equal else parent
    return found


def _are_words(text: str) -> list[bool]:
    """Returns `is_word` of each character, and False after the last one."""
    known = {character: is_word(character) for character in set(text)}
    return [*(known[character] for character in text), False]


def is_word(character: str) -> bool:
    """Returns whether a character is part of a word in a script that writes spaces."""
    if not character or not (character.isalnum() or character == "_"):
        return False
    return not any(first <= character <= last for first, last in WITHOUT_SPACES)


WITHOUT_SPACES = (
    ("\u0e00", "\u0fff"),
    ("\u1000", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\u2e80", "\ua4cf"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)
"""First and last characters of scripts without spaces: Thai, Lao, Tibetan, Burmese, Khmer, Chinese
and Japanese."""


def read_glossary(path: str | PathLike[str]) -> Glossary:
    """Reads a glossary file, UTF-8.

    Raises:
        UsageError: a line is not a term, a separator and its translation; a term has two
            translations; or the file cannot be read.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--glossary {path}: cannot read it: {first_line(error)}") from None
    terms = _terms(str(path), text.split("\n"))
    if not terms:
        logger.warning("--glossary %s: has no term", path)
    return Glossary(terms)


def split_line(line: str) -> tuple[str, str] | None:
    """Splits a line at its separator: a tab or, without one, `=>`, `->` or `=`.

    Returns:
        The term and its translation; None without exactly one separator. Other runs of signs with
        `=` or `->`, such as `<=`, are no separators.
    """
    parts = line.split("\t") if "\t" in line else _split_at_sign(line)
    return (parts[0].strip(), parts[1].strip()) if len(parts) == 2 else None


def _split_at_sign(line: str) -> list[str]:
    """Returns the parts before and after the only separator; the line without exactly one."""
    found = [one for one in _SIGNS.finditer(line) if "=" in one[0] or "->" in one[0]]
    if len(found) != 1 or not _SEPARATOR.fullmatch(found[0][0]):
        return [line]
    return [line[: found[0].start()], line[found[0].end() :]]


def glossary_of_lines(lines: str) -> Glossary | None:
    """Returns the glossary of lines `term TAB translation`; None for no term.

    Drops lines with a fault, later translations of a term, and terms after the first `MAX_TERMS`.
    """
    terms: dict[str, str] = {}
    for line in lines.split("\n"):
        source, *targets = line.split("\t")
        if len(targets) != 1:
            continue
        source, target = _normalize_source(source), normalize(targets[0])
        if not _problem(source, target) and len(terms) < MAX_TERMS:
            terms.setdefault(source, target)
    return Glossary(terms) if terms else None


AnyGlossary = Glossary | Mapping[str, str] | str | PathLike[str] | None
"""A glossary, its terms, the path of its file, or none."""


def to_glossary(glossary: AnyGlossary) -> Glossary | None:
    """Returns a glossary from a mapping or from the path of a file; None for no term."""
    if isinstance(glossary, str | PathLike):
        glossary = read_glossary(glossary)
    if isinstance(glossary, Mapping):
        glossary = Glossary(glossary)
    return glossary if glossary and glossary.terms else None


def _terms(place: str, lines: Iterable[str]) -> dict[str, str]:
    terms: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = split_line(line)
        if parts is None:
            raise UsageError(f"{place}, line {number}: must be {LINE_FORM}")
        source, target = _normalize_source(parts[0]), parts[1]
        if problem := _problem(source, target):
            raise UsageError(f"{place}, line {number}: {problem}")
        if terms.setdefault(source, target) != target:
            raise UsageError(
                f"{place}, lines {numbers[source]} and {number}: {source!r} has two translations, "
                f"{terms[source]!r} and {target!r}. Keep one."
            )
        numbers.setdefault(source, number)
    return terms


def _normalize_source(source: str) -> str:
    """Normalizes a term as a text in which it is found."""
    return INTERNAL.sub("\ufffd", normalize_input(source))


def _problem(source: str, target: str) -> str:
    """Returns the fault of a term, or ""."""
    if is_empty(source) or is_empty(target):
        return "the term and its translation must not be empty."
    if max(len(source), len(target)) > MAX_TERM:
        return f"the term and its translation have at most {MAX_TERM} characters."
    return ""
