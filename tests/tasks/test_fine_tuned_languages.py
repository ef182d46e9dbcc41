"""Fine-tuning of a translator with several target languages, also from one of a single language."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps import translation
from nlp_apps.errors import NlpAppsError, UsageError
from nlp_apps.metrics.bleu import chrf
from nlp_apps.networks.pretrained_weights import weight_name
from nlp_apps.tasks.run import load
from nlp_apps.tasks.start_languages import all_languages
from nlp_apps.text.target_tags import tags_of
from tests.tasks.test_fine_tuning import MODEL, TRAINING, interrupted

CHANGES: dict[str, Any] = {
    "rv": lambda text: text[::-1],
    "up": str.upper,
    "st": lambda text: text.replace(" ", " * "),
}
WORDS = ("the", "old", "new", "green", "house", "tea", "sea", "moon", "garden")


def sources(folder: Path, codes: tuple[str, ...], start: int = 0) -> dict[str, str]:
    """Files of pairs of each language."""
    found = {}
    for code in codes:
        lines = [f"{WORDS[n % 9]} {WORDS[n * 7 % 8]} {n % 13}" for n in range(start, start + 40)]
        path = folder / f"{code}-{start}.tsv"
        path.write_text("".join(f"{line}\t{CHANGES[code](line)}\n" for line in lines), "utf-8")
        found[code] = str(path)
    return found


def recipe_of(train: Any, **sections: Any) -> dict[str, Any]:
    recipe = {
        "task": "translation",
        "data": {"train": train, "validation": train, "test": train, **sections.pop("data", {})},
        "training": {**TRAINING, **sections.pop("training", {})},
        "decoding": {"beam_size": 1, "max_length": 12, "split_sentences": False},
    }
    return recipe | sections


def made(found: Path, *, shared: bool) -> Path:
    """A folder with the run `general` of two languages, with one vocabulary or two."""
    recipe = recipe_of(
        sources(found, ("rv", "up")),
        tokenizer={"kind": "characters", "vocabulary_size": 330, "shared_vocabulary": shared},
        model=MODEL,
        training={"learning_rate": 0.02},
    )
    translation.train(recipe, run_dir=str(found / "general"))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("languages"), shared=True)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("apart"), shared=False)


def tune(folder: Path, name: str, codes: tuple[str, ...], **options: Any) -> dict[str, Any]:
    model = {"init_from": str(folder / options.pop("start", "general"))}
    sections = {key: options.pop(key) for key in ("data", "training") if key in options}
    recipe = recipe_of(sources(folder, codes, 40), model=model, **sections)
    found: dict[str, Any] = translation.train(recipe, run_dir=str(folder / name), **options)
    return found


def tags(run: Path) -> dict[str, int]:
    return tags_of(load(run).tokenizers()[0])


def weights_of(run: Path) -> dict[str, np.ndarray]:
    return {weight_name(weight): np.asarray(weight) for weight in load(run).model.weights}


@pytest.mark.parametrize("vocabularies", ["folder", "apart"])
def test_tags_stay_and_a_new_language_gets_one(
    vocabularies: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(vocabularies)
    found = tune(folder, "more", ("up", "st"), training={"learning_rate": 1e-12, "ema_decay": 0.0})
    first = tags(folder / "general")
    assert list(first) == ["rv", "up"]
    size = load(folder / "general").tokenizers()[0].vocabulary_size
    assert tags(folder / "more") == {**first, "st": size}
    old, new = weights_of(folder / "general"), weights_of(folder / "more")
    for name, value in old.items():
        part = new[name][tuple(map(slice, value.shape))]
        np.testing.assert_allclose(part, value, atol=1e-8)
    table = new["encoder/embedding/table/embeddings"]
    np.testing.assert_allclose(table[-1], 0.0, atol=1e-8)
    assert found["fine_tuning"]["start"] == str(folder / "general")
    assert found["fine_tuning"]["old_text"]["mixed"] == 80
    assert {"bleu_rv", "bleu_up"} <= set(found["fine_tuning"]["old_text"]["after"])
    assert set(found["fine_tuning"]["before"]["test"]) == {"bleu_up", "chrf_up"}
    with pytest.raises(UsageError, match="Choose one of: rv, up, st"):
        list(translation.predict(str(folder / "more"), ["the sea"]))


def test_new_text_in_one_of_the_languages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tune(folder, "one", ("up",))
    old = found["fine_tuning"]["old_text"]
    again = translation.evaluate(str(folder / "general"), "validation")
    assert old["before"]["loss"] == pytest.approx(again["loss"], rel=1e-5)
    assert old["before"]["chrf_rv"] == pytest.approx(again["languages"]["rv"]["chrf"])
    assert old["after"]["loss"] != old["before"]["loss"]
    assert set(tags(folder / "one")) == {"rv", "up"}

    with interrupted(monkeypatch):
        tune(folder, "resumed", ("up",))
    resumed = tune(folder, "resumed", ("up",), resume=True)
    assert resumed["scores"] == found["scores"]
    assert resumed["fine_tuning"] == found["fine_tuning"]
    one = weights_of(folder / "one")
    for name, value in weights_of(folder / "resumed").items():
        np.testing.assert_array_equal(value, one[name])


def test_an_export_without_text_of_a_language_is_compared_in_it(apart: Path) -> None:
    tune(apart, "exported", ("st",))
    run = str(apart / "exported")
    artefacts = apart / "artefacts"
    translation.export(run, str(artefacts), formats=("saved_model", "tflite"), quantize="none")
    texts = ["the sea", "old tea 3"]
    for to in ("rv", "up", "st"):
        expected = [one["translation"] for one in translation.predict(run, texts, to=to)]
        for path in (artefacts / "1", artefacts / "artefacts.tflite"):
            found = translation.predict(str(path), texts, to=to)
            assert [one["translation"] for one in found] == expected


def test_a_translator_of_one_language_gets_tags(folder: Path) -> None:
    (only,) = sources(folder, ("rv",)).values()
    recipe = recipe_of(
        only,
        data={"target_language": "rv"},
        tokenizer={"kind": "characters", "vocabulary_size": 330},
        model=MODEL,
        training={"learning_rate": 0.02},
    )
    translation.train(recipe, run_dir=str(folder / "single"), overwrite=True)
    found = tune(folder, "from_single", ("up", "st"), start="single")
    assert set(tags(folder / "from_single")) == {"rv", "up", "st"}
    assert found["fine_tuning"]["old_text"]["mixed"] == 40
    assert load(folder / "from_single").recipe.data.mix_in_share == 0.5
    # Scores before are those of the finished model, without tags; new languages have none.
    single = translation.evaluate(str(folder / "single"), "validation")
    before = found["fine_tuning"]["old_text"]["before"]
    for name in ("loss", "bleu", "chrf"):
        assert before[name] == pytest.approx(single[name], rel=1e-5)
    assert before["chrf_rv"] == before["chrf"]
    assert found["fine_tuning"]["before"] == {}
    assert "before_fine_tuning" not in found["baselines"]["test"]
    both = tune(folder, "single_and_new", ("rv", "st"), start="single")
    before = both["fine_tuning"]["before"]["test"]
    assert set(before) == {"bleu_rv", "chrf_rv"}
    pairs = [line.split("\t") for line in (folder / "rv-40.tsv").read_text("utf-8").splitlines()]
    written = translation.predict(str(folder / "single"), [source for source, _ in pairs])
    texts = [one["translation"] for one in written]
    assert before["chrf_rv"] == pytest.approx(chrf(texts, [target for _, target in pairs]).value)
    assert both["baselines"]["test"]["before_fine_tuning"] == before
    assert both["comparison"]["baseline"] != "before_fine_tuning"


def test_old_text_is_named_by_language(folder: Path) -> None:
    mix_in = sources(folder, ("rv",))
    found = tune(folder, "named", ("up",), data={"mix_in": mix_in, "mix_in_share": 0.3})
    assert found["fine_tuning"]["old_text"]["files"] == list(mix_in.values())
    with pytest.raises(NlpAppsError, match=r"data\.mix_in must name a source by language"):
        tune(folder, "bad", ("up",), data={"mix_in": mix_in["rv"]})


def test_starts_that_do_not_fit_are_errors(folder: Path) -> None:
    (only,) = sources(folder, ("rv",)).values()
    model = {"init_from": str(folder / "general")}
    with pytest.raises(UsageError, match=r"writes several languages.*data\.train = \{ rv = "):
        recipe = recipe_of(only, data={"target_language": "rv"}, model=model)
        translation.train(recipe, run_dir=str(folder / "bad"))
    with pytest.raises(UsageError, match="en-fr is a file of weights, which has one target"):
        recipe = recipe_of(sources(folder, ("rv",)), model={"init_from": "en-fr"})
        translation.train(recipe, run_dir=str(folder / "bad"))
    with pytest.raises(UsageError, match="would keep random weights"):
        tune(folder, "bad", ("st",), training={"freeze": ["encoder", "embedding"]})


def test_codes_that_differ_in_case_are_an_error() -> None:
    assert all_languages(["fr", "de"], ["de", "pt-BR"], ["es"]) == ("fr", "de", "pt-BR", "es")
    with pytest.raises(UsageError, match="the text has the language FR.*Write fr everywhere"):
        all_languages(["fr"], ["FR"])
