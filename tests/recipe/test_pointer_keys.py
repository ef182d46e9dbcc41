"""Tests of the keys of pointers, summaries and answers."""

from typing import Any

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.recipe.load import from_dict


def load(**sections: dict[str, Any]) -> Any:
    data = {"train": "pairs.tsv", **sections.pop("data", {})}
    return from_dict({"data": data, **sections}, task="translation")


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"model": {"pointer": True, "attention": "none"}}, "model.attention 'none'"),
        (
            {"model": {"pointer": True}, "tokenizer": {"shared_vocabulary": False}},
            "tokenizer.shared_vocabulary = false",
        ),
        ({"training": {"coverage_loss": 1.0}}, "model.pointer = false"),
        ({"training": {"monitor": "greedy_f1"}}, "data.kind 'translation'"),
        (
            {"data": {"kind": "answer"}, "training": {"monitor": "greedy_rouge_l"}},
            "data.kind 'answer'",
        ),
    ],
)
def test_keys_that_exclude_each_other_are_an_error(sections: dict[str, Any], message: str):
    with pytest.raises(UsageError, match=message) as caught:
        load(**sections)
    assert len(str(caught.value).splitlines()) <= 2


def test_a_monitored_score_of_the_kind_is_accepted():
    recipe = load(data={"kind": "summary"}, training={"monitor": "greedy_rouge_l"})
    assert recipe.training.monitor == "greedy_rouge_l"
