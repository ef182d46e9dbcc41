"""A translation model of words and the same words backwards."""

import random
from pathlib import Path
from typing import Any

from nlp_apps import translation
from tests.apps.trained_run import Trained, train_once
from tests.commands import Result, run

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


def write_corpus(folder: Path) -> None:
    """Writes 1,000 different words of 2 to 5 letters, and the same backwards."""
    choice = random.Random(1).choice
    words: dict[str, None] = {}
    while len(words) < 1000:
        words["".join(choice("abcdef") for _ in range(choice((2, 3, 4, 5))))] = None
    lines = [f"{word}\t{word[::-1]}\n" for word in words]
    random.Random(2).shuffle(lines)  # the short words came first
    (folder / "elsewhere").mkdir()
    for name, part in (
        ("train.tsv", lines[:900]),
        ("validation.tsv", lines[900:930]),
        ("elsewhere/test.tsv", lines[930:]),
    ):
        (folder / name).write_text("".join(part), encoding="utf-8")
    (folder / "backwards.toml").write_text(RECIPE, encoding="utf-8")


def train(shelf: Path) -> Trained:
    """Trains the model once, with a text named by `--set`."""
    words = ("--set", "data.test=elsewhere/test.tsv")
    return train_once(shelf, translation.APP, "backwards", write_corpus, *words)


def command(*words: Any) -> Result:
    """Runs a command of the app."""
    return run(translation.APP, words)


def pairs(trained: Trained) -> list[tuple[str, str]]:
    """Reads the test text."""
    text = (trained.corpus / "elsewhere" / "test.tsv").read_text(encoding="utf-8")
    return [(line.split("\t")[0], line.split("\t")[1]) for line in text.splitlines()]
