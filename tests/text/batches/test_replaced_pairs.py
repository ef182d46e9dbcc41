"""Tests of token pairs of which some are replaced."""

import numpy as np

from nlp_apps.text.batches.token_pairs import TokenPairs


def pairs(*values: int) -> TokenPairs:
    return TokenPairs([np.array([v]) for v in values], [np.array([-v]) for v in values])


def test_the_pairs_at_the_positions_are_replaced_in_order():
    before = pairs(1, 2, 3)
    after = before.replace([2, 0], pairs(30, 10))
    assert [int(source[0]) for source in after.sources] == [10, 2, 30]
    assert [int(target[0]) for target in after.targets] == [-10, -2, -30]
    assert [int(source[0]) for source in before.sources] == [1, 2, 3]
