"""Progress on stderr: lines without a terminal, bars with one, and in notebooks."""

import io
import sys
import time
import types
from collections.abc import Callable

import pytest

from nlp_apps.io import stages
from nlp_apps.io.stages import advance, in_notebook, stage

Capture = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self) -> bool:
        return True


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "REFRESH_SECONDS", 0.01)
    monkeypatch.setattr(stages, "SECONDS_BETWEEN_LINES", 0.05)


def test_a_short_stage_prints_nothing_without_a_terminal(capsys: Capture) -> None:
    with stage("reading", unit="lines"):
        advance("lines", 3)
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("fast")
def test_a_long_stage_prints_lines_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    with stage("reading", total=4000, unit="lines") as reading:
        advance("lines", 1200)
        reading.status = "the last file"
        wait_for(lambda: err.getvalue().count("\n") >= 2)
    lines = err.getvalue().splitlines()
    assert lines[0] == "reading: 1,200 of 4,000 lines, the last file, 0 s"


def test_the_innermost_stage_advances() -> None:
    advance("lines")  # without a stage
    with stage("outer", unit="files") as outer, stage("inner", unit="lines") as inner:
        advance("texts")
        advance("lines", 2)
        assert (outer.count, inner.count) == (0, 2)
    with stage("next", unit="lines") as other:
        advance("lines")
        assert (inner.count, other.count) == (2, 1)


def test_a_stage_ends_with_an_error() -> None:
    with pytest.raises(ValueError, match="bad"), stage("reading"):
        raise ValueError("bad")
    with stage("next", unit="lines") as other:
        advance("lines")
    assert other.count == 1


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(
    ("total", "parts"), [(10, ("reading:  30% |", "3/10 lines")), (None, ("reading: 3 lines",))]
)
def test_a_terminal_has_a_bar_that_disappears(
    monkeypatch: pytest.MonkeyPatch, total: int | None, parts: tuple[str, ...]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with stage("reading", total=total, unit="lines") as reading:
        reading.advance(3)
        wait_for(lambda: all(part in terminal.getvalue() for part in parts))
        reading.write("a line above")
    assert "a line above\n" in terminal.getvalue()
    assert terminal.getvalue().split("\r")[-1].strip() == ""


def test_a_kernel_is_a_notebook_and_a_shell_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not in_notebook()
    for key, expected in (("IPKernelApp", True), ("TerminalIPythonApp", False)):
        shell = types.SimpleNamespace(config={key: {}})
        fake = types.SimpleNamespace(get_ipython=lambda shell=shell: shell)
        monkeypatch.setitem(sys.modules, "IPython", fake)
        assert in_notebook() is expected


@pytest.mark.usefixtures("fast")
def test_a_notebook_without_widgets_has_a_bar_of_text(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(stages, "in_notebook", lambda: True)
    monkeypatch.setattr(stages, "find_spec", lambda name: None if name == "ipywidgets" else name)
    with stage("reading", total=10, unit="lines") as reading:
        reading.advance(3)
        wait_for(lambda: "3/10 lines" in err.getvalue())


@pytest.mark.usefixtures("fast")
def test_without_tqdm_a_terminal_has_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(stages, "find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "tqdm", raising=False)
    with stage("reading", total=10, unit="lines") as reading:
        reading.advance(3)
        wait_for(lambda: "reading: 3 of 10 lines" in terminal.getvalue())
