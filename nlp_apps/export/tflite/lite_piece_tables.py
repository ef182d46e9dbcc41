"""What a tokenizer knows of its pieces, as tables of whole numbers.

Letters in shapes: S slots of the tree of pieces, V vocabulary.

Quantisation for TFLite leaves whole numbers as they are, but would round scores away that were
kept as float32. Small numbers are kept in two bytes, which halves the file.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.export.graph_text.characters import MARK, SPACE
from nlp_apps.export.graph_text.piece_tables import NO_PIECE_SCORE, PieceTables
from nlp_apps.export.graph_text.trie import PAGE, Trie
from nlp_apps.text.tokenizer import SCORE_STEP

NEG_INF_STEPS = -(2**30)
"""Score, in steps, of what is no piece: lower than any sum, and exact as float32."""


class LiteTables(NamedTuple):
    """The tables: <int16> or <int32>, to be read with `look_up`.

    Attributes:
        pages: where the page of a code point begins in `codes`.
        codes: what characters are called in the tree.
        letters: the code point of each code, with a space for U+2581.
        base: [S], what a character's code is added to.
        parent: [S], the slot before; -1 in a slot that is free.
        values: [S], the piece that ends in a slot, or -1.
        scores: [S], of that piece, in steps of `SCORE_STEP`; `NEG_INF_STEPS` where there is none.
            Only subwords have scores.
        slots: [V], where a piece ends; negative where a blank begins it that may fall away. 0 for
            special ids and bytes.
        lengths: [V], characters of a piece. 0 for special ids and bytes.
        byte_ids: [256], the id of each byte.
        byte_of: [V], the byte that an id stands for, or -1.
    """

    pages: tf.Tensor
    codes: tf.Tensor
    letters: tf.Tensor
    base: tf.Tensor
    parent: tf.Tensor
    values: tf.Tensor
    scores: tf.Tensor | None
    slots: tf.Tensor
    lengths: tf.Tensor
    byte_ids: tf.Tensor
    byte_of: tf.Tensor


def whole_numbers(tables: PieceTables) -> LiteTables:
    """Puts tables into whole numbers.

    Raises:
        WorkError: the model asks for what this suite never trains.
    """
    trie = tables.trie
    slots, lengths = _pieces(tables)
    return LiteTables(
        pages=_constant(trie.alphabet.pages),
        codes=_constant(trie.alphabet.codes),
        letters=_constant(_letters(trie)),
        base=_constant(trie.base),
        parent=_constant(trie.parent),
        values=_constant(trie.values),
        scores=_constant(_steps(tables.scores)) if tables.kind == "sentencepiece" else None,
        slots=_constant(np.where(tables.blanks, -slots, slots)),
        lengths=_constant(lengths),
        byte_ids=_constant(tables.byte_ids),
        byte_of=_constant(tables.byte_of),
    )


def look_up(table: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """The numbers with these indices: <int32> of any shape to <int32> of the same."""
    return tf.cast(tf.gather(table, index), tf.int32)


def _constant(values: np.ndarray) -> tf.Tensor:
    small = np.iinfo(np.int16)
    is_small = small.min <= values.min() and values.max() <= small.max
    return tf.constant(values, tf.int16 if is_small else tf.int32)


def _steps(scores: np.ndarray) -> np.ndarray:
    """Scores in steps: <float32>[S] to <int32>[S]."""
    steps = np.where(scores > NO_PIECE_SCORE, scores / SCORE_STEP, NEG_INF_STEPS)
    if (steps != np.round(steps)).any():
        raise _other_tokenizer("its scores are not rounded")
    return steps.astype(np.int32)


def _pieces(tables: PieceTables) -> tuple[np.ndarray, np.ndarray]:
    """The slot where each piece ends, and its characters, <int32>[V] both."""
    slots = np.zeros(len(tables.surfaces), np.int32)
    ends = np.flatnonzero(tables.trie.values >= 0)
    slots[tables.trie.values[ends]] = ends
    lengths = np.array(
        [
            len(surface.decode()) if byte < 0 else 0
            for surface, byte in zip(tables.surfaces, tables.byte_of, strict=True)
        ],
        np.int32,
    )
    if ((lengths > 0) & (slots == 0)).any():
        raise _other_tokenizer("it has unused pieces")
    return slots, lengths


def _letters(trie: Trie) -> np.ndarray:
    """The code point of each code, with a space for the mark, <int32>."""
    pages, codes = trie.alphabet
    found = np.zeros(codes.max() + 1, np.int32)
    for page in np.flatnonzero(pages):
        places = np.arange(PAGE)
        page_codes = codes[pages[page] + places]
        is_known = page_codes > 0
        found[page_codes[is_known]] = page * PAGE + places[is_known]
    return np.where(found == MARK, SPACE, found)


def _other_tokenizer(what: str) -> WorkError:
    return WorkError(f"the tokenizer is not one that this suite trains: {what}. Train again.")
