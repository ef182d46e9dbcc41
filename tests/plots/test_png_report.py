"""Tests of reports as PNG."""

from pathlib import Path

import pytest

from nlp_apps.errors import WorkError
from nlp_apps.plots import heatmap as heatmap_png
from nlp_apps.plots import highlighted_text
from nlp_apps.plots.report import Heatmap, HighlightedText, HighlightedWord, Report
from nlp_apps.plots.report_file import write
from tests.plots.reports import heatmap, png_size, report


@pytest.mark.parametrize(("value", "shade"), [(0.0, 0.0), (0.3, 0.0), (0.5, 0.5), (0.9, 1.0)])
def test_a_shade_is_a_position_between_low_and_high(value, shade):
    assert Heatmap("", [], [], [], low=0.3, high=0.7).shade(value) == pytest.approx(shade)


def test_a_png_shows_every_part_without_a_warning(tmp_path: Path):
    path = tmp_path / "new" / "all.png"
    write(report("$x_1$ \u65e5\u672c \U0001f600 \u0645\u0631 \x07 a\u0301"), path)
    width, height = png_size(path)
    assert width > 800
    assert height > 600


def test_a_longer_heatmap_is_a_larger_picture_up_to_max_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(heatmap_png, "MAX_NAMES", 12)
    sizes = []
    for size in (4, 8, 20, 30):
        write(Report("t", parts=[heatmap(size, 3)]), tmp_path / "map.png")
        sizes.append(png_size(tmp_path / "map.png"))
    assert sizes[0][1] < sizes[1][1] < sizes[2][1] == sizes[3][1]


def test_a_text_without_words_is_drawn(tmp_path: Path):
    write(Report("t", parts=[HighlightedText("Words", [], "tint")]), tmp_path / "none.png")
    assert png_size(tmp_path / "none.png")[0] > 0


def test_the_suffix_chooses_the_kind_of_file(tmp_path: Path):
    write(report(), tmp_path / "a.HTML")
    write(report(), tmp_path / "a.PNG")
    assert (tmp_path / "a.HTML").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert png_size(tmp_path / "a.PNG")[0] > 0
    with pytest.raises(ValueError, match=r"a report ends in .png or .html, received .*a.jpg"):
        write(report(), tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", [".png", ".html"])
def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, suffix: str):
    (tmp_path / f"taken{suffix}").mkdir()
    with pytest.raises(WorkError, match=f"cannot write .*taken{suffix}: a folder of this name"):
        write(report(), tmp_path / f"taken{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == [f"taken{suffix}"]


def test_a_long_run_of_dim_words_is_one_dim_word_with_their_number():
    read, unread = HighlightedWord("food"), HighlightedWord("food", dim=True)
    words = [read, *[unread] * 1246, read, *[unread] * 20, HighlightedWord("awful", bar=1.0)]
    found = highlighted_text.fold_dim(words)
    assert [word.text for word in found] == [
        "food",
        "\u2026 1,246 words not read \u2026",
        *["food"] * 21,
        "awful",
    ]
    assert [word.dim for word in found] == [False, True, False, *[True] * 20, False]


@pytest.mark.parametrize("first", [0, 50])
def test_unread_words_use_no_space_of_the_words_that_were_read(first: int):
    words = [HighlightedWord("food")] * first
    unread = [HighlightedWord("food", dim=True)] * (highlighted_text.MAX_WORDS + 246)
    folded = [HighlightedWord("\u2026 1,246 words not read \u2026", dim=True)]
    short, long = (
        highlighted_text.layout(
            HighlightedText("Words", [*words, *between, *words, HighlightedWord("awful")], "label")
        )
        for between in (folded, unread)
    )
    assert long.notes == ()
    assert long.height == short.height
