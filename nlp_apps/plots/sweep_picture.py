"""Draws the scores of a sweep: by trial, and by the values of each key."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.plots import fonts
from nlp_apps.plots.block import BLUE, RED

MAX_KEYS = 5
"""Keys that are drawn; of more, the first ones."""

COLORS = {"pruned": "#b8c0ca", "failed": "#e0a030", "stopped": "#8a6fc0", "complete": BLUE}
"""Color of the trials of each state, in the order of drawing."""


def draw(
    trials: Sequence[Mapping[str, Any]],
    keys: Mapping[str, Sequence[str] | bool],
    *,
    score: str,
    maximize: bool,
    path: Path,
) -> None:
    """Draws a panel of the scores by trial, and one for each key, as PNG.

    Args:
        trials: "number", "values" by key as text, "score", and "state", a key of `COLORS`.
        keys: key to its list of values, or, of a range, to whether its axis is logarithmic.
        score: name of the score.
        maximize: whether a higher score is better.
        path: the file, written completely or not at all.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    groups = [
        (state, [trial for trial in trials if trial["state"] == state], color)
        for state, color in COLORS.items()
    ]
    complete = next(group for state, group, _ in groups if state == "complete")
    best = (max if maximize else min)(complete, key=lambda trial: trial["score"], default=None)
    shown = list(keys)[:MAX_KEYS]
    columns = min(3, 1 + len(shown))
    rows = -(-(1 + len(shown)) // columns)
    figure = Figure(figsize=(4.4 * columns, 3.5 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for name, group, color in groups:
        numbers = [trial["number"] for trial in group]
        scores = [trial["score"] for trial in group]
        if group:
            panels[0].plot(numbers, scores, "o", color=color, markersize=4.5, label=name)
    steps = _best_so_far(complete, maximize=maximize)
    panels[0].step(
        *zip(*steps, strict=True), where="post", color=RED, linewidth=1.2, label="best so far"
    )
    panels[0].set(xlabel="trial", ylabel=f"validation {score}", title="trials")
    panels[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    for panel, key in zip(panels[1:], shown, strict=False):
        _draw_key(panel, key, groups, best, keys[key])
    for panel in panels[1 + len(shown) :]:
        panel.set_visible(False)
    for panel in panels:
        panel.grid(alpha=0.3)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    panels[0].legend(frameon=False, fontsize=8)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")


def _draw_key(
    panel: Any,
    key: str,
    groups: Sequence[tuple[str, Sequence[Mapping[str, Any]], str]],
    best: Mapping[str, Any] | None,
    kind: Sequence[str] | bool,
) -> None:
    """Draws the scores by the value of a key; the best trial has a ring."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if isinstance(kind, bool):
        tried = {trial["values"][key] for _, group, _ in groups for trial in group}
        places = {value: float(value) for value in tried}
        if kind:
            panel.set_xscale("log")
            panel.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            panel.xaxis.set_minor_formatter(NullFormatter())
    else:
        places = {value: float(place) for place, value in enumerate(kind)}
        names = [fonts.in_line(fonts.drawable(value, 16)) for value in kind]
        panel.set_xticks(range(len(names)), names, parse_math=False, family=fonts.FONT)
        panel.set_xlim(-0.5, len(names) - 0.5)
    for _, group, color in groups:
        panel.plot(
            [places[trial["values"][key]] for trial in group],
            [trial["score"] for trial in group],
            "o",
            color=color,
            markersize=4.5,
        )
    if best is not None:
        place = places[best["values"][key]]
        panel.plot([place], [best["score"]], "o", color=RED, markersize=10, fillstyle="none")
    panel.set_title(key, parse_math=False)


def _best_so_far(
    complete: Sequence[Mapping[str, Any]], *, maximize: bool
) -> list[tuple[int, float]]:
    better = max if maximize else min
    steps: list[tuple[int, float]] = []
    for trial in complete:
        score = trial["score"] if not steps else better(steps[-1][1], trial["score"])
        steps.append((trial["number"], score))
    return steps or [(1, float("nan"))]
