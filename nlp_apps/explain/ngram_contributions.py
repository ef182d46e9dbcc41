"""Contributions of the n-grams of a text to the logit of a label.

A logit is before calibration. With one label a text, it is relative to the mean over all labels:
adding the same number to the logits of all labels changes no probability.

Letters in shapes: S tokens of a window, EOS included; N n-grams of a window; P tokens of a text.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.blocks.ngram_rows import CHARACTERS
from nlp_apps.blocks.ngram_symbols import lower_bytes
from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.explain.words import Word, sum_columns

LogitsOf = Callable[[np.ndarray, int], np.ndarray]
"""Returns the logits <float64>[...] of a label, of logits <float>[..., L]."""


class Contribution(NamedTuple):
    """Contribution to a logit, summed over a text.

    Attributes:
        ngram: a word in lower case, with the n-grams of its characters; or two words in sequence.
        logit: positive if it supports the label.
    """

    ngram: str
    logit: float


@dataclass(frozen=True)
class NgramContributions:
    """The logit of the n-gram path as a sum.

    Attributes:
        logit: logit of the n-gram path: the bias and the sum over `ngrams`.
        bias: the part that is independent of the text.
        ngrams: all contributions, in descending order of magnitude.
        by_word: <float64>[W], the same sum by words of the text: an n-gram is shared equally by its
            characters, spaces left out.
    """

    logit: float
    bias: float
    ngrams: tuple[Contribution, ...]
    by_word: np.ndarray


class _Window(NamedTuple):
    """Contributions in one window: those of words and characters by token, and those of pairs."""

    of_words: np.ndarray  # <float64>[S]
    of_pairs: np.ndarray  # <float64>[S]
    pairs: dict[str, float]  # by name


def ngram_contributions(
    path: Ngrams,
    words: Sequence[Word],
    windows: Sequence[np.ndarray],
    positions: Sequence[np.ndarray],
    label: int,
    *,
    is_relative: bool = True,
) -> NgramContributions:
    """Splits the logit of the n-gram path; a text in several windows has the mean of their logits.

    Args:
        path: the n-gram path.
        words: W words of the text.
        windows: each <int32>[S], the token ids that the path reads.
        positions: each <int>[S], the positions of those tokens in the text; the last is ignored.
        label: index of the label.
        is_relative: whether the logit is relative to the mean over all labels; with several labels
            a text, each has a logit of its own.
    """
    logits_of = _relative if is_relative else _of_label
    num_tokens = max((word.end for word in words), default=0)
    named: dict[str, float] = defaultdict(float)
    of_words, of_pairs = np.zeros(num_tokens), np.zeros(num_tokens)
    for token_ids, position in zip(windows, positions, strict=True):
        window = _window(path, token_ids, label, logits_of)
        of_words[position[:-1]] += window.of_words[:-1] / len(windows)
        of_pairs[position[:-1]] += window.of_pairs[:-1] / len(windows)
        for name, value in window.pairs.items():
            named[name] += value / len(windows)
    by_word = sum_columns(words, of_words)
    for word, value in zip(words, by_word, strict=True):
        named[word.text.lower()] += float(value)
    found = [Contribution(name, value) for name, value in named.items() if value]
    found.sort(key=lambda one: -abs(one.logit))
    bias = float(logits_of(path.bias.numpy(), label))
    return NgramContributions(
        bias + sum(one.logit for one in found),
        bias,
        tuple(found),
        by_word + sum_columns(words, of_pairs),
    )


def _window(path: Ngrams, token_ids: np.ndarray, label: int, logits_of: LogitsOf) -> _Window:
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

    of_words, of_pairs = np.zeros(size), np.zeros(size)
    pairs: dict[str, float] = defaultdict(float)
    rows = path.find(batch).numpy()[0]
    places = np.flatnonzero(rows)  # see `NgramRows` for their order
    for place, value in zip(places, _values(path, rows[places], label, logits_of), strict=True):
        target = of_words
        if place < size:
            members = of_word[place]
        elif place < 2 * size:
            first = place - size
            pairs[f"{names[first]} {names[first + 1]}"] += value
            members, target = np.concatenate(of_word[first : first + 2]), of_pairs
        else:
            kind, start = divmod(place - 2 * size, len(in_words))
            span = np.arange(start, start + CHARACTERS[kind])
            solid = [one for one in span if texts[one] != b" "]
            members = np.array(solid or span)
        np.add.at(target, owners[members], value / len(members))
    return _Window(of_words, of_pairs, pairs)


def _values(path: Ngrams, rows: np.ndarray, label: int, logits_of: LogitsOf) -> np.ndarray:
    """Returns the contribution of each n-gram, <float64>[N], as `Ngrams` sums them.

    Args:
        path: the n-gram path.
        rows: <int32>[N], above 0. N-grams of the same row have equal shares.
        label: index of the label.
        logits_of: returns the logits of the label.
    """
    distinct, index, counts = np.unique(rows, return_inverse=True, return_counts=True)
    table = tf.gather(tf.convert_to_tensor(path.table), distinct).numpy().astype(np.float64)
    factors = 1.0 + np.log(counts)
    squares = factors**2 * table[:, -1]
    is_word = distinct < path.find.first_of_characters
    squared_norms = np.where(is_word, squares[is_word].sum(), squares[~is_word].sum())
    norms = np.sqrt(np.where(squared_norms > 0.0, squared_norms, 1.0))
    values: np.ndarray = (factors * logits_of(table[:, :-1], label) / norms / counts)[index]
    return values


def _relative(logits: np.ndarray, label: int) -> np.ndarray:
    """Returns the logits <float64>[...] of a label minus the mean over labels <float>[..., L]."""
    logits = np.asarray(logits, np.float64)
    return logits[..., label] - logits.mean(axis=-1)


def _of_label(logits: np.ndarray, label: int) -> np.ndarray:
    """Returns the logits <float64>[...] of a label, of logits <float>[..., L]."""
    return np.asarray(logits, np.float64)[..., label]
