"""The first bias of a classifier of several labels: the logits that fit their frequencies.

Training then begins with the frequencies instead of learning them first (Lin et al. 2017,
section 3.3). Letters in shapes: L labels.
"""

from typing import Any

import numpy as np


def log_odds(with_label: np.ndarray, total: np.ndarray, smoothing: float = 0.0) -> np.ndarray:
    """Returns the logits whose sigmoid is the frequency of each label.

    Args:
        with_label: <float>[L], number of texts with each label, or their weight.
        total: <float>[L], number of texts that decide each label, or their weight.
        smoothing: label smoothing of the loss.

    Returns:
        <float>[L].
    """
    share = (with_label + 0.5) / (total + 1.0)
    share = (1.0 - smoothing) * share + smoothing / 2.0
    return np.log(share / (1.0 - share))


def set_first_bias(task: Any, values: np.ndarray) -> None:
    """Assigns the bias <float>[L] of a new classifier; a finished model keeps its own.

    Args:
        task: the task, with its model.
        values: the bias.
    """
    if task.finished is None:
        task.model.labels.bias.assign(values)
