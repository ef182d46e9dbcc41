"""Run folders of very small models, trained for seconds: their predictions do not matter."""

import random
from pathlib import Path

from nlp_apps import generation, sentiment, translation
from nlp_apps.cli.app_description import App
from tests.commands import run

MODEL = {"sentiment": "ngrams = 2000"}
COMMON = """
[model]
{model}
embedding_size = 12
units = 16
num_layers = 1
dropout = 0.0
[training]
epochs = 2
batch_tokens = 400
num_buckets = 2
learning_rate = 0.02
warmup_steps = 2
ema_decay = 0.5
jit_compile = false
tensorboard = false
[export]
max_characters = 128
max_tokens = 96
"""
RECIPES = {
    "translation": """
task = "translation"
[data]
markup = "keep"
train = "train.tsv"
validation = "validation.tsv"
test = "validation.tsv"
[tokenizer]
kind = "sentencepiece"
vocabulary_size = 310
[decoding]
beam_size = 3
max_length = 12
split_sentences = true
""",
    "sentiment": """
task = "sentiment"
[data]
train = "train.tsv"
validation = "validation.tsv"
test = "validation.tsv"
max_length = 8
truncation = "windows"
[tokenizer]
kind = "words"
vocabulary_size = 300
""",
    "generation": """
task = "generation"
[data]
train = "train.txt"
validation = "validation.txt"
test = "none"
document_separator = "\\n\\n"
[tokenizer]
kind = "characters"
vocabulary_size = 320
[decoding]
max_tokens = 12
repetition_penalty = 1.2
no_repeat_ngram_size = 3
""",
}
APPS: dict[str, App] = {
    "translation": translation.APP,
    "sentiment": sentiment.APP,
    "generation": generation.APP,
}
TEXT = """
the a and sea sun moon green house runs sleeps old new tea river mountain bread winter garden letter
window paper walks sings reads quiet early never often under about between evening morning yellow
silver children brother sister harbour station wooden apple
"""
WORDS = TEXT.split()


def sentence(choose: random.Random) -> str:
    """Returns 2 to 14 random words."""
    return " ".join(choose.choices(WORDS, k=choose.randint(2, 14)))


def write_corpus(task: str, folder: Path) -> None:
    """Writes a training and a validation file, and the recipe `tiny.toml`."""
    choose = random.Random(1)
    for name, count in (("train", 300), ("validation", 40)):
        lines = [sentence(choose) for _ in range(count)]
        if task == "translation":
            if name == "validation":  # lines of several sentences
                lines[:4] = [line.replace(" ", "! ", 2) for line in lines[:4]]
            lines = [f"{line}\t{line[::-1]}" for line in lines]
        elif task == "sentiment":
            labels = ("calm", "lively", "sad")
            lines = [f"{labels[len(line) % 3]}\t{line}" for line in lines]
        else:
            lines = [f"{line}\nand {sentence(choose)}.\n" for line in lines]
        suffix = "txt" if task == "generation" else "tsv"
        (folder / f"{name}.{suffix}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    recipe = RECIPES[task] + COMMON.replace("{model}", MODEL.get(task, ""))
    (folder / "tiny.toml").write_text(recipe, encoding="utf-8")


def train(task: str, folder: Path) -> Path:
    """Trains a tiny model of an app; the run folder is `folder/run`."""
    write_corpus(task, folder)
    done = run(APPS[task], ["train", "tiny.toml", "--run-dir", folder / "run"], folder)
    assert done.code == 0, done.err
    return folder / "run"
