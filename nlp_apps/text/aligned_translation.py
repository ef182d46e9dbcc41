"""The best translation of a sentence with the attention of its tokens, for its tags.

Every host makes it from the same parts: a run, a SavedModel and a `.tflite`.

Letters in shapes: S tokens of a sentence, T tokens of its translation.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from nlp_apps.text.constrained_text import (
    ConstrainedSentence,
    Constraint,
    TargetTables,
    put_back,
)


class AlignedTranslation(NamedTuple):
    """The best translation of a sentence, for its alignment.

    Attributes:
        text: the translation.
        log_probability: in nats.
        weights: <float>[T, S], attention to the tokens of the sentence, without tag and EOS.
        source_positions: <int>[S], the character before replacement in which each token ends.
        target_starts, target_ends: <int>[T], characters of `text`, EOS included.
        atoms: start and end of each constraint in `text`.
        kept: those of the protected spans.
        too_long: see `Translation`.
    """

    text: str
    log_probability: float
    weights: np.ndarray
    source_positions: np.ndarray
    target_starts: np.ndarray
    target_ends: np.ndarray
    atoms: list[tuple[int, int]]
    kept: set[tuple[int, int]]
    too_long: bool


class TargetTokens(NamedTuple):
    """The tokens of the best hypothesis.

    Attributes:
        text: the translation.
        ends: <int>[T], characters of `text` up to and including each token.
        owners: <int>[T], 1 + the constraint of each token; 0: none.
    """

    text: str
    ends: np.ndarray
    owners: np.ndarray


def read_target_tokens(
    coded_ids: Sequence[int],
    constraints: Sequence[Constraint],
    tables: TargetTables,
    decode: Callable[[list[int]], str],
) -> TargetTokens:
    """Finds the characters of the tokens of a hypothesis; arguments as `put_back`."""
    coded = np.array(coded_ids, int)
    owners = coded // len(tables.continues_word)
    # Of a constraint, the first token writes all of its text.
    is_written = (owners == 0) | (owners != np.concatenate([[0], owners[:-1]]))
    written = coded[is_written].tolist()
    texts = [
        put_back(written[:end], constraints, tables, decode) for end in range(len(written) + 1)
    ]
    sizes = np.array([len(text) for text in texts])
    return TargetTokens(texts[-1], sizes[np.cumsum(is_written)], owners)


def align_tokens(
    sentence: ConstrainedSentence,
    source_ends: np.ndarray,
    target: TargetTokens,
    weights: np.ndarray,
    log_probability: float,
    *,
    too_long: bool,
    num_characters: int | None = None,
) -> AlignedTranslation:
    """Aligns the characters of a sentence and of its translation.

    Args:
        sentence: the sentence.
        source_ends: <int>[S], characters up to and including each token: see `character_ends`.
        target: the tokens of the translation.
        weights: <float>[T, S].
        log_probability: in nats.
        too_long: see `Translation`.
        num_characters: characters of the sentence that the tokens are; None: all.
    """
    text, ends, owners = target
    starts = np.concatenate([[0], ends[:-1]])
    atoms, kept = [], set()
    for owner in dict.fromkeys(owners[owners > 0].tolist()):
        (places,) = np.nonzero(owners == owner)
        start, end = int(starts[places[0]]), int(ends[places[-1]])
        atoms.append((start + (text[start : start + 1] == " "), end))
        if sentence.constraints[owner - 1].is_span:
            kept.add(atoms[-1])
    if num_characters is None:
        num_characters = len(sentence.text)
    # The tokens may have one character more, the space before them.
    added = int(source_ends[-1]) - num_characters if len(source_ends) else 0
    positions = [sentence.origin(max(int(one), 0)) for one in source_ends - added - 1]
    return AlignedTranslation(
        text,
        log_probability,
        weights,
        np.array(positions, int),
        starts,
        ends,
        atoms,
        kept,
        too_long,
    )
