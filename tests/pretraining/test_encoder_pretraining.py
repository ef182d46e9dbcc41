"""Tests of the forward and backward language models."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.networks.bidirectional_language_model import BidirectionalLanguageModel
from nlp_apps.pretraining.encoder_pretraining import EncoderPretraining
from nlp_apps.recipe.training_section import Training
from nlp_apps.text.tokenizer import train_tokenizer
from nlp_apps.training import loop
from nlp_apps.training.run_folder import RunFolder

TEXTS = [
    f"the {size} {animal} sleeps in the {place} ."
    for size in ("old", "young", "grey")
    for animal in ("cat", "dog", "horse", "cow")
    for place in ("house", "garden", "street")
]


@pytest.fixture
def task() -> EncoderPretraining:
    tokenizer = train_tokenizer(TEXTS, vocabulary_size=320, may_lower=True)
    size = tokenizer.vocabulary_size
    model = BidirectionalLanguageModel(size, embedding_size=16, units=32)
    model.build()
    settings = Training(epochs=25, batch_tokens=128, num_buckets=1, learning_rate=0.02)
    return EncoderPretraining(model, tokenizer, TEXTS, TEXTS[:12], settings, num_sampled=100)


def test_features_of_a_position_do_not_depend_on_the_predicted_token(task: EncoderPretraining):
    source = np.array([[5, 6, 7, 8, 3]], np.int32)
    changed = np.array([[5, 6, 9, 8, 3]], np.int32)
    first, second = task.model(source), task.model(changed)
    # Token 2 is predicted from the left at position 1 and from the right at position 3.
    np.testing.assert_array_equal(first[0][:, 1], second[0][:, 1])
    np.testing.assert_array_equal(first[1][:, 3], second[1][:, 3])
    assert np.abs(first[0][:, 2] - second[0][:, 2]).max() > 0


def test_the_loss_falls_below_that_of_token_frequencies(task: EncoderPretraining, tmp_path):
    counts = (
        np.bincount(
            np.concatenate(task.train.sources), minlength=task.model.config["vocabulary_size"]
        )
        + 1.0
    )
    share = counts / counts.sum()
    unigram = float(-(share * np.log(share)).sum())
    run = RunFolder(tmp_path / "run")
    run.create()
    loop.fit(task, task.settings, run)
    assert task.validate()["loss"] < 0.5 * unigram


def test_the_loss_is_the_mean_over_both_directions(task: EncoderPretraining):
    inputs, targets = next(iter(task.epoch(0).batches(0)))
    outputs, _ = task.forward(inputs, ())
    count = float(tf.math.count_nonzero(targets))
    # Near log(V) = 5.6 nats with new weights.
    assert 4.0 < float(task.loss(outputs, targets)) / count < 7.0
