"""The sentiment task: calibration, label weights, sampled subwords, adversarial training."""

import logging
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps.metrics.calibration import (
    BIAS_PRIOR,
    TEMPERATURE_PRIOR,
    Calibration,
    fit_calibration,
)
from nlp_apps.recipe.load import load as load_recipe
from nlp_apps.tasks import sentiment_task as sentiment_task
from nlp_apps.tasks.run import load
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.special_ids import EOS
from nlp_apps.text.tokenizer import train_tokenizer
from nlp_apps.training.run_folder import RunFolder
from tests.apps import moods
from tests.apps.moods import RECIPE, corpora, lines_of, load_predictor
from tests.apps.trained_run import Trained


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return moods.train(shelf)


def test_the_calibration_is_the_one_that_fits_validation(trained: Trained) -> None:
    classifier = load_predictor(trained.run)
    rows = lines_of(trained, "validation")
    logits = classifier.logits([text for _, text in rows])
    labels = np.array([classifier.labels.index(label) for label, _ in rows])
    found = classifier.calibration
    assert isinstance(found, Calibration)
    wanted = fit_calibration(logits, labels, with_biases=any(found.biases))
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
    task.calibrate({"train": corpus, "validation": corpus}, run)
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
    if biases.any():
        for change in (*0.05 * np.eye(3), *-0.05 * np.eye(3)):
            others.append(loss(found.temperature, biases + change))
    assert least < min(others)


@pytest.mark.parametrize(
    ("lean", "kind", "accuracies"),
    [
        (2.0, "temperature and biases", "accuracy 0.500 -> 1.000"),  # all texts get the first label
        (1.0, "temperature", "accuracy 1.000 -> 1.000"),
    ],
)
def test_one_line_says_how_the_logits_were_calibrated(
    trained: Trained,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    lean: float,
    kind: str,
    accuracies: str,
) -> None:
    labels = np.arange(100) % 2
    logits = np.stack([lean - labels, labels], axis=1) * 1.0
    task: Any = load(trained.run)
    task.labels = ("a", "b")
    monkeypatch.setattr(task, "logits", lambda *_: (logits, labels))
    monkeypatch.setattr(sentiment_task, "add_ngrams", lambda *_: None)
    validation = Corpus[LabelledText]([], 0, "", [])
    with caplog.at_level(logging.INFO):
        task.calibrate({"train": validation, "validation": validation}, RunFolder(tmp_path))
    (message,) = caplog.messages
    assert message.startswith(f"calibration: {kind}; validation loss ")
    assert message.endswith(accuracies)


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


def test_a_model_that_is_built_again_has_a_predictor_of_its_own(trained: Trained) -> None:
    task = SentimentTask(load_recipe(trained.run / "recipe.toml", task="sentiment"))
    task.load_assets(RunFolder(trained.run))
    task.build_model()
    first = task.model
    assert task.predictor().model is first
    task.rebuild_model()
    assert task.model is not first
    assert task.predictor().model is task.model


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
