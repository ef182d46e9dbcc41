"""The list of sentence patterns, and the small tools that they share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from . import english, french

Item = TypeVar("Item")
Sentences = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Pattern:
    """A family of sentences of one topic; `quota` is their number in the corpus."""

    topic: str
    name: str
    quota: int
    make: Callable[[], Sentences]


PATTERNS: list[Pattern] = []


def pattern(topic: str, quota: int) -> Callable[[Callable[[], Sentences]], Callable[[], Sentences]]:
    """Adds a generator of (English, French) sentences to `PATTERNS`."""

    def add(make: Callable[[], Sentences]) -> Callable[[], Sentences]:
        PATTERNS.append(Pattern(topic, make.__name__, quota, make))
        return make

    return add


def order(text: str) -> str:
    """A key that sorts texts in the same shuffled order everywhere."""
    return hashlib.sha256(text.encode()).hexdigest()


def some_of(items: Iterable[Item], count: int, key: str) -> Sequence[Item]:
    """`count` of the items, chosen by `key`, the same everywhere."""
    numbered = sorted(enumerate(items), key=lambda pair: order(f"{key} {pair[0]}"))
    return [item for _, item in numbered[:count]]


def say(en: str, fr: str, end: str = ".") -> tuple[str, str]:
    """The two sentences with capitals and punctuation."""
    return english.finish(en, end), french.finish(fr, end)
