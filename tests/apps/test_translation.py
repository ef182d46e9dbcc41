"""The translation app from end to end, on words and the same words backwards.

One small model is trained once for the whole file; most tests use it, or a damaged copy of it.
"""

import contextlib
import errno
import io
import json
import os
import random
import re
import resource
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from nlp_apps import translation
from nlp_apps.cli import main as cli
from nlp_apps.tasks.run import load
from nlp_apps.training.run_folder import RunFolder
from tests.commands import Result, fails, restored_process

RECIPE = """
task = "translation"
[data]
train = "train.tsv"
validation = "validation.tsv"
test = "test.tsv"
max_length = 12
[tokenizer]
kind = "characters"
vocabulary_size = 300
[model]
embedding_size = 24
units = 48
num_layers = 1
dropout = 0.0
[training]
epochs = 6
batch_tokens = 160
num_buckets = 1
learning_rate = 0.01
warmup_steps = 8  # so the first evaluation does not depend on epochs
schedule = "inverse_sqrt"
label_smoothing = 0.0
ema_decay = 0.9
monitor = "loss"
jit_compile = false
[decoding]
beam_size = 2
max_length = 12
"""


class Trained(NamedTuple):
    """Folders and output of the one training."""

    corpus: Path
    run: Path
    printed: str
    logged: str


Command = Callable[..., Result]


def write_corpus(folder: Path) -> None:
    """1,000 different words of 2 to 5 letters, and the same backwards."""
    choice = random.Random(1).choice
    words: dict[str, None] = {}
    while len(words) < 1000:
        words["".join(choice("abcdef") for _ in range(choice((2, 3, 4, 5))))] = None
    lines = [f"{word}\t{word[::-1]}\n" for word in words]
    random.Random(2).shuffle(lines)  # the short words came first
    for name, part in (
        ("train.tsv", lines[:900]),
        ("validation.tsv", lines[900:930]),
        ("test.tsv", lines[930:]),
    ):
        (folder / name).write_text("".join(part), encoding="utf-8")
    (folder / "backwards.toml").write_text(RECIPE, encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Run trained from the folder of the corpus, with a text named by `--set`."""
    corpus = tmp_path_factory.mktemp("corpus")
    write_corpus(corpus)
    run = tmp_path_factory.mktemp("runs") / "backwards"
    (corpus / "elsewhere").mkdir()
    (corpus / "test.tsv").rename(corpus / "elsewhere" / "test.tsv")
    out, err = io.StringIO(), io.StringIO()
    with (
        restored_process(),
        contextlib.chdir(corpus),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        words = ["backwards.toml", "--run-dir", str(run), "--set", "data.test=elsewhere/test.tsv"]
        code = cli.main(translation.APP, ["train", *words])
    assert code == 0, err.getvalue()
    return Trained(corpus, run, out.getvalue(), err.getvalue())


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command of the app."""

    def call(*words: Any) -> Result:
        capsys.readouterr()
        code = cli.main(translation.APP, [str(word) for word in words])
        return Result(code, *capsys.readouterr())

    return call


@pytest.fixture
def copy(trained: Trained, tmp_path: Path) -> RunFolder:
    """A copy of the run that may be damaged."""
    shutil.copytree(trained.run, tmp_path / "copy")
    return RunFolder(tmp_path / "copy")


def pairs(trained: Trained) -> list[tuple[str, str]]:
    """The test text."""
    text = (trained.corpus / "elsewhere" / "test.tsv").read_text(encoding="utf-8")
    return [(line.split("\t")[0], line.split("\t")[1]) for line in text.splitlines()]


# Files of training -------------------------------------------------------------------------------


def test_training_prints_a_few_lines(trained: Trained) -> None:
    rows = [line.split() for line in trained.printed.splitlines()]
    assert [row[0] for row in rows] == [
        "run",
        "train_seconds",
        "tokens_per_second",
        "validation.bleu",
        "validation.chrf",
        "validation.loss",
        "test.bleu",
        "test.chrf",
        "test.loss",
    ]
    assert rows[0][1] == str(trained.run)


def test_training_logs_every_evaluation_on_stderr_and_nothing_more(trained: Trained) -> None:
    lines = trained.logged.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("evaluation   1  epoch 1  step ")
    assert "validation: loss " in lines[0]


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
    trained: Trained, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
        assert {key: found[key] for key in wanted} == pytest.approx(wanted, rel=1e-6)
        assert found["perplexity"] == pytest.approx(np.exp(found["loss"]))


def test_it_learns_and_predicts_line_by_line_in_order(
    trained: Trained, command: Command, tmp_path: Path
) -> None:
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
    trained: Trained, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


def test_json_is_one_object_a_line_with_scores(trained: Trained, command: Command) -> None:
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


def test_a_word_that_is_not_utf8_is_an_error(trained: Trained, command: Command) -> None:
    fails(command("predict", trained.run, "ab", "a\udcff"), 2, "TEXT 2 is not valid UTF-8")


# Resume and run folders in use --------------------------------------------------------------------


def test_a_second_training_into_a_run_folder_is_refused(trained: Trained, command: Command) -> None:
    before = (trained.run / "weights.h5").read_bytes()
    fails(
        command("train", trained.corpus / "backwards.toml", "--run-dir", trained.run),
        2,
        f"{trained.run}: already holds a run",
        "--resume",
    )
    assert (trained.run / "weights.h5").read_bytes() == before


@pytest.mark.parametrize("resume", [False, True])
def test_an_ended_run_is_not_lost_when_its_checkpoints_are(
    copy: RunFolder, command: Command, resume: bool
) -> None:
    shutil.rmtree(copy.checkpoints)
    before = copy.weights.read_bytes()
    fails(
        command("train", "--run-dir", copy.path, *(["--resume"] if resume else [])),
        2,
        f"{copy.path}: holds a finished run without checkpoints",
    )
    assert copy.weights.read_bytes() == before


def test_to_resume_with_another_recipe_is_refused(trained: Trained, command: Command) -> None:
    recipe = trained.corpus / "backwards.toml"
    fails(
        command(
            *("train", recipe, "--run-dir", trained.run, "--resume"),
            *("--set", "training.epochs=7"),
        ),
        2,
        "--resume: the recipe differs",
        f"({trained.run / 'recipe.toml'})",
    )


def test_to_resume_with_other_text_is_refused(
    trained: Trained, copy: RunFolder, command: Command
) -> None:
    began = copy.read_json(copy.data)
    began["validation"]["sha256"] = "0" * 64
    copy.write_json(copy.data, began)
    fails(
        command("train", "--run-dir", copy.path, "--resume"),
        2,
        "--resume: the validation text differs",
        "(validation.tsv)",
    )


def test_a_damaged_checkpoint_can_be_replaced_by_the_one_before_it(
    trained: Trained,
    copy: RunFolder,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # the run has its recipe and the paths of its text
    damaged = copy.found_checkpoints()[-1]
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    result = command("train", "--run-dir", copy.path, "--resume")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"nlp-apps: error: {damaged}: the checkpoint is damaged (")
    assert "Delete this file" in result.err
    damaged.unlink()
    result = command("train", "--run-dir", copy.path, "--resume")
    assert result.code == 0, result.err
    assert len(result.err.splitlines()) == 1  # one evaluation was missing
    assert copy.weights.read_bytes() == (trained.run / "weights.h5").read_bytes()
    assert copy.sources.read_bytes() == (trained.run / "sources.json").read_bytes()


# Damaged and foreign run folders ------------------------------------------------------------------


def test_a_folder_that_is_no_run_is_refused(command: Command, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    fails(
        command("evaluate", tmp_path),
        2,
        f"{tmp_path}: not a run folder (it has no recipe.toml)",
    )
    fails(
        command("predict", missing, "ab"),
        2,
        f"{missing}: no such folder or file. ",
    )


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_a_run_of_another_task_is_refused(copy: RunFolder, command: Command, verb: str) -> None:
    text = copy.recipe.read_text(encoding="utf-8").replace('"translation"', '"sentiment"')
    copy.recipe.write_text(text, encoding="utf-8")
    words = ["ab"] if verb == "predict" else []
    fails(
        command(verb, copy.path, *words),
        2,
        f"{copy.recipe}: task must be 'translation' for this app, received 'sentiment'.",
    )


def test_a_run_without_weights_is_an_error(copy: RunFolder, command: Command) -> None:
    copy.weights.unlink()
    fails(
        command("predict", copy.path, "ab"),
        1,
        f"{copy.path}: has no weights.h5 yet",
        "train --resume",
    )


@pytest.mark.parametrize("name", ["weights.h5", "tokenizer.model", "sources.json"])
@pytest.mark.parametrize("damage", ["cut", "emptied", "overwritten"])
def test_a_damaged_file_of_a_run_is_an_error_that_names_it(
    copy: RunFolder, command: Command, name: str, damage: str
) -> None:
    path = copy.path / name
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-20], "emptied": b"", "overwritten": b"?" * len(data)}[damage])
    result = command("evaluate", copy.path)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"nlp-apps: error: {path}: cannot ")
    assert len(result.err.splitlines()) <= 2
    assert "Traceback" not in result.err


def test_a_flipped_bit_in_the_weights_is_noticed(copy: RunFolder, command: Command) -> None:
    data = bytearray(copy.weights.read_bytes())
    data[len(data) // 2] ^= 64
    copy.weights.write_bytes(data)
    result = command("predict", copy.path, "ab")
    assert (result.code, result.out) == (1, "")
    assert "has a wrong checksum). Train again, or copy the file again." in result.err


def test_a_damaged_recipe_of_a_run_is_an_error_that_names_the_line(
    copy: RunFolder, command: Command
) -> None:
    text = copy.recipe.read_text(encoding="utf-8")
    copy.recipe.write_text(text.replace("[model]", "[model"), encoding="utf-8")
    result = command("predict", copy.path, "ab")
    assert (result.code, result.out) == (2, "")
    assert f"{copy.recipe}, line " in result.err
    assert "not valid TOML" in result.err


def test_a_recipe_that_was_changed_after_training_does_not_fit(
    copy: RunFolder, command: Command
) -> None:
    text = copy.recipe.read_text(encoding="utf-8").replace("units = 48", "units = 50")
    copy.recipe.write_text(text, encoding="utf-8")
    result = command("predict", copy.path, "ab")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(
        f"nlp-apps: error: {copy.weights}: does not fit the recipe and the tokenizer beside it: "
    )
    assert "(" in result.err and "by the recipe." in result.err


def test_a_run_whose_text_is_missing_is_an_error_that_names_data_dir(
    copy: RunFolder, command: Command
) -> None:
    copy.sources.unlink()
    fails(
        command("evaluate", copy.path),
        1,
        f"{copy.sources}: missing",
        "--data-dir",
    )


def test_the_data_dir_serves_where_the_sources_are_not_known(
    trained: Trained, copy: RunFolder, command: Command
) -> None:
    copy.sources.unlink()
    result = command(
        *("evaluate", copy.path, "--split", "validation", "--json"),
        *("--data-dir", trained.corpus),
    )
    assert result.code == 0, result.err
    assert json.loads(result.out)["sentences"] == 30


# Bad text, bad disks ------------------------------------------------------------------------------


def own_recipe(folder: Path, text: str, extra: str = "") -> Path:
    (folder / "own.tsv").write_bytes(text.encode("utf-8"))
    path = folder / "own.toml"
    path.write_text(f'task = "translation"\n[data]\ntrain = "own.tsv"\n{extra}', encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\nc d\n", ", line 2: no TAB between source and target; .*data.on_bad_line"),
        ("a\tb\nc\t \n", ", line 2: the target side is empty.*data.on_bad_line"),
        ("", ": the file is empty"),
    ],
)
def test_bad_text_stops_the_training_with_file_and_line(
    command: Command, tmp_path: Path, text: str, message: str
) -> None:
    recipe, run = own_recipe(tmp_path, text), tmp_path / "run"
    result = command("train", recipe, "--run-dir", run)
    assert (result.code, result.out) == (1, "")
    place = re.escape(str(tmp_path / "own.tsv"))
    assert re.fullmatch(f"nlp-apps: error: {place}{message}.*\n", result.err)
    assert not run.exists()


def test_a_vocabulary_larger_than_the_text_supports_is_an_error(
    command: Command, tmp_path: Path
) -> None:
    text = "".join(f"one {number} two\tun {number} deux\n" for number in range(100))
    result = command("train", own_recipe(tmp_path, text), "--run-dir", tmp_path / "run")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("nlp-apps: error: tokenizer.vocabulary_size must be at most ")
    assert "received 4000. " in result.err


def test_text_that_is_longer_than_every_limit_is_an_error(command: Command, tmp_path: Path) -> None:
    text = "".join(f"one {number} two\tun {number} deux\n" for number in range(100))
    extra = 'max_length = 4\n[tokenizer]\nkind = "characters"\n'
    fails(
        command("train", own_recipe(tmp_path, text, extra), "--run-dir", tmp_path / "run"),
        1,
        "no training pair has at most data.max_length = 4 tokens",
    )


def test_a_run_folder_below_a_file_cannot_be_written(
    trained: Trained, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    result = command(
        *("train", trained.corpus / "backwards.toml", "--run-dir", tmp_path / "file" / "run"),
        *("--set", f"data.test={trained.corpus}/elsewhere/test.tsv"),
    )
    fails(
        result,
        1,
        f"cannot write {tmp_path / 'file' / 'run'}: a part of this path is a file",
    )


def test_predictions_to_a_file_that_cannot_be_written_leave_nothing(
    trained: Trained, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.txt"

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    fails(
        command("predict", trained.run, "ab", "--output", target),
        1,
        f"cannot write {target}: the disk is full",
    )
    assert not list(tmp_path.iterdir())


def test_a_full_disk_stops_the_training_and_resume_completes_it(
    trained: Trained, command: Command, tmp_path: Path
) -> None:
    words = [
        *("train", trained.corpus / "backwards.toml", "--run-dir", tmp_path / "run"),
        *("--set", f"data.test={trained.corpus}/elsewhere/test.tsv"),
        *("--set", "training.epochs=1", "--set", "training.tensorboard=false"),
    ]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        result = command(*words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    fails(
        result,
        1,
        f"cannot write {tmp_path / 'run' / 'weights.h5'}: ",
    )
    assert not list((tmp_path / "run").rglob(".tmp-*"))
    result = command(*words, "--resume")
    assert result.code == 0, result.err


# Other ways to train ------------------------------------------------------------------------------


def test_a_tfds_data_set_is_trained_on_with_sampled_subwords_and_two_vocabularies(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
