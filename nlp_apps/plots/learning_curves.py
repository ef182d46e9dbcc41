"""Draws the learning curves of a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.io.atomic_files import atomic_write


def draw(evaluations: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draws losses and validation scores by epoch as PNG.

    Args:
        evaluations: the rows of `metrics.jsonl`.
        path: the file, written completely or not at all.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    epochs = [row["epoch"] for row in evaluations]
    scores = [
        name
        for name in evaluations[-1]
        if name.startswith("validation_") and name not in ("validation_loss", "validation_seconds")
    ]
    panels = 2 if scores else 1
    figure = Figure(figsize=(5.2 * panels, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    axes[0].plot(epochs, [row["train_loss"] for row in evaluations], "o-", label="train")
    axes[0].plot(epochs, [row["validation_loss"] for row in evaluations], "o-", label="validation")
    axes[0].set(xlabel="epoch", ylabel="nats", title="loss")
    for name in scores:
        axes[-1].plot(
            epochs, [row[name] for row in evaluations], "o-", label=name.removeprefix("validation_")
        )
    if scores:
        axes[1].set(xlabel="epoch", title="validation scores")
    for panel in axes:
        panel.grid(alpha=0.3)
        panel.legend(frameon=False)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
        for line in panel.get_lines():
            line.set_markersize(3)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
