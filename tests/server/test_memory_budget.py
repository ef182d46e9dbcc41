"""Tests of nlp_apps.server.memory_budget."""

import numpy as np
import pytest

from nlp_apps.server.memory_budget import SMALL, MemoryBudget, num_bytes
from nlp_apps.server.request_error import RequestError

MIB = 1024 * 1024


def test_large_requests_leave_a_quarter_to_small_ones():
    budget = MemoryBudget(8 * MIB)
    first, second, small = (budget.reserve() for _ in range(3))
    first.set(5 * MIB)
    with pytest.raises(RequestError, match="--max-memory") as error:
        second.set(2 * MIB)
    assert (error.value.status, error.value.retry_after) == (503, 1)
    small.add(SMALL)
    assert budget.used == 5 * MIB + SMALL
    first.set(MIB)  # Less is always possible.
    second.set(2 * MIB)
    for reservation in (first, second, small):
        reservation.release()
        reservation.release()
    assert budget.used == 0


def test_strings_count_with_their_objects():
    texts = np.array([b"x" * 1000, b""], dtype=object)
    assert num_bytes({"text": texts, "n": np.zeros(10)}) == 1000 + 2 * 48 + 80
