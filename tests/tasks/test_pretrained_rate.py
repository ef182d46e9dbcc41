"""`training.pretrained_rate`: the learning rate of weights that came from a language model."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps import generation, sentiment
from nlp_apps.networks.pretrained_weights import weight_name
from nlp_apps.tasks.run import load

SIZES: dict[str, Any] = {"embedding_size": 8, "units": 12, "num_layers": 1}
TRAINING: dict[str, Any] = {
    "epochs": 2,
    "batch_tokens": 256,
    "jit_compile": False,
    "tensorboard": False,
    "warmup_steps": 0,
}
TOKENIZER = {"kind": "characters", "vocabulary_size": 300}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with a trained language model beside it."""
    folder = tmp_path_factory.mktemp("corpus")
    lines = [
        f"good\tthe day {number} was fine\nbad\tthe day {number} was grey\n" for number in range(20)
    ]
    (folder / "moods.tsv").write_text("".join(lines), encoding="utf-8")
    (folder / "text.txt").write_text("the day was fine\n" * 40, encoding="utf-8")
    text = str(folder / "text.txt")
    recipe = {
        "data": {"train": text, "validation": text, "test": text},
        "tokenizer": TOKENIZER,
        "model": SIZES,
        "training": {**TRAINING, "sequence_length": 16},
    }
    generation.train(recipe, run_dir=str(folder / "model"))
    return folder


def classifier(corpus: Path, run: Path, **training: Any) -> dict[str, np.ndarray]:
    """Trains a classifier that starts from the language model; returns its weights."""
    text = str(corpus / "moods.tsv")
    recipe = {
        "data": {"train": text, "validation": text, "test": text},
        "tokenizer": TOKENIZER,
        "model": {**SIZES, "bidirectional": False, "init_encoder_from": str(corpus / "model")},
        "training": {**TRAINING, **training},
    }
    sentiment.train(recipe, run_dir=str(run))
    return weights_of(run)


def weights_of(run: Path) -> dict[str, np.ndarray]:
    return {weight_name(w): np.asarray(w) for w in load(run).model.trainable_variables}


def test_a_rate_of_0_freezes_the_pretrained_weights_alone(corpus: Path, tmp_path: Path) -> None:
    found = classifier(corpus, tmp_path / "run", pretrained_rate=0.0, weight_decay=0.1)
    other = classifier(corpus, tmp_path / "other", pretrained_rate=0.5, weight_decay=0.1)
    table = weights_of(corpus / "model")["decoder/embedding/table/embeddings"]
    pretrained = {name for name in found if name.startswith("encoder/")}
    assert "encoder/embedding/table/embeddings" in pretrained
    np.testing.assert_array_equal(found["encoder/embedding/table/embeddings"], table)
    assert not np.array_equal(other["encoder/embedding/table/embeddings"], table)
    changed = {name for name in found if not np.array_equal(found[name], other[name])}
    assert changed >= pretrained
    assert changed - pretrained
