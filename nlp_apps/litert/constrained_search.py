"""Beam search with constraints in NumPy, for one sentence over a `.tflite`'s `decode_step`.

The same search as `decoding.search.beam_search` with `decoding.constraints`, which explains it.

Letters in shapes: K beams, V vocabulary, S source length.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nlp_apps.text.special_ids import NEG_INF

Step = Callable[[list[int], np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray | None]]
"""(last tokens, states [K, ...]) -> log probabilities <float32>[K, V], states, attention [K, S]."""


class Target(NamedTuple):
    """A constraint.

    Attributes:
        span: <bool>[S], its source positions.
        token_ids: at least one.
        is_reserved: the first token may only start the constraint.
    """

    span: np.ndarray
    token_ids: list[int]
    is_reserved: bool


@dataclass(frozen=True)
class _Hypothesis:
    """A prefix: its coded ids, its log probability, and the progress of its constraints."""

    coded: tuple[int, ...]
    total: np.float32
    missing: tuple[int, ...]
    active: int
    position: int
    is_after: bool
    row: int  # of the states
    coverage: Any
    attention: tuple[np.ndarray, ...] = ()
    score: float = 0.0


class Found(NamedTuple):
    """A hypothesis.

    Attributes:
        coded: `token + V * (constraint + 1)` of each of its T tokens; constraint -1: none.
        total: its log probability.
        attention: T rows <float32>[S]; none without attention.
    """

    coded: list[int]
    total: float
    attention: tuple[np.ndarray, ...]


def constrained_search(
    step: Step,
    state: np.ndarray,
    targets: Sequence[Target],
    settings: Mapping[str, Any],
    *,
    beam_size: int,
    limit: int,
    bos_id: int,
    eos_id: int,
    continues_word: np.ndarray,
) -> list[Found]:
    """Searches hypotheses that contain every target.

    Args:
        step: the step function.
        state: the initial state of each of K beams.
        targets: the constraints, in the order of the source.
        settings: `length_penalty`, `coverage_penalty` and `no_repeat_ngram_size`.
        beam_size: K.
        limit: maximum number of tokens, enough for those of the targets and EOS.
        bos_id: id of the first input token.
        eos_id: id of the token that ends a hypothesis.
        continues_word: <bool>[V], tokens that would continue the last word of a constraint.

    Returns:
        Each hypothesis, best first.
    """
    size = len(continues_word)
    alpha, beta = settings.get("length_penalty", 0.0), settings.get("coverage_penalty", 0.0)
    every = tuple(range(len(targets)))
    alive = [_Hypothesis((), np.float32(0), every, -1, 0, False, 0, 0.0)]
    pool: list[_Hypothesis] = []
    count = 0
    for time in range(limit):
        if not alive or count >= beam_size:
            break
        last = [one.coded[-1] % size if one.coded else bos_id for one in alive]
        last += [bos_id] * (beam_size - len(alive))
        rows = [one.row for one in alive]
        state = state[rows + [0] * (beam_size - len(rows))]
        log_probs, state, weights = step(last, state)
        log_probs = log_probs.copy()
        for row, one in enumerate(alive):
            repeated = _repeated(one.coded, size, settings.get("no_repeat_ngram_size", 0))
            log_probs[row, repeated] = NEG_INF
        scored = [
            _score(
                *(targets, one, log_probs[row], None if weights is None else weights[row]),
                steps_left=limit - time,
                eos_id=eos_id,
                continues_word=continues_word,
            )
            for row, one in enumerate(alive)
        ]
        totals = np.stack(
            [one.total + best for one, (best, _, _) in zip(alive, scored, strict=True)]
        )
        if time == limit - 1:
            totals[:, np.arange(size) != eos_id] = NEG_INF
        chosen = _top(totals, 2 * beam_size)
        following = [
            _extend(targets, alive[row], row, token, totals[row, token], scored[row], weights, size)
            for row, token in chosen
        ]
        for one in following[:beam_size]:
            if one.coded[-1] == eos_id:
                score = float(one.total) / ((5.0 + time + 1) / 6.0) ** alpha
                if beta and weights is not None:
                    score += beta * float(np.log(np.clip(one.coverage, 1e-4, 1.0)).sum())
                pool.append(_scored(one, score))
                count += 1
        alive = [one for one in following if one.coded[-1] != eos_id][:beam_size]
        pool = sorted(pool, key=lambda one: -one.score)[:beam_size]
    return [Found(list(one.coded), float(one.total), one.attention) for one in pool]


def _score(
    targets: Sequence[Target],
    one: _Hypothesis,
    log_probs: np.ndarray,
    weights: np.ndarray | None,
    *,
    steps_left: int,
    eos_id: int,
    continues_word: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, dict[int, np.float32]]:
    """Returns best and free log probabilities <float32>[V], and those of starts by constraint."""
    if one.active >= 0:
        forced = np.full_like(log_probs, NEG_INF)
        forced[targets[one.active].token_ids[one.position]] = 0.0
        return forced, forced, {}
    mass: dict[int, Any] = dict.fromkeys(one.missing, np.float32(0))
    if weights is not None:
        mass = {index: weights[targets[index].span].sum() for index in one.missing}
    rest: Any = np.float32(max(1.0 - sum(mass.values()), 0.0))
    starts = {}
    for order, index in enumerate(one.missing):
        early_eos: Any = rest * np.exp(log_probs[eos_id]) if order == 0 else np.float32(0)
        starts[index] = _log(mass[index] + early_eos)
    free = log_probs + _log(rest)
    num_left = sum(len(targets[index].token_ids) for index in one.missing) + 1
    if one.missing:
        free[eos_id] = NEG_INF
        if num_left >= steps_left:
            free[:] = NEG_INF
    if one.is_after:
        free[continues_word] = NEG_INF
    for target in targets:
        if target.is_reserved:
            free[target.token_ids[0]] = NEG_INF
    best = free.copy()
    for index, value in starts.items():
        first = targets[index].token_ids[0]
        best[first] = max(best[first], value)
    return best, free, starts


def _extend(
    targets: Sequence[Target],
    one: _Hypothesis,
    row: int,
    token: int,
    total: np.float32,
    scored: tuple[np.ndarray, np.ndarray, dict[int, np.float32]],
    weights: np.ndarray | None,
    size: int,
) -> _Hypothesis:
    """Returns a hypothesis with one more token."""
    _, free, starts = scored
    active, position, missing = one.active, one.position + 1, one.missing
    if active < 0:
        same = [index for index in starts if targets[index].token_ids[0] == token]
        started = max(same, key=lambda index: (starts[index], -index), default=-1)
        if started >= 0 and starts[started] >= free[token]:
            active, position = started, 1
            missing = tuple(index for index in missing if index != started)
    coded = (*one.coded, token + size * (active + 1))
    is_complete = active >= 0 and position >= len(targets[active].token_ids)
    coverage = one.coverage if weights is None else one.coverage + weights[row]
    return _Hypothesis(
        *(coded, total, missing, -1 if is_complete else active, position, is_complete, row),
        coverage,
        one.attention if weights is None else (*one.attention, weights[row]),
    )


def _scored(one: _Hypothesis, score: float) -> _Hypothesis:
    return _Hypothesis(**{**one.__dict__, "score": score})


def _top(totals: np.ndarray, count: int) -> list[tuple[int, int]]:
    """Returns row and token of the best totals; of equal ones the lower row, then the lower id."""
    flat = totals.reshape(-1)
    count = min(count, flat.size)
    least = np.partition(flat, flat.size - count)[flat.size - count]
    found = np.flatnonzero((flat >= least) & (flat > NEG_INF / 2))
    found = found[np.argsort(-flat[found], kind="stable")][:count]
    return [divmod(int(index), totals.shape[1]) for index in found]


def _repeated(coded: Sequence[int], size: int, ngram_size: int) -> list[int]:
    """Returns the tokens that would repeat an n-gram; 0: none."""
    tokens = [one % size for one in coded]
    if not ngram_size or len(tokens) < ngram_size:
        return []
    context = tokens[len(tokens) - ngram_size + 1 :]
    ends = range(ngram_size - 1, len(tokens))
    return [tokens[end] for end in ends if tokens[end - ngram_size + 1 : end] == context]


def _log(value: Any) -> np.float32:
    return np.float32(math.log(max(float(value), 1e-30)))
