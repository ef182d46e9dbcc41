"""Trie of a vocabulary as arrays of integers.

Letters in shapes: S slots of the trie, A characters that occur in subwords.

The trie is a double array (Aoe 1989): a node is a slot, and its child for the character with code c
is slot `base[node] + c`, provided that the `parent` of that slot is the node. A step is two
lookups, regardless of the size of the vocabulary, and thousands of positions of a text step at
once.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

NOWHERE, ROOT = 0, 1
"""The slot without children, and the slot in which every walk begins."""

OTHER = 0
"""Code of every character that occurs in no subword."""

PAGE = 256
"""Code points per page of the alphabet; a script has one or two pages."""

NUM_PAGES = 0x110000 // PAGE
"""Pages of all code points."""

CANDIDATES = 64
"""Positions that are tried at once for the children of a node; rarely are more needed."""


class Alphabet(NamedTuple):
    """Codes of characters; the code of c is `codes[pages[c // PAGE] + c % PAGE]`.

    Attributes:
        pages: <int32>[NUM_PAGES], the start of each page in `codes`.
        codes: <int32>[PAGE * distinct pages], `OTHER` for characters that occur in no subword.
    """

    pages: np.ndarray
    codes: np.ndarray


class Trie(NamedTuple):
    """The trie, as arrays over its slots.

    Attributes:
        alphabet: codes of characters.
        base: <int32>[S], to which the code of a character is added.
        parent: <int32>[S], the parent of a slot; -1 in an unused slot.
        values: <int32>[S], the value of the string that ends here, or -1.
        depth: characters of the longest string.
    """

    alphabet: Alphabet
    base: np.ndarray
    parent: np.ndarray
    values: np.ndarray
    depth: int


def build_trie(strings: Mapping[str, int]) -> Trie:
    """Builds the trie of strings and their values."""
    codes = _character_codes(strings)
    children: list[dict[int, int]] = [{}]
    values = [-1]
    for string, value in strings.items():
        node = 0
        for character in string:
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
    depth = max(map(len, strings), default=1)
    return Trie(_alphabet(codes), base, parent, value_of, depth)


def _character_codes(strings: Iterable[str]) -> dict[str, int]:
    """Numbers the characters from 1; frequent ones get low codes, which packs the trie."""
    counts: dict[str, int] = {}
    for string in strings:
        for character in string:
            counts[character] = counts.get(character, 0) + 1
    ranked = sorted(counts, key=lambda character: (-counts[character], character))
    return {character: code for code, character in enumerate(ranked, start=1)}


def _alphabet(codes: Mapping[str, int]) -> Alphabet:
    pages = np.zeros(NUM_PAGES, np.int32)
    contents = [np.full(PAGE, OTHER, np.int32)]  # the page of all scripts that do not occur
    for character, code in codes.items():
        page, offset = divmod(ord(character), PAGE)
        if not pages[page]:
            pages[page] = len(contents) * PAGE
            contents.append(np.full(PAGE, OTHER, np.int32))
        contents[pages[page] // PAGE][offset] = code
    return Alphabet(pages, np.concatenate(contents))


def _place(children: list[dict[int, int]], num_codes: int) -> tuple[np.ndarray, np.ndarray]:
    """Assigns slots, to the nodes with most children first.

    Returns:
        base <int32>[S] and the slot of each node.
    """
    base_of = np.zeros(len(children), np.int32)
    slot_of = np.full(len(children), ROOT, np.int32)
    is_free = np.ones(4 * (len(children) + num_codes + CANDIDATES), bool)
    start = max(num_codes, ROOT + 1)  # so that no base is negative
    is_free[:start] = False
    ranked = sorted(range(len(children)), key=lambda node: -len(children[node]))
    for node in ranked:
        if len(children[node]) < 2:
            break
        codes = np.fromiter(children[node], np.int32)
        while True:
            if start + CANDIDATES + num_codes > len(is_free):
                is_free = np.concatenate([is_free, np.ones_like(is_free)])
            bases = np.arange(start, start + CANDIDATES) - codes.min()
            fits = is_free[bases[:, None] + codes].all(axis=1)
            if fits.any():
                break
            start += CANDIDATES  # permanently: only children fill the free slots before it
        base_of[node] = bases[fits.argmax()]
        slots = base_of[node] + codes
        is_free[slots] = False
        slot_of[list(children[node].values())] = slots
    # An only child fits into any free slot, and most nodes have one: they fill the gaps.
    parents = [node for node in ranked if len(children[node]) == 1]
    codes = np.array([code for node in parents for code in children[node]], np.int32)
    slots = np.flatnonzero(is_free)[: len(parents)]
    base_of[parents] = slots - codes
    slot_of[[child for node in parents for child in children[node].values()]] = slots
    # A step reads at most `num_codes - 1` slots past the last base.
    base = np.zeros(max(int(base_of.max()), ROOT) + num_codes, np.int32)
    base[slot_of] = base_of
    return base, slot_of
