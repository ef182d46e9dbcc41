"""Tests of the file of a pretrained encoder."""

import numpy as np
import pytest

from nlp_apps.blocks.encoder import Encoder
from nlp_apps.errors import WorkError
from nlp_apps.networks.pretrained_encoder import PretrainedEncoder
from nlp_apps.text.tokenizer import train_tokenizer


def make(units: int = 8) -> tuple[Encoder, PretrainedEncoder]:
    tokenizer = train_tokenizer(["a cat sat on a mat"] * 3, vocabulary_size=300, may_lower=True)
    encoder = Encoder(tokenizer.vocabulary_size, 6, units, num_layers=1)
    encoder.build()
    return encoder, PretrainedEncoder.of(
        "encoder-cats", encoder, tokenizer, lowercase=True, description={"language": "en"}
    )


def test_the_file_returns_the_same_encoder(tmp_path):
    encoder, saved = make()
    saved.save(tmp_path / "encoder-cats.npz")
    loaded = PretrainedEncoder.load(tmp_path / "encoder-cats.npz")
    assert loaded.name == "encoder-cats"
    assert loaded.sizes == saved.sizes
    assert loaded.lowercase
    assert loaded.description == {"language": "en"}
    assert loaded.tokenizer.model == saved.tokenizer.model
    other, _ = make()
    loaded.copy_to(other)
    for new, old in zip(other.trainable_variables, encoder.trainable_variables, strict=True):
        np.testing.assert_allclose(new, old, atol=2e-3)


def test_an_encoder_of_other_sizes_is_refused():
    _, saved = make()
    other, _ = make(units=12)
    with pytest.raises(WorkError, match="encoder-cats.*do not fit"):
        saved.copy_to(other)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_a_damaged_file_is_an_error_with_its_path(tmp_path, content: bytes):
    path = tmp_path / "encoder.npz"
    path.write_bytes(content)
    with pytest.raises(WorkError, match=r"encoder\.npz"):
        PretrainedEncoder.load(path)


def test_a_truncated_file_is_an_error(tmp_path):
    _, saved = make()
    path = tmp_path / "encoder.npz"
    saved.save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(WorkError, match=r"encoder\.npz"):
        PretrainedEncoder.load(path)
