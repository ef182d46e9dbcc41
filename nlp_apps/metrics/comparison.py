"""Comparison of a model's score with those of the baselines."""

from collections.abc import Mapping
from typing import Any

LOWER_IS_BETTER = ("loss", "perplexity")


def compare(
    name: str,
    scores: Mapping[str, Any],
    baselines: Mapping[str, Mapping[str, float]],
) -> dict[str, Any]:
    """Compares a model with the best baseline on one split.

    Args:
        name: the score to compare, such as "accuracy".
        scores: scores of the model, and its standard error as `NAME_standard_error`.
        baselines: scores of each baseline.

    Returns:
        score (its name), model (its value), baseline (name of the best one), baseline_score,
        standard_error of the model's value, and result: "tie" within one standard error, otherwise
        "better" or "worse"; empty if no baseline has the score.
    """
    sign = -1.0 if name in LOWER_IS_BETTER else 1.0
    values = {baseline: found[name] for baseline, found in baselines.items() if name in found}
    if not values or name not in scores:
        return {}
    best = max(values, key=lambda baseline: sign * values[baseline])
    error = float(scores.get(f"{name}_standard_error", 0.0))
    gain = sign * (scores[name] - values[best])
    result = "tie" if abs(gain) <= error else "better" if gain > 0 else "worse"
    return {
        "score": name,
        "model": scores[name],
        "baseline": best,
        "baseline_score": values[best],
        "standard_error": error,
        "result": result,
    }
