"""Run folders of small models whose weights were never trained."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import pytest

from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.metrics.calibration import Calibration
from nlp_apps.recipe import load as recipes
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.generation_task import GenerationTask
from nlp_apps.tasks.run import load
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from nlp_apps.training.checkpoints import save_weights
from nlp_apps.training.run_folder import RunFolder

LINES = [
    "The quick brown fox jumps over the lazy dog, and nobody minds.",
    "A good waiter brought a bad soup; we waited two hours for it.",
    "Don't forget: 3.5 kilos of well-known apples, please!",
    "It was the best of times, it was the worst of times.",
] * 5

MODEL = """
[tokenizer]
vocabulary_size = 320
[model]
embedding_size = 16
units = 16
num_layers = 2
attention = "{attention}"
dropout = 0.0
"""
TRANSLATION = """
task = "translation"
[data]
train = "a.tsv"
validation = "a.tsv"
{model}
[decoding]
beam_size = 2
max_length = 12
"""
SENTIMENT = """
task = "sentiment"
[data]
train = "a.tsv"
validation = "a.tsv"
max_length = {max_length}
truncation = "{truncation}"
{model}
"""
GENERATION = """
task = "generation"
[data]
train = "a.txt"
validation = "a.txt"
{model}
"""


@pytest.fixture(scope="module", autouse=True)
def float32() -> Iterator[None]:
    """Loading a run sets the precision."""
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(LINES, vocabulary_size=320)


@pytest.fixture(scope="module")
def prose_tokenizer() -> Tokenizer:
    return train_tokenizer(LINES, vocabulary_size=320, keep_spaces=True)


def write_run(
    kind: type[Task[Any, Any]],
    assets: dict[str, Any],
    text: str,
    folder: Path,
    attention: str = "dot",
) -> Path:
    """Writes a run folder with random weights, scaled up so that they make a difference.

    Args:
        kind: the task.
        assets: attributes of the task that `prepare` would set.
        text: the recipe.
        folder: the run folder.
        attention: `model.attention`.
    """
    paths = RunFolder(folder)
    paths.create()
    paths.recipe.write_text(text.replace("{model}", MODEL.replace("{attention}", attention)))
    task = kind(recipes.load(paths.recipe, task=kind.name))
    for name, value in assets.items():
        setattr(task, name, value)
    keras.utils.set_random_seed(1)
    task.build_model()
    for weight in task.model.trainable_variables:
        weight.assign(weight * 3.0)
    (assets.get("source_tokenizer") or assets["tokenizer"]).save(paths.tokenizer)
    if "labels" in assets:
        calibration = asdict(assets["calibration"])
        paths.write_json(paths.labels, {"labels": assets["labels"], **calibration})
    save_weights(task.model, paths.weights)
    return folder


Make = Callable[..., Path]


@pytest.fixture(scope="module")
def make_translator(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Make:
    def make(attention: str = "dot") -> Path:
        assets = {"source_tokenizer": tokenizer, "target_tokenizer": tokenizer}
        folder = tmp_path_factory.mktemp("translator")
        return write_run(TranslationTask, assets, TRANSLATION, folder, attention)

    return make


@pytest.fixture(scope="module")
def make_classifier(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Make:
    def make(
        attention: str = "additive",
        max_length: int = 256,
        truncation: str = "both",
        labels: tuple[str, ...] = ("bad", "good", "<mixed>"),
        ngrams: int = 0,
    ) -> Path:
        calibration = Calibration(1.7, (0.2, -0.3, 0.1))
        assets = {"tokenizer": tokenizer, "labels": labels, "calibration": calibration}
        text = SENTIMENT.replace("{max_length}", str(max_length))
        text = text.replace("{truncation}", truncation) + f"ngrams = {ngrams}\n"
        folder = tmp_path_factory.mktemp("classifier")
        return write_run(SentimentTask, assets, text, folder, attention)

    return make


@pytest.fixture(scope="module")
def translator_run(make_translator: Make) -> Path:
    return make_translator("multi_head")


@pytest.fixture(scope="module")
def translator(translator_run: Path) -> TextTranslator:
    predictor: TextTranslator = load(translator_run).predictor()
    return predictor


@pytest.fixture(scope="module")
def classifier_run(make_classifier: Make) -> Path:
    return make_classifier()


@pytest.fixture(scope="module")
def writer_run(prose_tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writer")
    return write_run(GenerationTask, {"tokenizer": prose_tokenizer}, GENERATION, folder, "none")


@pytest.fixture(scope="module")
def make_writer(prose_tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Make:
    def make(cell: str) -> Path:
        text = GENERATION.replace("{model}", "{model}" + f'cell = "{cell}"\n')
        folder = tmp_path_factory.mktemp("writer")
        return write_run(GenerationTask, {"tokenizer": prose_tokenizer}, text, folder, "none")

    return make


@pytest.fixture
def runs(translator_run: Path, classifier_run: Path, writer_run: Path) -> dict[str, Path]:
    return {"translation": translator_run, "sentiment": classifier_run, "generation": writer_run}
