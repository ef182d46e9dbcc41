"""A model of support messages with several topics, or none."""

import random
from pathlib import Path
from typing import Any

from nlp_apps import sentiment
from tests.apps.trained_run import Trained, train_once
from tests.commands import Result, run

RECIPE = """
task = "sentiment"
[data]
train = "train.tsv"
validation = "validation.tsv"
test = "test.tsv"
multi_label = true
max_length = 24
[tokenizer]
kind = "words"
vocabulary_size = 300
[model]
embedding_size = 16
units = 32
num_layers = 1
dropout = 0.1
ngrams = 2000
init_encoder_from = "none"
[training]
epochs = 4
batch_tokens = 480
num_buckets = 2
learning_rate = 0.01
warmup_steps = 8
ema_decay = 0.9
jit_compile = false
tensorboard = false
[export]
max_characters = 128
max_tokens = 64
"""
SIGNS = {
    "billing": ("the invoice is wrong", "you charged me twice", "I want my money back"),
    "delivery": ("the parcel is late", "the courier never came", "where is my parcel"),
    "damage": ("the box is torn", "the screen is broken"),
}
FILLERS = ("hello", "thank you", "please help", "I wrote to you before", "good morning")


def message(choose: random.Random) -> tuple[list[str], str]:
    """Returns the topics of a message, at most three, and its text."""
    topics = [topic for topic in SIGNS if choose.random() < 0.4]
    parts = [choose.choice(SIGNS[topic]) for topic in topics]
    parts += choose.sample(FILLERS, 1 + choose.randrange(2))
    choose.shuffle(parts)
    return topics, " and ".join(parts)


def write_corpus(folder: Path) -> None:
    """Writes 600 different messages and the recipe."""
    choose = random.Random(3)
    rows = {text: topics for topics, text in (message(choose) for _ in range(4000))}
    lines = [f"{','.join(topics)}\t{text}\n" for text, topics in rows.items()][:600]
    for name, part in (
        ("train", lines[200:]),
        ("validation", lines[:100]),
        ("test", lines[100:200]),
    ):
        (folder / f"{name}.tsv").write_text("".join(part), encoding="utf-8")
    (folder / "topics.toml").write_text(RECIPE, encoding="utf-8")


def train(shelf: Path) -> Trained:
    """Trains the model once."""
    return train_once(shelf, sentiment.APP, "topics", write_corpus)


def command(*words: Any) -> Result:
    """Runs a command of the app."""
    return run(sentiment.APP, words)
