"""Recognizes the language of texts by a tokenizer that was trained on that language."""

from collections.abc import Sequence

import numpy as np

from nlp_apps.text.normalize import lowercase
from nlp_apps.text.tokenizer import Tokenizer

MIN_CHARACTERS_PER_TOKEN = 2.8
"""Characters of a token, on average, in text of the language of its tokenizer: 3.4 to 4.1 in
English; 1.8 to 2.2 in Dutch, French, German and Spanish text with an English tokenizer."""

SAMPLE = 500
"""Texts whose language is tested."""

LEAST_SHARE = 0.1
"""Share of a token in a language, by its share in the other one, that makes it a token of both."""


def reads(
    tokenizer: Tokenizer,
    texts: Sequence[str],
    *,
    lowercases: bool = False,
    tokens: np.ndarray | None = None,
) -> bool:
    """Checks whether texts are in the language of a tokenizer, by the length of its tokens.

    The texts of the sample are spread evenly, because a corpus may begin with its shortest ones.

    Args:
        tokenizer: the tokenizer.
        texts: the texts.
        lowercases: the texts are read in lower case.
        tokens: <bool>[V], the tokens that the language uses; the characters of others count each.
            None: all.
    """
    sample = texts[:: -(-len(texts) // SAMPLE) or 1]
    if lowercases:
        sample = [lowercase(text) for text in sample]
    ids = np.concatenate([np.zeros(0, np.int64), *map(np.asarray, tokenizer.encode(sample))])
    costs = np.ones(tokenizer.vocabulary_size, np.int64)
    if tokens is not None:
        lengths = np.asarray([max(1, len(piece)) for piece in tokenizer.vocabulary])
        costs = np.where(tokens, costs, lengths)
    cost = int(costs[ids.astype(np.int64)].sum())
    return sum(map(len, sample)) >= MIN_CHARACTERS_PER_TOKEN * max(cost, 1)


def language_tokens(
    tokenizer: Tokenizer, sources: Sequence[str], targets: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the tokens that each side of a corpus uses, for a tokenizer of both.

    A side uses a token if its share there is at least a tenth of its share on the other side.

    Returns:
        <bool>[V] of the sources and of the targets.
    """
    shares = []
    for texts in (sources, targets):
        ids = np.concatenate([np.zeros(0, np.int64), *map(np.asarray, tokenizer.encode(texts))])
        counts = np.bincount(ids.astype(np.int64), minlength=tokenizer.vocabulary_size)
        shares.append(counts / max(int(counts.sum()), 1))
    source, target = shares
    return source >= LEAST_SHARE * target, target >= LEAST_SHARE * source
