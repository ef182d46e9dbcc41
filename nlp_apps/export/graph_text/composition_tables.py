"""Tables of Unicode's canonical composition (Standard Annex 15), from Python's `unicodedata`.

Letters in shapes: D code points with a decomposition, F code points of all decompositions, K runs
of code points of one combining class, P pairs.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

from nlp_apps.export.graph_text.character_class import code_runs

HANGUL_L, HANGUL_V, HANGUL_T, HANGUL_S = 0x1100, 0x1161, 0x11A7, 0xAC00
"""The first leading consonant, the first vowel, the code point before the first trailing consonant,
and the first syllable of Hangul, whose pairs follow from arithmetic (Unicode, section 3.12)."""

NUM_L, NUM_V, NUM_T = 19, 21, 28
"""Leading consonants, vowels, and trailing consonants with "none"."""

PAIR_BITS = 21
"""Bits of a code point in the key of a pair."""

_CODEPOINTS = [codepoint for codepoint in range(0x110000) if not 0xD800 <= codepoint < 0xE000]


class CompositionTables(NamedTuple):
    """The tables; Hangul syllables are not in them.

    Attributes:
        decomposed: <int32>[D], ascending, code points with a canonical decomposition.
        offsets: <int32>[D], the start of each full decomposition in `parts`.
        lengths: <int32>[D], its code points.
        parts: <int32>[F].
        class_starts: <int32>[K], ascending, the first code point of each run; the first is 0.
        classes: <int32>[K], the canonical combining class of a run.
        pairs: <int64>[P], ascending, first << `PAIR_BITS` | second.
        composites: <int32>[P].
        seconds: <int32>, ascending, code points of combining class 0 that are second in a pair.
        changing: <int32>[.., 2], first and last of each run of code points that may be changed by
            composition, or change a neighbour: a text without them is composed.
    """

    decomposed: np.ndarray
    offsets: np.ndarray
    lengths: np.ndarray
    parts: np.ndarray
    class_starts: np.ndarray
    classes: np.ndarray
    pairs: np.ndarray
    composites: np.ndarray
    seconds: np.ndarray
    changing: np.ndarray


@cache
def composition_tables() -> CompositionTables:
    """Returns the tables of the Unicode version of this Python."""
    classes = {code: unicodedata.combining(chr(code)) for code in _CODEPOINTS}
    full: dict[int, list[int]] = {}
    pairs: dict[int, int] = {}
    for code in _CODEPOINTS:
        mapping = unicodedata.decomposition(chr(code))  # of Hangul it is empty
        if not mapping or mapping.startswith("<"):
            continue
        full[code] = [ord(part) for part in unicodedata.normalize("NFD", chr(code))]
        parts = [int(part, 16) for part in mapping.split()]
        if len(parts) == 2 and unicodedata.is_normalized("NFC", chr(code)):
            pairs[parts[0] << PAIR_BITS | parts[1]] = code
    lengths = [len(parts) for parts in full.values()]
    seconds = {pair & (1 << PAIR_BITS) - 1 for pair in pairs}
    seconds |= {HANGUL_V + index for index in range(NUM_V)}
    seconds |= {HANGUL_T + index for index in range(1, NUM_T)}
    changing = [
        code
        for code in _CODEPOINTS
        if classes[code] or code in seconds or not unicodedata.is_normalized("NFC", chr(code))
    ]
    starts = [code for code in _CODEPOINTS if classes[code] != classes.get(code - 1, -1)]
    ranked = sorted(pairs)
    return CompositionTables(
        decomposed=_int32(full),
        offsets=_int32(np.cumsum([0, *lengths[:-1]])),
        lengths=_int32(lengths),
        parts=_int32(part for parts in full.values() for part in parts),
        class_starts=_int32(starts),
        classes=_int32(classes[code] for code in starts),
        pairs=np.array(ranked, np.int64),
        composites=_int32(pairs[pair] for pair in ranked),
        seconds=_int32(sorted(code for code in seconds if not classes[code])),
        changing=code_runs(changing),
    )


def _int32(values: Iterable[int]) -> np.ndarray:
    return np.array(list(values), np.int32)
