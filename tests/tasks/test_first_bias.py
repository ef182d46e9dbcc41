"""The first bias of a classifier of several labels: their frequencies."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from nlp_apps.recipe.load import from_dict
from nlp_apps.tasks.by_name import make_task
from nlp_apps.tasks.first_bias import log_odds
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.label_sets import join_labels
from nlp_apps.training.run_folder import RunFolder

WORDS = ["the", "cat", "dog", "house", "sat", "ran", "old", "red", "door"]
LABEL_SETS = [join_labels(["a", "b"])] * 5 + ["a"] * 10 + ["b"] * 2 + [""] * 23


def loss_of(logits: np.ndarray, share: np.ndarray) -> float:
    """Returns the binary cross-entropy of constant logits."""
    odds = 1.0 / (1.0 + np.exp(-logits))
    return float(-(share * np.log(odds) + (1.0 - share) * np.log(1.0 - odds)).mean())


def test_the_sigmoid_of_log_odds_is_the_frequency() -> None:
    found = log_odds(np.array([0.0, 199.5, 399.5]), np.array([799.0, 799.0, 799.0]))
    share = 1.0 / (1.0 + np.exp(-found))
    assert share == pytest.approx([0.5 / 800, 0.25, 0.5])


def test_label_smoothing_moves_both_towards_an_even_distribution() -> None:
    share = 0.9 * np.array([0.02, 0.3]) + 0.05
    found = log_odds(np.array([19.52, 299.8]), np.array([999.0, 999.0]), 0.1)
    assert found == pytest.approx(np.log(share / (1 - share)), abs=1e-2)
    assert loss_of(found, share) <= min(loss_of(found + 0.1, share), loss_of(found - 0.1, share))


def prepared(tmp_path: Path, **settings: Any) -> Any:
    """Returns a task of a tiny classifier with one text for each label, ready to train."""
    rng = np.random.default_rng(0)
    texts = [LabelledText(" ".join(rng.choice(WORDS, 8)), label) for label in LABEL_SETS]
    corpora: Any = {split: Corpus(texts, 0, "", []) for split in ("train", "validation")}
    recipe = {
        "task": "sentiment",
        "name": "tiny",
        "data": {"train": "x.tsv", "max_length": 20, "multi_label": True},
        "tokenizer": {"kind": "characters", "vocabulary_size": 300},
        "model": {"embedding_size": 4, "units": 4, "num_layers": 1},
        "training": {"batch_tokens": 512, **settings},
    }
    keras.utils.set_random_seed(1)
    task = make_task(from_dict(recipe, task="sentiment"))
    task.check(corpora)
    task.prepare(corpora, RunFolder(tmp_path))
    task.build_model()
    task.load_training_data(corpora)
    return task


def test_a_new_classifier_of_several_labels_begins_with_their_frequencies(tmp_path: Path) -> None:
    task = prepared(tmp_path)
    share = 1.0 / (1.0 + np.exp(-task.model.labels.bias.numpy()))
    assert task.labels == ("a", "b")
    assert share == pytest.approx([15.5 / 41, 7.5 / 41])


def test_balanced_labels_begin_with_zeros(tmp_path: Path) -> None:
    task = prepared(tmp_path, class_weight="balanced")
    assert task.model.labels.bias.numpy() == pytest.approx(0.0, abs=0.02)


def test_a_finished_model_keeps_its_bias(tmp_path: Path) -> None:
    task = prepared(tmp_path)
    task.model.labels.bias.assign([0.25, 0.5])
    task.finished = object()
    task._prepare_loss()
    assert task.model.labels.bias.numpy().tolist() == [0.25, 0.5]
