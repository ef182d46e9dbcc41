"""Recipe keys of version 0.1.0 with another name in 0.2.0."""

from collections.abc import Mapping
from typing import Any

RENAMED: dict[str, dict[str, str]] = {
    "data": {"separator": "document_separator", "long_texts": "truncation"},
    "tokenizer": {"sampling": "subword_regularization", "shared": "shared_vocabulary"},
    "model": {
        "attention_heads": "num_heads",
        "start_from": "init_encoder_from",
        "start_decoder_from": "init_decoder_from",
    },
    "training": {
        "adversarial": "adversarial_epsilon",
        "class_weights": "class_weight",
        "ema": "ema_decay",
        "round_steps": "eval_steps",
        "sampled_softmax": "num_sampled",
        "xla": "jit_compile",
    },
    "decoding": {"no_repeat_ngram": "no_repeat_ngram_size"},
}
"""Section -> old key -> new key."""


def new_name(key: str) -> str | None:
    """Returns the new name of a key of 0.1.0, or None.

    Args:
        key: section and key, joined by a dot: `training.xla`.

    Returns:
        The key in 0.2.0: `training.jit_compile`.
    """
    section, _, name = key.partition(".")
    renamed = RENAMED.get(section, {}).get(name)
    return f"{section}.{renamed}" if renamed else None


def with_new_names(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a recipe of 0.1.0 with the names of 0.2.0, for run folders of 0.1.0.

    Args:
        settings: a recipe as plain dictionaries.
    """
    found: dict[str, Any] = {}
    for name, section in settings.items():
        if isinstance(section, dict):
            renamed = {**RENAMED.get(name, {})}
            if name == "model" and settings.get("task") == "generation":
                renamed["start_from"] = "init_from"
            section = {renamed.get(key, key): value for key, value in section.items()}
        found[name] = section
    return found
