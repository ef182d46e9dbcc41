"""Draws a heatmap with names on two sides."""

from typing import Any

from nlp_apps.plots import fonts
from nlp_apps.plots.block import (
    BLUE,
    HEADING,
    INK,
    LINE,
    PALE,
    SMALL_SIZE,
    Block,
    write,
    write_heading,
)
from nlp_apps.plots.report import WHITE_ABOVE, Heatmap

MAX_NAMES = 150
"""Rows and columns of a PNG; HTML has all."""
MAX_NAME_LENGTH = 28
"""Characters."""
MAX_NUMBERED = 14
"""Columns up to which the cells are wide enough for numbers."""

_SIZE = 9.0
_CELL_HEIGHT = 0.25
_SCALE = (1.2, 0.13)
"""Inches of the scale."""


def layout(heatmap: Heatmap) -> Block:
    """Lays out a heatmap; from the top: heading, titles, column names, rows, scale."""
    rows = [fonts.drawable(name, MAX_NAME_LENGTH) for name in heatmap.rows[:MAX_NAMES]]
    columns = [fonts.drawable(name, MAX_NAME_LENGTH) for name in heatmap.columns[:MAX_NAMES]]
    values = [row[:MAX_NAMES] for row in heatmap.values[:MAX_NAMES]]
    row_title, column_title = map(fonts.drawable, (heatmap.row_title, heatmap.column_title))
    is_numbered = len(columns) <= MAX_NUMBERED
    cell_width = 0.46 if is_numbered else 0.25
    width, height = cell_width * len(columns), _CELL_HEIGHT * len(rows)
    left = max(fonts.width(name, _SIZE) for name in [*rows, row_title]) + 0.12
    longest = max(fonts.width(name, _SIZE) for name in columns)
    is_flat = longest <= cell_width - 0.06
    names_height = LINE if is_flat else longest + 0.1
    top = HEADING + (LINE if column_title else 0.0) + names_height

    def draw(axes: Any) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        shades = LinearSegmentedColormap.from_list("shades", ["white", BLUE])
        image = axes.imshow(values, shades, vmin=heatmap.low, vmax=heatmap.high, aspect="auto")
        write_heading(axes, -left, -top, heatmap.heading)
        title: dict[str, Any] = {"size": _SIZE, "color": PALE}
        write(axes, 0.0, -names_height - 0.05, column_title, **title)
        write(axes, -0.1, -0.06, row_title, ha="right", **title)
        name: dict[str, Any] = {"size": _SIZE, "color": INK, "family": fonts.FONT}
        name["parse_math"] = False
        axes.set_xticks(range(len(columns)), columns, rotation=0 if is_flat else 90, **name)
        axes.set_yticks(range(len(rows)), rows, **name)
        axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
        axes.tick_params(axis="y", pad=7)
        _draw_grid(axes, len(rows), len(columns))
        if is_numbered:
            _draw_numbers(axes, heatmap, values)
        _draw_scale(axes, heatmap, image, width, height)

    is_truncated = max(len(heatmap.rows), len(heatmap.columns)) > MAX_NAMES
    note = f"The first {MAX_NAMES} words of a side are shown; HTML (--output FILE.html) shows all."
    return Block(
        left + max(width, fonts.width(column_title, _SIZE), 2.2),
        top + height + LINE + 0.14,
        draw,
        left=left,
        top=top,
        axes_width=width,
        axes_height=height,
        notes=(note,) if is_truncated else (),
    )


def _draw_grid(axes: Any, num_rows: int, num_columns: int) -> None:
    """Draws lines between the cells."""
    axes.set_xticks([column - 0.5 for column in range(num_columns + 1)], minor=True)
    axes.set_yticks([row - 0.5 for row in range(num_rows + 1)], minor=True)
    axes.grid(which="minor", color="#e3e6ea", linewidth=1.2)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)


def _draw_numbers(axes: Any, heatmap: Heatmap, values: Any) -> None:
    """Draws the number of each cell; one that rounds to 0 is left out."""
    for row, numbers in enumerate(values):
        for column, number in enumerate(numbers):
            if number >= 0.005:
                color = "white" if heatmap.shade(number) > WHITE_ABOVE else INK
                style = {"ha": "center", "va": "center_baseline", "size": 7.5, "color": color}
                axes.text(column, row, f"{number:.2f}", family=fonts.FONT, **style)


def _draw_scale(axes: Any, heatmap: Heatmap, image: Any, width: float, height: float) -> None:
    """Draws the scale of the shades below the grid, of `width` and `height` inches."""
    style: dict[str, Any] = {"size": SMALL_SIZE, "color": PALE}
    low = f"{heatmap.low:.2g}"
    x = fonts.width(low, SMALL_SIZE) + 0.08
    write(axes, 0.0, height + 0.27, low, **style)
    write(axes, x + _SCALE[0] + 0.08, height + 0.27, f"{heatmap.high:.2g}", **style)
    box = (x / width, -0.29 / height, _SCALE[0] / width, _SCALE[1] / height)
    scale = axes.figure.colorbar(
        image, cax=axes.inset_axes(box), orientation="horizontal", ticks=[]
    )
    scale.outline.set_visible(False)
