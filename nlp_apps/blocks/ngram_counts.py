"""Counts of n-grams as a sparse matrix, for scikit-learn.

Letters in shapes: N texts, R rows of the table of n-grams.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from scipy import sparse

from nlp_apps.blocks.ngram_rows import NgramRows
from nlp_apps.text.special_ids import PAD

BATCH_TOKENS = 16_384
"""Tokens of a batch, padding included."""


def ngram_counts(find: NgramRows, sequences: Sequence[np.ndarray]) -> sparse.csr_matrix:
    """Counts the n-grams of texts.

    Args:
        find: computes the rows of texts.
        sequences: N texts as token ids <int32>[length], EOS included.

    Returns:
        <float32>[N, R]: frequency of the n-grams of each row in each text.
    """
    compiled = tf.function(
        find.__call__, autograph=False, input_signature=[tf.TensorSpec((None, None), tf.int32)]
    )
    lengths = np.array([len(sequence) for sequence in sequences], np.int64)
    order = np.argsort(lengths, kind="stable")
    parts = [sparse.csr_matrix((0, find.num_rows), dtype=np.float32)]
    start = 0
    while start < len(order):
        # As many texts as fit with the length of the first, then with that of the last.
        width = max(1, int(lengths[order[start]]))
        end = min(len(order), start + max(1, BATCH_TOKENS // width))
        width = max(1, int(lengths[order[end - 1]]))
        end = min(end, start + max(1, BATCH_TOKENS // width))
        batch = np.full((end - start, width), PAD, np.int32)
        for row, member in enumerate(order[start:end]):
            batch[row, : lengths[member]] = sequences[member]
        parts.append(_count(compiled(batch).numpy(), find.num_rows))
        start = end
    stacked = sparse.vstack(parts, format="csr")
    return stacked[np.argsort(order, kind="stable")]


def _count(rows: np.ndarray, num_rows: int) -> sparse.csr_matrix:
    """Counts rows <int32>[N, F] above 0."""
    is_ngram = rows > 0
    ends = np.concatenate([[0], np.cumsum(is_ngram.sum(axis=1))])
    found = rows[is_ngram]
    counts = sparse.csr_matrix(
        (np.ones(len(found), np.float32), found, ends), shape=(len(rows), num_rows)
    )
    counts.sum_duplicates()
    return counts
