"""Training that starts from a language model, from end to end.

One small language model is trained once for the whole file.
"""

import json
import random
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from nlp_apps import generation, sentiment, translation
from nlp_apps.recipe import load as recipes
from nlp_apps.tasks.run import load
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.tasks.warm_start import transfer_weights
from nlp_apps.training.run_folder import RunFolder
from tests.commands import run

RECIPE = """
task = "generation"
[data]
train = "train.txt"
validation = "validation.txt"
test = "none"
document_separator = "\\n\\n"
[tokenizer]
kind = "characters"
vocabulary_size = 320
[model]
embedding_size = 16
units = 48
num_layers = 1
dropout = 0.0
weight_drop = 0.1
[training]
epochs = 6
batch_tokens = 256
sequence_length = 16
learning_rate = 0.02
warmup_steps = 8
ema_decay = 0.9
jit_compile = false
[decoding]
max_tokens = 40
"""
SENTENCES = ("the cat sat\non the mat", "a dog ran home", "we went to sea")


class Trained(NamedTuple):
    corpus: Path
    run: Path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    corpus = tmp_path_factory.mktemp("corpus")
    choose = random.Random(1)
    for name, count in (("train", 400), ("validation", 30)):
        text = "\n\n".join(choose.choice(SENTENCES) for _ in range(count))
        (corpus / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    (corpus / "cats.toml").write_text(RECIPE, encoding="utf-8")
    folder = tmp_path_factory.mktemp("runs") / "cats"
    result = run(generation.APP, ["train", "cats.toml", "--run-dir", folder], corpus)
    assert result.code == 0, result.err
    return Trained(corpus, folder)


START = """
task = "sentiment"
[data]
train = "moods.tsv"
validation = "moods.tsv"
test = "moods.tsv"
[tokenizer]
kind = "characters"
vocabulary_size = 320
[model]
embedding_size = 16
units = 48
num_layers = 1
bidirectional = false
init_encoder_from = "{run}"
[training]
epochs = 1
jit_compile = false
batch_tokens = 300
"""


@pytest.fixture
def moods(trained: Trained, tmp_path: Path) -> Path:
    (tmp_path / "moods.tsv").write_text("good\ta dog ran\nbad\twe went\n", encoding="utf-8")
    (tmp_path / "moods.toml").write_text(START.format(run=trained.run), encoding="utf-8")
    return tmp_path


def test_a_classifier_starts_with_the_layers_of_a_language_model(
    trained: Trained, moods: Path
) -> None:
    result = run(sentiment.APP, ["train", "moods.toml", "--run-dir", "run"], moods)
    assert result.code == 0, result.err
    summary = json.loads((moods / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["warm_start"]["init_encoder_from"]["run"] == str(trained.run)
    assert summary["warm_start"]["init_encoder_from"]["part"] == "encoder"
    task = SentimentTask(recipes.load(moods / "moods.toml", task="sentiment"))
    task.load_assets(RunFolder(moods / "run"))
    task.build_model()
    transfer_weights(task.recipe, task.model, task.tokenizers())
    mine, its = task.model.encoder, load(trained.run).model.decoder
    np.testing.assert_array_equal(
        mine.embedding.table.get_weights()[0], its.embedding.table.get_weights()[0]
    )
    for left, right in zip(
        mine.stack[0].trainable_variables, its.stack[0].trainable_variables, strict=True
    ):
        np.testing.assert_array_equal(left.numpy(), right.numpy())
    ids = np.array([[2, *task.tokenizer.encode_documents(["a dog ran home"])[0]]])
    wanted = its.stack[0](its.embedding(ids))[0]
    np.testing.assert_allclose(mine(ids), wanted, atol=1e-5)
    assert summary["warm_start"]["init_encoder_from"]["weights"] == sum(
        int(np.prod(v.shape)) for v in [*its.embedding.table.weights, *its.stack[0].weights]
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model.units", "64", "model.units is 64, but 48 in the language model in"),
        ("model.bidirectional", "true", "Set model.bidirectional = false."),
        ("tokenizer.vocabulary_size", "400", "Set tokenizer.vocabulary_size = 320."),
        ("model.init_encoder_from", "nowhere", "nowhere"),
    ],
)
def test_a_warm_start_that_does_not_fit_is_an_error(
    moods: Path, key: str, value: str, message: str
) -> None:
    words = ["train", "moods.toml", "--run-dir", "run", "--set", f"{key}={value}"]
    result = run(sentiment.APP, words, moods)
    assert result.code in (1, 2)
    assert message in result.err
    assert result.err.splitlines()[-1].startswith("nlp-apps: ")


@pytest.fixture
def moods_alone(trained: Trained, moods: Path) -> Path:
    """Adds the recipe of a language model instead of its run."""
    recipe = (trained.corpus / "cats.toml").read_text(encoding="utf-8")
    recipe = recipe.replace("epochs = 6", "epochs = 1")
    (moods / "cats.toml").write_text(recipe, encoding="utf-8")
    for path in trained.corpus.glob("*.txt"):
        text = path.read_text(encoding="utf-8")[:2000]
        (moods / path.name).write_text(text, encoding="utf-8")
    (moods / "moods.toml").write_text(START.format(run="cats.toml"), encoding="utf-8")
    return moods


def as_before_its_first_evaluation(folder: Path) -> None:
    """Deletes the files that a run has after its first evaluation."""
    shutil.rmtree(folder / "checkpoints")
    for name in ("weights.h5", "summary.json"):
        (folder / name).unlink()


def test_a_classifier_starts_with_a_language_model_that_is_trained_first(
    moods_alone: Path,
) -> None:
    words = ["train", "moods.toml", "--run-dir", "run"]
    result = run(sentiment.APP, words, moods_alone)
    assert result.code == 0, result.err
    folder = moods_alone / "run"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["warm_start"]["init_encoder_from"]["run"] == str(folder / "init_encoder_from")
    first = json.loads((folder / "init_encoder_from" / "summary.json").read_text(encoding="utf-8"))
    assert summary["warm_start"]["init_encoder_from"]["train_seconds"] == first["train_seconds"]
    assert (folder / "tokenizer.model").read_bytes() == (
        folder / "init_encoder_from" / "tokenizer.model"
    ).read_bytes()

    # A run that ended in between resumes with the language model that is there.
    weights = folder / "init_encoder_from" / "weights.h5"
    written, scores = weights.stat().st_mtime_ns, summary["scores"]
    as_before_its_first_evaluation(folder)
    (folder / "labels.json").unlink()
    result = run(sentiment.APP, [*words, "--resume"], moods_alone)
    assert result.code == 0, result.err
    assert weights.stat().st_mtime_ns == written
    assert json.loads((folder / "summary.json").read_text())["scores"] == scores

    # With another recipe of it, it does not.
    as_before_its_first_evaluation(folder)
    changed = (moods_alone / "cats.toml").read_text().replace("epochs = ", "epochs = 1")
    (moods_alone / "cats.toml").write_text(changed, encoding="utf-8")
    result = run(sentiment.APP, [*words, "--resume"], moods_alone)
    assert result.code == 2
    assert "the recipe differs from the one the run began with" in result.err
    assert "(run/init_encoder_from/recipe.toml)" in result.err


def test_a_refused_training_leaves_the_run_unchanged(moods_alone: Path) -> None:
    words = ["train", "moods.toml", "--run-dir", "run"]
    assert run(sentiment.APP, words, moods_alone).code == 0
    folder = moods_alone / "run"
    as_before_its_first_evaluation(folder)
    before = {path: path.read_bytes() for path in folder.glob("*.*")}
    result = run(sentiment.APP, [*words, "--set", "training.epochs=2"], moods_alone)
    assert result.code == 2
    assert "run: already holds a run. Continue it with --resume" in result.err
    assert {path: path.read_bytes() for path in folder.glob("*.*")} == before

    shutil.rmtree(folder / "init_encoder_from" / "checkpoints")  # as if to save space
    result = run(sentiment.APP, words, moods_alone)
    assert result.code == 2
    assert "run: already holds a run. Continue it with --resume" in result.err

    # It does not resume with a language model of other text.
    with (moods_alone / "train.txt").open("a", encoding="utf-8") as file:
        file.write("one more cat\n")
    result = run(sentiment.APP, [*words, "--resume"], moods_alone)
    assert result.code == 2
    assert "the train text differs from the one the run began with (train.txt)" in result.err


def test_a_run_that_has_begun_needs_its_language_model_no_more(
    trained: Trained, moods_alone: Path
) -> None:
    words = ["train", "moods.toml", "--run-dir", "run"]
    assert run(sentiment.APP, words, moods_alone).code == 0
    folder = moods_alone / "run"
    first = (folder / "summary.json").read_text(encoding="utf-8")
    shutil.rmtree(folder / "init_encoder_from")
    result = run(sentiment.APP, [*words, "--resume"], moods_alone)
    assert result.code == 0, result.err
    assert json.loads(first) == json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert not (folder / "init_encoder_from").exists()


def test_a_run_that_has_begun_needs_no_other_run_either(
    trained: Trained, moods: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained.run, moods / "writer")
    text = START.format(run="writer")
    (moods / "moods.toml").write_text(text, encoding="utf-8")
    words = ["train", "moods.toml", "--run-dir", "run"]
    assert run(sentiment.APP, words, moods).code == 0
    shutil.rmtree(moods / "writer")
    result = run(sentiment.APP, [*words, "--resume"], moods)
    assert result.code == 0, result.err
    result = run(sentiment.APP, ["train", "moods.toml", "--run-dir", "other"], moods)
    assert result.code == 2
    assert "model.init_encoder_from: no such run folder, and no recipe 'writer'" in result.err


def test_a_run_resumes_where_its_files_moved(moods_alone: Path, tmp_path_factory: Any) -> None:
    words = ["train", "moods.toml", "--run-dir", "run"]
    assert run(sentiment.APP, words, moods_alone).code == 0
    as_before_its_first_evaluation(moods_alone / "run")
    moved = tmp_path_factory.mktemp("moved") / "here"
    moods_alone.rename(moved)
    result = run(sentiment.APP, [*words, "--resume", "--data-dir", "."], moved)
    assert result.code == 0, result.err


def test_a_translator_starts_both_sides_with_one_recipe(moods_alone: Path) -> None:
    (moods_alone / "pairs.tsv").write_text("a dog\twe went\nto sea\tthe mat\n", encoding="utf-8")
    recipe = TRANSLATE.format(run="cats.toml")
    (moods_alone / "both.toml").write_text(recipe, encoding="utf-8")
    words = ["train", "both.toml", "--run-dir", "run"]
    result = run(translation.APP, words, moods_alone)
    assert result.code == 0, result.err
    summary = json.loads((moods_alone / "run" / "summary.json").read_text(encoding="utf-8"))
    folders = {one["run"] for one in summary["warm_start"].values()}
    assert folders == {str(moods_alone / "run" / "init_encoder_from")}
    assert not (moods_alone / "run" / "init_decoder_from").exists()

    other = (moods_alone / "cats.toml").read_text(encoding="utf-8")
    (moods_alone / "dogs.toml").write_text(other, encoding="utf-8")
    for changes, message in (
        ({"model.init_decoder_from": "dogs.toml"}, "each recipe learns its own vocabulary"),
        ({"model.units": "32"}, "model.init_encoder_from: model.units is 32, but 48"),
        (
            {"model.init_encoder_from": "", "model.units": "32"},
            "model.init_decoder_from: model.units is 32, but 48",
        ),
        (
            {"model.init_encoder_from": "cat.toml"},
            "model.init_encoder_from: no such run folder, and no recipe",
        ),
    ):
        flags = [flag for key, value in changes.items() for flag in ("--set", f"{key}={value}")]
        refused = ["train", "both.toml", "--run-dir", "other", *flags]
        result = run(translation.APP, refused, moods_alone)
        assert result.code == 2
        assert message in result.err
        assert not (moods_alone / "other").exists()

    its_run = ("model.init_decoder_from=run/init_encoder_from", "tokenizer.character_coverage=0.99")
    flags = [
        word for change in ("model.init_encoder_from=", *its_run) for word in ("--set", change)
    ]
    result = run(translation.APP, ["train", "both.toml", "--run-dir", "last", *flags], moods_alone)
    assert result.code == 2
    told = "model.init_decoder_from: tokenizer.character_coverage is 0.99, but 1.0 in"
    assert told in result.err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.units": "64"}, "model.units is 64, but 48 in the language model in"),
        ({"tokenizer.vocabulary_size": "400"}, "Set tokenizer.vocabulary_size = 320."),
        ({"data.validation": "other.tsv"}, "the label 'mixed' (1 times) does not occur"),
    ],
)
def test_errors_are_printed_before_a_language_model_is_trained(
    moods_alone: Path, changes: dict[str, str], message: str
) -> None:
    (moods_alone / "other.tsv").write_text("mixed\ta dog\n", encoding="utf-8")
    words = ["train", "moods.toml", "--run-dir", "run"]
    for key, value in changes.items():
        words += ["--set", f"{key}={value}"]
    result = run(sentiment.APP, words, moods_alone)
    assert result.code in (1, 2)
    assert message in result.err
    assert not (moods_alone / "run" / "init_encoder_from").exists()


def test_a_recipe_that_starts_from_itself_is_an_error(moods_alone: Path) -> None:
    text = (moods_alone / "cats.toml").read_text(encoding="utf-8")
    text = text.replace("weight_drop = 0.1", 'weight_drop = 0.1\ninit_from = "cats.toml"')
    (moods_alone / "cats.toml").write_text(text, encoding="utf-8")
    result = run(generation.APP, ["train", "cats.toml", "--run-dir", "run"], moods_alone)
    assert result.code == 2
    assert "starts from another recipe" in result.err
    assert result.err.splitlines()[-1].startswith("nlp-apps: ")


def test_a_language_model_starts_from_another(trained: Trained, tmp_path: Path) -> None:
    text = (trained.corpus / "cats.toml").read_text(encoding="utf-8")
    text = text.replace("weight_drop = 0.1", f'weight_drop = 0.1\ninit_from = "{trained.run}"')
    (trained.corpus / "more.toml").write_text(text, encoding="utf-8")
    words = ["train", "more.toml", "--run-dir", tmp_path / "more", "--set", "training.epochs=1"]
    result = run(generation.APP, words, trained.corpus)
    assert result.code == 0, result.err
    first = json.loads((trained.run / "metrics.jsonl").read_text().splitlines()[0])
    again = json.loads((tmp_path / "more" / "metrics.jsonl").read_text().splitlines()[0])
    assert again["train_loss"] < 0.5 * first["train_loss"]


TRANSLATE = """
task = "translation"
[data]
train = "pairs.tsv"
validation = "pairs.tsv"
test = "pairs.tsv"
[tokenizer]
kind = "characters"
vocabulary_size = 320
[model]
embedding_size = 16
units = 48
num_layers = 1
bidirectional = false
init_encoder_from = "{run}"
init_decoder_from = "{run}"
[training]
epochs = 1
batch_tokens = 200
jit_compile = false
"""


def test_a_translator_starts_both_sides_with_language_models(
    trained: Trained, tmp_path: Path
) -> None:
    (tmp_path / "pairs.tsv").write_text("a dog\twe went\nto sea\tthe mat\n", encoding="utf-8")
    (tmp_path / "both.toml").write_text(TRANSLATE.format(run=trained.run), encoding="utf-8")
    result = run(translation.APP, ["train", "both.toml", "--run-dir", "run"], tmp_path)
    assert result.code == 0, result.err
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert set(summary["warm_start"]) == {"init_encoder_from", "init_decoder_from"}
    task = TranslationTask(recipes.load(tmp_path / "both.toml", task="translation"))
    task.load_assets(RunFolder(tmp_path / "run"))
    task.build_model()
    transfer_weights(task.recipe, task.model, task.tokenizers())
    its = load(trained.run).model.decoder
    for mine in (task.model.encoder.stack[0], task.model.decoder.stack[0]):
        for left, right in zip(
            mine.trainable_variables, its.stack[0].trainable_variables, strict=True
        ):
            np.testing.assert_array_equal(left.numpy(), right.numpy())
