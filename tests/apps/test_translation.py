"""The translation app from end to end: training, evaluation, prediction."""

import io
import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from nlp_apps import translation
from nlp_apps.tasks.run import load
from nlp_apps.training.run_folder import RunFolder
from tests.apps import backwards
from tests.apps.backwards import command, pairs
from tests.apps.trained_run import Trained
from tests.commands import Result, fails


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return backwards.train(shelf)


# Files of training --------------------------------------------------------------------------------


def test_training_prints_a_few_lines(trained: Trained) -> None:
    scores, table, _ = trained.printed.split("\n\n")
    rows = [line.split() for line in scores.splitlines()]
    assert [row[0] for row in rows] == [
        "run",
        "train_seconds",
        "compile_seconds",
        "tokens_per_second",
        "validation.bleu",
        "validation.chrf",
        "validation.loss",
        "validation.beam_size",
        "test.bleu",
        "test.chrf",
        "test.loss",
        "test.beam_size",
    ]
    names = [line[:18].strip() for line in table.splitlines()]
    assert names == ["", "", "model", "source copy", "translation memory"]
    assert rows[0][1] == str(trained.run)


def test_training_logs_the_head_of_its_text_and_every_evaluation(trained: Trained) -> None:
    lines = trained.logged.splitlines()
    assert lines[0].startswith("nlp-apps: text: train 900, ")
    assert lines[1].startswith("nlp-apps: expected: BLEU ")
    evaluations = [line for line in lines if line.startswith("evaluation ")]
    assert len(evaluations) == 6
    assert lines[-1].startswith("finished: ")
    assert evaluations[0].startswith("evaluation   1  epoch 1  step ")
    assert "validation: loss " in evaluations[0]


def test_the_run_folder_has_its_documented_files(trained: Trained) -> None:
    assert sorted(path.name for path in trained.run.iterdir()) == [
        "checkpoints",
        "curves.png",
        "data.json",
        "metrics.jsonl",
        "recipe.toml",
        "sources.json",
        "summary.json",
        "tensorboard",
        "tokenizer.model",
        "weights.h5",
    ]
    assert len(RunFolder(trained.run).read_metrics()) == 6


def test_the_summary_has_scores_signature_seed_versions_and_data(trained: Trained) -> None:
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    assert {
        "task",
        "recipe",
        "parameters",
        "train_seconds",
        "compile_seconds",
        "tokens_per_second",
        "scores",
        "signature",
        "seed",
        "versions",
        "data",
    } <= set(summary)
    assert (summary["task"], summary["recipe"]) == ("translation", "backwards")
    assert {"bleu", "chrf", "loss", "perplexity"} <= set(summary["scores"]["test"])
    assert set(summary["scores"]) == {"validation", "test"}
    assert summary["signature"]["bleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|")
    assert {"python", "tensorflow", "keras", "nlp_apps"} <= set(summary["versions"])
    assert [summary["data"][split]["pairs"] for split in ("train", "validation", "test")] == [
        900,
        30,
        70,
    ]
    assert len(summary["data"]["train"]["sha256"]) == 64
    assert summary["parameters"] == sum(
        array.size for array in weights_of(RunFolder(trained.run)).values()
    )


def weights_of(run: RunFolder) -> dict[str, np.ndarray]:
    h5py = pytest.importorskip("h5py")
    found: dict[str, np.ndarray] = {}
    with h5py.File(run.weights) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]}) if hasattr(item, "shape") else None
        )
    return found


def test_the_recipe_in_the_run_has_full_paths_of_values_from_the_command(trained: Trained) -> None:
    text = (trained.run / "recipe.toml").read_text(encoding="utf-8")
    assert f'test = "{trained.corpus / "elsewhere" / "test.tsv"}"' in text
    assert 'train = "train.tsv"' in text
    assert json.loads((trained.run / "sources.json").read_text(encoding="utf-8")) == {
        "data_dir": None,
        "recipe_dir": str(trained.corpus),
    }


# Evaluate and predict -----------------------------------------------------------------------------


def test_evaluate_returns_the_scores_of_the_training_from_any_folder(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    for split in ("test", "validation"):
        result = command("evaluate", trained.run, "--split", split, "--json")
        assert result.code == 0, result.err
        found = json.loads(result.out.splitlines()[-1])
        assert found["split"] == split
        assert found["bleu_signature"] == summary["signature"]["bleu"]
        wanted = summary["scores"][split]
        assert found["bleu_tokenizer"] == wanted.pop("bleu_tokenizer") == "13a"
        assert {key: found[key] for key in wanted} == pytest.approx(wanted, rel=1e-6)
        assert found["perplexity"] == pytest.approx(np.exp(found["loss"]))


def test_it_learns_and_predicts_line_by_line_in_order(trained: Trained, tmp_path: Path) -> None:
    wanted = pairs(trained)
    lines = [source for source, _ in wanted]
    lines[5:5] = ["", "  "]
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("\n".join(lines), encoding="utf-8")
    result = command("predict", trained.run, "--input", source, "--output", target)
    assert result == Result(0, "", "")
    predictions = target.read_text(encoding="utf-8").split("\n")
    assert predictions.pop() == ""
    assert len(predictions) == len(lines)
    assert predictions[5:7] == ["", ""]
    del predictions[5:7]
    right = np.equal(predictions, [target for _, target in wanted])
    assert right.mean() >= 0.9


def test_words_files_and_standard_input_have_the_same_predictions(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["abcde", "", "fa", "ccd", "éa 😀"]
    path = tmp_path / "in.txt"
    path.write_bytes("\r\n".join(words).encode())
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(words).encode()), encoding="utf-8")
    )
    results = [
        command("predict", trained.run, *words),
        command("predict", trained.run, "--input", path),
        command("predict", trained.run, "--input", "-"),
    ]
    assert results[0].code == 0, results[0].err
    assert results[0] == results[1] == results[2]
    predictions = results[0].out.split("\n")
    assert predictions[:4] == ["edcba", "", "af", "dcc"]
    assert len(predictions) == len(words) + 1


def test_json_is_one_object_a_line_with_scores(trained: Trained) -> None:
    result = command("predict", trained.run, "--json", "abc", "de")
    first, second = (json.loads(line) for line in result.out.splitlines())
    assert (first["translation"], second["translation"]) == ("cba", "ed")
    assert -0.5 < first["score"] <= 0.0
    assert len(first["alternatives"]) == 1  # beam 2
    assert first["alternatives"][0]["score"] < first["score"]


def test_a_text_does_not_depend_on_the_texts_beside_it(trained: Trained) -> None:
    texts = [source for source, _ in pairs(trained)][:20]
    translator = load(trained.run).predictor()
    together = list(translator.translate(texts))
    for text, wanted in zip(texts[:3], together[:3], strict=True):
        (alone,) = translator.translate([text])
        assert alone.text == wanted.text
        assert alone.score == pytest.approx(wanted.score, abs=1e-5)


def test_a_word_that_is_not_utf8_is_an_error(trained: Trained) -> None:
    fails(command("predict", trained.run, "ab", "a\udcff"), 2, "TEXT 2 is not valid UTF-8")


# Other ways to train ------------------------------------------------------------------------------


def test_a_tfds_data_set_is_trained_on_with_sampled_subwords_and_two_vocabularies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tfds = pytest.importorskip("tensorflow_datasets")
    choice = random.Random(1).choice
    words = ["".join(choice("bdklmnrst") + choice("aeiou") for _ in range(3)) for _ in range(150)]
    sentences = [" ".join(choice(words) for _ in range(4)) for _ in range(300)]
    examples = [
        (number, {"en": sentence, "fr": sentence.upper()})
        for number, sentence in enumerate(sentences)
    ]
    tfds.dataset_builders.store_as_tfds_dataset(
        name="shouting",
        config="en_fr",
        version="1.0.0",
        features=tfds.features.FeaturesDict(
            {"en": tfds.features.Text(), "fr": tfds.features.Text()}
        ),
        split_datasets={"train": examples, "validation": examples[:8]},
        data_dir=tmp_path / "tfds",
        disable_shuffling=True,
    )
    recipe = tmp_path / "shouting.toml"
    recipe.write_text(
        """
task = "translation"
[data]
train = "tfds:shouting/en_fr:train"
validation = "tfds:shouting/en_fr:validation"
test = "split:10"
source_language = "en"
target_language = "fr"
reverse = true
tfds_dir = "tfds"
[tokenizer]
vocabulary_size = 320
shared_vocabulary = false
subword_regularization = 0.2
[model]
cell = "gru"
units = 8
embedding_size = 8
num_layers = 1
[training]
epochs = 1
num_buckets = 1
jit_compile = false
tensorboard = false
[decoding]
beam_size = 1
max_length = 10
""",
        encoding="utf-8",
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)  # data.tfds_dir is found beside the recipe
    result = command("train", recipe)
    assert result.code == 0, result.err
    run = RunFolder(elsewhere / "runs" / "shouting")
    assert run.target_tokenizer.is_file()
    summary = run.read_json(run.summary)
    assert summary["data"]["train"]["sha256"] == "tfds:shouting/en_fr:1.0.0:train"
    assert summary["data"]["train"]["pairs"] == 290
    monkeypatch.chdir(tmp_path)
    result = command("evaluate", run.path, "--json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert found["loss"] == pytest.approx(summary["scores"]["test"]["loss"], rel=1e-6)
    assert found["sentences"] == 10


def test_training_compiled_by_xla_has_nearly_the_same_weights(
    trained: Trained, tmp_path: Path
) -> None:
    translation.train(
        str(trained.corpus / "backwards.toml"),
        run_dir=str(tmp_path / "run"),
        overrides=[
            f"data.test={trained.corpus}/validation.tsv",
            "training.epochs=1",
            "training.tensorboard=false",
            "training.jit_compile=true",
        ],
    )
    (compiled,) = RunFolder(tmp_path / "run").read_metrics()
    plain = RunFolder(trained.run).read_metrics()[0]
    for key in ("step", "train_loss", "validation_loss"):
        assert compiled[key] == pytest.approx(plain[key], rel=1e-3)
