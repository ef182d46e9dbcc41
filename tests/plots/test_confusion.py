"""Tests of the picture and the table of a confusion matrix."""

from pathlib import Path
from typing import Any

import pytest

from nlp_apps import sentiment
from nlp_apps.plots import confusion, fonts
from tests.plots.reports import png_size

ALEF = "\u0627"


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
    width, height = png_size(path)
    assert max(width, height) <= 120 * 20


def draw(
    labels: list[str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[str], list[str], str]:
    """Draws a confusion matrix; returns its labels below and on the left, and its notes."""
    from matplotlib.figure import Figure

    saved = []
    save = Figure.savefig

    def savefig(canvas: Figure, *args: Any, **kwargs: Any) -> None:
        save(canvas, *args, **kwargs)
        saved.append(canvas)

    monkeypatch.setattr(Figure, "savefig", savefig)
    confusion.draw([[1] * len(labels)] * len(labels), labels, path)
    (canvas,) = saved
    axes = canvas.axes[0]
    below, left = (
        [name.get_text() for name in names]
        for names in (axes.get_xticklabels(), axes.get_yticklabels())
    )
    return below, left, canvas.get_supxlabel().replace("\n", " ")


def test_labels_that_the_font_lacks_have_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "confusion.png"
    below, left, foot = draw(["\u597d\u8bc4", "\u5dee\u8bc4", "mixed"], path, monkeypatch)
    assert below == left == ["1 \u25a1\u25a1", "2 \u25a1\u25a1", "3 mixed"]
    assert foot == f"{fonts.NOT_WHOLE} {confusion.NUMBERED}"
    (message,) = caplog.messages
    assert message.startswith(f"{path}: the font lacks characters of 2 of 3 labels")
    assert "\u25a1" in message


def test_numbers_are_on_the_left_of_right_to_left_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    below, left, foot = draw([ALEF, "tea"], tmp_path / "confusion.png", monkeypatch)
    assert below == left == [f"\u200e1 {ALEF}\u200e", "2 tea"]
    assert foot == f"{fonts.NOT_WHOLE} {confusion.NUMBERED}"
    assert caplog.messages == []


def test_labels_that_are_equal_once_truncated_have_numbers(
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
    row = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
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
