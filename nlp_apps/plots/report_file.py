"""Writes a report to a file: the suffix selects PNG or HTML."""

from pathlib import Path

from nlp_apps.plots.report import Report

SUFFIXES = (".png", ".html")


def write(report: Report, path: Path) -> None:
    """Writes a report, complete or not at all.

    Args:
        report: the report.
        path: the file; its suffix is one of `SUFFIXES`.

    Raises:
        ValueError: The suffix is another one.
        WorkError: The file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".html":
        from nlp_apps.plots import html_report

        html_report.write(report, path)
    elif suffix == ".png":
        from nlp_apps.plots import png_report

        png_report.draw(report, path)
    else:
        raise ValueError(f"a report ends in {' or '.join(SUFFIXES)}, received {path}")
