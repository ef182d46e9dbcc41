"""Labels and characters in fine-tuning, frozen random weights, and the file of a translator."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps import sentiment, translation
from nlp_apps.errors import UsageError
from nlp_apps.tasks.run import load
from tests.tasks.test_fine_tuning import MODEL, NEW, OLD, TRAINING

TOKENIZER = {"kind": "characters", "vocabulary_size": 320}


def written(path: Path, text: str) -> dict[str, str]:
    path.write_text(text, encoding="utf-8")
    return {"train": str(path), "validation": str(path), "test": str(path)}


@pytest.fixture(scope="module")
def moods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run `general` of a classifier without n-grams."""
    folder = tmp_path_factory.mktemp("moods")
    sentiment.train(
        {
            "data": written(folder / "old.tsv", OLD["sentiment"]),
            "tokenizer": TOKENIZER,
            "model": MODEL,
            "training": TRAINING,
        },
        run_dir=str(folder / "general"),
    )
    return folder


def tune(folder: Path, text: str, **training: Any) -> dict[str, Any]:
    found: dict[str, Any] = sentiment.train(
        {
            "data": {**written(folder / "new.tsv", text), "mix_in_share": 0.0},
            "model": {"init_from": str(folder / "general")},
            "training": {**TRAINING, "learning_rate": 1e-12, "ema_decay": 0.0, **training},
        },
        run_dir=str(folder / "tuned"),
        overwrite=True,
    )
    return found


def test_labels_grow_and_those_without_a_text_stay(moods: Path) -> None:
    tune(moods, NEW["sentiment"])
    old: Any = load(moods / "general")
    new: Any = load(moods / "tuned")
    assert old.labels == ("bad", "good")
    assert new.labels == ("bad", "good", "mixed")
    np.testing.assert_allclose(
        np.asarray(new.model.labels.kernel)[:, :2], np.asarray(old.model.labels.kernel), atol=1e-9
    )
    probabilities = next(iter(new.predictor().classify(["a grey day 3"]))).probabilities
    assert set(probabilities) == {"bad", "good", "mixed"}


def test_text_of_one_label_alone_is_an_error(moods: Path) -> None:
    with pytest.raises(Exception, match="every text has the label 'good'"):
        sentiment.train(
            {
                "data": {**written(moods / "one.tsv", "good\tfine\n" * 9), "mix_in": "none"},
                "model": {"init_from": str(moods / "general")},
                "training": TRAINING,
            },
            run_dir=str(moods / "one"),
        )


def test_weights_that_are_random_or_all_weights_are_not_frozen(tmp_path: Path) -> None:
    recipe: dict[str, Any] = {
        "data": written(tmp_path / "pairs.tsv", OLD["translation"]),
        "tokenizer": TOKENIZER,
        "model": MODEL,
        "training": {**TRAINING, "freeze": "bridge"},
    }
    with pytest.raises(UsageError, match="bridge would keep random weights"):
        translation.train(recipe, run_dir=str(tmp_path / "run"))
    del recipe["training"]["freeze"]
    translation.train(recipe, run_dir=str(tmp_path / "general"))
    recipe["model"] = {"init_from": str(tmp_path / "general")}
    recipe["training"]["freeze"] = ["encoder", "bridge", "decoder"]
    with pytest.raises(UsageError, match="is all of the model"):
        translation.train(recipe, run_dir=str(tmp_path / "run"), overwrite=True)


def test_a_shipped_translator_is_fine_tuned_by_its_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "nlp_apps")
    text = "".join(f"A dog {n} \u2602.\tUn chien {n}.\n" for n in range(12))
    summary = translation.train(
        {
            "data": written(tmp_path / "pairs.tsv", text),
            "model": {"init_from": "en-fr"},
            "training": {**TRAINING, "max_steps": 1, "learning_rate": 1e-12, "ema_decay": 0.0},
            "decoding": {"beam_size": 1},
        },
        run_dir=str(tmp_path / "run"),
    )
    before, after = summary["fine_tuning"]["before"]["test"], summary["scores"]["test"]
    assert before["bleu"] == after["bleu"] > 5.0
    assert before["loss"] == pytest.approx(after["loss"], rel=1e-4)
    assert "vocabulary of translation-tatoeba-en-fr lacks, read as bytes: 1 (\u2602)" in caplog.text
    assert "it comes without its text" in caplog.text


def test_an_encoder_is_no_finished_model(tmp_path: Path) -> None:
    recipe = {
        "data": written(tmp_path / "new.tsv", NEW["sentiment"]),
        "model": {"init_from": "english"},
    }
    with pytest.raises(UsageError, match=r"Set model\.init_encoder_from|set model\.init_encoder"):
        sentiment.train(recipe, run_dir=str(tmp_path / "run"))
    recipe["model"] = {"init_from": "en-fr", "init_encoder_from": "english"}
    with pytest.raises(UsageError, match=r"model\.init_encoder_from must be empty"):
        sentiment.train(recipe, run_dir=str(tmp_path / "run"))


def test_old_text_without_a_finished_model_is_an_error(tmp_path: Path) -> None:
    data = {**written(tmp_path / "new.tsv", NEW["sentiment"]), "mix_in_share": 0.5}
    with pytest.raises(UsageError, match="need a finished model"):
        sentiment.train({"data": data}, run_dir=str(tmp_path / "run"))
