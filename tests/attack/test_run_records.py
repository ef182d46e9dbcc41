"""JSON files of a run folder with values of other types: each is one line, or is passed over."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from nlp_apps.errors import WorkError
from nlp_apps.tasks.baseline_scores import find_baselines
from nlp_apps.tasks.resume import require_same_data
from nlp_apps.tasks.sources import SourceFolders
from nlp_apps.tasks.warm_start import read_warm_start
from nlp_apps.text.corpus import Corpus
from nlp_apps.training.checkpoints import load_checkpoint
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.state import TrainState
from tests.attack.generated.run_folders import STATS, FakeTask

SCORES = {"majority": {"macro_f1": 0.2}}


def refused(path: Path, error: pytest.ExceptionInfo[WorkError]) -> bool:
    return str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize("value", ["5", '"x"', "[]", "{}", "null", '{"sha256": 5}'])
def test_statistics_of_the_text_without_a_checksum_are_refused(value: str, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.data.write_text(f'{{"train": {value}}}')
    with pytest.raises(WorkError) as caught:
        require_same_data({"train": STATS}, run)
    assert refused(run.data, caught)


@pytest.mark.parametrize("value", ["5", "true", "[]", "{}", r'"a\u0000b"', r'"\ud800"'])
def test_a_source_folder_that_is_no_path_is_refused(value: str, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for key in ("data_dir", "recipe_dir"):
        run.sources.write_text(f'{{"{key}": {value}}}')
        with pytest.raises(WorkError) as caught:
            SourceFolders.load(run)
        assert refused(run.sources, caught)


@pytest.mark.parametrize("value", ["5", "[]", "{}", '{"names": 5}', '{"names": [5]}'])
def test_a_warm_start_without_names_is_refused(value: str, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.warm_start.write_text(f'{{"init_from": {value}}}')
    with pytest.raises(WorkError) as caught:
        read_warm_start(run)
    assert refused(run.warm_start, caught)


@pytest.mark.parametrize("row", ["5", "[]", "{}", '{"step": "8"}', '{"step": true}'])
def test_metrics_without_their_numbers_are_refused(row: str, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.metrics.write_text(f'{{"step": 8}}\n{row}\n')
    with pytest.raises(WorkError, match="row 2") as caught:
        run.read_metrics(["step"])
    assert refused(run.metrics, caught)


@pytest.mark.parametrize(
    "summary",
    [
        {"baselines": 5},
        {"baselines": {"test": []}},
        {"baselines": {"test": {"majority": 5}}},
        {"baselines": {"test": {"majority": {"macro_f1": "0.9"}}}},
        {"baselines": {"test": {"majority": {"macro_f1": [1.0]}}}},
        {"baselines": {"test": SCORES}, "data": 5},
        {"baselines": {"test": SCORES}, "data": {"test": 5, "train": STATS}},
    ],
)
def test_baselines_of_another_form_are_fitted_again(
    summary: dict[str, Any], tmp_path: Path
) -> None:
    run = RunFolder(tmp_path)
    run.write_json(run.data, {"train": STATS, "test": STATS})
    run.write_json(run.summary, {"data": {"train": STATS, "test": STATS}, **summary})
    corpus: Corpus[str] = Corpus(["a", "b", "c"], 0, STATS["sha256"], ["a.tsv"])
    task = cast(Any, FakeTask())
    assert find_baselines(task, run, "test", corpus, lambda: corpus) == SCORES


@pytest.mark.parametrize("facts", [[], 5, None, "x"])
def test_a_checkpoint_whose_facts_are_no_object_is_damaged(facts: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8))
    with pytest.raises(WorkError, match="is damaged") as caught:
        load_checkpoint(path)
    assert refused(path, caught)


@pytest.mark.parametrize(
    "facts", [{"x": 1}, {"step": "8"}, {"step": 1.5}, {"step": None}, {"seconds": True}]
)
def test_a_state_of_another_form_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(facts))):
        TrainState.from_dict(facts)
    assert TrainState.from_dict({"step": 3, "best": None, "seconds": 2}) == TrainState(
        step=3, seconds=2
    )
