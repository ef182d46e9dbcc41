"""A tree of characters that holds every piece of a vocabulary, as a few arrays of numbers.

Letters in shapes: S slots of the tree, A characters that occur in pieces.

The tree is a double array (Aoe 1989): a node is a slot, and its child by the character with code c
is slot `base[node] + c`, if that slot's `parent` is the node. Two look-ups are a step, however many
pieces there are, and thousands of places of a text step at once.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

NOWHERE, ROOT = 0, 1
"""The slot that no step leaves, and the one that every walk begins in."""

OTHER = 0
"""Code of every character that is in no piece."""

PAGE = 256
"""Code points that share a page of the alphabet: whole scripts fit in one or two."""

NUM_PAGES = 0x110000 // PAGE
"""So many that every code point has one."""

CANDIDATES = 64
"""Places that are tried at once for a node's children; hardly any node needs more."""


class Alphabet(NamedTuple):
    """Codes of characters: that of c is `codes[pages[c // PAGE] + c % PAGE]`.

    Attributes:
        pages: <int32>[NUM_PAGES], where a page begins in `codes`.
        codes: <int32>[PAGE * pages that differ], `OTHER` for what is in no piece.
    """

    pages: np.ndarray
    codes: np.ndarray


class Trie(NamedTuple):
    """The tree, as arrays over its slots.

    Attributes:
        alphabet: codes of characters.
        base: <int32>[S], what a character's code is added to.
        parent: <int32>[S], the slot before; -1 in a slot that is free.
        values: <int32>[S], the piece that ends here, or -1.
        depth: characters of the longest piece.
    """

    alphabet: Alphabet
    base: np.ndarray
    parent: np.ndarray
    values: np.ndarray
    depth: int


def build_trie(pieces: Mapping[str, int]) -> Trie:
    """Puts pieces, each with its number, into a tree."""
    codes = _codes(pieces)
    children: list[dict[int, int]] = [{}]
    values = [-1]
    for piece, value in pieces.items():
        node = 0
        for character in piece:
            code = codes[character]
            if code not in children[node]:
                children[node][code] = len(children)
                children.append({})
                values.append(-1)
            node = children[node][code]
        values[node] = value
    base, slot_of = _place(children, len(codes) + 1)
    parent, value_of = np.full_like(base, -1), np.full_like(base, -1)
    for node, below in enumerate(children):
        for child in below.values():
            parent[slot_of[child]] = slot_of[node]
    value_of[slot_of] = values
    depth = max(map(len, pieces), default=1)
    return Trie(_alphabet(codes), base, parent, value_of, depth)


def _codes(pieces: Iterable[str]) -> dict[str, int]:
    """Each character's code, from 1; frequent characters have low ones, which packs the tree."""
    counts: dict[str, int] = {}
    for piece in pieces:
        for character in piece:
            counts[character] = counts.get(character, 0) + 1
    ranked = sorted(counts, key=lambda character: (-counts[character], character))
    return {character: code for code, character in enumerate(ranked, start=1)}


def _alphabet(codes: Mapping[str, int]) -> Alphabet:
    pages = np.zeros(NUM_PAGES, np.int32)
    cells = [np.full(PAGE, OTHER, np.int32)]  # the page of whatever is in no piece
    for character, code in codes.items():
        page, place = divmod(ord(character), PAGE)
        if not pages[page]:
            pages[page] = len(cells) * PAGE
            cells.append(np.full(PAGE, OTHER, np.int32))
        cells[pages[page] // PAGE][place] = code
    return Alphabet(pages, np.concatenate(cells))


def _place(children: list[dict[int, int]], num_codes: int) -> tuple[np.ndarray, np.ndarray]:
    """Finds slots, first for the nodes with most children: (base <int32>[S], slot of each node)."""
    base_of = np.zeros(len(children), np.int32)
    slot_of = np.full(len(children), ROOT, np.int32)
    is_free = np.ones(4 * (len(children) + num_codes + CANDIDATES), bool)
    begin = max(num_codes, ROOT + 1)  # so that no base is negative
    is_free[:begin] = False
    ranked = sorted(range(len(children)), key=lambda node: -len(children[node]))
    for node in ranked:
        if len(children[node]) < 2:
            break
        codes = np.fromiter(children[node], np.int32)
        while True:
            if begin + CANDIDATES + num_codes > len(is_free):
                is_free = np.concatenate([is_free, np.ones_like(is_free)])
            bases = np.arange(begin, begin + CANDIDATES) - codes.min()
            fits = is_free[bases[:, None] + codes].all(axis=1)
            if fits.any():
                break
            begin += CANDIDATES  # for good: what is free here is left to only children
        base_of[node] = bases[fits.argmax()]
        slots = base_of[node] + codes
        is_free[slots] = False
        slot_of[list(children[node].values())] = slots
    # An only child fits anywhere, and most nodes have one: they fill the gaps.
    parents = [node for node in ranked if len(children[node]) == 1]
    codes = np.array([code for node in parents for code in children[node]], np.int32)
    slots = np.flatnonzero(is_free)[: len(parents)]
    base_of[parents] = slots - codes
    slot_of[[child for node in parents for child in children[node].values()]] = slots
    # No step looks further than one code beyond the last base.
    base = np.zeros(max(int(base_of.max()), ROOT) + num_codes, np.int32)
    base[slot_of] = base_of
    return base, slot_of
