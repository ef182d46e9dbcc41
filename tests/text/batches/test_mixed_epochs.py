"""Old examples that are mixed into epochs of new ones."""

import numpy as np
import pytest

from nlp_apps.text.batches.mixed_epochs import MixedEpochs, mixed_count, mixed_positions
from nlp_apps.text.batches.token_texts import TokenTexts


@pytest.mark.parametrize(
    ("share", "num_new", "num_old", "count"),
    [(0.0, 10, 50, 0), (0.5, 10, 50, 10), (0.75, 10, 50, 30), (0.9, 10, 50, 50), (0.5, 10, 0, 0)],
)
def test_old_items_are_a_share_of_an_epoch(
    share: float, num_new: int, num_old: int, count: int
) -> None:
    assert mixed_count(share, num_new, num_old) == count


def test_epochs_use_all_old_items_in_turn() -> None:
    found = [mixed_positions(epoch, 12, 4, seed=3) for epoch in range(6)]
    assert sorted(np.concatenate(found[:3])) == list(range(12))
    for one, again in zip(found[:3], found[3:], strict=True):
        np.testing.assert_array_equal(one, again)
    assert not np.array_equal(found[0], mixed_positions(0, 12, 4, seed=4))
    assert not len(mixed_positions(2, 0, 0, seed=3))


class Fixed:
    """Texts that are the same in each epoch."""

    def __init__(self, first: int, count: int):
        sources = [np.array([first + index], np.int32) for index in range(count)]
        self.texts = TokenTexts(sources, np.full(count, first, np.int32))

    def planning_lengths(self, most: int) -> np.ndarray:
        return np.minimum(self.texts.lengths, most)

    def encode(self, epoch: int, max_length: int) -> TokenTexts:
        return self.texts


def test_an_epoch_has_all_new_texts_and_others_of_the_old_ones() -> None:
    epochs = MixedEpochs(Fixed(100, 6), Fixed(200, 9), share=0.4, seed=1)
    first, second = (epochs.encode(epoch, 8) for epoch in (0, 1))
    assert [int(source[0]) for source in first.sources[:6]] == list(range(100, 106))
    assert first.labels.tolist() == [100] * 6 + [200] * 4
    old = [{int(source[0]) for source in texts.sources[6:]} for texts in (first, second)]
    assert len(old[0]) == 4
    assert not old[0] & old[1]
    assert epochs.planning_lengths(8).shape == (15, 1)
