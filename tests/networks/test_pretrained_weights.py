"""Tests of the file of a pretrained encoder."""

import numpy as np
import pytest

from nlp_apps.errors import WorkError
from nlp_apps.networks.classifier import Classifier
from nlp_apps.networks.pretrained_weights import PretrainedWeights
from nlp_apps.text.tokenizer import train_tokenizer


def make(units: int = 8) -> tuple[Classifier, PretrainedWeights]:
    tokenizer = train_tokenizer(["a cat sat on a mat"] * 3, vocabulary_size=300, may_lower=True)
    model = Classifier(tokenizer.vocabulary_size, 2, embedding_size=6, units=units, num_layers=1)
    model.build()
    return model, PretrainedWeights.of_encoder(
        "encoder-cats", model, tokenizer, lowercase=True, description={"language": "en"}
    )


def everything(name: str) -> bool:
    return bool(name)


def test_the_file_returns_the_same_encoder(tmp_path):
    model, saved = make()
    saved.save(tmp_path / "encoder-cats.npz")
    loaded = PretrainedWeights.load(tmp_path / "encoder-cats.npz")
    assert loaded.name == "encoder-cats"
    assert loaded.sizes == saved.sizes
    assert loaded.lowercase
    assert loaded.description == {"language": "en"}
    assert loaded.tokenizer.model == saved.tokenizer.model
    other, _ = make()
    copied = loaded.copy_to(other.trainable_variables, everything)
    assert len(copied) == len(model.encoder.trainable_variables)
    for new, old in zip(copied, model.encoder.trainable_variables, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-3 + np.abs(old).max() / 254)


def test_an_encoder_of_other_sizes_is_refused():
    _, saved = make()
    other, _ = make(units=12)
    with pytest.raises(WorkError, match="encoder-cats.*not fit"):
        saved.copy_to(other.trainable_variables, everything)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_a_damaged_file_is_an_error_with_its_path(tmp_path, content: bytes):
    path = tmp_path / "encoder.npz"
    path.write_bytes(content)
    with pytest.raises(WorkError, match=r"encoder\.npz"):
        PretrainedWeights.load(path)


def test_a_truncated_file_is_an_error(tmp_path):
    _, saved = make()
    path = tmp_path / "encoder.npz"
    saved.save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(WorkError, match=r"encoder\.npz"):
        PretrainedWeights.load(path)
