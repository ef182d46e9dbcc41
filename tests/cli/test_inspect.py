"""Tests of the verb `inspect` and of its output."""

import json
from pathlib import Path

import pytest

from nlp_apps.cli import main as cli
from nlp_apps.sentiment import APP
from tests.inspection.made import clean

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    long = "bad|" + "It was late & cold, " * 9 + "&amp; \x1b[31m."
    rows = [*clean(), *clean()[:3], "Good|Fine.", long]
    Path("my.tsv").write_text("\n".join(rows).replace("|", "\t") + "\n", encoding="utf-8")
    return "my.tsv"


def test_the_report_has_counts_findings_with_lines_and_fixes_and_expectations(
    source: str, capsys: Capture
):
    assert cli.main(APP, ["inspect", source]) == 0
    out = capsys.readouterr().out
    for part in (
        "my.tsv: 65 texts",
        "good 32, bad 32, Good 1",
        "Nearly equal labels: 'Good' (1) and 'good' (32).",
        "- line 61: The soup was good. It was number 0. (repeats line 1)",
        "Fix: Set data.clean_html = true",
        "if nothing else runs here",
        "accuracy 0.69, as measured on:",
        "sequences of 5 words",
    ):
        assert part in out


def test_the_report_fits_a_terminal_and_cannot_change_it(source: str, capsys: Capture):
    cli.main(APP, ["inspect", source])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    assert "\x1b" not in out


def test_json_is_one_object_on_one_line(source: str, capsys: Capture):
    assert cli.main(APP, ["inspect", source, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert {"task", "files", "rows", "lengths", "scripts", "labels", "findings"} <= found.keys()
    rare = next(one for one in found["findings"] if one["kind"] == "rare_labels")
    assert rare["examples"] == [
        {"file": "my.tsv", "line": 64, "text": "Fine.", "remark": "label 'Good'"}
    ]
    assert found["expectation"]["metric"] == "accuracy"


def test_flags_reach_the_recipe(source: str, capsys: Capture):
    assert cli.main(APP, ["inspect", source, "--set", "data.clean_html=true", "--json"]) == 0
    kinds = {finding["kind"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert "html" not in kinds
    assert cli.main(APP, ["inspect", source, "--data-dir", "missing"]) == 2
