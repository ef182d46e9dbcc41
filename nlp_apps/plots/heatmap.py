"""A heatmap with words on both sides, in a PNG."""

from nlp_apps.plots import fonts
from nlp_apps.plots.png_report import BLUE, INK, LINE, PALE, Pen, Plan
from nlp_apps.plots.report import FULL, Heatmap

MOST = 150
"""Rows and columns that a PNG shows; a page shows all."""
LONGEST = 28
"""Characters of a name."""
NUMBERS = 14
"""With more columns than this the cells are too small for numbers."""

_SIZE = 9.0
_GRID = "#e3e6ea"
_GAP = 0.008
"""Inches of grid on each side of a cell."""


def plan(heatmap: Heatmap) -> Plan:
    """Plans a heatmap: column names upright above it, row names on its left."""
    rows = [_name(row) for row in heatmap.rows[:MOST]]
    columns = [_name(column) for column in heatmap.columns[:MOST]]
    row_name, column_name = map(fonts.drawable, (heatmap.row_name, heatmap.column_name))
    numbers = len(columns) <= NUMBERS
    cell_width, cell_height = (0.46 if numbers else 0.25), 0.25
    left = max(fonts.width(name, _SIZE) for name in [*rows, row_name]) + 0.12
    longest = max(fonts.width(name, _SIZE) for name in columns)
    flat = longest <= cell_width - 0.06
    above = LINE if flat else longest + 0.1
    head = LINE + 0.06 + (LINE if column_name else 0.0)
    grid_width, grid_height = cell_width * len(columns), cell_height * len(rows)

    def paint(pen: Pen, x: float, y: float) -> None:
        pen.text(x, y + LINE - 0.05, fonts.drawable(heatmap.heading), bold=True)
        x_grid, y_grid = x + left, y + head + above
        pen.text(x_grid, y + head - 0.05, column_name, size=_SIZE, colour=PALE)
        pen.text(x_grid - 0.1, y_grid - 0.06, row_name, size=_SIZE, colour=PALE, ha="right")
        for number, name in enumerate(columns):
            middle = x_grid + (number + 0.5) * cell_width
            how = {"ha": "center"} if flat else {"ha": "center", "va": "bottom", "rotation": 90}
            pen.text(middle, y_grid - 0.06, name, size=_SIZE, **how)
        for number, name in enumerate(rows):
            middle = y_grid + (number + 0.5) * cell_height
            pen.text(x_grid - 0.1, middle, name, size=_SIZE, ha="right", va="center_baseline")
        _cells(pen, heatmap, (x_grid, y_grid), (cell_width, cell_height), numbers)
        _legend(pen, heatmap, x_grid, y_grid + grid_height + 0.14)

    hidden = len(heatmap.rows) > MOST or len(heatmap.columns) > MOST
    note = f"The first {MOST} words of a side are shown; a page (--to FILE.html) shows all."
    height = head + above + grid_height + LINE + 0.14
    width = left + max(grid_width, fonts.width(column_name, _SIZE), 2.2)
    return Plan(width, height, paint, (note,) if hidden else ())


def _cells(
    pen: Pen,
    heatmap: Heatmap,
    corner: tuple[float, float],
    cell: tuple[float, float],
    numbers: bool,
) -> None:
    """The grid from its top left corner, and numbers in it if they fit."""
    values = [row[:MOST] for row in heatmap.values[:MOST]]
    num_rows, num_columns = len(values), len(values[0])
    pen.box(*corner, num_columns * cell[0], num_rows * cell[1], _GRID)
    places = [
        (corner[0] + column * cell[0] + _GAP, corner[1] + row * cell[1] + _GAP)
        for row in range(num_rows)
        for column in range(num_columns)
    ]
    flat = [value for row in values for value in row]
    shades = [heatmap.shade(value) for value in flat]
    inner = (cell[0] - 2 * _GAP, cell[1] - 2 * _GAP)
    pen.boxes(places, inner, "white", [1.0] * len(places))
    pen.boxes(places, inner, BLUE, shades)
    if not numbers:
        return
    for (x, y), value, shade in zip(places, flat, shades, strict=True):
        if value >= 0.005:
            pen.text(
                x + inner[0] / 2,
                y + inner[1] / 2,
                f"{value:.2f}",
                size=7.5,
                colour="white" if shade > FULL else INK,
                ha="center",
                va="center_baseline",
            )


def _legend(pen: Pen, heatmap: Heatmap, x: float, y: float) -> None:
    """The scale, below the grid."""
    low, high = f"{heatmap.low:.2g}", f"{heatmap.high:.2g}"
    pen.text(x, y + 0.13, low, size=8.0, colour=PALE)
    x += fonts.width(low, 8.0) + 0.08
    for step in range(20):
        pen.box(x + step * 0.06, y + 0.02, 0.06, 0.13, BLUE, step / 19)
    pen.text(x + 1.28, y + 0.13, high, size=8.0, colour=PALE)


def _name(name: str) -> str:
    return fonts.drawable(name, LONGEST)
