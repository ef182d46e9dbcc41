"""Translation of a text with inline markup from the aligned translations of its sentences.

Letters in shapes: T tokens of a translation, S source tokens.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from nlp_apps.results import Translation
from nlp_apps.text.aligned_translation import AlignedTranslation
from nlp_apps.text.constrained_text import ConstrainedSentence
from nlp_apps.text.markup import AlignedWord, Element, place, split_words
from nlp_apps.text.sentences import BREAK, join_sentences, starts_in_joined


def translate_markup(
    text: str,
    root: Element,
    sentences: Sequence[ConstrainedSentence],
    found: Sequence[AlignedTranslation],
) -> Translation:
    """Inserts the tags of a text around the words of its translation.

    Args:
        text: the text without tags; see `markup.parse`.
        root: its elements.
        sentences: its sentences; none for a text of tags only.
        found: their translations.

    Returns:
        The translation, without alternatives.
    """
    words: list[AlignedWord] = []
    texts = [one.text for one in found]
    position = 0
    starts = starts_in_joined(texts) if texts else []
    for sentence, one, start in zip(sentences, found, starts, strict=True):
        while text.startswith((" ", BREAK), position):
            position += 1
        words += _align_words(one, position, start)
        position += sentence.origin(len(sentence.text))
    written = place(root, join_sentences(texts), words)
    num_tokens = sum(len(one.target_ends) for one in found)
    score = sum(one.log_probability for one in found) / max(num_tokens, 1)
    return Translation(written, score, [(written, score)], any(one.too_long for one in found))


def _align_words(found: AlignedTranslation, position: int, start: int) -> list[AlignedWord]:
    """Aligns the words of the translation of a sentence.

    Args:
        found: the translation.
        position: first character of the sentence in the text.
        start: first character of the translation in all of it.
    """
    positions, words = position + found.source_positions, []
    for low, high in split_words(found.text, found.atoms):
        is_inside = (found.target_starts < high) & (found.target_ends > low)
        mean = found.weights[is_inside].mean(axis=0)
        best = int(positions[np.argmax(mean)]) if len(positions) else position
        mass = partial(_mass, mean, positions)
        is_kept = (low, high) in found.kept
        words.append(AlignedWord(start + low, start + high, mass, best, is_kept))
    return words


def _mass(weights: np.ndarray, positions: np.ndarray, start: int, end: int) -> float:
    return float(weights[(positions >= start) & (positions < end)].sum())
