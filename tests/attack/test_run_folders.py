"""A run folder from a stranger: its weights and settings are checked before they are used."""

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np
import pytest

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.recipe.load import load_from_run
from nlp_apps.training.checkpoints import load_weights
from nlp_apps.training.run_folder import RunFolder

SHAPES = {"first/kernel": (3, 4), "last/bias": (2,)}
VALUES = {
    name: np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    for name, shape in SHAPES.items()
}


def write(path: Path) -> None:
    """Writes the weights as `save_weights` does."""
    with h5py.File(path, "w") as file:
        for name, value in VALUES.items():
            file.create_dataset(name, data=value).attrs["crc32"] = checksum(value)


def checksum(value: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(value, np.float32).tobytes())


class Weight:
    """A variable of a model."""

    def __init__(self, name: str) -> None:
        self.path, self.shape = f"model/{name}", SHAPES[name]
        self.value = np.zeros(self.shape, np.float32)

    def assign(self, value: np.ndarray) -> None:
        self.value = value


class Model:
    """A model with two weights."""

    path = "model"

    def __init__(self) -> None:
        self.weights = [Weight(name) for name in SHAPES]


def read(path: Path) -> dict[str, np.ndarray]:
    model = Model()
    load_weights(cast(Any, model), path)
    return {weight.path.removeprefix("model/"): weight.value for weight in model.weights}


def test_weights_as_training_writes_them_are_read(tmp_path: Path) -> None:
    write(tmp_path / "weights.h5")
    found = read(tmp_path / "weights.h5")
    assert found.keys() == VALUES.keys()
    assert all(np.array_equal(found[name], VALUES[name]) for name in VALUES)


def external(file: h5py.File, path: Path) -> None:
    secret = path.with_name("secret")
    secret.write_bytes(b"\0" * 8)
    file.create_dataset("last/bias", (2,), np.float32, external=[(str(secret), 0, 8)])
    file["last/bias"].attrs["crc32"] = checksum(np.zeros(2, np.float32))


def virtual(file: h5py.File, path: Path) -> None:
    write(path.with_name("other.h5"))
    layout = h5py.VirtualLayout((2,), np.float32)
    layout[:] = h5py.VirtualSource(str(path.with_name("other.h5")), "last/bias", (2,))
    file.create_virtual_dataset("last/bias", layout)
    file["last/bias"].attrs["crc32"] = checksum(VALUES["last/bias"])


def external_link(file: h5py.File, path: Path) -> None:
    write(path.with_name("other.h5"))
    file["last/bias"] = h5py.ExternalLink(str(path.with_name("other.h5")), "last/bias")


def external_link_to_a_group(file: h5py.File, path: Path) -> None:
    write(path.with_name("other.h5"))
    del file["last"]
    file["last"] = h5py.ExternalLink(str(path.with_name("other.h5")), "last")


def soft_link(file: h5py.File, path: Path) -> None:
    file["other"] = VALUES["last/bias"]
    file["other"].attrs["crc32"] = checksum(VALUES["last/bias"])
    file["last/bias"] = h5py.SoftLink("/other")


def huge(file: h5py.File, path: Path) -> None:
    """1.5 GB in a file of 4 KB: chunks that are not there have a fill value."""
    shape = (400_000_000,)
    found = file.create_dataset("last/bias", shape, np.float32, chunks=(1 << 20,), fillvalue=1.0)
    found.attrs["crc32"] = np.uint32(1)


def packed(file: h5py.File, path: Path) -> None:
    found = file.create_dataset("last/bias", data=VALUES["last/bias"], compression="gzip")
    found.attrs["crc32"] = checksum(VALUES["last/bias"])


def texts(file: h5py.File, path: Path) -> None:
    file.create_dataset("last/bias", data=["a", "b"])
    file["last/bias"].attrs["crc32"] = np.uint32(1)


def with_value(value: float) -> Callable[[h5py.File, Path], None]:
    def change(file: h5py.File, path: Path) -> None:
        values = np.array([1.0, value], np.float32)
        file.create_dataset("last/bias", data=values).attrs["crc32"] = checksum(values)

    return change


def without_checksum(file: h5py.File, path: Path) -> None:
    file.create_dataset("last/bias", data=VALUES["last/bias"])


def with_checksum(value: object) -> Callable[[h5py.File, Path], None]:
    def change(file: h5py.File, path: Path) -> None:
        file.create_dataset("last/bias", data=VALUES["last/bias"]).attrs["crc32"] = value

    return change


FILES: dict[str, tuple[Callable[[h5py.File, Path], None], str]] = {
    "external": (external, "external"),
    "virtual": (virtual, "virtual"),
    "external link": (external_link, "link"),
    "external link to a group": (external_link_to_a_group, "link"),
    "soft link": (soft_link, "link"),
    "huge": (huge, "chunks"),
    "packed": (packed, "chunks"),
    "texts": (texts, "not numbers"),
    "NaN": (with_value(float("nan")), "NaN"),
    "infinite": (with_value(float("inf")), "NaN"),
    "no checksum": (without_checksum, "no checksum"),
    "checksum as text": (with_checksum("1"), "no checksum"),
    "checksum as array": (with_checksum(np.arange(100)), "no checksum"),
    "wrong checksum": (with_checksum(np.uint32(1)), "wrong checksum"),
}


@pytest.mark.parametrize("name", FILES)
def test_weights_of_another_form_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    write(path)
    change, reason = FILES[name]
    with h5py.File(path, "a") as file:
        del file["last/bias"]
        change(file, path)
    with pytest.raises(WorkError, match=reason):
        read(path)


def test_weights_that_are_too_many_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    write(path)
    os.truncate(path, 1 << 40)  # a sparse file of 1 TB
    with pytest.raises(WorkError, match="larger than"):
        read(path)


def test_weights_smaller_than_the_recipe_are_refused(tmp_path: Path) -> None:
    """Units and layers at their limits would need 100 GB before the weights are read."""
    from nlp_apps.recipe.load import dump, from_dict
    from nlp_apps.tasks.run import load

    model = {"units": 8192, "num_layers": 16}
    recipe = from_dict({"data": {"train": "a.tsv"}, "model": model}, task="sentiment")
    (tmp_path / "recipe.toml").write_text(dump(recipe), encoding="utf-8")
    (tmp_path / "weights.h5").write_bytes(b"x" * 10_000)
    with pytest.raises(WorkError, match="has 10,000 bytes, the model needs") as caught:
        load(tmp_path)
    assert_one_line(caught.value, tmp_path / "weights.h5")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_weights_that_never_end_are_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(WorkError, match="not a regular file"):
        read(path)


def deep(opening: bytes, middle: bytes, closing: bytes, depth: int = 100_000) -> bytes:
    return opening * depth + middle + closing * depth


JSON: dict[str, bytes] = {
    "deep lists": deep(b"[", b"", b"]"),
    "deep objects": b'{"labels": ' + deep(b'{"a":', b"1", b"}", 900) + b"}",
    "huge": b'{"labels": [' + b"0," * 5_000_000 + b"0]}",
    "a list": b"[]",
    "a number": b"1",
    "a number of many digits": b'{"labels": ' + b"9" * 10_000 + b"}",
    "not UTF-8": b'{"a": "\xff"}',
    "empty": b"",
}


@pytest.mark.parametrize("name", JSON)
def test_a_json_file_out_of_bounds_is_one_line(name: str, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for path in (run.labels, run.summary):
        path.write_bytes(JSON[name])
        with pytest.raises(WorkError) as caught:
            run.read_json(path)
        assert_one_line(caught.value, path)


def test_metrics_out_of_bounds_are_one_line(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.metrics.write_bytes(b'{"evaluation": 1}\n' + JSON["deep lists"])
    with pytest.raises(WorkError) as caught:
        run.read_metrics()
    assert_one_line(caught.value, run.metrics)


RECIPES: dict[str, bytes] = {
    "deep lists": b"task = " + deep(b"[", b"", b"]"),
    "deep tables": b"task = " + deep(b"{a=", b"1", b"}"),
    "deep keys": b"a." * 200_000 + b"a = 1",
    "deep headers": b"[" + b"a." * 200_000 + b"a]",
    "huge": b"# a comment\n" * 1_000_000,
    "a number of many digits": b"task = " + b"9" * 10_000,
    "a date": b"task = 2020-13-45",
    "NUL": b"task = \0",
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_out_of_bounds_is_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(RECIPES[name])
    with pytest.raises(UsageError) as caught:
        load_from_run(path, task="sentiment")
    assert_one_line(caught.value, path)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["recipe.toml", "labels.json", "summary.json"])
def test_a_pipe_in_place_of_a_file_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    os.mkfifo(path)
    with pytest.raises(NlpAppsError, match="not a regular file"):
        if name.endswith(".toml"):
            load_from_run(path, task="sentiment")
        else:
            RunFolder(tmp_path).read_json(path)


def assert_one_line(error: NlpAppsError, path: Path) -> None:
    message = str(error)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message) < 500
