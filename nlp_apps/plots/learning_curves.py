"""The curves of a run, as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.io.atomic_files import atomic_write


def draw(rounds: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draws losses and scores over the epochs as a PNG.

    Args:
        rounds: the rows of `metrics.jsonl`.
        path: where to write, whole.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    epochs = [row["epoch"] for row in rounds]
    scores = [
        name
        for name in rounds[-1]
        if name.startswith("validation_") and name not in ("validation_loss", "validation_seconds")
    ]
    panels = 2 if scores else 1
    figure = Figure(figsize=(5.2 * panels, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    axes[0].plot(epochs, [row["train_loss"] for row in rounds], "o-", label="train")
    axes[0].plot(epochs, [row["validation_loss"] for row in rounds], "o-", label="validation")
    axes[0].set(xlabel="epoch", ylabel="nats", title="loss")
    for name in scores:
        axes[-1].plot(
            epochs, [row[name] for row in rounds], "o-", label=name.removeprefix("validation_")
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
