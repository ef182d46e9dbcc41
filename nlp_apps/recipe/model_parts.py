"""Parts of the networks that `training.freeze` names, as beginnings of the names of weights."""

from collections.abc import Callable, Mapping
from typing import Any

MODEL_PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "translation": {
        "embedding": ("encoder/embedding/", "decoder/embedding/"),
        "encoder": ("encoder/",),
        "bridge": ("bridge/",),
        "decoder": ("decoder/",),
        "attention": ("decoder/attention/",),
        "output": ("decoder/features/", "decoder/output"),
    },
    "sentiment": {
        "embedding": ("encoder/embedding/",),
        "encoder": ("encoder/",),
        "attention": ("pooling/",),
    },
    "generation": {
        "embedding": ("decoder/embedding/",),
        "layers": ("decoder/layer_", "decoder/norm_"),
        "output": ("decoder/features/", "decoder/output"),
    },
}
"""Beginnings of the names of the weights of each part, by task.

A translator that shares its embedding has it in the decoder.
"""


def part_names(task: str) -> Callable[[Any], tuple[str, ...]]:
    """Returns the check of `training.freeze` for a task: one name of a part, or a list of them."""
    known = tuple(MODEL_PARTS[task])

    def check(value: Any) -> tuple[str, ...]:
        names = (value,) if isinstance(value, str) else value
        if not isinstance(names, list | tuple) or not all(name in known for name in names):
            raise ValueError(f"must be a list of parts of the model, from {', '.join(known)}")
        return tuple(dict.fromkeys(names))

    return check
