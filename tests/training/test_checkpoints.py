"""Weights and checkpoints are read as they were written; damage is an error."""

import random
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from nlp_apps.errors import WorkError
from nlp_apps.networks.classifier import Classifier
from nlp_apps.training.checkpoints import (
    load_checkpoint,
    load_weights,
    name_in_0_1_0,
    save_checkpoint,
    save_weights,
)

ARRAYS: list[np.ndarray] = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.array(7, np.int64),
    np.array([1, 2], np.uint32),
    np.zeros((0, 3), np.float32),
]
FACTS = {"step": 3, "best": None, "seconds": 1.5}


def make_model(units: int = 4, last: str = "last") -> keras.Model:
    return keras.Sequential(
        [
            keras.layers.Input((3,)),
            keras.layers.Dense(units, name="first"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2, name=last),
        ],
        name="model",
    )


def values(model: keras.Model) -> list[np.ndarray]:
    return [variable.numpy() for variable in model.trainable_variables]


def same(first: list[Any], second: list[Any]) -> bool:
    return len(first) == len(second) and all(
        a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(first, second, strict=True)
    )


@pytest.fixture
def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    return make_model()


def test_weights_come_back_into_another_model(model: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    save_weights(model, path)
    other = make_model()
    assert not same(values(other), values(model))
    load_weights(other, path)
    assert same(values(other), values(model))
    assert [file.name for file in tmp_path.iterdir()] == ["weights.h5"]


def test_weights_are_named_by_their_path_and_read_by_ordinary_tools(
    model: keras.Model, tmp_path: Path
) -> None:
    save_weights(model, tmp_path / "weights.h5")
    with h5py.File(tmp_path / "weights.h5") as file:
        assert sorted(file) == ["first", "last"]
        assert np.array_equal(file["first/kernel"][()], values(model)[0])


def test_the_same_weights_are_the_same_bytes(model: keras.Model, tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5"):
        save_weights(model, tmp_path / name)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_weights_of_another_shape_are_an_error_that_names_the_weight(
    model: keras.Model, tmp_path: Path
) -> None:
    path = tmp_path / "weights.h5"
    save_weights(model, path)
    wider = make_model(units=5)
    before = values(wider)
    found = rf"{path}: .*first/kernel is \(3, 4\) .*\(3, 5\)"
    with pytest.raises(WorkError, match=found):
        load_weights(wider, path)
    assert same(values(wider), before)


def test_weights_of_another_model_are_an_error(model: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    save_weights(model, path)
    with pytest.raises(WorkError, match=f"{path}: .* no other/kernel"):
        load_weights(make_model(last="other"), path)


@pytest.mark.parametrize("content", [None, b"", b"not HDF5 at all"])
def test_missing_or_foreign_weights_are_an_error(
    model: keras.Model, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "weights.h5"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkError) as caught:
        load_weights(model, path)
    message = str(caught.value)
    assert message.startswith(f"{path}: cannot read the weights (")
    assert message.endswith("). Train again, or copy the file again.")


def test_weights_truncated_anywhere_are_an_error(model: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    save_weights(model, path)
    data = path.read_bytes()
    for length in (*range(0, len(data), 97), len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(WorkError):
            load_weights(model, path)


def test_a_flipped_bit_is_noticed_or_harmless_in_weights(
    model: keras.Model, tmp_path: Path
) -> None:
    path = tmp_path / "weights.h5"
    save_weights(model, path)
    wanted, other, noticed = values(model), make_model(), 0
    for data in flipped(path.read_bytes(), 200):
        path.write_bytes(data)
        for variable in other.trainable_variables:
            variable.assign(0.0 * variable)
        try:
            load_weights(other, path)
        except WorkError:
            noticed += 1
        else:
            assert same(values(other), wanted)
    assert noticed > 20


def flipped(data: bytes, count: int) -> list[bytes]:
    """Copies of the data, each with one bit the other way, at places that are always the same."""
    generator = random.Random(1)
    copies = []
    for _ in range(count):
        copy = bytearray(data)
        copy[generator.randrange(len(copy))] ^= 1 << generator.randrange(8)
        copies.append(bytes(copy))
    return copies


def test_a_checkpoint_comes_back_with_its_types(tmp_path: Path) -> None:
    path = tmp_path / "round.npz"
    save_checkpoint(path, ARRAYS, FACTS)
    arrays, facts = load_checkpoint(path)
    assert same(arrays, ARRAYS)
    assert facts == FACTS
    assert [file.name for file in tmp_path.iterdir()] == ["round.npz"]


def test_a_checkpoint_is_read_by_ordinary_tools(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "round.npz", ARRAYS, FACTS)
    with np.load(tmp_path / "round.npz") as file:
        assert np.array_equal(file["array_00000"], ARRAYS[0])


def test_a_checkpoint_truncated_anywhere_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "round.npz"
    save_checkpoint(path, ARRAYS, FACTS)
    data = path.read_bytes()
    for length in range(0, len(data), 13):
        path.write_bytes(data[:length])
        with pytest.raises(WorkError, match=f"{path}: .* damaged .* Delete this file"):
            load_checkpoint(path)


def test_a_flipped_bit_is_noticed_or_harmless_in_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "round.npz"
    save_checkpoint(path, ARRAYS, FACTS)
    noticed = 0
    for data in flipped(path.read_bytes(), 1500):
        path.write_bytes(data)
        try:
            arrays, facts = load_checkpoint(path)
        except WorkError:
            noticed += 1
        else:
            assert same(arrays, ARRAYS)
            assert facts == FACTS
    assert noticed > 200


def test_a_checkpoint_that_lost_an_array_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "round.npz"
    save_checkpoint(path, ARRAYS, FACTS)
    with np.load(path) as file:
        kept = {name: file[name] for name in file.files[:-1]}
    np.savez(path, **kept)
    with pytest.raises(WorkError, match="the checkpoint is damaged .arrays are missing."):
        load_checkpoint(path)


def test_a_missing_checkpoint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="the checkpoint is damaged .*No such file"):
        load_checkpoint(tmp_path / "round.npz")


def test_a_checkpoint_is_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "round.npz"
    np.savez(path, facts=np.array([{"a": 1}], dtype=object))
    with pytest.raises(WorkError, match="the checkpoint is damaged .*pickle"):
        load_checkpoint(path)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "peephole", "cifg"])
def test_weights_of_version_0_1_0_load_under_their_old_names(tmp_path: Path, cell: str) -> None:
    def classifier(seed: int) -> keras.Model:
        keras.utils.set_random_seed(seed)
        model = Classifier(9, 2, embedding_size=4, units=4, cell=cell, attention="additive")
        model({"source": np.array([[4, 5, 2]])})
        return model

    saved = classifier(1)
    save_weights(saved, tmp_path / "weights.h5")
    with (
        h5py.File(tmp_path / "weights.h5") as file,
        h5py.File(tmp_path / "old.h5", "w") as old,
    ):
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
        for name in names:
            old[name_in_0_1_0(name)] = file[name][()]
            old[name_in_0_1_0(name)].attrs["crc32"] = file[name].attrs["crc32"]
        assert "pooling/pooling/query" in old and isinstance(old["pooling/query"], h5py.Group)
    loaded = classifier(2)
    load_weights(loaded, tmp_path / "old.h5")
    for one, other in zip(saved.trainable_variables, loaded.trainable_variables, strict=True):
        np.testing.assert_array_equal(one, other)
