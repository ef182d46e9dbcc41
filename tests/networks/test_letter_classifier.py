"""A classifier that reads letters learns words, and reads them with typos."""

import random

import keras
import numpy as np

from benchmarks.noisy_text import typo
from nlp_apps.networks.classifier import Classifier

ALPHABET = ["<pad>", "<unk>", "<s>", "</s>", "\u2581", *"abcdefghijklmnopqrstuvwxyz"]
OTHERS = ("the", "house", "was", "very", "quite", "today")
WORDS = (("wonderful", "excellent", "charming"), ("terrible", "disgusting", "boring"))
LENGTH = 40


def encoded(text: str) -> np.ndarray:
    """The ids of a text with EOS, padded."""
    ids = [ALPHABET.index(letter) for letter in "\u2581" + text.replace(" ", "\u2581")] + [3]
    return np.pad(np.array(ids, np.int32), (0, LENGTH - len(ids)))


def texts(number: int, seed: int, with_typo: bool) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Texts of three words, one of which decides the label."""
    chosen = random.Random(seed)
    labels = [chosen.randrange(2) for _ in range(number)]
    rows = []
    for label in labels:
        word = chosen.choice(WORDS[label])
        words = [typo(word, chosen) if with_typo else word]
        words += [chosen.choice(OTHERS) for _ in range(2)]
        chosen.shuffle(words)
        rows.append(encoded(" ".join(words)))
    return {"source": np.stack(rows)}, np.array(labels)


def test_it_learns_words_and_reads_them_with_typos():
    keras.utils.set_random_seed(1)
    model = Classifier(
        len(ALPHABET),
        2,
        cell="conv_lstm",
        vocabulary=ALPHABET,
        embedding_size=8,
        units=16,
        num_layers=1,
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss=loss, metrics=["accuracy"])
    model.fit(*texts(320, 1, False), batch_size=32, epochs=8, verbose=0)
    assert model.evaluate(*texts(200, 2, False), verbose=0)[1] == 1.0
    assert model.evaluate(*texts(200, 3, True), verbose=0)[1] > 0.9
