"""Every hypothesis of a constrained search contains every constraint, and both searches agree."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.decoding.constraints import Constraints
from nlp_apps.decoding.search import StepOutput, beam_search
from nlp_apps.litert.constrained_search import Target, constrained_search

BOS, EOS, SIZE, SOURCE = 2, 3, 12, 6
NO_WORD = np.zeros(SIZE, bool)


def model(seed, *, end=0.0):
    """Log probabilities <float32>[V, V] and attention [V, S] after each token."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(SIZE, SIZE)).astype(np.float32) * 2
    logits[:, [0, BOS]] = -1e9
    logits[:, EOS] += end
    weights = random.dirichlet(np.full(SOURCE, 0.3), size=SIZE).astype(np.float32)
    return tf.nn.log_softmax(logits).numpy().copy(), weights


def search(table, targets, limit, *, beam_size=3, attends=True, continues_word=NO_WORD, **settings):
    """Hypotheses of `beam_search` for one sentence: (coded ids, log probability), best first."""
    log_probs, weights = table
    longest = max((len(one.token_ids) for one in targets), default=1)
    token_ids = np.zeros((1, max(len(targets), 1), longest), np.int32)
    lengths = np.zeros(token_ids.shape[:2], np.int32)
    spans = np.zeros((*lengths.shape, SOURCE), np.float32)
    is_reserved = np.zeros_like(lengths, bool)
    for column, one in enumerate(targets):
        token_ids[0, column, : len(one.token_ids)] = one.token_ids
        lengths[0, column], spans[0, column] = len(one.token_ids), one.span
        is_reserved[0, column] = one.is_reserved

    def step(last, state, _=None):
        attention = tf.gather(weights, last) if attends else None
        return StepOutput(tf.gather(log_probs, last), state, attention)

    found = beam_search(
        step,
        tf.zeros((1, 1, 1)),
        batch_size=1,
        beam_size=beam_size,
        max_length=limit,
        bos_id=BOS,
        eos_id=EOS,
        length_alpha=settings.get("length_penalty", 0.0),
        coverage_beta=settings.get("coverage_penalty", 0.0),
        no_repeat_ngram_size=settings.get("no_repeat_ngram_size", 0),
        memory_mask=tf.ones((1, SOURCE), tf.bool),
        constraints=Constraints(*map(tf.constant, (spans, token_ids, lengths, is_reserved))),
        continues_word=continues_word,
    )
    return [
        (ids[:length].tolist(), float(total))
        for ids, length, total in zip(
            found.token_ids[0].numpy(), found.lengths[0], found.log_probabilities[0], strict=True
        )
        if length
    ]


def targets_of(seed, count):
    random = np.random.default_rng(seed)
    places = random.permutation(SOURCE)
    return [
        Target(
            np.arange(SOURCE) == places[index],
            random.integers(4, SIZE, random.integers(1, 4)).tolist(),
            bool(random.integers(2)) and index == 0,
        )
        for index in range(count)
    ]


def runs(coded):
    """The tokens of each constraint, in order: {constraint: tokens}."""
    found: dict[int, list[int]] = {}
    for one in coded:
        owner, token = divmod(one, SIZE)
        if owner:
            found.setdefault(owner - 1, []).append(token)
    return found


@pytest.mark.parametrize("attends", [True, False], ids=["attention", "no_attention"])
@pytest.mark.parametrize("beam_size", [1, 3])
@pytest.mark.parametrize("seed", range(6))
def test_every_hypothesis_has_each_constraint_once_and_in_one_piece(seed, beam_size, attends):
    targets = targets_of(seed, seed % 4)
    needed = sum(len(one.token_ids) for one in targets) + 1
    limit = needed + seed % 5
    found = search(model(seed), targets, limit, beam_size=beam_size, attends=attends)
    assert found
    for coded, total in found:
        assert coded[-1] == EOS and len(coded) <= limit and total > -1e8
        assert runs(coded) == {index: one.token_ids for index, one in enumerate(targets)}
        owners = [one // SIZE for one in coded]
        changes = sum(a != b for a, b in zip(owners, owners[1:], strict=False) if b)
        assert changes + (owners[0] > 0) == len(targets)


SETTINGS = [
    {},
    {"length_penalty": 0.6, "no_repeat_ngram_size": 2},
    {"length_penalty": 1.0, "coverage_penalty": 0.3},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=["plain", "no_repeat", "coverage"])
@pytest.mark.parametrize("seed", range(5))
def test_the_search_of_a_host_equals_that_of_the_graph(seed, settings):
    log_probs, weights = model(seed)
    targets, continues_word = targets_of(seed, seed % 4), np.arange(SIZE) % 5 == 4
    limit = sum(len(one.token_ids) for one in targets) + 6

    def step(last, state):
        return log_probs[last], state, weights[last]

    host = constrained_search(
        *(step, np.zeros((3, 1), np.float32), targets, settings),
        beam_size=3,
        limit=limit,
        bos_id=BOS,
        eos_id=EOS,
        continues_word=continues_word,
    )
    graph = search((log_probs, weights), targets, limit, continues_word=continues_word, **settings)
    assert [one[0] for one in host] == [ids for ids, _ in graph]
    assert [one[1] for one in host] == pytest.approx([total for _, total in graph], abs=1e-4)


def test_attention_decides_the_place_of_a_constraint():
    log_probs = np.full((SIZE, SIZE), -20.0, np.float32)
    for last, following in ((BOS, 4), (4, 5), (5, 6), (6, EOS), (9, 6)):
        log_probs[last, following] = 0.0
    weights = np.zeros((SIZE, SOURCE), np.float32)
    weights[:, 0] = 1.0
    weights[4] = [0, 0.9, 0.1, 0, 0, 0]  # after token 4, the model reads source position 1
    target = Target(np.arange(SOURCE) == 1, [9], False)
    ((coded, _), *_) = search((log_probs, weights), [target], 8)
    assert coded == [4, 9 + SIZE, 6, EOS]


def test_a_reserved_token_is_written_by_its_constraint_only():
    log_probs, weights = model(1)
    log_probs[:, 7] = 3.0  # the model would write it all the time
    target = Target(np.arange(SOURCE) == 1, [7], True)
    for coded, _ in search((log_probs, weights), [target], 9):
        assert [one for one in coded if one % SIZE == 7] == [7 + SIZE]


def test_without_constraints_the_results_are_those_of_the_plain_search():
    log_probs, weights = model(5)
    plain = beam_search(
        lambda last, state: StepOutput(tf.gather(log_probs, last), state, tf.gather(weights, last)),
        tf.zeros((1, 1, 1)),
        batch_size=1,
        beam_size=3,
        max_length=7,
        bos_id=BOS,
        eos_id=EOS,
        length_alpha=0.0,
    )
    found = search((log_probs, weights), [], 7)
    assert [total for _, total in found] == plain.log_probabilities[0].numpy().tolist()
    assert [ids for ids, _ in found] == [
        ids[:length].tolist()
        for ids, length in zip(plain.token_ids[0].numpy(), plain.lengths[0], strict=True)
    ]
