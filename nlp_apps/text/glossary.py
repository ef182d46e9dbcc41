"""A glossary: terms of the source language with their prescribed translations.

In a file, a line is a term, a tab and its translation. Empty lines and lines that begin with `#`
are comments.

A term in lower case matches any case: `engine` also matches `Engine` and `ENGINE`. A term with a
capital matches exactly. A match begins and ends between words, except in scripts that write no
spaces. Of overlapping matches the longest counts, then that of a term with a capital, then that of
the earlier line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from nlp_apps.errors import UsageError, first_line
from nlp_apps.text.normalize import (
    SPACE_MARK,
    is_empty,
    lowercase,
    normalize,
    normalize_input,
)
from nlp_apps.text.protected_spans import INTERNAL

MAX_TERM = 200
"""Characters of a term or of its translation."""

MAX_TERMS = 100_000
"""Terms of a glossary."""


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
        self._trie: dict[str, Any] = {}
        self.terms: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        for number, (source, target) in enumerate(terms.items()):
            source, target = _normalize_source(source), normalize(target)
            if problem := _problem(source, target):
                raise UsageError(f"glossary term {source!r}: {problem}")
            if self.terms.setdefault(source, target) != target:
                raise UsageError(
                    f"glossary term {source!r} has two translations, {self.terms[source]!r} and "
                    f"{target!r}. Keep one."
                )
            self._numbers.setdefault(source, number)
            node = self._trie
            lower = lowercase(source)
            for character in _fold(lower):
                node = node.setdefault(character, {})
            node.setdefault("", {}).setdefault(source, (source == lower, number, target))

    def find(self, text: str) -> list[Match]:
        """Finds terms in a normalized text, in order and without overlap."""
        found = [
            (start - end, is_lower, number, start, source, target)
            for start, end, terms in self._occurrences(text)
            for source, (is_lower, number, target) in terms.items()
            if is_lower or text[start:end] == source
        ]
        taken = bytearray(len(text))
        kept: list[Match] = []
        # Long ones come first, then those with a capital, then those of an earlier line.
        for negative, _, _, start, source, target in sorted(found):
            end = start - negative
            if taken.find(1, start, end) < 0:
                taken[start:end] = b"\1" * (end - start)
                kept.append(Match(start, end, Term(source, target, text[start:end] != source)))
        return sorted(kept)

    def _occurrences(
        self, text: str
    ) -> Iterator[tuple[int, int, dict[str, tuple[bool, int, str]]]]:
        """Yields start and end of words that are terms in any case, and these terms."""
        lower = _fold(lowercase(text))
        for start in range(len(text)):
            if start and is_word(text[start - 1]) and is_word(text[start]):
                continue
            node: dict[str, Any] | None = self._trie
            end = start
            while node and end < len(text) and (node := node.get(lower[end])) is not None:
                end += 1
                if "" in node and not (is_word(text[end - 1]) and is_word(text[end : end + 1])):
                    yield start, end, node[""]

    def of(self, text: str) -> dict[str, str]:
        """Returns the terms that occur in a normalized text in any case, also inside others.

        `find` in its sentences, also after `sentence_case`, finds only these. They have their order
        in the glossary.
        """
        text = re.sub(" +", " ", text.replace(SPACE_MARK, " "))
        found = {source for *_, terms in self._occurrences(text) for source in terms}
        return {
            source: self.terms[source] for source in sorted(found, key=self._numbers.__getitem__)
        }


def _fold(lower: str) -> str:
    """Replaces the final sigma, whose capital is that of the other one."""
    return lower.replace("ς", "σ")


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
        UsageError: a line is not a term, a tab and its translation; a term has two translations; or
            the file cannot be read.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--glossary {path}: cannot read it: {first_line(error)}") from None
    return Glossary(_terms(str(path), text.split("\n")))


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
        source, *targets = (part.strip() for part in line.rstrip("\r").split("\t"))
        source = _normalize_source(source)
        if len(targets) != 1:
            raise UsageError(
                f"{place}, line {number}: must be a term, one tab and its translation; received "
                f"{len(targets)} tabs."
            )
        if problem := _problem(source, targets[0]):
            raise UsageError(f"{place}, line {number}: {problem}")
        if terms.setdefault(source, targets[0]) != targets[0]:
            raise UsageError(
                f"{place}, lines {numbers[source]} and {number}: {source!r} has two translations, "
                f"{terms[source]!r} and {targets[0]!r}. Keep one."
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
