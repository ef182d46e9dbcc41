"""Explanation of one prediction: a report, and rows for the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlp_apps.plots.report import Report, Table


@dataclass(frozen=True)
class Explanation:
    """Explanation of one prediction. A notebook shows the report.

    Attributes:
        report: The report; `nlp_apps.plots.report_file.write` writes it as PNG or HTML.
        prediction: The prediction, on one line.
        rows: The words that count most; the first row is the header.
        tables: Further tables for the terminal.
    """

    report: Report
    prediction: str
    rows: Sequence[Sequence[str]]
    tables: Sequence[Table] = ()

    def _repr_html_(self) -> str:
        from nlp_apps.plots import html_report

        return html_report.render_inline(self.report)
