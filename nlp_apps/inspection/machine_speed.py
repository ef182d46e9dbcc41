"""Speed of this machine, from matrix products of a fifth of a second."""

import os
import time
from functools import cache
from typing import NamedTuple

import numpy as np

SIZE = 64
"""Rows and columns of the matrices: few enough for one thread, which other programs do not slow
down by waiting for a second one."""

SECONDS = 0.2
"""Seconds of measurement."""

PRODUCTS = 20
"""Products between two readings of the clock."""

MAX_CORES = 4
"""Cores that small networks use; further ones wait."""


class MachineSpeed(NamedTuple):
    """Speed of a machine.

    Attributes:
        cores: CPU cores that this process may use.
        flops: floating-point operations per second of float32 matrix products on these cores, on
            at most `MAX_CORES` of them.
    """

    cores: int
    flops: float


@cache
def measure_speed() -> MachineSpeed:
    """Measures the fastest products on one core; once per process."""
    rng = np.random.default_rng(0)
    left, right = rng.random((2, SIZE, SIZE), np.float32)
    product = np.empty((SIZE, SIZE), np.float32)
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(PRODUCTS):
            np.matmul(left, right, out=product)
        best = min(best, time.perf_counter() - start)
    cores = _num_cores()
    return MachineSpeed(cores, min(cores, MAX_CORES) * PRODUCTS * 2.0 * SIZE**3 / best)


def _num_cores() -> int:
    """Returns the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1
