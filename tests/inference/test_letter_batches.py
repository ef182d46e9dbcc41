"""Long texts of letters are predicted in smaller batches, with the same results."""

import keras
import numpy as np
import pytest

from nlp_apps.inference import text_classifier
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.networks.classifier import Classifier
from nlp_apps.text.tokenizer import train_tokenizer

TEXTS = ["a b c d e f g h", "the sea", "a", "moon river moon river", "", "an odd house"]


@pytest.fixture
def classifier() -> TextClassifier:
    keras.utils.set_random_seed(3)
    tokenizer = train_tokenizer([" ".join(TEXTS)], kind="characters", vocabulary_size=300)
    model = Classifier(
        tokenizer.vocabulary_size,
        2,
        cell="conv_lstm",
        vocabulary=tokenizer.vocabulary,
        embedding_size=4,
        units=4,
        num_layers=1,
        num_letters=5,
    )
    model.build()
    return TextClassifier(model, tokenizer, ["a", "b"])


def test_the_cells_of_a_batch_are_limited(
    classifier: TextClassifier, monkeypatch: pytest.MonkeyPatch
):
    expected = classifier.logits(TEXTS)
    shapes, pool = [], classifier._pool

    def recorded(batch: np.ndarray):
        shapes.append(batch.shape)
        return pool(batch)

    monkeypatch.setattr(classifier, "_pool", recorded)
    monkeypatch.setattr(text_classifier, "MAX_CELLS", 5 * 20)
    assert classifier.logits(TEXTS) == pytest.approx(expected, abs=1e-5)
    assert sum(rows for rows, _ in shapes) == len(TEXTS)
    assert all(rows == 1 or rows * length * 5 <= 100 for rows, length in shapes)
    assert shapes[0][0] == 1  # A text of too many cells is a batch of its own.
    assert max(rows for rows, _ in shapes) > 1
