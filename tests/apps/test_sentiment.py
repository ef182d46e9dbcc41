"""The sentiment app from end to end, on sentences whose label depends on a negation.

One small model is trained once for the whole file; most tests use it, or a damaged copy of it.
"""

import json
import logging
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from nlp_apps import sentiment
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.metrics.calibration import (
    BIAS_PRIOR,
    TEMPERATURE_PRIOR,
    Calibration,
    fit_calibration,
)
from nlp_apps.plots import confusion
from nlp_apps.recipe.data_section import SentimentData
from nlp_apps.recipe.load import load as load_recipe
from nlp_apps.recipe.schema import SentimentRecipe
from nlp_apps.tasks import sentiment_task as sentiment_task
from nlp_apps.tasks.run import load
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.special_ids import EOS
from nlp_apps.text.tokenizer import train_tokenizer
from nlp_apps.training.run_folder import RunFolder
from tests.commands import Result, fails, run

RECIPE = """
task = "sentiment"
[data]
train = "train.tsv"
validation = "validation.tsv"
test = "test.tsv"
max_length = 16
[tokenizer]
kind = "words"
vocabulary_size = 300
[model]
embedding_size = 16
units = 32
num_layers = 1
dropout = 0.1
[training]
epochs = 5
batch_tokens = 320
num_buckets = 2
learning_rate = 0.01
warmup_steps = 8
ema_decay = 0.9
jit_compile = false
"""
THINGS = ("soup", "room", "film", "train", "book")
GOOD, BAD = ("good", "fine", "lovely"), ("bad", "dull", "cold")
FILLERS = ("and", "so", "the", "day", "we", "came", "late")


class Trained(NamedTuple):
    corpus: Path
    run: Path
    printed: str


def sentence(choose: random.Random) -> tuple[str, str]:
    """A label and a text: `not` turns the mood, `and` between both makes it mixed."""
    thing, fillers = choose.choice(THINGS), choose.sample(FILLERS, choose.randrange(4))
    word, good = (
        (choose.choice(GOOD), True) if choose.random() < 0.5 else (choose.choice(BAD), False)
    )
    kind = choose.randrange(3)
    if kind == 2:
        return "mixed", " ".join([*fillers, thing, choose.choice(GOOD), "but", choose.choice(BAD)])
    middle = ["not", word] if kind else [word]
    return ("positive" if good != bool(kind) else "negative"), " ".join([*fillers, thing, *middle])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    corpus = tmp_path_factory.mktemp("corpus")
    choose = random.Random(3)
    rows = list(dict.fromkeys(sentence(choose) for _ in range(3000)))[:1000]
    for name, part in (("train", rows[200:]), ("validation", rows[:100]), ("test", rows[100:200])):
        text = "".join(f"{label}\t{text}\n" for label, text in part)
        (corpus / f"{name}.tsv").write_text(text, encoding="utf-8")
    (corpus / "moods.toml").write_text(RECIPE, encoding="utf-8")
    folder = tmp_path_factory.mktemp("runs") / "moods"
    result = run(sentiment.APP, ["train", "moods.toml", "--run-dir", folder], corpus)
    assert result.code == 0, result.err
    return Trained(corpus, folder, result.out)


def command(*words: Any) -> Result:
    return run(sentiment.APP, words)


def lines_of(trained: Trained, split: str) -> list[list[str]]:
    text = (trained.corpus / f"{split}.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()]


def test_training_prints_a_few_lines_and_fills_the_run_folder(trained: Trained) -> None:
    names = [line.split()[0] for line in trained.printed.splitlines()]
    assert names == [
        *("run", "train_seconds", "tokens_per_second"),
        *(
            f"{split}.{score}"
            for split in ("validation", "test")
            for score in ("accuracy", "macro_f1", "loss", "calibration_error")
        ),
    ]
    found = {path.name for path in trained.run.iterdir()}
    assert {"recipe.toml", "tokenizer.model", "labels.json", "weights.h5", "summary.json"} <= found


def test_it_learns_labels_that_a_bag_of_words_cannot_learn(trained: Trained) -> None:
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    assert summary["scores"]["test"]["accuracy"] >= 0.9
    assert summary["task"] == "sentiment"
    assert summary["data"]["train"]["texts"] == len(lines_of(trained, "train"))


def test_evaluate_returns_the_scores_of_the_training_and_a_picture(trained: Trained) -> None:
    result = command("evaluate", trained.run, "--json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    wanted = summary["scores"]["test"]
    for key in ("accuracy", "macro_f1", "loss", "calibration_error"):
        assert found[key] == pytest.approx(wanted[key], rel=1e-5)
    assert np.array(found["confusion"]).sum() == 100
    picture = Path(found["picture"])
    assert picture == trained.run / "confusion-test.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_labels_that_look_like_formulas_are_scored_and_drawn(
    trained: Trained, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(trained.run, folder)
    names = {"mixed": "$_$", "negative": "up to $5 or $", "positive": "\u597d\u8bc4"}
    path = folder / "labels.json"
    labels = json.loads(path.read_text(encoding="utf-8"))
    labels["labels"] = [names[label] for label in labels["labels"]]
    path.write_text(json.dumps(labels), encoding="utf-8")
    rows = "".join(f"{names[label]}\t{text}\n" for label, text in lines_of(trained, "test"))
    (tmp_path / "test.tsv").write_text(rows, encoding="utf-8")
    result = command("evaluate", folder, "--data-dir", tmp_path, "--json")
    assert result.code == 0, result.err
    where = f"nlp-apps: warning: {folder / 'confusion-test.png'}: "
    assert result.err.startswith(where)
    assert "1 of 3 labels" in result.err
    found = json.loads(result.out)
    assert sorted(found["labels"]) == sorted(names.values())
    assert Path(found["picture"]).read_bytes().startswith(b"\x89PNG")


def test_scores_are_printed_when_their_picture_cannot_be_drawn(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(*_: Any) -> None:
        raise ValueError("\n  no\nroom")

    monkeypatch.setattr(confusion, "draw", draw)
    result = command("evaluate", trained.run, "--json")
    assert result.code == 0, result.err
    picture = trained.run / "confusion-test.png"
    assert result.err.startswith(f"nlp-apps: warning: {picture}: ")
    assert result.err.endswith("confusion matrix: no room\n")
    found = json.loads(result.out)
    assert found["accuracy"] >= 0.9
    assert "picture" not in found
    assert "accuracy" in command("evaluate", trained.run).out


def test_evaluate_names_the_file_of_a_label_that_train_has_not(
    trained: Trained, tmp_path: Path
) -> None:
    (tmp_path / "test.tsv").write_text("strange\tsoup good\n", encoding="utf-8")
    fails(
        command("evaluate", trained.run, "--data-dir", tmp_path),
        1,
        "test.tsv: the label 'strange' (1 times)",
        "'mixed', 'negative', 'positive'",
    )


def test_evaluate_prints_a_row_for_each_label(trained: Trained) -> None:
    out = command("evaluate", trained.run, "--split", "validation").out
    for label in ("mixed", "negative", "positive"):
        rows = [line for line in out.splitlines() if line.startswith(label)]
        assert len(rows) == 2  # report, confusion
        assert len(rows[0].split()) == 5
        assert sum(map(int, rows[1].split()[1:])) == int(rows[0].split()[-1])


def test_predict_prints_label_and_probability_in_order(trained: Trained, tmp_path: Path) -> None:
    rows = lines_of(trained, "test")
    source = tmp_path / "in.txt"
    source.write_text("\n".join(["", *(text for _, text in rows)]), encoding="utf-8")
    result = command("predict", trained.run, "--input", source)
    assert result.code == 0, result.err
    first, *predictions = result.out.splitlines()
    assert first == ""
    right = 0
    for prediction, (label, _) in zip(predictions, rows, strict=True):
        predicted, probability = prediction.split("\t")
        assert 1 / 3 <= float(probability) <= 1.0
        right += predicted == label
    assert right >= 90


def test_json_has_the_probability_of_every_label(trained: Trained) -> None:
    (line,) = command("predict", trained.run, "soup not bad", "--json").out.splitlines()
    found = json.loads(line)
    assert set(found["probabilities"]) == {"mixed", "negative", "positive"}
    assert sum(found["probabilities"].values()) == pytest.approx(1.0, abs=1e-4)
    assert found["probability"] == max(found["probabilities"].values())
    assert found["probabilities"][found["label"]] == found["probability"]


def load_predictor(run_folder: Path) -> TextClassifier:
    """Loads the predictor of a run folder."""
    predictor: TextClassifier = load(run_folder).predictor()
    return predictor


def corpora(texts: list[LabelledText]) -> dict[str, Corpus[LabelledText]]:
    """Returns the same texts as train and validation."""
    return {split: Corpus(texts, 0, "", []) for split in ("train", "validation")}


def test_the_calibration_is_the_one_that_fits_validation(trained: Trained) -> None:
    classifier = load_predictor(trained.run)
    rows = lines_of(trained, "validation")
    logits = classifier.logits([text for _, text in rows])
    labels = np.array([classifier.labels.index(label) for label, _ in rows])
    wanted, found = fit_calibration(logits, labels), classifier.calibration
    assert found.temperature == pytest.approx(wanted.temperature, rel=1e-3)
    np.testing.assert_allclose(found.biases, wanted.biases, atol=1e-3)
    assert found != Calibration.identity(len(classifier.labels))


def test_calibration_does_not_undo_balanced_labels(trained: Trained, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    recipe = load_recipe(
        trained.run / "recipe.toml", ["training.class_weight=balanced"], task="sentiment"
    )
    task = SentimentTask(recipe)
    known = load(trained.run)
    task.load_assets(RunFolder(trained.run))
    task.model = known.model
    rows = lines_of(trained, "validation")
    rare = [row for row in rows if row[0] == "mixed"][:3]
    rows = [*[row for row in rows if row[0] != "mixed"], *rare]
    corpus = Corpus([LabelledText(text, label) for label, text in rows], 0, "", [])
    task.calibrate({"validation": corpus}, run)
    found = task.calibration

    logits = known.predictor().logits([text for _, text in rows])
    labels = np.array([task.labels.index(label) for label, _ in rows])
    weights = 1 / np.bincount(labels)[labels]
    weights *= len(rows) / weights.sum()

    def loss(temperature: float, biases: np.ndarray) -> float:
        scaled = logits / temperature + biases
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        losses = -logs[np.arange(len(labels)), labels]
        prior = BIAS_PRIOR / 2 * biases @ biases
        prior += TEMPERATURE_PRIOR * (1 / temperature - 1 + np.log(temperature))
        return float((weights * losses).sum() + prior)

    biases = np.array(found.biases)
    least = loss(found.temperature, biases)
    others = [loss(found.temperature * factor, biases) for factor in (0.97, 1.03)]
    for change in (*0.05 * np.eye(3), *-0.05 * np.eye(3)):
        others.append(loss(found.temperature, biases + change))
    assert least < min(others)


@pytest.mark.parametrize(
    ("lean", "messages"),
    [
        (
            2.0,  # to the first label, which all texts get
            ["calibration changed the validation accuracy: 0.500 -> 1.000"],
        ),
        (0.0, []),
    ],
)
def test_a_calibration_that_changes_the_accuracy_is_logged(
    trained: Trained,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    lean: float,
    messages: list[str],
) -> None:
    labels = np.arange(100) % 2
    logits = np.stack([lean - labels, labels], axis=1) * 1.0
    task: Any = load(trained.run)
    task.labels = ("a", "b")
    monkeypatch.setattr(task, "_logits", lambda *_: (logits, labels))
    validation = Corpus[LabelledText]([], 0, "", [])
    with caplog.at_level(logging.INFO):
        task.calibrate({"validation": validation}, RunFolder(tmp_path))
    assert caplog.messages == messages


def test_a_run_without_biases_can_still_predict(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.run, tmp_path / "old")
    path = tmp_path / "old" / "labels.json"
    labels = json.loads(path.read_text(encoding="utf-8"))
    del labels["biases"]
    path.write_text(json.dumps(labels), encoding="utf-8")
    assert load_predictor(tmp_path / "old").calibration.biases == (0.0, 0.0, 0.0)
    path.write_text(json.dumps({**labels, "biases": [1.0]}), encoding="utf-8")
    result = command("predict", tmp_path / "old", "the soup was good")
    assert result.code == 1
    assert f"{path}: damaged" in result.err


def test_a_text_does_not_depend_on_the_texts_beside_it(trained: Trained) -> None:
    classifier = load_predictor(trained.run)
    texts = [text for _, text in lines_of(trained, "test")][:20]
    together = classifier.logits(texts)
    for text, wanted in zip(texts[:3], together[:3], strict=True):
        np.testing.assert_allclose(classifier.logits([text])[0], wanted, atol=1e-5)


def test_windows_of_a_long_text_are_averaged(trained: Trained) -> None:
    classifier = load_predictor(trained.run)
    classifier.truncation, classifier.max_length = "windows", 5
    words = ["soup", "good", "but", "bad", "film", "not", "good", "day"]
    halves = [" ".join(words[:4]), " ".join(words[4:])]
    parts = classifier.logits(halves)
    np.testing.assert_allclose(
        classifier.logits([" ".join(words)])[0], parts.mean(axis=0), atol=1e-5
    )


def test_balanced_weights_make_every_label_count_the_same(trained: Trained) -> None:
    recipe = load_recipe(
        trained.corpus / "moods.toml", ["training.class_weight=balanced"], task="sentiment"
    )
    task = SentimentTask(recipe)
    task.load_assets(RunFolder(trained.run))
    texts = [LabelledText("soup good", "positive")] * 6 + [LabelledText("soup bad", "negative")] * 2
    texts += [LabelledText("room good but bad", "mixed")]
    task.load_training_data(corpora(texts))
    weights = task.class_weight.numpy()
    counts = np.array([1, 2, 6])  # mixed, negative, positive
    np.testing.assert_allclose(weights[1:] * counts, np.full(3, 3.0), rtol=1e-6)
    assert weights[0] == 0.0


def test_sampled_subwords_differ_between_epochs_and_are_reproducible(tmp_path: Path) -> None:
    path = tmp_path / "moods.toml"
    settings = RECIPE.replace('kind = "words"', "subword_regularization = 0.2")
    path.write_text(settings.replace("= 300", "= 310"))
    recipe = load_recipe(path, task="sentiment")
    choose = random.Random(5)
    words = ["".join(choose.choices(["ka", "lo", "mir", "te", "sun"], k=4)) for _ in range(40)]
    texts = [LabelledText(" ".join(choose.sample(words, 6)), "ab"[i % 2]) for i in range(60)]
    tokenizer = train_tokenizer([text.source for text in texts] * 5, vocabulary_size=310)
    task = SentimentTask(recipe)
    task.tokenizer, task.labels = tokenizer, ("a", "b")
    task.load_training_data(corpora(texts))

    def read(epoch: int) -> list[tuple[int, tuple[int, ...]]]:
        rows = []
        for inputs, labels in task.epoch(epoch).batches(0).as_numpy_iterator():
            for source, label in zip(inputs["source"], labels, strict=True):
                if label:
                    rows.append((int(label), tuple(source[source != 0].tolist())))
        return sorted(rows)

    first, again, second = read(0), read(0), read(1)
    assert first == again != second
    for label, token_ids in first:
        assert len(token_ids) <= 16 and token_ids[-1] == EOS
        whole = tokenizer.decode([token_ids[:-1]])[0]
        assert any(
            text.source.startswith(whole[:4]) and task.labels[label - 1] == text.label
            for text in texts
        )


# Bad input ---------------------------------------------------------------------------------------


def train_on(folder: Path, **files: str) -> Result:
    for name, text in files.items():
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    (folder / "moods.toml").write_text(RECIPE, encoding="utf-8")
    return run(sentiment.APP, ["train", "moods.toml", "--run-dir", "run"], folder)


FEW_LABELS = ("good", "bad")
FEW = "good\tsoup good\nbad\tsoup bad\n"


def test_a_label_that_train_has_not_is_an_error(tmp_path: Path) -> None:
    result = train_on(tmp_path, train=FEW, validation=FEW, test=FEW + "odd\tsoup\n")
    fails(
        result,
        1,
        "test.tsv: the label 'odd' (1 times)",
        "'bad', 'good'",
    )


def test_many_labels_that_train_has_not_are_one_error(tmp_path: Path) -> None:
    odd = "".join(f"odd{number}\tsoup\n" * (9 - number) for number in range(7))
    fails(
        train_on(tmp_path, train=FEW, validation=FEW, test=FEW * 2 + odd),
        1,
        "test.tsv: 7 labels do not occur in the training text",
        "'odd0' (9 times), 'odd1' (8 times), 'odd2' (7 times), 'odd3' (6 times), 'odd4' (5 times) "
        "and 2 more",
    )


def held_out(folder: Path, rows: Sequence[str], share: str = "split:10%") -> Result:
    """Trains on rows of which a share each is held out."""
    recipe = RECIPE.replace("validation.tsv", share).replace("test.tsv", share)
    (folder / "train.tsv").write_text("".join(rows), encoding="utf-8")
    (folder / "moods.toml").write_text(recipe.replace("epochs = 5", "epochs = 1"), encoding="utf-8")
    return run(sentiment.APP, ["train", "moods.toml", "--run-dir", "run"], folder)


def test_labels_of_a_single_text_are_trained_on(tmp_path: Path) -> None:
    rows = [f"{label}\t{label} soup {number}\n" for number in range(60) for label in FEW_LABELS]
    rows += [f"rare{number}\tthe only text {number}\n" for number in range(30)]
    result = held_out(tmp_path, rows)
    assert result.code == 0, result.err
    data = json.loads((tmp_path / "run" / "data.json").read_text(encoding="utf-8"))
    assert [data[split]["texts"] for split in ("train", "validation", "test")] == [120, 15, 15]
    labels = json.loads((tmp_path / "run" / "labels.json").read_text(encoding="utf-8"))["labels"]
    assert {f"rare{number}" for number in range(30)} < set(labels)


@pytest.mark.parametrize(
    ("num_rows", "parts"),
    [
        (690, ("train.tsv: 690 different labels in 690 texts", "data.label_column")),
        (15, ("train.tsv: data.validation = 'split:10%'", "15 labels", "data.label_column")),
    ],
)
def test_a_column_of_row_numbers_is_no_column_of_labels(
    tmp_path: Path, num_rows: int, parts: tuple[str, ...]
) -> None:
    result = held_out(tmp_path, [f"{number}\tsoup {number}\n" for number in range(num_rows)])
    fails(result, 1, *parts)
    assert not (tmp_path / "run").exists()


def warnings_of_similar_labels(caplog: pytest.LogCaptureFixture, *labels: str) -> list[str]:
    """Returns the warnings of a check of texts with these labels."""
    data = SentimentData(train="train.tsv")
    train = Corpus([LabelledText("soup", label) for label in labels], 0, "", ["train.tsv"])
    with caplog.at_level(logging.WARNING):
        SentimentTask(SentimentRecipe(task="sentiment", data=data)).check({"train": train})
    return caplog.messages


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["neg", *["pos"] * 3, *["Pos"] * 2, "POS"], "'POS' and 'Pos', found 1 and 2 times,"),
        (["neg", "caf\u00e9", "cafe\u0301"], r"'cafe\u0301' and 'caf\xe9', found 1 and 1 times,"),
        (["neg", "so so", "So  so"], "'So  so' and 'so so', found 1 and 1 times,"),
    ],
)
def test_labels_that_differ_only_in_spelling_are_warned_of_once(
    caplog: pytest.LogCaptureFixture, labels: list[str], words: str
) -> None:
    (message,) = warnings_of_similar_labels(caplog, *labels)
    assert message.startswith(f"train.tsv: the labels {words} differ only in case")


def test_labels_that_differ_more_are_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    assert warnings_of_similar_labels(caplog, "pos", "poss", "neg", "neg") == []


def test_to_start_from_a_classifier_is_an_error_that_names_the_key(
    trained: Trained, tmp_path: Path
) -> None:
    for name in ("moods.toml", "train.tsv", "validation.tsv", "test.tsv"):
        shutil.copy(trained.corpus / name, tmp_path)
    words = [
        "train",
        "moods.toml",
        "--run-dir",
        "run",
        "--set",
        f"model.init_encoder_from={trained.run}",
    ]
    fails(
        run(sentiment.APP, words, tmp_path),
        2,
        f"model.init_encoder_from: {trained.run} is a run of sentiment; it must be a "
        "language model (generation).",
    )
    assert not (tmp_path / "run").exists()


def test_one_label_only_is_an_error(tmp_path: Path) -> None:
    result = train_on(tmp_path, train="good\tsoup\n", validation=FEW, test=FEW)
    fails(
        result,
        1,
        "train.tsv: every text has the label 'good'",
        "data.label_column",
    )


def test_a_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("mood,words\ngood,soup\n", encoding="utf-8")
    (tmp_path / "moods.toml").write_text(RECIPE.replace("train.tsv", "train.csv"), encoding="utf-8")
    result = run(sentiment.APP, ["train", "moods.toml", "--run-dir", "run"], tmp_path)
    assert result.code == 1
    assert (
        "no column 'label' (data.label_column). Its first line names: 'mood', 'words'."
        in result.err
    )
    assert "Traceback" not in result.err


def test_a_text_of_the_tokenizers_space_symbol_is_an_empty_text(trained: Trained) -> None:
    result = command("predict", trained.run, "\u2581", "soup")
    assert result.code == 0, result.err
    empty, other = result.out.splitlines()
    assert (empty, len(other.split("\t"))) == ("", 2)


def test_damaged_labels_are_an_error(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.run, tmp_path / "copy")
    (tmp_path / "copy" / "labels.json").write_text("{}", encoding="utf-8")
    result = command("predict", tmp_path / "copy", "soup")
    assert result.code == 1
    assert f"{tmp_path / 'copy' / 'labels.json'}: damaged" in result.err


def test_a_run_of_another_app_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text('task = "translation"\n', encoding="utf-8")
    (tmp_path / "weights.h5").write_bytes(b"")
    result = command("predict", tmp_path, "soup")
    assert result.code == 2
    assert "task must be 'sentiment' for this app, received 'translation'" in result.err


@pytest.mark.parametrize("adversarial", [0.0, 0.5])
def test_adversarial_training_moves_words_by_a_share_of_their_length(
    trained: Trained, adversarial: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_recipe(
        trained.run / "recipe.toml",
        [f"training.adversarial_epsilon={adversarial}"],
        task="sentiment",
    )
    task = SentimentTask(recipe)
    task.load_assets(RunFolder(trained.run))
    task.build_model()
    model = task.model
    for dropout in (model.drop, *model.encoder.drops, model.encoder.embedding.drop_columns):
        dropout.rate = 0.0
    seen: list[np.ndarray] = []
    embedding = model.encoder.embedding
    embed = embedding.call

    def watch(token_ids: Any, inputs_embeds: Any = None, training: bool = False) -> Any:
        if inputs_embeds is not None:
            seen.append(np.array(inputs_embeds - embedding.table(token_ids)))
        return embed(token_ids, inputs_embeds, training=training)

    monkeypatch.setattr(embedding, "call", watch)
    texts = [
        LabelledText("soup good", "positive"),
        LabelledText("film and room not lovely", "negative"),
    ]
    task.load_training_data(corpora(texts))
    (inputs, targets), *_ = task.epoch(0).batches(0)
    weights = [variable.value for variable in model.trainable_variables]
    loss, gradients, _ = task.gradients(inputs, targets, (), weights)
    plain = float(task.loss(model(inputs), targets)) / len(texts)
    assert float(loss) == pytest.approx(plain, rel=1e-5)
    assert len(gradients) == len(weights)
    if not adversarial:
        assert not seen
        return
    still, moved = seen
    assert not still.any()
    vectors, real = np.array(model.encoder.embedding.table(inputs["source"])), inputs["source"] > 0
    for row, shift in enumerate(moved[: len(texts)]):
        here = np.array(real)[row]
        length = np.sqrt((vectors[row][here] ** 2).sum(axis=-1).mean())
        assert np.sqrt((shift**2).sum()) == pytest.approx(adversarial * length, rel=1e-4)
        assert not shift[~here].any()
    worse, other = (
        float(task.loss(model(inputs, inputs_embeds=vectors + shift), targets)) / len(texts)
        for shift in (moved, -moved)
    )
    assert worse > plain > other


def test_texts_longer_than_in_training_may_be_classified_whole(trained: Trained) -> None:
    text = " ".join(["soup", *FILLERS * 4, "not", "good", *FILLERS * 4, "and", "lovely"])
    path = trained.run / "recipe.toml"
    known: Any = load(trained.run)
    (token_ids,) = known.tokenizer.encode([text])
    for overrides, whole in ([], False), (["decoding.max_length=100"], True):
        recipe = load_recipe(path, overrides, task="sentiment")
        known.recipe = recipe
        classifier = known.predictor()
        (pooled,) = classifier.pool([np.array([*token_ids, EOS], np.int32)])
        assert np.allclose(classifier.logits([text])[0], pooled.logits, atol=1e-5) is whole
