"""The part of many texts to which the n-grams of several labels are fitted."""

import numpy as np
from scipy import sparse

from nlp_apps.training import ngram_fit_sets


def test_a_part_of_the_texts_has_a_text_of_each_label(monkeypatch):
    monkeypatch.setattr(ngram_fit_sets, "MAX_FITTED", 400)
    counts = sparse.csr_matrix(np.ones((200, 10), np.float32))
    labels = np.zeros((200, 12), bool)
    labels[:, 0] = True
    labels[range(20, 31), range(1, 12)] = True  # one text each
    texts = ngram_fit_sets._texts_to_fit(counts, labels, seed=3)
    assert len(texts) < 30 and labels[texts].any(axis=0).all()
    assert (np.diff(texts) > 0).all()
