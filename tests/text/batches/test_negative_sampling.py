"""Drawn tokens come as often as they stand in the text, and the same ones come again."""

import numpy as np
import pytest

from nlp_apps.text.batches.contiguous_text import split_rows
from nlp_apps.text.batches.negative_sampling import NegativeSampler, SampledEpoch


def test_tokens_are_drawn_as_often_as_is_said() -> None:
    counts = np.array([0, 99, 899, 9, 0, 40, 40, 500])
    negatives = NegativeSampler(counts, 4, seed=1)
    drawn = np.stack([negatives.draw(0, batch) for batch in range(4000)])
    assert all(len(set(row)) == 4 for row in drawn)
    share = np.bincount(drawn.ravel(), minlength=8) / 4000
    expected = np.exp(negatives.log_expected)
    assert expected.sum() == pytest.approx(4.0, rel=1e-4)
    np.testing.assert_allclose(share, expected, atol=0.06)
    assert expected[2] > expected[7] > expected[1] > expected[3] > expected[0]


def test_they_are_fewer_than_the_vocabulary() -> None:
    with pytest.raises(ValueError, match="from 1 to 4; got 5"):
        NegativeSampler(np.ones(5), 5, seed=1)


def test_the_draws_of_a_batch_depend_on_seed_epoch_and_number_alone() -> None:
    counts = np.ones(1000)
    first = NegativeSampler(counts, 50, seed=1)
    np.testing.assert_array_equal(first.draw(2, 3), NegativeSampler(counts, 50, seed=1).draw(2, 3))
    others = [first.draw(2, 4), first.draw(3, 3), NegativeSampler(counts, 50, seed=2).draw(2, 3)]
    assert not any(np.array_equal(first.draw(2, 3), other) for other in others)


def test_an_epoch_that_goes_on_draws_what_the_whole_one_drew() -> None:
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
