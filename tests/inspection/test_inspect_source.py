"""Tests of nlp_apps.inspection.inspect_source: data files, recipes, bad lines, small text."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.inspection.inspect_source import inspect
from tests.inspection.made import clean, kinds, only


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, rows: list[str]) -> str:
    Path(name).write_text("\n".join(rows).replace("|", "\t") + "\n", encoding="utf-8")
    return name


def test_a_data_file_is_split_as_training_splits_it():
    found = inspect("sentiment", write("my.tsv", clean()))
    assert found.rows == {"train": 48, "validation": 6, "test": 6}
    assert (found.files, found.labels) == (("my.tsv",), {"good": 30, "bad": 30})
    assert found.expectation is not None


def test_a_recipe_is_inspected_with_its_splits_and_overrides(here: Path):
    write("train.tsv", clean())
    write("test.tsv", clean()[:4])
    Path("my.toml").write_text(
        'task = "sentiment"\n[data]\ntrain = "train.tsv"\ntest = "none.tsv"\n', encoding="utf-8"
    )
    found = inspect("sentiment", "my.toml", str(here), ["data.test=test.tsv"])
    leaks = [finding for finding in found.findings if finding.kind == "leak"]
    assert sum(leak.count for leak in leaks) == 4  # of train and validation


def test_a_shipped_recipe_has_no_faults():
    assert not inspect("sentiment", "sentiment-reviews").findings
    assert not inspect("translation", "translation-phrasebook").findings


def test_bad_lines_are_one_error_with_the_first_ones():
    found = inspect("sentiment", write("my.tsv", [*clean(), *["no tab"] * 7]))
    bad = only(found, "bad_lines")
    assert (bad.severity, bad.count, found.expectation) == ("error", 7, None)
    assert [one.line for one in bad.instances] == [61, 62, 63, 64, 65]
    assert bad.instances[0].file == "my.tsv"
    assert "TAB" in bad.instances[0].remark


def test_a_bad_line_of_a_text_too_small_to_split_is_listed_once():
    found = inspect("sentiment", write("my.tsv", ["good\tI like it", "no tab", "bad\tI do not"]))
    assert [one.line for one in only(found, "bad_lines").instances] == [2]
    assert only(found, "cannot_be_split").fix.startswith("Add text, or ")


def test_bad_lines_are_a_warning_where_training_skips_them():
    write("my.tsv", [*clean(), "no tab"])
    found = inspect("sentiment", "my.tsv", overrides=["data.on_bad_line=skip"])
    assert only(found, "bad_lines").severity == "warning"


def test_the_reader_logs_nothing_that_is_a_finding(caplog: pytest.LogCaptureFixture):
    inspect("sentiment", write("my.tsv", ["mood|Remark", *clean(), "no tab"]))
    assert caplog.messages == []


def test_a_first_line_with_a_label_of_its_own_is_located():
    found = only(inspect("sentiment", write("my.tsv", ["mood|Remark", *clean()])), "header_line")
    assert found.message.startswith("my.tsv, line 1: the label 'mood'")


def test_text_too_small_to_split_is_an_error_and_the_rest_is_inspected():
    found = inspect("sentiment", write("my.tsv", ["good|Nice."]))
    assert {"cannot_be_split", "single_label"} <= kinds(found)
    assert found.rows == {"train": 1}


def test_without_one_good_line_the_first_bad_line_is_the_error():
    with pytest.raises(WorkError, match=r"my\.tsv, line 1: "):
        inspect("sentiment", write("my.tsv", ["no tab", "none"]))


def test_an_unknown_source_is_an_error():
    with pytest.raises(UsageError, match="sentiment-reviews"):
        inspect("sentiment", "sentiment-review")
    with pytest.raises(NlpAppsError, match=r"missing\.tsv"):
        inspect("sentiment", "missing.tsv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
@pytest.mark.parametrize("task", ["translation", "sentiment", "generation"])
def test_any_bytes_are_inspected_or_refused(task: str, content: bytes):
    Path("any.tsv").write_bytes(content)
    try:
        found = inspect(task, "any.tsv")
    except NlpAppsError:
        return
    assert sum(found.rows.values()) > 0
