"""Tests of the keys of a classifier that reads letters."""

from typing import Any

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.recipe.auto import Start, TextSize, settle
from nlp_apps.recipe.data_section import SentimentData
from nlp_apps.recipe.decoding_section import SentimentDecoding
from nlp_apps.recipe.load import from_dict


def load(task: str = "sentiment", **sections: dict[str, Any]) -> Any:
    data = {"train": "texts.tsv", **sections.pop("data", {})}
    model = {"cell": "conv_lstm", **sections.pop("model", {})}
    return from_dict({"data": data, "model": model, **sections}, task=task)


def test_the_cell_alone_is_a_recipe():
    recipe = load()
    assert recipe.tokenizer.kind == "characters"
    assert not recipe.training.jit_compile


def test_the_settings_follow_the_text():
    settled, chosen = settle(load(), TextSize(1_000, 200_000, 900, 2_000, 60))
    assert settled.data.max_length == 1024
    assert chosen["model.embedding_size"] == 32
    words, _ = settle(load(model={"cell": "lstm"}), TextSize(1_000, 200_000, 900, 2_000, 60))
    assert settled.training.max_steps == pytest.approx(words.training.max_steps, rel=0.1)
    assert settle(settled, TextSize(1_000, 200_000, 900, 2_000, 60))[0] == settled


def test_fine_tuning_reads_letters_if_the_finished_model_does():
    size = TextSize(1_000, 200_000, 900, 2_000, 60)
    recipe = from_dict(
        {"data": {"train": "texts.tsv"}, "model": {"init_from": "run"}}, task="sentiment"
    )
    settings = {"model.cell": "conv_lstm", "tokenizer.kind": "characters"}
    settled, _ = settle(recipe, size, start=Start({"init_from": "run"}, settings, is_whole=True))
    assert isinstance(settled.data, SentimentData)
    assert settled.data.max_length == 1024
    assert isinstance(settled.decoding, SentimentDecoding)
    assert settled.decoding.max_length == 0
    assert not settled.training.jit_compile


@pytest.mark.parametrize("task", ["translation", "generation"])
def test_other_tasks_refuse_it(task: str):
    with pytest.raises(UsageError, match="conv_lstm is for the app sentiment only") as caught:
        load(task)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"tokenizer": {"kind": "sentencepiece"}}, "tokenizer.kind must be 'characters'"),
        ({"training": {"jit_compile": True}}, "training.jit_compile must be false"),
        ({"model": {"init_encoder_from": "english"}}, "model.init_encoder_from must be empty"),
        ({"model": {"kernel_size": 4}}, "model.kernel_size must be odd, received 4"),
        ({"model": {"cell": "lstm", "num_letters": 9}}, "model.num_letters needs model.cell"),
        ({"model": {"cell": "lstm", "kernel_size": 3}}, "model.kernel_size needs model.cell"),
    ],
)
def test_keys_that_do_not_fit_are_an_error(sections: dict[str, Any], message: str):
    with pytest.raises(UsageError, match=message) as caught:
        load(**sections)
    assert len(str(caught.value).splitlines()) == 1
