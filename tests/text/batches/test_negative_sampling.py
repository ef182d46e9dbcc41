"""Tests of nlp_apps.text.batches.negative_sampling."""

import numpy as np
import pytest

from nlp_apps.text.batches.contiguous_text import split_rows
from nlp_apps.text.batches.negative_sampling import NegativeSampler, SampledEpoch


def test_the_frequency_of_a_token_is_log_expected() -> None:
    counts = np.array([0, 99, 899, 9, 0, 40, 40, 500])
    negatives = NegativeSampler(counts, 4, seed=1)
    drawn = np.stack([negatives.sample(0, batch) for batch in range(4000)])
    assert all(len(set(row)) == 4 for row in drawn)
    share = np.bincount(drawn.ravel(), minlength=8) / 4000
    expected = np.exp(negatives.log_expected)
    assert expected.sum() == pytest.approx(4.0, rel=1e-4)
    np.testing.assert_allclose(share, expected, atol=0.06)
    assert expected[2] > expected[7] > expected[1] > expected[3] > expected[0]


def test_num_sampled_is_less_than_the_vocabulary() -> None:
    with pytest.raises(ValueError, match="num_sampled must be from 1 to 4, received 5"):
        NegativeSampler(np.ones(5), 5, seed=1)


def test_the_tokens_of_a_batch_depend_only_on_seed_epoch_and_batch() -> None:
    counts = np.ones(1000)
    first, same = NegativeSampler(counts, 50, seed=1), NegativeSampler(counts, 50, seed=1)
    np.testing.assert_array_equal(first.sample(2, 3), same.sample(2, 3))
    another_seed = NegativeSampler(counts, 50, seed=2)
    others = [first.sample(2, 4), first.sample(3, 3), another_seed.sample(2, 3)]
    assert not any(np.array_equal(first.sample(2, 3), other) for other in others)


def test_a_resumed_epoch_has_the_tokens_of_the_whole_one() -> None:
    stream = split_rows(np.arange(4, 104, dtype=np.int32), batch_tokens=10, sequence_length=5)
    epoch = SampledEpoch(stream, NegativeSampler(np.ones(104), 7, seed=1), epoch=1)
    whole = list(epoch.batches(0).as_numpy_iterator())
    rest = list(epoch.batches(4).as_numpy_iterator())
    assert len(whole) == len(epoch) == len(stream)
    for (inputs, targets), (again, targets_again) in zip(whole[4:], rest, strict=True):
        assert inputs["negatives"].shape == (7,)
        np.testing.assert_array_equal(inputs["negatives"], again["negatives"])
        np.testing.assert_array_equal(inputs["target_in"], again["target_in"])
        np.testing.assert_array_equal(targets, targets_again)
