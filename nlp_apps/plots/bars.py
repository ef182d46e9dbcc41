"""Bars one below the other, in a PNG."""

from nlp_apps.plots import fonts
from nlp_apps.plots.png_report import BLUE, LINE, PALE, WIDTH, Pen, Plan
from nlp_apps.plots.report import Bars

_ROW = 0.25
_TRACK = "#e8ebef"


def plan(bars: Bars) -> Plan:
    """Plans bars: name, bar, label."""
    names = [fonts.drawable(bar.name, 40) for bar in bars.bars]
    labels = [fonts.drawable(bar.label) for bar in bars.bars]
    left = max(fonts.width(name, 9.5) for name in names) + 0.12
    right = max(fonts.width(label, 9.5) for label in labels) + 0.12
    room = min(WIDTH - left - right, 5.0)

    def paint(pen: Pen, x: float, y: float) -> None:
        pen.text(x, y + LINE - 0.05, fonts.drawable(bars.heading), bold=True)
        for number, (bar, name, label) in enumerate(zip(bars.bars, names, labels, strict=True)):
            top = y + LINE + 0.06 + number * _ROW
            middle = top + _ROW / 2
            pen.text(x, middle, name, va="center", bold=False)
            pen.box(x + left, middle - 0.07, room, 0.14, _TRACK)
            pen.box(x + left, middle - 0.07, room * bar.share, 0.14, PALE if number else BLUE)
            pen.text(x + left + room + 0.12, middle, label, va="center")

    return Plan(left + room + right, LINE + 0.06 + _ROW * len(bars.bars), paint)
