"""Tests of reports as HTML."""

import re
from html.parser import HTMLParser

from nlp_apps.explain.explanation import Explanation
from nlp_apps.plots import html_report
from nlp_apps.plots.report import (
    HighlightedText,
    HighlightedWord,
    Report,
)
from tests.plots.reports import heatmap, report

SCRIPT = "<script>alert('\"&')</script>"


class Reader(HTMLParser):
    """Collects tags, attributes and visible text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


def test_all_text_of_a_page_is_escaped():
    reader = read(html_report.render(report(SCRIPT)))
    assert "script" not in reader.tags
    assert reader.text.count(SCRIPT) == 24
    tips = [value for name, value in reader.attributes if name == "title"]
    assert SCRIPT in tips


def test_bars_of_a_signed_chart_have_their_side_and_length():
    page = html_report.render(report())
    assert '<span class="t plus"><i style="--b:1.0000">' in page
    assert '<span class="t minus"><i style="--b:0.5000">' in page


def test_a_page_closes_every_tag_that_it_opens():
    assert read(html_report.render(report())).open == []


def test_a_page_is_self_contained():
    text = html_report.render(report())
    assert not re.search(r"https?:|//|url\(|@import|@font-face|\bsrc=|\bhref=", text)


def test_a_page_has_a_layout_for_phones_and_dark_screens():
    text = html_report.render(report())
    assert 'name="viewport" content="width=device-width' in text
    assert "@media (prefers-color-scheme: dark)" in text


def test_the_words_of_a_page_are_readable_as_text():
    words = [HighlightedWord("no"), HighlightedWord("way")]
    part = HighlightedText("", words, "")
    reader = read(html_report.render(Report("t", parts=[part])))
    assert "no\n way" in reader.text


def test_a_wide_heatmap_has_its_numbers_in_tooltips_only():
    narrow, wide = (read(html_report.render(Report("t", parts=[heatmap(2, n)]))) for n in (14, 15))
    assert "0.10" in narrow.text
    assert "0.10" not in wide.text
    tips = [value for name, value in wide.attributes if name == "title"]
    assert "word0 \u2013 word1: 0.100" in tips


def test_a_notebook_shows_the_page_in_a_frame():
    explanation = Explanation(report(SCRIPT), "label", [["word"]])
    frame = read(explanation._repr_html_())
    assert frame.tags == ["iframe"]
    assert dict(frame.attributes)["srcdoc"] == html_report.render(report(SCRIPT))
