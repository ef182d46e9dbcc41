import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.decoding.top_tokens import Normalizer, top_tokens
from nlp_apps.text.special_ids import NEG_INF, PAD

BOS, EOS = 2, 3


def by_sorting(logits, totals, is_last, num_tokens, bos_id, eos_id):
    """Sorts all totals: of equal ones the lower beam, then the lower id is first."""
    shifted = logits - logits.max(-1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    ids = np.arange(logits.shape[-1])
    found = totals[:, :, None] + log_probs
    found[:, :, (ids == PAD) | (ids == bos_id)] = NEG_INF
    found[is_last[:, None, None] & (ids != eos_id) & np.ones(found.shape, bool)] = NEG_INF
    flat = found.reshape(len(found), -1)
    order = np.argsort(-flat, axis=-1, kind="stable")[:, :num_tokens]
    return np.take_along_axis(flat, order, -1), order // len(ids), order % len(ids)


@pytest.mark.parametrize("vocabulary_size", [6, 41, 300, 1009, 5000])
@pytest.mark.parametrize("beams", [1, 5])
@pytest.mark.parametrize("ids", [(BOS, EOS), (5, 4)])
def test_the_best_tokens_are_those_of_sorting_all(vocabulary_size, beams, ids):
    bos_id, eos_id = ids
    generator = np.random.default_rng(vocabulary_size)
    logits = generator.normal(size=(7, beams, vocabulary_size)).astype(np.float32) * 3
    logits[:, :, PAD] = logits[:, :, bos_id] = 30.0
    totals = -generator.random((7, beams)).astype(np.float32)
    is_last = np.arange(7) % 3 == 0
    num_tokens = 2 * beams
    found = top_tokens(
        *(tf.constant(logits), Normalizer.of(tf.constant(logits)), totals, is_last),
        num_tokens=num_tokens,
        bos_id=bos_id,
        eos_id=eos_id,
    )
    wanted = by_sorting(logits, totals, is_last, num_tokens, bos_id, eos_id)
    allowed = wanted[0] > NEG_INF / 2
    assert allowed[is_last].sum(-1).tolist() == [beams] * 3
    np.testing.assert_array_equal(found.totals.numpy() > NEG_INF / 2, allowed)
    np.testing.assert_allclose(found.totals.numpy()[allowed], wanted[0][allowed], atol=1e-5)
    np.testing.assert_array_equal(found.parents.numpy()[allowed], wanted[1][allowed])
    np.testing.assert_array_equal(found.token_ids.numpy()[allowed], wanted[2][allowed])


@pytest.mark.parametrize("vocabulary_size", [300, 1009, 5000])
def test_of_equal_totals_the_lower_beam_and_id_are_first(vocabulary_size):
    logits = np.zeros((1, 2, vocabulary_size), np.float32)
    logits[0, 0, [40, 250, 299]] = logits[0, 1, [7, 120]] = 1.0
    found = top_tokens(
        *(
            tf.constant(logits),
            Normalizer(*[tf.zeros((1, 2))] * 2),
            tf.zeros((1, 2)),
            tf.constant([False]),
        ),
        num_tokens=8,
        bos_id=BOS,
        eos_id=EOS,
    )
    assert found.parents.numpy().tolist() == [[0, 0, 0, 1, 1, 0, 0, 0]]
    assert found.token_ids.numpy().tolist() == [[40, 250, 299, 7, 120, 1, 3, 4]]


def test_the_normalizer_is_that_of_log_softmax():
    logits = tf.constant([[[-80.0, 3.0, 40.0, 39.5]], [[0.0, 0.0, 0.0, 0.0]]])
    largest, log_sum = Normalizer.of(logits)
    found = (logits - largest[:, :, None]) - log_sum[:, :, None]
    np.testing.assert_allclose(found, tf.nn.log_softmax(logits), rtol=1e-6)
