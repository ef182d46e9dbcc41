"""Tests of nlp_apps.decoding.search, on an alphabet, with step functions made by hand and no model.

The "language" is a table of logits: what may follow the last two tokens. The step function keeps
the token before the last in its state, so a search that mixes up states is found out.
"""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.decoding.search import (
    StepOutput,
    beam_search,
    coverage,
    greedy_search,
    length_penalty,
    repeated_ngram_mask,
)
from nlp_apps.text.special_ids import NEG_INF, PAD

BOS, EOS, A, B, C = 1, 2, 3, 4, 5
VOCABULARY = 6
LETTERS = [A, B, C]
NOTHING = -50.0


def random_tables(count, seed=0, end=0.0):
    """<float32>[count, V, V, V]: logits of what follows two tokens, `end` added to those of EOS."""
    tables = np.random.default_rng(seed).normal(size=(count, *3 * (VOCABULARY,))) * 1.5
    tables[..., EOS] += end
    return tables.astype(np.float32)


def bigrams(**follows):
    """A table in which the last token alone decides: `bigrams(A={"B": 0.9, "EOS": 0.1})`."""
    names = {"BOS": BOS, "EOS": EOS, "A": A, "B": B, "C": C}
    table = np.full((VOCABULARY, VOCABULARY), NOTHING, np.float32)
    for last, after in follows.items():
        for token, probability in after.items():
            table[names[last], names[token]] = np.log(probability)
    return np.broadcast_to(table, (1, VOCABULARY, VOCABULARY, VOCABULARY)).copy()


def step_over(tables, attention=None):
    """A step function over tables, and its first state. `attention` [V, S] is the last token's."""
    tables = tf.convert_to_tensor(tables)

    def step(last, state):
        places = tf.stack([state["before"], last], axis=-1)
        weights = None if attention is None else tf.gather(tf.constant(attention), last)
        return StepOutput(tf.gather_nd(tables, places, batch_dims=1), {"before": last}, weights)

    return step, {"before": tf.fill((tf.shape(tables)[0], 1), BOS)}


def search(tables, *, attention=None, **options):
    """Greedy search, or beam search where `options` say how many beams."""
    step, state = step_over(tables, attention)
    options = {"batch_size": tf.shape(tables)[0], "bos_id": BOS, "eos_id": EOS, **options}
    if "beam_size" in options:
        found = beam_search(step, state, **options)
    else:
        found = greedy_search(step, state, **options)
    return type(found)(*(value.numpy() for value in found))


def words(token_ids):
    return [int(token) for token in token_ids if token != PAD]


# What a search should find, in plain Python -------------------------------------------------------


def log_softmax(scores):
    scores = scores.astype(np.float64)
    return scores - np.log(np.sum(np.exp(scores)))


def log_probability(table, answer):
    total, before, last = 0.0, BOS, BOS
    for token in answer:
        total += log_softmax(table[before, last])[token]
        before, last = last, token
    return total


def penalty(length, alpha):
    return ((5 + length) / 6) ** alpha


def every_answer(max_length):
    """Every sequence of letters that EOS closes within `max_length` tokens."""
    for length in range(max_length):
        for letters in itertools.product(LETTERS, repeat=length):
            yield [*letters, EOS]


def greedy_by_hand(table, max_length):
    answer: list[int] = []
    while EOS not in answer:
        choices = [EOS] if len(answer) == max_length - 1 else [EOS, *LETTERS]
        answer.append(max(choices, key=lambda token: log_probability(table, [*answer, token])))
    return answer


def beams_by_hand(table, max_length, beam_size, alpha):
    """Beam search over lists: answers among the best K leave; K of them close the search."""
    alive: list[list[int]] = [[]]
    pool: list[list[int]] = []
    for position in range(max_length):
        if len(pool) >= beam_size:
            break
        choices = [EOS] if position == max_length - 1 else [EOS, *LETTERS]
        candidates = [[*beginning, token] for beginning in alive for token in choices]
        candidates.sort(key=lambda answer: -log_probability(table, answer))
        pool += [answer for answer in candidates[:beam_size] if answer[-1] == EOS]
        alive = [answer for answer in candidates if answer[-1] != EOS][:beam_size]
    pool.sort(key=lambda answer: -log_probability(table, answer) / penalty(len(answer), alpha))
    return pool[:beam_size]


# Greedy -------------------------------------------------------------------------------------------

# A is the likelier beginning, but every way on from it is unlikely: a garden path.
GARDEN_PATH = bigrams(
    BOS={"A": 0.6, "B": 0.4},
    A={"A": 0.3, "B": 0.3, "C": 0.4},
    B={"EOS": 0.9, "C": 0.1},
    C={"EOS": 0.5, "A": 0.5},
)


def test_greedy_takes_the_most_probable_token_every_time():
    found = search(GARDEN_PATH, max_length=8)
    assert words(found.token_ids[0, 0]) == [A, C, EOS]
    assert found.lengths.tolist() == [[3]]
    assert np.exp(found.log_probabilities[0, 0]) == pytest.approx(0.6 * 0.4 * 0.5, rel=1e-4)
    np.testing.assert_array_equal(found.scores, found.log_probabilities)


@pytest.mark.parametrize("end", [-2.0, 0.0, 1.5])
def test_greedy_equals_greedy_by_hand(end):
    tables = random_tables(32, end=end)
    found = search(tables, max_length=7)
    for row, table in enumerate(tables):
        wanted = greedy_by_hand(table, 7)
        assert words(found.token_ids[row, 0]) == wanted
        assert found.log_probabilities[row, 0] == pytest.approx(
            log_probability(table, wanted), abs=1e-4
        )


# Beams --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.0, 0.6])
@pytest.mark.parametrize("end", [-3.0, 0.0, 2.0])
def test_one_beam_equals_greedy(end, alpha):
    tables = random_tables(128, seed=1, end=end)
    greedy = search(tables, max_length=9)
    beam = search(tables, max_length=9, beam_size=1, length_alpha=alpha)
    np.testing.assert_array_equal(beam.token_ids, greedy.token_ids)
    np.testing.assert_array_equal(beam.lengths, greedy.lengths)
    np.testing.assert_allclose(beam.log_probabilities, greedy.log_probabilities, atol=1e-4)
    np.testing.assert_allclose(
        beam.scores, greedy.log_probabilities / penalty(greedy.lengths, alpha), atol=1e-4
    )


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.0])
def test_enough_beams_equal_brute_force_over_every_answer(alpha):
    # Three letters in at most four tokens: 1 + 3 + 9 + 27 answers, so 40 beams lose none, and the
    # search is closed by none before the last position.
    tables, answers = random_tables(8, seed=2), list(every_answer(4))
    found = search(tables, max_length=4, beam_size=len(answers), length_alpha=alpha)
    for row, table in enumerate(tables):

        def score(answer, table=table):
            return log_probability(table, answer) / penalty(len(answer), alpha)

        wanted = sorted(answers, key=score, reverse=True)
        assert [words(answer) for answer in found.token_ids[row]] == wanted
        np.testing.assert_allclose(
            found.scores[row], [score(answer) for answer in wanted], rtol=1e-4
        )
        np.testing.assert_allclose(
            found.log_probabilities[row],
            [log_probability(table, answer) for answer in wanted],
            rtol=1e-4,
        )


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("beam_size", [2, 3, 5])
def test_few_beams_equal_beam_search_by_hand(beam_size, alpha):
    tables = np.concatenate([random_tables(12, seed=3, end=end) for end in (-2.0, 0.0, 1.0)])
    found = search(tables, max_length=6, beam_size=beam_size, length_alpha=alpha)
    for row, table in enumerate(tables):
        wanted = beams_by_hand(table, 6, beam_size, alpha)
        assert [words(answer) for answer in found.token_ids[row]] == wanted


def test_beams_find_the_way_out_of_a_garden_path():
    greedy = search(GARDEN_PATH, max_length=8)
    beam = search(GARDEN_PATH, max_length=8, beam_size=2, length_alpha=0.0)
    assert words(beam.token_ids[0, 0]) == [B, EOS]
    assert np.exp(beam.log_probabilities[0, 0]) == pytest.approx(0.36, rel=1e-4)
    assert beam.log_probabilities[0, 0] > greedy.log_probabilities[0, 0]


def test_a_length_penalty_prefers_the_longer_answer():
    # A: ln 0.52 = -0.654 in 2 tokens; B C: ln 0.48 = -0.734 in 3. With alpha 1 they are divided by
    # 7/6 and 8/6: -0.560 and -0.550.
    table = bigrams(BOS={"A": 0.52, "B": 0.48}, A={"EOS": 1.0}, B={"C": 1.0}, C={"EOS": 1.0})
    for alpha, wanted in ((0.0, [A, EOS]), (0.6, [A, EOS]), (1.0, [B, C, EOS])):
        found = search(table, max_length=8, beam_size=2, length_alpha=alpha)
        assert words(found.token_ids[0, 0]) == wanted


def test_the_best_come_first_and_no_answer_comes_twice():
    found = search(random_tables(32, seed=4), max_length=8, beam_size=5)
    assert np.all(np.diff(found.scores, axis=1) <= 0)
    for row in found.token_ids:
        assert len({tuple(answer) for answer in row}) == 5


def test_fewer_answers_than_beams_leave_empty_ones_at_the_end():
    table = bigrams(BOS={"A": 1.0}, A={"EOS": 1.0})
    table[table == NOTHING] = 2 * NEG_INF
    found = search(table, max_length=3, beam_size=3)
    assert words(found.token_ids[0, 0]) == [A, EOS]
    assert found.lengths.tolist() == [[2, 0, 0]]
    assert np.all(found.scores[0, 1:] <= NEG_INF)


def test_the_length_penalty_is_that_of_wu_et_al():
    lengths = tf.constant([1, 7, 13])
    np.testing.assert_allclose(length_penalty(lengths, 1.0), [1.0, 2.0, 3.0], rtol=1e-6)
    np.testing.assert_allclose(length_penalty(lengths, 0.0), [1.0, 1.0, 1.0])
    # (5 + 7) ** 0.6 / (5 + 1) ** 0.6 = 1.515717; (5 + 13) ** 0.6 / 6 ** 0.6 = 1.933182
    np.testing.assert_allclose(length_penalty(lengths, 0.6), [1.0, 1.515717, 1.933182], rtol=1e-5)


# Coverage -----------------------------------------------------------------------------------------


def test_the_coverage_penalty_is_that_of_wu_et_al():
    attended = tf.constant([[[0.5, 1.7, 0.25, 0.3], [1.0, 2.0, 1.0, 0.0]]])
    mask = tf.constant([[True, True, True, False]])
    # 0.2 * (ln 0.5 + ln 1 + ln 0.25) = -0.415888; the last position is padding.
    np.testing.assert_allclose(coverage(attended, mask, 0.2), [[-0.4158883, 0.0]], atol=1e-6)


def test_a_position_never_attended_costs_much_and_stays_finite():
    penalty_of_none = coverage(tf.zeros((1, 1, 2)), tf.constant([[True, False]]), 1.0)
    assert -20 < float(penalty_of_none[0, 0]) < -5


# A is likelier; but after A only the first of two source positions is looked at, after B both are.
TWO_WAYS = bigrams(BOS={"A": 0.55, "B": 0.45}, A={"EOS": 1.0}, B={"EOS": 1.0})
LOOKS = np.zeros((VOCABULARY, 3), np.float32)
LOOKS[[BOS, B]], LOOKS[A] = [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]


def test_coverage_changes_the_choice():
    options = {
        "attention": LOOKS,
        "beam_size": 2,
        "max_length": 4,
        "length_alpha": 0.0,
        "memory_mask": tf.constant([[True, True, False]]),
    }
    without = search(TWO_WAYS, **options)
    assert [words(answer) for answer in without.token_ids[0]] == [[A, EOS], [B, EOS]]
    found = search(TWO_WAYS, coverage_beta=1.0, **options)
    assert [words(answer) for answer in found.token_ids[0]] == [[B, EOS], [A, EOS]]
    # A: positions seen 1.5 and 0.5 times; B: once each.
    np.testing.assert_allclose(found.scores, [np.log([0.45, 0.55 * 0.5])], atol=1e-5)
    np.testing.assert_allclose(found.log_probabilities, [np.log([0.45, 0.55])], atol=1e-5)


def test_coverage_follows_its_beam_when_beams_change_places():
    # Every score must be that of its own answer, worked out from the answer alone.
    tables = random_tables(16, seed=5)
    looks = np.random.default_rng(6).dirichlet([0.5] * 4, size=VOCABULARY).astype(np.float32)
    mask = np.ones((16, 4), bool)
    mask[::2, 3] = False
    found = search(
        tables,
        attention=looks,
        beam_size=4,
        max_length=6,
        length_alpha=0.6,
        coverage_beta=0.5,
        memory_mask=tf.constant(mask),
    )
    for row, table in enumerate(tables):
        for beam in range(4):
            answer = words(found.token_ids[row, beam])
            attended = np.sum(looks[[BOS, *answer[:-1]]], axis=0)
            logs = np.log(np.clip(attended, 1e-4, 1.0))[mask[row]]
            wanted = log_probability(table, answer) / penalty(len(answer), 0.6)
            assert found.scores[row, beam] == pytest.approx(wanted + 0.5 * logs.sum(), abs=1e-4)


# Repeats ------------------------------------------------------------------------------------------


def repeated_by_hand(tokens, size):
    """Tokens that would end an n-gram which is in `tokens` already."""
    if len(tokens) < size - 1:
        return set()
    tail = tokens[len(tokens) - (size - 1) :]
    grams = [tokens[start : start + size] for start in range(len(tokens) - size + 1)]
    return {gram[-1] for gram in grams if gram[:-1] == tail}


@settings(max_examples=100)
@given(
    rows=st.lists(
        st.lists(st.sampled_from(LETTERS), min_size=7, max_size=7), min_size=1, max_size=3
    ),
    time=st.integers(0, 7),
    size=st.integers(1, 4),
)
def test_the_tokens_that_would_repeat_an_n_gram_are_those_found_by_hand(rows, time, size):
    tokens = np.array(rows, np.int32)
    tokens[:, time:] = PAD
    marked = repeated_ngram_mask(tf.constant(tokens), tf.constant(time), size, VOCABULARY).numpy()
    for row, answer in enumerate(rows):
        assert set(np.flatnonzero(marked[row])) == repeated_by_hand(answer[:time], size)


def test_after_a_b_c_a_b_the_third_of_three_is_c():
    tokens = tf.constant([[A, B, C, A, B, PAD]])
    marked = repeated_ngram_mask(tokens, tf.constant(5), 3, VOCABULARY)
    assert np.flatnonzero(marked[0]).tolist() == [C]


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("beam", [{}, {"beam_size": 3}], ids=["greedy", "beam"])
def test_no_answer_repeats_an_n_gram(beam, size):
    tables = random_tables(16, seed=7, end=-6.0)
    free = search(tables, max_length=12, **beam)
    found = search(tables, max_length=12, no_repeat_ngram_size=size, **beam)

    def repeats(answers):
        for answer in answers.reshape(-1, 12).tolist():
            grams = list(zip(*(words(answer)[start:] for start in range(size)), strict=False))
            yield len(set(grams)) < len(grams)

    assert any(repeats(free.token_ids))
    assert not any(repeats(found.token_ids))


# Shapes, ends and batches -------------------------------------------------------------------------

KINDS = pytest.mark.parametrize(
    "options",
    [{}, {"beam_size": 3}, {"beam_size": 3, "no_repeat_ngram_size": 2}],
    ids=["greedy", "beam", "beam_no_repeat"],
)


@KINDS
def test_a_cut_answer_ends_in_end(options):
    found = search(random_tables(8, seed=8, end=-30.0), max_length=5, **options)
    assert np.all(found.token_ids[:, 0, :4] > EOS)
    assert np.all(found.token_ids[:, 0, 4] == EOS)
    assert np.all(found.lengths[:, 0] == 5)


@KINDS
def test_answers_end_once_are_padded_after_and_hold_neither_padding_nor_beginning(options):
    tables = random_tables(32, seed=9)
    tables[..., [PAD, BOS]] += 10.0  # tempting, and forbidden
    found = search(tables, max_length=7, **options)
    for answer, length in zip(
        found.token_ids.reshape(-1, 7), found.lengths.reshape(-1), strict=True
    ):
        assert answer[length - 1] == EOS
        assert np.all(answer[: length - 1] > EOS)
        assert np.all(answer[length:] == PAD)


@KINDS
def test_one_token_of_room_is_the_end_and_nothing_else(options):
    found = search(random_tables(4, seed=10), max_length=1, **options)
    assert found.token_ids[:, 0].tolist() == [[EOS]] * 4


@KINDS
def test_sentences_of_a_batch_do_not_influence_each_other(options):
    tables = np.concatenate([random_tables(4, seed=11, end=end) for end in (-4.0, 3.0)])
    together = search(tables, max_length=8, **options)
    for row in range(len(tables)):
        alone = search(tables[row : row + 1], max_length=8, **options)
        np.testing.assert_array_equal(alone.token_ids[0], together.token_ids[row])
        np.testing.assert_allclose(alone.scores[0], together.scores[row], rtol=1e-5)


@KINDS
def test_a_search_stops_when_every_sentence_has_ended(options):
    calls = []
    step, state = step_over(bigrams(BOS={"A": 0.5, "B": 0.4, "C": 0.1}))
    ends = tf.one_hot([EOS], VOCABULARY) * 40.0

    def counted(last, state):
        calls.append(last)
        output = step(last, state)
        return output if len(calls) == 1 else output._replace(logits=output.logits * 0.0 + ends)

    run = beam_search if "beam_size" in options else greedy_search
    run(counted, state, batch_size=1, max_length=50, bos_id=BOS, eos_id=EOS, **options)
    assert len(calls) == 2


@KINDS
def test_one_traced_function_serves_every_batch_and_length(options):
    options = dict(options)
    looks = np.full((VOCABULARY, 2), 0.5, np.float32)
    if "beam_size" in options:
        options |= {"coverage_beta": 0.3}

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, *3 * (VOCABULARY,)), tf.float32),
            tf.TensorSpec((None, None), tf.bool),
            tf.TensorSpec((), tf.int32),
        ]
    )
    def run(tables, mask, max_length):
        step, state = step_over(tables, looks)
        common = {
            "batch_size": tf.shape(tables)[0],
            "max_length": max_length,
            "bos_id": BOS,
            "eos_id": EOS,
            **options,
        }
        if "beam_size" in options:
            return beam_search(step, state, memory_mask=mask, **common)
        return greedy_search(step, state, **common)

    for rows, max_length in ((5, 6), (1, 3), (3, 9)):
        tables, mask = random_tables(rows, seed=rows), np.ones((rows, 2), bool)
        found = run(tables, mask, max_length)
        memory = {"memory_mask": tf.constant(mask)} if "beam_size" in options else {}
        wanted = search(tables, attention=looks, max_length=max_length, **memory, **options)
        assert found.token_ids.shape == wanted.token_ids.shape
        np.testing.assert_array_equal(found.token_ids, wanted.token_ids)
        np.testing.assert_allclose(found.scores, wanted.scores, rtol=1e-5)
    assert run.experimental_get_tracing_count() == 1


def test_each_sentence_may_have_a_limit_of_its_own():
    limits = tf.constant([2, 5, 3])

    def step(token_ids, state):
        logits = tf.tile(tf.constant([[[0.0, 0.0, -9.0, 3.0, 2.0]]]), (3, token_ids.shape[1], 1))
        return StepOutput(logits, state, None)

    for beam_size in (1, 2):
        found = beam_search(
            step,
            (tf.zeros((3, 1, 1)),),
            batch_size=3,
            beam_size=beam_size,
            max_length=limits,
            bos_id=1,
            eos_id=2,
            length_alpha=0.0,
        )
        assert found.lengths[:, 0].numpy().tolist() == [2, 5, 3]
        assert found.token_ids.shape[-1] == 5
