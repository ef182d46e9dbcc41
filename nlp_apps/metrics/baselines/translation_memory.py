"""Translation baseline: the translation of the most similar training sentence.

Letters in shapes: M memory sentences, N sentences to translate, F features.
"""

import logging
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

logger = logging.getLogger(__name__)

MAX_MEMORY = 200_000
"""Training sentences that are searched; 50,000 a second are read."""

MAX_COMPARISONS = 1_000_000_000
"""Pairs of sentences that are compared; 100 million a second."""

MAX_SHARE = 0.02
"""Share of the memory above which an n-gram says little about a sentence and costs time."""

MIN_FREQUENT = 2_000
"""Sentences that may always share an n-gram, so that a small memory keeps its n-grams."""

BATCH_SIZE = 200
"""Sentences that are compared at once; their similarities need a few bytes for each of M."""


def translation_memory(
    sources: Sequence[str], targets: Sequence[str], texts: Sequence[str]
) -> list[str]:
    """Returns the target of the most similar source of each text; empty if none is similar.

    Similarity is the cosine of TF-IDF vectors of the 3 to 5 adjacent characters inside words.

    Args:
        sources: training sentences.
        targets: their translations.
        texts: sentences to translate.
    """
    if not texts:
        return []
    size = min(MAX_MEMORY, max(MAX_COMPARISONS // len(texts), 1))
    kept = np.arange(len(sources))
    if len(sources) > size:
        logger.info(
            "baseline: the translation memory holds %s of the %s training pairs",
            f"{size:,}",
            f"{len(sources):,}",
        )
        kept = np.sort(np.random.default_rng(0).permutation(len(sources))[:size])
    vectorizer = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 5),
        n_features=2**20,
        norm=None,
        alternate_sign=False,
        dtype=np.float32,
    )
    memory = vectorizer.transform([sources[int(index)] for index in kept])
    frequency = memory.getnnz(axis=0)
    is_useful = (frequency > 0) & (frequency <= max(MAX_SHARE * len(kept), MIN_FREQUENT))
    columns = np.flatnonzero(is_useful)
    weighting = TfidfTransformer(sublinear_tf=True)
    memory = weighting.fit_transform(memory[:, columns]).T.tocsr()  # [F, M]
    found: list[str] = []
    for start in range(0, len(texts), BATCH_SIZE):
        batch = vectorizer.transform(texts[start : start + BATCH_SIZE])
        similarity = weighting.transform(batch[:, columns]) @ memory  # [N, M], sparse
        for row in range(similarity.shape[0]):
            here = slice(similarity.indptr[row], similarity.indptr[row + 1])
            values, indices = similarity.data[here], similarity.indices[here]
            # The first of equally similar sentences, because the order of the entries is not fixed.
            best = indices[values == values.max()].min() if len(values) else None
            found.append("" if best is None else targets[int(kept[best])])
    return found
