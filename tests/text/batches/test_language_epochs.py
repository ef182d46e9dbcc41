"""Sampling of several target languages with a temperature."""

from collections import Counter

import numpy as np
import pytest

from nlp_apps.text.batches.language_epochs import counts_of, positions_of


@pytest.mark.parametrize("temperature", [1.0, 1.7, 5.0, 1_000.0])
@pytest.mark.parametrize("sizes", [[7], [5, 5, 5], [10_000, 3_000, 1_000], [999_983, 1, 17]])
def test_shares_are_powers_of_the_sizes(sizes: list[int], temperature: float) -> None:
    counts = counts_of(sizes, temperature)
    assert sum(counts) == sum(sizes)
    weights = np.array(sizes, float) ** (1 / temperature)
    np.testing.assert_allclose(counts, sum(sizes) * weights / weights.sum(), atol=1)


def test_a_temperature_of_1_has_every_pair_once() -> None:
    assert counts_of([300, 7, 20], 1.0) == [300, 7, 20]
    assert positions_of(20, 20, 3, (1, 0)).tolist() == list(range(20))


@pytest.mark.parametrize(("size", "count"), [(10, 4), (10, 13), (10, 37), (3, 1), (1, 5)])
def test_pairs_are_seen_equally_often(size: int, count: int) -> None:
    seen: Counter[int] = Counter()
    for epoch in range(12):
        positions = positions_of(size, count, epoch, (5, 1))
        assert len(positions) == count
        assert positions.tolist() == sorted(positions.tolist())
        seen.update(positions.tolist())
        times = [seen[position] for position in range(size)]
        assert max(times) - min(times) <= 1, epoch


def test_an_epoch_depends_on_seed_and_index_alone() -> None:
    later = positions_of(50, 20, 7, (3, 0))
    for epoch in range(7):
        positions_of(50, 20, epoch, (3, 0))
    np.testing.assert_array_equal(positions_of(50, 20, 7, (3, 0)), later)
    assert positions_of(50, 20, 8, (3, 0)).tolist() != later.tolist()
    assert positions_of(50, 20, 7, (4, 0)).tolist() != later.tolist()
    assert positions_of(50, 20, 7, (3, 1)).tolist() != later.tolist()
