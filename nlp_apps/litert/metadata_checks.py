"""Type and range of every key in the metadata of a `.tflite`.

The metadata may come from a stranger: a length of 0 would never end, one of 10^9 would need all
memory, and a regular expression can need years.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from nlp_apps.decoding.sampling_config import COUNT_RANGE, RANGES
from nlp_apps.io.bounded_files import is_number
from nlp_apps.litert.rule_checks import is_safe_rule
from nlp_apps.text.normalize import LONE_SURROGATE

MAX_CHARACTERS, MAX_TOKENS, MAX_VOCABULARY = 1 << 16, 1 << 16, 1 << 20
MIN_TOKENS = 8
"""Bounds of `characters`, `tokens` and `vocabulary`, wider than those of recipes."""

MAX_STATE = 1 << 24
"""Maximum number of floats of a state."""

MAX_RULES = 32
"""Maximum number of rules for sentences; `rule_checks` has the bounds of one."""

REQUIRED = {
    "translation": ("characters", "tokens", "special_ids"),
    "sentiment": ("characters", "tokens", "labels", "truncation"),
    "generation": ("characters", "tokens", "state", "line_end", "remembers", "decoding"),
}
"""Task -> keys that a predictor needs; version 0.1.0 has them too."""


class _Check:
    """A rule for a value.

    Args:
        rule: the rule, for messages, such as "an integer of at least 1".
        holds: checks a value.
    """

    def __init__(self, rule: str, holds: Callable[[Any], bool]):
        self.rule, self.holds = rule, holds


def _integer(low: int, high: int) -> _Check:
    return _Check(
        f"an integer of at least {low:,} and at most {high:,}",
        lambda value: type(value) is int and low <= value <= high,
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 1000 and not LONE_SURROGATE.search(value)


def _texts(low: int, high: int) -> _Check:
    return _Check(
        f"a list of {low:,} to {high:,} different texts",
        lambda value: (
            isinstance(value, list)
            and low <= len(value) <= high
            and all(map(_is_text, value))
            and len(set(value)) == len(value)
        ),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, bool) or (is_number(value) and math.isfinite(value))


def _is_setting(name: str, value: Any) -> bool:
    """Checks a value of `decoding` or `defaults`."""
    if name in RANGES:
        return _is_number(value) and bool(RANGES[name].contains(value))
    if name == "max_tokens":
        return type(value) is int and bool(COUNT_RANGE.contains(value))
    return _is_number(value) or _is_text(value)


def _is_state(value: Any) -> bool:
    is_shape = isinstance(value, list) and len(value) == 2
    is_shape = is_shape and all(type(size) is int and 0 < size <= MAX_STATE for size in value)
    return is_shape and math.prod(value) <= MAX_STATE


_TRUTH = _Check("true or false", lambda value: isinstance(value, bool))
_TEXT = _Check("a text of at most 1,000 characters", _is_text)
_SETTINGS = _Check(
    "an object of settings within their ranges",
    lambda value: (
        isinstance(value, dict)
        and len(value) <= 100
        and all(_is_text(name) and _is_setting(name, one) for name, one in value.items())
    ),
)

CHECKS: dict[str, _Check] = {
    "task": _TEXT,
    "name": _TEXT,
    "recipe": _TEXT,
    "nlp_apps": _TEXT,
    "quantize": _TEXT,
    "normalization": _TEXT,
    "sha256": _Check(
        "64 hexadecimal digits",
        lambda value: isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{64}", value)),
    ),
    "characters": _integer(1, MAX_CHARACTERS),
    "tokens": _integer(MIN_TOKENS, MAX_TOKENS),
    "vocabulary": _integer(1, MAX_VOCABULARY),
    "max_length": _integer(1, 1 << 24),
    "most_tokens": _integer(1, 1_000_000),
    "line_end": _integer(0, MAX_VOCABULARY),
    "special_ids": _Check(
        "an object of token ids",
        lambda value: (
            isinstance(value, dict)
            and {"bos", "eos"} <= value.keys()
            and len(value) <= 100
            and all(type(one) is int and 0 <= one < MAX_VOCABULARY for one in value.values())
        ),
    ),
    "labels": _texts(1, 1 << 16),
    "thresholds": _Check(
        "a list of probabilities above 0, one for each label",
        lambda value: (
            isinstance(value, list)
            and all(is_number(one) and not isinstance(one, bool) and 0 < one <= 1 for one in value)
        ),
    ),
    "languages": _Check(
        "a list of two codes",
        lambda value: isinstance(value, list) and len(value) == 2 and all(map(_is_text, value)),
    ),
    "target_languages": _Check(
        "an object of language codes and their token ids",
        lambda value: (
            isinstance(value, dict)
            and 0 < len(value) <= 1_000
            and all(map(_is_text, value))
            and all(type(one) is int and 0 <= one < MAX_VOCABULARY for one in value.values())
        ),
    ),
    "truncation": _Check(
        '"head", "tail", "both" or "windows"',
        lambda value: value in ("head", "tail", "both", "windows"),
    ),
    "clean_html": _TRUTH,
    "remembers": _TRUTH,
    "sentence_case": _TRUTH,
    "protect": _texts(0, 16),
    "markup": _Check('"text" or "keep"', lambda value: value in ("text", "keep")),
    "substitute": _Check(
        "a name of 1 to 20 letters",
        lambda value: isinstance(value, str) and value.isalpha() and len(value) <= 20,
    ),
    "decoding": _SETTINGS,
    "defaults": _SETTINGS,
    "state": _Check("two sizes of a state", _is_state),
    "cache": _Check("two sizes of a cache", _is_state),
    "begun": _integer(1, 1000),
    "features": _integer(1, MAX_STATE),
    "sentence_rules": _Check(
        "a list of rules without nested repetitions",
        lambda value: (
            isinstance(value, list) and len(value) <= MAX_RULES and all(map(is_safe_rule, value))
        ),
    ),
}
"""Key -> its check. Other keys are ignored: a newer version may add some."""


def problem_of(metadata: Mapping[str, Any]) -> str:
    """Returns the first rule that metadata breaks, or an empty string."""
    for key, check in CHECKS.items():
        if key in metadata and not check.holds(metadata[key]):
            return f"{key} must be {check.rule}, received {_shown(metadata[key])}"
    thresholds, labels = metadata.get("thresholds"), metadata.get("labels", [])
    if thresholds is not None and len(thresholds) != len(labels):
        return f"thresholds must be as many as labels: {len(thresholds)} and {len(labels)}"
    if (metadata.get("features", 0) + 1) * len(labels) > MAX_STATE:
        return f"features and labels must have at most {MAX_STATE:,} products"
    return ""


def missing_keys(metadata: Mapping[str, Any]) -> str:
    """Returns the keys that the predictor of the task needs and metadata lacks, or ""."""
    needed = REQUIRED.get(metadata["task"], ())
    found = [key for key in needed if key not in metadata]
    if "decoding" in needed and not found:
        names = (*RANGES, "max_tokens")
        found = [f"decoding.{name}" for name in names if name not in metadata["decoding"]]
    return ", ".join(found)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
