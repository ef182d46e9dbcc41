"""Character classes of RE2, the regular expressions of TensorFlow, from code points."""

from collections.abc import Iterable

import numpy as np


def code_runs(codes: Iterable[int]) -> np.ndarray:
    """Returns the first and the last of each run of consecutive numbers: <int32>[.., 2].

    Args:
        codes: ascending; at least one.
    """
    found = np.fromiter(codes, np.int32)
    breaks = np.flatnonzero(np.diff(found) != 1)
    return np.stack([found[np.r_[0, breaks + 1]], found[np.r_[breaks, len(found) - 1]]], axis=1)


def class_of_runs(runs: np.ndarray) -> str:
    r"""Returns the content of a class, such as `\x{41}-\x{5a}\x{5f}`, of runs <int32>[.., 2]."""
    return "".join(
        rf"\x{{{first:x}}}" if first == last else rf"\x{{{first:x}}}-\x{{{last:x}}}"
        for first, last in runs.tolist()
    )
