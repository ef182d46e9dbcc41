"""A sentiment model of sentences whose label depends on a negation."""

import random
from pathlib import Path
from typing import Any

from nlp_apps import sentiment
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.tasks.run import load
from nlp_apps.text.corpus import Corpus, LabelledText
from tests.apps.trained_run import Trained, train_once
from tests.commands import Result, run

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


def sentence(choose: random.Random) -> tuple[str, str]:
    """Returns a label and a text: `not` turns the mood, `and` between both makes it mixed."""
    thing, fillers = choose.choice(THINGS), choose.sample(FILLERS, choose.randrange(4))
    word, good = (
        (choose.choice(GOOD), True) if choose.random() < 0.5 else (choose.choice(BAD), False)
    )
    kind = choose.randrange(3)
    if kind == 2:
        return "mixed", " ".join([*fillers, thing, choose.choice(GOOD), "but", choose.choice(BAD)])
    middle = ["not", word] if kind else [word]
    return ("positive" if good != bool(kind) else "negative"), " ".join([*fillers, thing, *middle])


def write_corpus(folder: Path) -> None:
    """Writes 1,000 different sentences and the recipe."""
    choose = random.Random(3)
    rows = list(dict.fromkeys(sentence(choose) for _ in range(3000)))[:1000]
    for name, part in (("train", rows[200:]), ("validation", rows[:100]), ("test", rows[100:200])):
        text = "".join(f"{label}\t{text}\n" for label, text in part)
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    (folder / "moods.toml").write_text(RECIPE, encoding="utf-8")


def train(shelf: Path) -> Trained:
    """Trains the model once."""
    return train_once(shelf, sentiment.APP, "moods", write_corpus)


def command(*words: Any) -> Result:
    """Runs a command of the app."""
    return run(sentiment.APP, words)


def lines_of(trained: Trained, split: str) -> list[list[str]]:
    """Reads label and text of each line of a split."""
    text = (trained.corpus / f"{split}.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()]


def corpora(texts: list[LabelledText]) -> dict[str, Corpus[LabelledText]]:
    """Returns the same texts as train and validation."""
    return {split: Corpus(texts, 0, "", []) for split in ("train", "validation")}


def load_predictor(run_folder: Path) -> TextClassifier:
    """Loads the predictor of a run folder."""
    predictor: TextClassifier = load(run_folder).predictor()
    return predictor
