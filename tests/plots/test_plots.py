"""Tests of nlp_apps.pictures: sheets as PNG and as pages."""

import re
import struct
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from nlp_apps import sentiment
from nlp_apps.errors import WorkError
from nlp_apps.plots import confusion, fonts, highlighted_text, html_report
from nlp_apps.plots import heatmap as heatmap_png
from nlp_apps.plots.report import Bar, Bars, Heatmap, Mark, Sheet, Table, Tinted, write

SCRIPT = "<script>alert('\"&')</script>"


def heatmap(rows: int = 3, columns: int = 4) -> Heatmap:
    names = [f"word{index}" for index in range(max(rows, columns))]
    values = [[(row + column) / 10 for column in range(columns)] for row in range(rows)]
    return Heatmap("Attention", names[:rows], names[:columns], values, "rows", "columns")


def sheet(word: str = "word") -> Sheet:
    """A sheet of every part, with a word in every place that a user's text can reach."""
    marks = [
        Mark(word, tint=1.0, bar=1.0, tip=word),
        Mark(",", space=False, bar=-0.5),
        Mark("\n", space=False),
        Mark(word, dim=True),
    ]
    return Sheet(
        word,
        (word,),
        (
            Heatmap(word, [word], [word], [[0.7]], word, word),
            Bars(word, [Bar(word, 0.75, word), Bar("other", 0.25, "25 %")]),
            Tinted(word, marks, word, word, word),
            Table(word, [[word, "number"], [word, "1"]]),
        ),
        (word,),
    )


class Reader(HTMLParser):
    """Collects what a browser would see."""

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


def png_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels, from the file's head."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", head[16:24])


# Pages -------------------------------------------------------------------------------------------


def test_a_page_escapes_text_wherever_it_stands():
    reader = read(html_report.render(sheet(SCRIPT)))
    assert "script" not in reader.tags
    assert reader.text.count(SCRIPT) == 21
    tips = [value for name, value in reader.attributes if name == "title"]
    assert SCRIPT in tips


def test_a_page_closes_every_tag_that_it_opens():
    assert read(html_report.render(sheet())).open == []


def test_a_page_needs_nothing_but_itself():
    text = html_report.render(sheet())
    assert not re.search(r"https?:|//|url\(|@import|@font-face|\bsrc=|\bhref=", text)


def test_a_page_suits_phones_and_dark_screens():
    text = html_report.render(sheet())
    assert 'name="viewport" content="width=device-width' in text
    assert "@media (prefers-color-scheme: dark)" in text


def test_the_words_of_a_page_are_readable_as_text():
    reader = read(html_report.render(Sheet("t", parts=[Tinted("", [Mark("no"), Mark("way")], "")])))
    assert "no\n way" in reader.text


def test_a_wide_heatmap_of_a_page_has_its_numbers_in_the_tips_alone():
    narrow, wide = (read(html_report.render(Sheet("t", parts=[heatmap(2, n)]))) for n in (14, 15))
    assert "0.10" in narrow.text
    assert "0.10" not in wide.text
    tips = [value for name, value in wide.attributes if name == "title"]
    assert "word0 \u2013 word1: 0.100" in tips


@pytest.mark.parametrize(("value", "shade"), [(0.0, 0.0), (0.3, 0.0), (0.5, 0.5), (0.9, 1.0)])
def test_a_shade_is_a_place_between_low_and_high(value, shade):
    assert Heatmap("", [], [], [], low=0.3, high=0.7).shade(value) == pytest.approx(shade)


# PNG ---------------------------------------------------------------------------------------------


def test_a_png_shows_every_part_without_a_warning(tmp_path: Path):
    path = tmp_path / "new" / "all.png"
    write(sheet("$x_1$ \u65e5\u672c \U0001f600 \u0645\u0631 \x07 a\u0301"), path)
    width, height = png_size(path)
    assert width > 800
    assert height > 600


def test_a_longer_heatmap_is_a_larger_picture_until_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(heatmap_png, "MOST", 12)
    sizes = []
    for size in (4, 8, 20, 30):
        write(Sheet("t", parts=[heatmap(size, 3)]), tmp_path / "map.png")
        sizes.append(png_size(tmp_path / "map.png"))
    assert sizes[0][1] < sizes[1][1] < sizes[2][1] == sizes[3][1]


def test_a_text_of_no_word_is_no_error(tmp_path: Path):
    write(Sheet("t", parts=[Tinted("Words", [], "tint")]), tmp_path / "none.png")
    assert png_size(tmp_path / "none.png")[0] > 0


def test_the_suffix_chooses_the_kind_of_file(tmp_path: Path):
    write(sheet(), tmp_path / "a.HTML")
    write(sheet(), tmp_path / "a.PNG")
    assert (tmp_path / "a.HTML").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert png_size(tmp_path / "a.PNG")[0] > 0
    with pytest.raises(ValueError, match=r"a picture ends in .png or .html; got .*a.jpg"):
        write(sheet(), tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", [".png", ".html"])
def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, suffix: str):
    (tmp_path / f"taken{suffix}").mkdir()
    with pytest.raises(WorkError, match=f"cannot write .*taken{suffix}: a folder of this name"):
        write(sheet(), tmp_path / f"taken{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == [f"taken{suffix}"]


# Glyphs and lines --------------------------------------------------------------------------------


def test_what_the_font_lacks_gets_a_stand_in():
    assert fonts.drawable("h\u00e9 \u65e5\x07\ta") == "h\u00e9 \u25a1\u25a1 a"


def test_a_combining_accent_that_has_a_letter_of_its_own_is_shown_whole():
    assert fonts.drawable("cafe\u0301") == "caf\u00e9"
    assert fonts.is_whole("cafe\u0301")


@pytest.mark.parametrize("text", ["\u65e5", "\u0645\u0631\u062d\u0628\u0627", "a\u200bb"])
def test_the_picture_knows_what_it_cannot_show(text):
    assert not fonts.is_whole(text)


def test_joiners_are_parts_of_words():
    assert fonts.is_drawable("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")


@pytest.mark.parametrize(
    ("text", "wanted"), [("1. tea", "L"), ("\u0686\u0627\u06cc tea", "R"), ("3.5", ""), ("", "")]
)
def test_a_text_goes_as_its_first_letter(text: str, wanted: str):
    assert fonts.direction(text) == wanted


def test_only_a_name_from_right_to_left_needs_marks_in_a_line():
    assert fonts.in_line("tea 1") == "tea 1"
    assert fonts.in_line("\u0686\u0627\u06cc") == "\u200e\u0686\u0627\u06cc\u200e"


ALEF, BEH, TEH = "\u0627", "\u0628", "\u062a"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["a", "b", "c"], ["a", "b", "c"]),
        ([ALEF, BEH, "."], [".", BEH, ALEF]),
        ([ALEF, "a", "1", "b", BEH, "2"], ["2", BEH, "a", "1", "b", ALEF]),
        (["a", ALEF, "1", BEH, "b", TEH], ["a", BEH, "1", ALEF, "b", TEH]),
        (["1", ALEF, "\n", BEH, TEH], ["\u21b5", ALEF, "1", TEH, BEH]),
    ],
    ids=["left", "right", "left in right", "right in left", "lines"],
)
def test_words_stand_in_the_order_of_their_script(words: list[str], wanted: list[str]):
    found = highlighted_text.place([Mark(word) for word in words])
    found.sort(key=lambda one: (one.line, one.x))
    assert [one.text for one in found] == wanted


def test_words_from_right_to_left_begin_at_one_edge_and_do_not_overlap():
    found = highlighted_text.place([Mark(ALEF * (1 + index % 7)) for index in range(200)])
    lines = [[one for one in found if one.line == line] for line in range(found[-1].line + 1)]
    assert len(lines) > 1
    right = max(one.x + one.width for one in found)
    for line in lines:
        assert line[0].x + line[0].width == pytest.approx(right)
        for one, following in zip(line, line[1:], strict=False):
            assert following.x + following.width < one.x + 1e-6
        assert line[-1].x >= -1e-6


def test_a_long_name_is_cut_with_an_ellipsis():
    assert fonts.drawable("abcdefgh", 5) == "abcd\u2026"
    assert fonts.drawable("abcde", 5) == "abcde"


def test_lines_are_no_wider_than_their_room():
    lines = fonts.wrap("several words that need more than a single line", 9.5, 1.0)
    assert len(lines) > 2
    assert all(fonts.width(line, 9.5) <= 1.0 for line in lines)
    assert " ".join(lines) == "several words that need more than a single line"


def test_a_bold_text_is_wider():
    assert fonts.width("word", 9.5, bold=True) > fonts.width("word", 9.5)


def test_signs_stay_with_their_word():
    marks = [Mark("he"), Mark(","), Mark("she"), Mark("."), Mark("\n")]
    marks = [Mark(mark.text, space=mark.text.isalpha()) for mark in marks]
    found = [[mark.text for mark in group] for group in highlighted_text.groups(marks)]
    assert found == [["he", ","], ["she", ".", "\n"]]


def test_a_text_without_blanks_can_still_be_broken():
    marks = [Mark("\u65e5", space=False) for _ in range(60)]
    found = [len(group) for group in highlighted_text.groups(marks)]
    assert found == [24, 24, 12]


def test_a_long_run_of_dim_words_is_one_dim_mark_with_their_number():
    read, unread = Mark("food"), Mark("food", dim=True)
    marks = [read, *[unread] * 1246, read, *[unread] * 20, Mark("awful", bar=1.0)]
    found = highlighted_text.folded(marks)
    assert [mark.text for mark in found] == [
        "food",
        "\u2026 1,246 words not read \u2026",
        *["food"] * 21,
        "awful",
    ]
    assert [mark.dim for mark in found] == [False, True, False, *[True] * 20, False]


@pytest.mark.parametrize("first", [0, 50])
def test_words_that_were_not_read_take_no_room_from_those_that_were(first: int):
    words = [Mark("food")] * first
    unread = [Mark("food", dim=True)] * (highlighted_text.MOST + 246)
    short, long = (
        highlighted_text.plan(Tinted("Words", [*words, *between, *words, Mark("awful")], "tint"))
        for between in ([Mark("\u2026 1,246 words not read \u2026", dim=True)], unread)
    )
    assert long.notes == ()
    assert long.height == short.height


# The confusion matrix ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        ["$_$", "up to $5 or $"],
        ["\u597d\u8bc4", "\U00013000", "tab\tand\nline end"],  # a missing glyph would warn
        ["x" * 3000, "y" * 3000],
        [f"a label of some length {number}" for number in range(30)],
    ],
    ids=["no formula", "not in the font", "long", "many"],
)
def test_labels_of_any_text_are_drawn_without_a_warning(tmp_path: Path, labels: list[str]):
    path = tmp_path / "confusion.png"
    confusion.draw([[1] * len(labels)] * len(labels), labels, path)
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    assert max(width, height) <= 120 * 20


def draw(
    labels: list[str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[str], list[str], str]:
    """What the picture of a confusion matrix says below it, on its left and at its foot."""
    from matplotlib.figure import Figure

    figures = []
    save = Figure.savefig

    def savefig(figure: Figure, *args: Any, **how: Any) -> None:
        save(figure, *args, **how)
        figures.append(figure)

    monkeypatch.setattr(Figure, "savefig", savefig)
    confusion.draw([[1] * len(labels)] * len(labels), labels, path)
    (figure,) = figures
    axes = figure.axes[0]
    below, left = (
        [name.get_text() for name in names]
        for names in (axes.get_xticklabels(), axes.get_yticklabels())
    )
    return below, left, figure.get_supxlabel().replace("\n", " ")


def test_labels_that_the_font_lacks_are_told_apart_by_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "confusion.png"
    below, left, foot = draw(["\u597d\u8bc4", "\u5dee\u8bc4", "mixed"], path, monkeypatch)
    assert below == left == ["1 \u25a1\u25a1", "2 \u25a1\u25a1", "3 mixed"]
    assert foot == f"{fonts.NOT_WHOLE} {confusion.NUMBERED}"
    assert caplog.messages == [
        f"{path}: the font lacks characters of 2 of 3 labels: they are drawn as \u25a1. Tell the "
        "labels by their numbers, which are their places in the list of scores."
    ]


def test_numbers_stand_on_the_left_of_labels_from_right_to_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    below, left, foot = draw([ALEF, "tea"], tmp_path / "confusion.png", monkeypatch)
    assert below == left == [f"\u200e1 {ALEF}\u200e", "2 tea"]
    assert foot == f"{fonts.NOT_WHOLE} {confusion.NUMBERED}"
    assert caplog.messages == []


def test_labels_that_look_alike_once_cut_are_told_apart_by_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    labels = ["a label of some length that ends in one", "a label of some length that ends in two"]
    below, left, foot = draw(labels, tmp_path / "confusion.png", monkeypatch)
    assert below == left == ["1 a label of some length \u2026", "2 a label of some length \u2026"]
    assert foot == confusion.NUMBERED
    assert caplog.messages == []


def test_plain_labels_have_neither_numbers_nor_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    labels = ["caf\u00e9", "tea", "x" * 30]
    below, left, foot = draw(labels, tmp_path / "confusion.png", monkeypatch)
    assert below == left == ["caf\u00e9", "tea", "x" * 23 + "\u2026"]
    assert foot == ""
    assert caplog.messages == []


def test_the_printed_confusion_has_the_short_names_of_the_picture():
    row = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "texts": 2}
    names = ["x" * 136, "x" * 135 + "y", "\u597d\u8bc4"]
    labels = dict.fromkeys(names, row)
    scores = {"accuracy": 0.5, "labels": labels, "confusion": [[1, 0, 1]] * 3}
    assert sentiment.APP.format_scores is not None
    figures, table = sentiment.APP.format_scores(scores).split("\n\n")[1:]
    cut = "x" * 23 + "\u2026"
    assert names[0] in figures
    assert table.splitlines() == [
        f"true \\ predicted{'':10}  1 {cut}  2 {cut}  3 \u597d\u8bc4",
        f"1 {cut}  {1:26}  {0:26}  {1:6}",
        f"2 {cut}  {1:26}  {0:26}  {1:6}",
        f"3 \u597d\u8bc4{'':20}  {1:26}  {0:26}  {1:6}",
    ]
