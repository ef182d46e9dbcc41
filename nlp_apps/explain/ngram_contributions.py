"""Contributions of the n-grams of a text to the logit of a label.

A logit is relative to the mean over all labels, before calibration: adding the same number to the
logits of all labels changes no probability.

Letters in shapes: S tokens of a window, EOS included; N n-grams of a window; P tokens of a text.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.blocks.ngram_rows import CHARACTERS
from nlp_apps.blocks.ngram_symbols import lower_bytes
from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.explain.words import Word, sum_columns

WORD, WORD_PAIR, CHARACTER_NGRAMS = "word", "2 words", "characters"
"""Kinds of contributions."""


class Contribution(NamedTuple):
    """Contribution of an n-gram to a logit.

    Attributes:
        ngram: a word or two words in lower case.
        kind: `WORD`, `WORD_PAIR`, or `CHARACTER_NGRAMS`: all n-grams of the word's characters.
        logit: summed over the text; positive if it supports the label.
    """

    ngram: str
    kind: str
    logit: float


@dataclass(frozen=True)
class NgramContributions:
    """The logit of the n-gram path as a sum.

    Attributes:
        logit: logit of the n-gram path: the bias and the sum over `ngrams`.
        bias: the part that is independent of the text.
        ngrams: all contributions, the largest first, whatever their sign.
        by_word: <float64>[W], the same sum by words of the text: an n-gram is shared equally by its
            characters, spaces left out.
    """

    logit: float
    bias: float
    ngrams: tuple[Contribution, ...]
    by_word: np.ndarray


class _Window(NamedTuple):
    """Contributions in one window: those of words and of pairs by name, and all by token."""

    words: dict[str, float]
    pairs: dict[str, float]
    of_words: np.ndarray  # <float64>[S], words and pairs
    of_characters: np.ndarray  # <float64>[S]


def ngram_contributions(
    path: Ngrams,
    words: Sequence[Word],
    windows: Sequence[np.ndarray],
    positions: Sequence[np.ndarray],
    label: int,
) -> NgramContributions:
    """Splits the logit of the n-gram path; a text in several windows has the mean of their logits.

    Args:
        path: the n-gram path.
        words: W words of the text.
        windows: each <int32>[S], the token ids that the path reads.
        positions: each <int>[S], the positions of those tokens in the text; the last is ignored.
        label: index of the label.
    """
    num_tokens = max((word.end for word in words), default=0)
    named: dict[tuple[str, str], float] = defaultdict(float)
    of_words, of_characters = np.zeros(num_tokens), np.zeros(num_tokens)
    for token_ids, position in zip(windows, positions, strict=True):
        window = _window(path, token_ids, label)
        for kind, parts in ((WORD, window.words), (WORD_PAIR, window.pairs)):
            for name, value in parts.items():
                named[name, kind] += value / len(windows)
        of_words[position[:-1]] += window.of_words[:-1] / len(windows)
        of_characters[position[:-1]] += window.of_characters[:-1] / len(windows)
    characters_by_word = sum_columns(words, of_characters)
    for word, value in zip(words, characters_by_word, strict=True):
        named[word.text.lower(), CHARACTER_NGRAMS] += float(value)
    found = [Contribution(*name, value) for name, value in named.items() if value]
    found.sort(key=lambda one: -abs(one.logit))
    bias = float(_relative(path.bias.numpy(), label))
    return NgramContributions(
        bias + sum(one.logit for one in found),
        bias,
        tuple(found),
        sum_columns(words, of_words) + characters_by_word,
    )


def _window(path: Ngrams, token_ids: np.ndarray, label: int) -> _Window:
    """Returns the contributions of the n-grams of one window."""
    size = len(token_ids)
    batch = tf.constant(token_ids[None], tf.int32)
    characters = path.find.characters(batch)
    in_words = characters.in_words.numpy()[0]
    texts = [
        character
        for index in token_ids
        for character in lower_bytes(int(index), path.vocabulary[index])
    ]
    # Spaces at the end belong to the last token before EOS.
    owners = np.repeat(np.arange(size), path.find.tokens.lengths[token_ids])
    owners = np.minimum(owners, max(size - 2, 0))

    # A word is a run of characters that are in words.
    edges = np.flatnonzero(np.diff(np.pad(in_words, 1).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    names = [
        b"".join(texts[a:b]).decode("utf-8", "replace") for a, b in zip(starts, ends, strict=True)
    ]
    of_word = [np.arange(a, b) for a, b in zip(starts, ends, strict=True)]

    words: dict[str, float] = defaultdict(float)
    pairs: dict[str, float] = defaultdict(float)
    of_words, of_characters = np.zeros(size), np.zeros(size)
    rows = path.find(batch).numpy()[0]
    places = np.flatnonzero(rows)
    for place, value in zip(places, _values(path, rows[places], label), strict=True):
        if place < size:
            words[names[place]] += value
            members, target = of_word[place], of_words
        elif place < 2 * size:
            first = place - size
            pairs[f"{names[first]} {names[first + 1]}"] += value
            members, target = np.concatenate(of_word[first : first + 2]), of_words
        else:
            kind, start = divmod(place - 2 * size, len(in_words))
            span = np.arange(start, start + CHARACTERS[kind])
            solid = [one for one in span if texts[one] != b" "]
            members, target = np.array(solid or span), of_characters
        np.add.at(target, owners[members], value / len(members))
    return _Window(words, pairs, of_words, of_characters)


def _values(path: Ngrams, rows: np.ndarray, label: int) -> np.ndarray:
    """Returns the contribution of each n-gram, <float64>[N], as `Ngrams` sums them.

    Args:
        path: the n-gram path.
        rows: <int32>[N], above 0. N-grams of the same row have equal shares.
        label: index of the label.
    """
    distinct, index, counts = np.unique(rows, return_inverse=True, return_counts=True)
    table = tf.gather(tf.convert_to_tensor(path.table), distinct).numpy().astype(np.float64)
    factors = 1.0 + np.log(counts)
    squares = factors**2 * table[:, -1]
    is_word = distinct < path.find.first_of_characters
    squared_norms = np.where(is_word, squares[is_word].sum(), squares[~is_word].sum())
    norms = np.sqrt(np.where(squared_norms > 0.0, squared_norms, 1.0))
    values: np.ndarray = (factors * _relative(table[:, :-1], label) / norms / counts)[index]
    return values


def _relative(logits: np.ndarray, label: int) -> np.ndarray:
    """Returns the logits <float64>[...] of a label minus the mean over labels <float>[..., L]."""
    logits = np.asarray(logits, np.float64)
    return logits[..., label] - logits.mean(axis=-1)
