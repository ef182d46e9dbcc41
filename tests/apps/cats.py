"""A language model of three sentences over and over."""

import random
from pathlib import Path
from typing import Any

from nlp_apps import generation
from tests.apps.trained_run import Trained, train_once
from tests.commands import Result, run

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


def write_corpus(folder: Path) -> None:
    """Writes 400 and 30 sentences and the recipe."""
    choose = random.Random(1)
    for name, count in (("train", 400), ("validation", 30)):
        text = "\n\n".join(choose.choice(SENTENCES) for _ in range(count))
        (folder / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    (folder / "cats.toml").write_text(RECIPE, encoding="utf-8")


def train(shelf: Path) -> Trained:
    """Trains the model once."""
    return train_once(shelf, generation.APP, "cats", write_corpus)


def command(*words: Any) -> Result:
    """Runs a command of the app."""
    return run(generation.APP, words)


def stdout(*words: Any) -> str:
    """Runs a command that succeeds and returns its output."""
    result = command(*words)
    assert result.code == 0, result.err
    return result.out
