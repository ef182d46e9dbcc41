"""The formula of `nlp_apps.blocks.ngrams.Ngrams` in NumPy."""

import numpy as np
from scipy import sparse


def logits_of(
    counts: sparse.csr_matrix, table: np.ndarray, bias: np.ndarray, first_of_characters: int
) -> np.ndarray:
    """Returns the logits <float64>[N, L] of texts with the counts <float32>[N, R]."""
    dense = counts.toarray()
    factors = np.where(dense > 0, 1.0 + np.log(np.maximum(dense, 1.0)), 0.0)
    logits = np.zeros((len(dense), table.shape[1] - 1)) + bias
    for kind in (slice(0, first_of_characters), slice(first_of_characters, None)):
        norm = np.sqrt(factors[:, kind] ** 2 @ table[kind, -1:])
        logits += factors[:, kind] @ table[kind, :-1] / np.where(norm > 0, norm, 1.0)
    return logits
