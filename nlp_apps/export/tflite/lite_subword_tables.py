"""The subword tables of a tokenizer as integers, for TFLite.

Letters in shapes: S slots of the trie, V vocabulary.

Quantization keeps integers, but not the precision of float32 scores. A table of small integers is
int16, which halves the file. `graph_text.subword_tables` keeps float32 scores and wide integers
instead, because a SavedModel is not quantized and looks them up faster.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.export.graph_text.characters import MARK, SPACE
from nlp_apps.export.graph_text.subword_tables import (
    NO_SUBWORD_SCORE,
    SubwordTables,
    foreign_tokenizer,
)
from nlp_apps.export.graph_text.trie import PAGE, Trie
from nlp_apps.text.tokenizer import SCORE_STEP

NEG_INF_STEPS = -(2**30)
"""Score of a slot without a subword, in steps: below every sum, and exact in float32."""


class LiteTables(NamedTuple):
    """The tables, <int16> or <int32>; `look_up` reads them.

    Attributes:
        pages: the start of the page of a code point in `codes`.
        codes: codes of characters in the trie.
        letters: the code point of each code, with a space for U+2581.
        base: [S], to which the code of a character is added.
        parent: [S], the parent of a slot; -1 in an unused slot.
        values: [S], the id of the subword that ends in a slot, or -1.
        scores: [S], of that subword, in steps of `SCORE_STEP`; `NEG_INF_STEPS` if there is none.
            Only SentencePiece models have scores.
        slots: [V], the slot in which a subword ends; negative if it begins with a space that may be
            dropped. 0 for special ids and bytes.
        lengths: [V], characters of a subword. 0 for special ids and bytes.
        byte_ids: [256], the id of each byte.
        byte_of: [V], the byte of an id, or -1.
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


def to_integers(tables: SubwordTables) -> LiteTables:
    """Converts tables to integers.

    Raises:
        WorkError: this suite did not train the tokenizer.
    """
    trie = tables.trie
    slots, lengths = _slots_and_lengths(tables)
    return LiteTables(
        pages=constant(trie.alphabet.pages),
        codes=constant(trie.alphabet.codes),
        letters=constant(_letters(trie)),
        base=constant(trie.base),
        parent=constant(trie.parent),
        values=constant(trie.values),
        scores=constant(_steps(tables.scores)) if tables.kind == "sentencepiece" else None,
        slots=constant(np.where(tables.leading_spaces, -slots, slots)),
        lengths=constant(lengths),
        byte_ids=constant(tables.byte_ids),
        byte_of=constant(tables.byte_of),
    )


def look_up(table: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Returns the values at indices: index <int32> of any shape to <int32> of the same shape."""
    return tf.cast(tf.gather(table, index), tf.int32)


def constant(values: np.ndarray) -> tf.Tensor:
    """Returns a table of integers for `look_up`: <int16> if they fit, otherwise <int32>."""
    small = np.iinfo(np.int16)
    is_small = small.min <= values.min() and values.max() <= small.max
    return tf.constant(values, tf.int16 if is_small else tf.int32)


def _steps(scores: np.ndarray) -> np.ndarray:
    """Converts scores to steps: <float32>[S] to <int32>[S]."""
    steps = np.where(scores > NO_SUBWORD_SCORE, scores / SCORE_STEP, NEG_INF_STEPS)
    if (steps != np.round(steps)).any():
        raise foreign_tokenizer("its scores are not rounded")
    return steps.astype(np.int32)


def _slots_and_lengths(tables: SubwordTables) -> tuple[np.ndarray, np.ndarray]:
    """Returns the slot in which each subword ends, and its characters, each <int32>[V]."""
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
        raise foreign_tokenizer("it has unused subwords")
    return slots, lengths


def _letters(trie: Trie) -> np.ndarray:
    """Returns the code point of each code, with a space for the mark, <int32>."""
    pages, codes = trie.alphabet
    letters = np.zeros(codes.max() + 1, np.int32)
    for page in np.flatnonzero(pages):
        offsets = np.arange(PAGE)
        page_codes = codes[pages[page] + offsets]
        is_known = page_codes > 0
        letters[page_codes[is_known]] = page * PAGE + offsets[is_known]
    return np.where(letters == MARK, SPACE, letters)
