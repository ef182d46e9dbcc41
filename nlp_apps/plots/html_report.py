"""Writes a report as a self-contained HTML page: no script, no links, light and dark."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from nlp_apps.io.atomic_files import atomic_write_text
from nlp_apps.plots.report import (
    WHITE_ABOVE,
    BarChart,
    Heatmap,
    HighlightedText,
    HighlightedWord,
    Part,
    Report,
    Table,
)
from nlp_apps.plots.text_flow import groups

MAX_NUMBERED = 14
"""Columns up to which the cells of a heatmap are wide enough for numbers."""

_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1b1f24; --pale: #626b76; --rule: #dfe3e8;
  --track: #e8ebef; --shade: 33, 102, 172; --tint: 242, 169, 0; --most: .85; --up: #3f7fc4;
  --down: #cf4b3d; --full: #fff; }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --ink: #e8eaed; --pale: #9aa4b0;
  --rule: #30363d; --track: #2a3038; --shade: 88, 166, 255; --tint: 242, 169, 0; --most: .5;
  --up: #58a6ff; --down: #ff7b6b; --full: #06111f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p { margin: .25rem 0; }
.pale, footer { color: var(--pale); font-size: .875rem; }
footer { margin-top: 2rem; border-top: 1px solid var(--rule); padding-top: .5rem; }
.key { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem;
  vertical-align: -.05rem; border-radius: 2px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
.map { border-collapse: separate; border-spacing: 1px; font-size: .875rem; line-height: 1.2; }
.map th { font-weight: normal; white-space: nowrap; }
.map tbody th, .map .corner { position: sticky; left: 0; background: var(--page);
  text-align: right; padding: 0 .4rem 0 0; max-width: 9rem; overflow: hidden;
  text-overflow: ellipsis; }
.map thead th { vertical-align: bottom; padding: 0 0 .25rem; }
.map .corner { color: var(--pale); }
.map .up { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block; }
.map td { min-width: 1.15rem; height: 1.5rem; padding: 0 .1rem; text-align: center;
  background: rgba(var(--shade), var(--v)); outline: 1px solid var(--rule); font-size: .75rem; }
.map .n { min-width: 2.3rem; }
.map .full { color: var(--full); }
.scale { display: inline-block; width: 7rem; height: .8rem; margin: 0 .4rem; vertical-align: -.1rem;
  background: linear-gradient(to right, rgba(var(--shade), 0), rgba(var(--shade), 1));
  outline: 1px solid var(--rule); }
.flow { font-size: 1.1rem; line-height: 1.3; }
.g { display: inline-block; max-width: 100%; white-space: nowrap; }
.w { display: inline-flex; flex-direction: column; padding: 0 .08rem; vertical-align: bottom;
  max-width: 100%; white-space: normal; }
.w b { font-weight: normal; padding: 0 .1rem; border-radius: 2px;
  background: rgba(var(--tint), calc(var(--t) * var(--most))); }
.w i { height: 1.5rem; margin: 0 .05rem; }
.w .u { background: linear-gradient(to top, var(--up) calc(var(--b) * 100%), transparent 0); }
.one .u { --up: rgb(var(--tint)); }
.w .d { background: linear-gradient(to bottom, var(--down) calc(var(--b) * 100%), transparent 0); }
.w.dim { color: var(--pale); }
.bars { display: grid; grid-template-columns: fit-content(40%) minmax(4rem, 24rem) auto;
  gap: .3rem .6rem; align-items: center; justify-content: start; }
.bars .t { background: var(--track); height: .9rem; border-radius: 2px; overflow: hidden; }
.bars .t i { display: block; height: 100%; width: calc(var(--b) * 100%); background: var(--pale); }
.bars .t.first i, .bars .t.plus i { background: var(--up); }
.bars .t.minus i { background: var(--down); }
.bars .t.plus i, .bars .t.minus i { width: calc(var(--b) * 50%); margin-left: 50%; }
.bars .t.minus i { margin-left: calc(50% - var(--b) * 50%); }
.rows th, .rows td { text-align: right; padding: .15rem .75rem .15rem 0; vertical-align: top;
  border-bottom: 1px solid var(--rule); font-variant-numeric: tabular-nums; }
.rows th { color: var(--pale); font-weight: normal; font-size: .875rem; }
.rows th:first-child, .rows td:first-child { text-align: left; }
summary { cursor: pointer; font-weight: bold; margin: 1.5rem 0 .5rem; }
"""


def write(report: Report, path: Path) -> None:
    """Writes a page, completely or not at all, as UTF-8."""
    atomic_write_text(path, render(report))


def render_inline(report: Report) -> str:
    """Returns the page in a frame, so that its style does not change the page around it."""
    style = "width: 100%; height: 34rem; border: 0; resize: vertical; overflow: auto"
    return f'<iframe srcdoc="{escape(render(report))}" style="{style}"></iframe>'


def render(report: Report) -> str:
    """Returns the page; all text of the report is escaped."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(report.title)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            f"<h1>{escape(report.title)}</h1>",
            *(f'<p dir="auto">{escape(line)}</p>' for line in report.paragraphs),
            *(line for part in report.parts for line in _part(part)),
            "<footer>",
            *(f"<p>{escape(note)}</p>" for note in report.notes),
            "</footer>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Heatmap):
        return _heatmap(part)
    if isinstance(part, HighlightedText):
        return _highlighted_text(part)
    if isinstance(part, BarChart):
        return _bar_chart(part)
    return _table(part)


def _heatmap(heatmap: Heatmap) -> Iterator[str]:
    """Yields a table whose first column stays visible when it is scrolled sideways."""
    numbers = len(heatmap.columns) <= MAX_NUMBERED
    kind = "flat" if all(len(name) <= 3 for name in heatmap.columns) else "up"
    yield f"<h2>{escape(heatmap.heading)}</h2>"
    yield f'<p class="pale">{escape(heatmap.column_title)}</p>'
    yield '<div class="wide"><table class="map">'
    yield f'<thead><tr><th class="corner">{escape(heatmap.row_title)}</th>'
    for name in heatmap.columns:
        yield f'<th scope="col"><span class="{kind}">{_word(name)}</span></th>'
    yield "</tr></thead><tbody>"
    for row, values in zip(heatmap.rows, heatmap.values, strict=True):
        cells = [f'<tr><th scope="row" title="{escape(row)}">{_word(row)}</th>']
        for column, value in zip(heatmap.columns, values, strict=True):
            shade = heatmap.shade(value)
            ink = "full" if shade > WHITE_ABOVE else ""
            classes = f"n {ink}" if numbers else ink
            shown = f"{value:.2f}" if numbers and value >= 0.005 else ""
            tip = escape(f"{_plain(row)} \u2013 {_plain(column)}: {value:.3f}")
            cells.append(
                f'<td class="{classes}" style="--v:{shade:.3f}" title="{tip}">{shown}</td>'
            )
        yield "".join([*cells, "</tr>"])
    yield "</tbody></table></div>"
    yield f'<p class="pale">{heatmap.low:.2g}<span class="scale"></span>{heatmap.high:.2g}</p>'


def _highlighted_text(part: HighlightedText) -> Iterator[str]:
    """Yields flowing words with bars; screen readers and copies get only the words."""
    yield f"<h2>{escape(part.heading)}</h2>"
    yield _key("rgba(var(--tint), var(--most))", part.highlight_label)
    if part.up_label:
        yield _key("var(--up)", part.up_label)
    if part.down_label:
        yield _key("var(--down)", part.down_label)
    kind = "flow" if part.up_label else "flow one"
    yield f'<p class="{kind}" dir="auto">'
    for group in groups(part.words):
        words = "".join(_highlighted_word(word, bool(part.down_label)) for word in group)
        space = " " if group[0].space else ""
        yield f'{space}<span class="g">{words}</span>'
        if group[-1].text == "\n":
            yield "<br>"
    yield "</p>"


def _highlighted_word(word: HighlightedWord, has_down: bool) -> str:
    up, down = max(word.bar, 0.0), max(-word.bar, 0.0)
    kind = "w dim" if word.dim else "w"
    under = f'<i class="d" style="--b:{down:.3f}"></i>' if has_down else ""
    return (
        f'<span class="{kind}" title="{escape(word.tooltip)}">'
        f'<i class="u" style="--b:{up:.3f}"></i>'
        f'<b style="--t:{word.highlight:.3f}">{_word(word.text)}</b>{under}</span>'
    )


def _key(color: str, label: str) -> str:
    return (
        f'<p class="pale"><span class="key" style="background:{color}"></span>{escape(label)}</p>'
    )


def _bar_chart(chart: BarChart) -> Iterator[str]:
    yield f'<h2>{escape(chart.heading)}</h2><div class="bars">'
    for number, bar in enumerate(chart.bars):
        kind = "t" if number else "t first"
        if chart.signed:
            kind = "t plus" if bar.length >= 0.0 else "t minus"
        yield f'<span dir="auto">{escape(bar.name)}</span>'
        yield f'<span class="{kind}"><i style="--b:{abs(bar.length):.4f}"></i></span>'
        yield f"<span>{escape(bar.label)}</span>"
    yield "</div>"


def _table(table: Table) -> Iterator[str]:
    """Yields a table that a click on its heading opens."""
    head, *rows = table.rows
    yield f"<details><summary>{escape(table.heading)}</summary>"
    yield '<div class="wide"><table class="rows"><thead>'
    yield _row(head, "th")
    yield "</thead><tbody>"
    yield from (_row(row, "td") for row in rows)
    yield "</tbody></table></div></details>"


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{_word(cell)}</{tag}>' for cell in cells)}</tr>"


def _word(text: str) -> str:
    return escape(_plain(text))


def _plain(text: str) -> str:
    """Replaces newlines by a visible sign."""
    return text.replace("\n", "\u21b5")
