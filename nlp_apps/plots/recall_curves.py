"""Draws recall accuracy and gradient norm by distance, one line a recurrent cell."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.io.atomic_files import atomic_write

STYLES = (
    ("#2166ac", "o", "-"),
    ("#d95f02", "s", (0, (5, 2))),
    ("#1b9e77", "^", (0, (1, 1.2))),
    ("#984ea3", "D", (0, (5, 2, 1, 2))),
    ("#666666", "v", (0, (3, 1, 1, 1, 1, 1))),
    ("#b2182b", "P", (0, (8, 2))),
    ("#a6761d", "<", (0, (1, 3))),
    ("#e7298a", ">", (0, (8, 2, 1, 2))),
    ("#000000", "X", (0, (3, 2))),
)
"""Colour, marker and dashes: distinguishable also in grey, and where lines coincide."""
MIN_SHARE = 1e-12
"""Smallest share of the gradient that is drawn."""
_ABOVE: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}


def draw(
    accuracy: Mapping[str, Mapping[int, float]],
    before: Mapping[str, Sequence[float]],
    after: Mapping[str, Sequence[float]],
    *,
    chance: float,
    path: Path,
) -> None:
    """Draws three panels as PNG: accuracy by gap, gradient by distance before and after training.

    A gradient is drawn as its share of the gradient at distance 0, on a logarithmic axis. Points of
    accuracy are shifted a little sideways, so that equal ones do not hide each other.

    Args:
        accuracy: cell and gap to the share of correct predictions; every cell has the same gaps.
        before: cell to gradient norms before training, by distance in steps.
        after: the same after training.
        chance: accuracy of random guesses.
        path: the file, written completely or not at all.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    figure = Figure(figsize=(14.0, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3)
    gaps = list(next(iter(accuracy.values())))
    for number, (cell, scores) in enumerate(accuracy.items()):
        shift = min(0.13, 0.8 / len(accuracy)) * (number - (len(accuracy) - 1) / 2)
        color, marker, dashes = STYLES[number % len(STYLES)]
        left.plot(
            [index + shift for index in range(len(gaps))],
            [scores[gap] for gap in gaps],
            color=color,
            marker=marker,
            markersize=5,
            linestyle=dashes,
            label=cell,
        )
    left.axhline(chance, color="black", linewidth=0.8, linestyle=":")
    left.annotate("random guess", (0.01, chance), (0.0, 3.0), **_ABOVE, va="bottom", fontsize=9)
    left.set_xticks(range(len(gaps)), [f"{gap:,}" for gap in gaps])
    left.set(title="accuracy on new sequences", ylabel="correct predictions", ylim=(0.0, 1.05))
    left.set(xlabel="gap, tokens between symbol and question", xlim=(-0.5, len(gaps) - 0.5))
    left.yaxis.set_major_formatter(PercentFormatter(1.0))
    panels = (
        (middle, before, "gradient before training"),
        (right, after, f"gradient after training up to gap {max(gaps):,}"),
    )
    for panel, norms, title in panels:
        _draw_gradients(panel, norms)
        panel.set(title=title, xlabel="distance from the question, steps")
    middle.set(ylabel="norm of d loss / d state, 1 at distance 0")
    lowest = min(panel.get_ylim()[0] for panel in (middle, right))
    highest = max(panel.get_ylim()[1] for panel in (middle, right))
    for panel in (middle, right):
        panel.set_ylim(max(lowest, MIN_SHARE), highest)
    for panel in (left, middle, right):
        panel.grid(alpha=0.3)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    handles, names = left.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right center", frameon=False, handlelength=4.0)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")


def shares(values: Sequence[float]) -> list[float]:
    """Returns gradient norms by distance as shares of the first; zeros if that is zero."""
    return [value / values[0] if values[0] else 0.0 for value in values]


def _draw_gradients(panel: Any, norms: Mapping[str, Sequence[float]]) -> None:
    """Draws one line a cell, relative to its first value; zeros are not drawn."""
    panel.set_yscale("log", nonpositive="mask")
    for index, values in enumerate(norms.values()):
        color, _, dashes = STYLES[index % len(STYLES)]
        panel.plot(range(len(values)), shares(values), color=color, linestyle=dashes)
