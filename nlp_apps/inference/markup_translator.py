"""Translation of texts with inline markup.

Letters in shapes: T tokens of a translation, S source tokens, W words of a translation.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import tensorflow as tf

from nlp_apps.inference.constrained_translator import AlignedTranslation, ConstrainedTranslator
from nlp_apps.networks.translator import Translator
from nlp_apps.results import Translation
from nlp_apps.text.constrained_text import ConstrainedSentence
from nlp_apps.text.markup import AlignedWord, Element, place, split_words
from nlp_apps.text.sentences import BREAK, join_sentences, starts_in_joined
from nlp_apps.text.special_ids import BOS
from nlp_apps.text.target_choice import Tag


def translate_markup(
    model: Translator,
    constrained: ConstrainedTranslator,
    text: str,
    root: Element,
    sentences: Sequence[ConstrainedSentence],
    tag: Tag = (),
) -> Translation:
    """Translates a text, and puts its tags around the words of the best translation.

    Args:
        model: the translator, with attention.
        constrained: its search.
        text: the text without tags; see `markup.parse`.
        root: its elements.
        sentences: its sentences.
        tag: that of the target language.

    Returns:
        The translation, without alternatives.
    """
    words: list[AlignedWord] = []
    found = [constrained.align(sentence, tag) for sentence in sentences]
    texts = [one.text for one in found]
    position = 0
    for sentence, one, start in zip(sentences, found, starts_in_joined(texts), strict=True):
        while text.startswith((" ", BREAK), position):
            position += 1
        words += _align_words(model, one, position, start)
        position += sentence.origin(len(sentence.text))
    written = place(root, join_sentences(texts), words)
    score = sum(one.log_probability for one in found) / sum(len(one.target) for one in found)
    return Translation(written, score, [(written, score)], any(one.too_long for one in found))


def _align_words(
    model: Translator, found: AlignedTranslation, position: int, start: int
) -> list[AlignedWord]:
    """Aligns the words of the translation of a sentence.

    Args:
        model: the translator.
        found: the translation.
        position: first character of the sentence in the text.
        start: first character of the translation in all of it.
    """
    target_in = tf.constant([[BOS, *found.target[:-1]]], tf.int32)
    weights = model.attention_weights(tf.constant(found.source[None]), target_in)[0].numpy()
    positions, words = position + found.source_positions, []
    first = len(found.source) - 1 - len(positions)  # after the tag
    for low, high in split_words(found.text, found.atoms):
        is_inside = (found.target_starts < high) & (found.target_ends > low)
        mean = weights[is_inside, first:-1].mean(axis=0)
        best = int(positions[np.argmax(mean)]) if len(positions) else position
        mass = partial(_mass, mean, positions)
        is_kept = (low, high) in found.kept
        words.append(AlignedWord(start + low, start + high, mass, best, is_kept))
    return words


def _mass(weights: np.ndarray, positions: np.ndarray, start: int, end: int) -> float:
    return float(weights[(positions >= start) & (positions < end)].sum())
