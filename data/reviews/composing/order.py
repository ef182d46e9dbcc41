"""Decks: options that are dealt in an order which a SHA-256 decides, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def order(text: str) -> str:
    """The key by which things are sorted where nothing else sorts them."""
    return hashlib.sha256(text.encode()).hexdigest()


class Deck:
    """Deals each option once before it deals any twice; every pass has an order of its own.

    Args:
        name: tells this deck from others with the same options.
        options: the options; a repeated option is dealt twice in a pass.
    """

    def __init__(self, name: str, options: Sequence[str]) -> None:
        if not options:
            raise ValueError(f"the deck {name!r} has no options")
        self.name = name
        self.options = list(enumerate(options))
        self.round = 0
        self.left: list[str] = []

    def deal(self) -> str:
        """The next option."""
        if not self.left:
            self.round += 1
            key = f"{self.name} {self.round}"
            shuffled = sorted(self.options, key=lambda option: order(f"{key} {option}"))
            self.left = [option for _, option in shuffled]
        return self.left.pop()
