"""Greedy and beam search find the hypotheses that plain Python finds over an alphabet."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.decoding.search import StepOutput, beam_search, greedy_search
from nlp_apps.text.special_ids import NEG_INF, PAD
from tests.decoding.alphabet import (
    BOS,
    EOS,
    NO_LOGIT,
    VOCABULARY,
    A,
    B,
    C,
    beams_by_hand,
    bigrams,
    every_hypothesis,
    greedy_by_hand,
    log_probability,
    penalty,
    random_tables,
    search,
    step_over,
    words,
)

# Greedy -------------------------------------------------------------------------------------------

# A is the more probable beginning, but each continuation of it is improbable: a garden path.
GARDEN_PATH = bigrams(
    BOS={"A": 0.6, "B": 0.4},
    A={"A": 0.3, "B": 0.3, "C": 0.4},
    B={"EOS": 0.9, "C": 0.1},
    C={"EOS": 0.5, "A": 0.5},
)


def test_greedy_chooses_the_most_probable_token_at_every_step():
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
def test_enough_beams_equal_brute_force_over_every_hypothesis(alpha):
    # Three letters in at most four tokens: 1 + 3 + 9 + 27 hypotheses, so 40 beams lose none, and no
    # sentence ends before the last position.
    tables, hypotheses = random_tables(8, seed=2), list(every_hypothesis(4))
    found = search(tables, max_length=4, beam_size=len(hypotheses), length_alpha=alpha)
    for row, table in enumerate(tables):

        def score(hypothesis, table=table):
            return log_probability(table, hypothesis) / penalty(len(hypothesis), alpha)

        wanted = sorted(hypotheses, key=score, reverse=True)
        assert [words(hypothesis) for hypothesis in found.token_ids[row]] == wanted
        np.testing.assert_allclose(
            found.scores[row], [score(hypothesis) for hypothesis in wanted], rtol=1e-4
        )
        np.testing.assert_allclose(
            found.log_probabilities[row],
            [log_probability(table, hypothesis) for hypothesis in wanted],
            rtol=1e-4,
        )


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("beam_size", [2, 3, 5])
def test_few_beams_equal_beam_search_by_hand(beam_size, alpha):
    tables = np.concatenate([random_tables(12, seed=3, end=end) for end in (-2.0, 0.0, 1.0)])
    found = search(tables, max_length=6, beam_size=beam_size, length_alpha=alpha)
    for row, table in enumerate(tables):
        wanted = beams_by_hand(table, 6, beam_size, alpha)
        assert [words(hypothesis) for hypothesis in found.token_ids[row]] == wanted


def test_beams_find_the_way_out_of_a_garden_path():
    greedy = search(GARDEN_PATH, max_length=8)
    beam = search(GARDEN_PATH, max_length=8, beam_size=2, length_alpha=0.0)
    assert words(beam.token_ids[0, 0]) == [B, EOS]
    assert np.exp(beam.log_probabilities[0, 0]) == pytest.approx(0.36, rel=1e-4)
    assert beam.log_probabilities[0, 0] > greedy.log_probabilities[0, 0]


def test_a_length_penalty_prefers_the_longer_hypothesis():
    # A: ln 0.52 = -0.654 in 2 tokens; B C: ln 0.48 = -0.734 in 3. With alpha 1 they are divided by
    # 7/6 and 8/6: -0.560 and -0.550.
    table = bigrams(BOS={"A": 0.52, "B": 0.48}, A={"EOS": 1.0}, B={"C": 1.0}, C={"EOS": 1.0})
    for alpha, wanted in ((0.0, [A, EOS]), (0.6, [A, EOS]), (1.0, [B, C, EOS])):
        found = search(table, max_length=8, beam_size=2, length_alpha=alpha)
        assert words(found.token_ids[0, 0]) == wanted


def test_the_best_come_first_and_no_hypothesis_occurs_twice():
    found = search(random_tables(32, seed=4), max_length=8, beam_size=5)
    assert np.all(np.diff(found.scores, axis=1) <= 0)
    for row in found.token_ids:
        assert len({tuple(hypothesis) for hypothesis in row}) == 5


def test_fewer_hypotheses_than_beams_leave_empty_ones_at_the_end():
    table = bigrams(BOS={"A": 1.0}, A={"EOS": 1.0})
    table[table == NO_LOGIT] = 2 * NEG_INF
    found = search(table, max_length=3, beam_size=3)
    assert words(found.token_ids[0, 0]) == [A, EOS]
    assert found.lengths.tolist() == [[2, 0, 0]]
    assert np.all(found.scores[0, 1:] <= NEG_INF)


# Coverage -----------------------------------------------------------------------------------------


# A is more probable; but after A only the first of two source positions is coverage, after B both.
TWO_WAYS = bigrams(BOS={"A": 0.55, "B": 0.45}, A={"EOS": 1.0}, B={"EOS": 1.0})
ATTENTION = np.zeros((VOCABULARY, 3), np.float32)
ATTENTION[[BOS, B]], ATTENTION[A] = [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]


def test_coverage_changes_the_choice():
    options = {
        "attention": ATTENTION,
        "beam_size": 2,
        "max_length": 4,
        "length_alpha": 0.0,
        "memory_mask": tf.constant([[True, True, False]]),
    }
    without = search(TWO_WAYS, **options)
    assert [words(hypothesis) for hypothesis in without.token_ids[0]] == [[A, EOS], [B, EOS]]
    found = search(TWO_WAYS, coverage_beta=1.0, **options)
    assert [words(hypothesis) for hypothesis in found.token_ids[0]] == [[B, EOS], [A, EOS]]
    # A: positions seen 1.5 and 0.5 times; B: once each.
    np.testing.assert_allclose(found.scores, [np.log([0.45, 0.55 * 0.5])], atol=1e-5)
    np.testing.assert_allclose(found.log_probabilities, [np.log([0.45, 0.55])], atol=1e-5)


def test_coverage_follows_its_beam_when_beams_change_places():
    # Every score must be that of its own hypothesis, computed from the hypothesis alone.
    tables = random_tables(16, seed=5)
    attention_rows = (
        np.random.default_rng(6).dirichlet([0.5] * 4, size=VOCABULARY).astype(np.float32)
    )
    mask = np.ones((16, 4), bool)
    mask[::2, 3] = False
    found = search(
        tables,
        attention=attention_rows,
        beam_size=4,
        max_length=6,
        length_alpha=0.6,
        coverage_beta=0.5,
        memory_mask=tf.constant(mask),
    )
    for row, table in enumerate(tables):
        for beam in range(4):
            hypothesis = words(found.token_ids[row, beam])
            coverage = np.sum(attention_rows[[BOS, *hypothesis[:-1]]], axis=0)
            logs = np.log(np.clip(coverage, 1e-4, 1.0))[mask[row]]
            wanted = log_probability(table, hypothesis) / penalty(len(hypothesis), 0.6)
            assert found.scores[row, beam] == pytest.approx(wanted + 0.5 * logs.sum(), abs=1e-4)


# Repeats ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("beam", [{}, {"beam_size": 3}], ids=["greedy", "beam"])
def test_no_hypothesis_repeats_an_n_gram(beam, size):
    tables = random_tables(16, seed=7, end=-6.0)
    free = search(tables, max_length=12, **beam)
    found = search(tables, max_length=12, no_repeat_ngram_size=size, **beam)

    def repeats(hypotheses):
        for hypothesis in hypotheses.reshape(-1, 12).tolist():
            grams = list(zip(*(words(hypothesis)[start:] for start in range(size)), strict=False))
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
def test_a_truncated_hypothesis_ends_in_eos(options):
    found = search(random_tables(8, seed=8, end=-30.0), max_length=5, **options)
    assert np.all(found.token_ids[:, 0, :4] > EOS)
    assert np.all(found.token_ids[:, 0, 4] == EOS)
    assert np.all(found.lengths[:, 0] == 5)


@KINDS
def test_hypotheses_end_once_are_padded_after_and_contain_neither_pad_nor_bos(options):
    tables = random_tables(32, seed=9)
    tables[..., [PAD, BOS]] += 10.0  # tempting, and forbidden
    found = search(tables, max_length=7, **options)
    for hypothesis, length in zip(
        found.token_ids.reshape(-1, 7), found.lengths.reshape(-1), strict=True
    ):
        assert hypothesis[length - 1] == EOS
        assert np.all(hypothesis[: length - 1] > EOS)
        assert np.all(hypothesis[length:] == PAD)


@KINDS
def test_a_max_length_of_one_returns_eos_only(options):
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
def test_sentences_that_have_ended_are_left_out(options):
    tables = np.concatenate([random_tables(4, seed=11, end=end) for end in (-4.0, 0.0, 3.0)])
    sizes = []

    def step(last, state, tables):
        sizes.append(int(tf.shape(last)[0]))
        places = tf.stack([state, last], axis=-1)
        return StepOutput(tf.gather_nd(tables, places, batch_dims=1), last, None)

    run = beam_search if "beam_size" in options else greedy_search
    found = run(
        step,
        tf.fill((12, 1), BOS),
        memory=tf.constant(tables),
        **{"batch_size": tf.constant(12), "max_length": 9, "bos_id": BOS, "eos_id": EOS},
        **options,
    )
    wanted = search(tables, max_length=9, **options)
    np.testing.assert_array_equal(found.token_ids, wanted.token_ids)
    np.testing.assert_allclose(found.scores, wanted.scores, rtol=1e-5)
    assert sizes[0] == 12
    assert sizes[-1] < 6
    assert len(sizes) == found.lengths.numpy().max()


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
    attention_rows = np.full((VOCABULARY, 2), 0.5, np.float32)
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
        step, state = step_over(tables, attention_rows)
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
        wanted = search(
            tables, attention=attention_rows, max_length=max_length, **memory, **options
        )
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
