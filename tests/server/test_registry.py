"""Tests of nlp_apps.server.model_folders, signatures, servable, warmup and models."""

import errno
import json
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.server import loaded_model, model_folders, model_signatures, warmup
from nlp_apps.server.limits import Limits
from nlp_apps.server.loaded_model import LoadedModel
from nlp_apps.server.predict_request import Arrays, PredictInputs
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError
from tests.toy_server import (
    fake_folder,
    fake_servable,
    texts,
    until,
    write_half_plus_two,
    write_shout,
)


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toys")
    write_shout(folder / "shout" / "1")
    write_half_plus_two(folder / "half_plus_two" / "1")
    return folder


# What there is


def test_models_are_found_by_name_and_number(tmp_path: Path):
    fake_folder(tmp_path, "b/2", "b/10", "a/007", "b/.3", "b/next", ".hidden/1", "_own/1")
    (tmp_path / "b" / "4").mkdir()  # Nothing in it yet.
    (tmp_path / "c").write_text("a file")
    found, unreadable, stray, _ = model_folders.find(tmp_path)
    assert (unreadable, stray) == ({}, [])
    assert {name: sorted(versions) for name, versions in found.items()} == {
        "_own": [1],
        "a": [7],
        "b": [2, 10],
    }
    assert found["a"][7] == tmp_path / "a" / "007"


def test_a_folder_of_versions_is_one_model(tmp_path: Path):
    fake_folder(tmp_path, "moods/1", "moods/2")
    found, _, stray, _ = model_folders.find(tmp_path / "moods")
    assert (sorted(found["moods"]), stray) == ([1, 2], [])


def test_a_stray_version_beside_models_takes_none_of_them_away(tmp_path: Path):
    fake_folder(tmp_path, "a/1", "b/2", "5", "6", "6/1")
    found, _, stray, _ = model_folders.find(tmp_path)
    assert (sorted(found), stray) == (["6", "a", "b"], ["5"])


def closed(monkeypatch: pytest.MonkeyPatch, errors: dict[str, OSError]) -> None:
    """Makes folders unreadable by name, also for root, who can read every real one."""
    scandir = os.scandir

    def scan(folder: Any) -> Any:
        name = Path(str(folder)).name  # Others give the number of an open folder.
        if name in errors:
            raise errors[name]
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", scan)


def test_a_folder_that_cannot_be_read_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fake_folder(tmp_path, "a/1", "gone/1", "lost+found/1")
    denied = PermissionError(errno.EACCES, "Permission denied")
    closed(monkeypatch, {"lost+found": denied, "gone": FileNotFoundError(errno.ENOENT, "No such")})
    found, unreadable, _, _ = model_folders.find(tmp_path)
    assert sorted(found) == ["a"]
    assert unreadable == {"lost+found": denied}
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(WorkError, match=r"holds no NAME.* It cannot read lost\+found in it\."):
        model_folders.check(tmp_path)


def test_a_name_that_is_not_utf_8_hides_no_other(tmp_path: Path):
    name = os.fsdecode(b"m\xff")
    fake_folder(tmp_path, "a/1", f"{name}/1")
    (tmp_path / os.fsdecode(b"\xff")).mkdir()  # No model.
    found, unreadable, _, _ = model_folders.find(tmp_path)
    assert sorted(found) == ["a"]
    assert {name: error.strerror for name, error in unreadable.items()} == {
        name: "its name is not UTF-8"
    }
    found, unreadable, _, _ = model_folders.find(tmp_path / name)
    assert (found, list(unreadable)) == ({}, [""])
    with pytest.raises(WorkError, match="its name is not UTF-8"):
        model_folders.check(tmp_path / name)


def test_a_mistaken_folder_is_told_at_once(tmp_path: Path):
    with pytest.raises(WorkError, match="is not a folder"):
        model_folders.check(tmp_path / "none")
    with pytest.raises(WorkError, match=r"holds no NAME/VERSION/saved_model.pb"):
        model_folders.check(tmp_path)


# What a SavedModel says of itself


def test_signatures_have_real_names_types_shapes_and_defaults(toys: Path):
    found, metadata = model_signatures.read(toys / "shout" / "1")
    assert sorted(found) == ["knobs", "letters", "picky", "serving_default"]
    knobs = found["knobs"].inputs
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in knobs.items()} == {
        "loud": ("bool", (None,)),
        "seed": ("int64", (None,)),
        "temperature": ("float32", (None,)),
        "text": ("string", (None,)),
    }
    assert knobs["text"].default is None
    for name, value in (("loud", False), ("seed", 7), ("temperature", 0.5)):
        default = knobs[name].default
        assert default is not None
        assert default.tolist() == [value]
    assert found["serving_default"].mergeable
    assert found["letters"].has_rows
    assert not found["letters"].mergeable
    told = metadata["serving_default"]
    assert told["method_name"] == "tensorflow/serving/predict"
    assert told["inputs"]["text"]["dtype"] == "DT_STRING"
    assert told["inputs"]["text"]["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]


def test_a_signature_of_scalars_has_no_rows(toys: Path):
    found, _ = model_signatures.read(toys / "half_plus_two" / "1")
    assert found["serving_default"].inputs["x"].shape == (None, 1)
    assert not found["count"].has_rows
    assert found["labelled"].has_rows
    assert not found["labelled"].mergeable
    assert found["labelled"].outputs["labels"].shape == (2,)


def test_what_is_no_savedmodel_is_told_without_its_path(tmp_path: Path):
    fake_folder(tmp_path, "1")
    with pytest.raises(WorkError, match=r"^saved_model.pb has no graph with the tag 'serve'.$"):
        model_signatures.read(tmp_path / "1")
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"\xff\xff not a protocol buffer")
    with pytest.raises(WorkError, match=r"^saved_model.pb is not a SavedModel.$"):
        model_signatures.read(tmp_path / "1")


# One version


def test_a_loaded_version_answers_and_knows_its_card(toys: Path):
    loaded = loaded_model.load(toys / "shout" / "1")
    assert loaded.card["task"] == "translation"
    answer = loaded.run(loaded.signatures["serving_default"], {"text": texts("a\0b\0", "")})
    assert answer["upper"].tolist() == [b"A\0B\0", b""]
    assert answer["length"].tolist() == [4, 0]
    assert loaded_model.load(toys / "half_plus_two" / "1").card == {}


@pytest.mark.parametrize(("length", "reason"), [(20, " a text has 20 bytes."), (30, "")])
def test_what_the_graph_refuses_is_told_in_its_makers_words_alone(
    toys: Path, length: int, reason: str
):
    loaded = loaded_model.load(toys / "shout" / "1")
    with pytest.raises(RequestError) as error:
        loaded.run(loaded.signatures["picky"], {"text": texts("x" * length)})
    assert (error.value.status, error.value.message) == (
        400,
        f"The model cannot answer these inputs.{reason}",
    )


def test_a_card_that_cannot_be_read_is_none(
    toys: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    shutil.copytree(toys / "shout" / "1", tmp_path / "1")
    card = tmp_path / "1" / "assets.extra" / "nlp_apps.json"
    for text in ("{", "[]"):
        card.write_text(text)
        assert loaded_model.load(tmp_path / "1").card == {}
    assert "cannot be read" in caplog.text
    assert "must hold a JSON object" in caplog.text


# Its first calls


def varint(number: int) -> bytes:
    """A number as protocol buffers write it."""
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def field(number: int, content: bytes) -> bytes:
    """A field of bytes as protocol buffers write it."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def log_of(signature: str, **inputs: np.ndarray[Any, Any]) -> bytes:
    """A PredictionLog, byte by byte: predict_log 6, request 1, model_spec 1, inputs 2."""
    spec = field(1, b"any") + (field(3, signature.encode()) if signature else b"")
    request = field(1, spec)
    for name, array in inputs.items():
        tensor = tf.make_tensor_proto(array).SerializeToString()
        request += field(2, field(1, name.encode()) + field(2, tensor))
    return field(6, field(1, request))


def calls(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """What a version is asked to warm up."""
    found, _ = model_signatures.read(folder)
    asked: list[tuple[str, dict[str, Any]]] = []

    def run(signature: model_signatures.Signature, arrays: Arrays) -> Arrays:
        asked.append((signature.name, {key: value.tolist() for key, value in arrays.items()}))
        return {}

    warmup.warm_up(folder, found, run)
    return asked


def test_every_signature_of_one_text_is_asked_one(toys: Path):
    asked = dict(calls(toys / "shout" / "1"))
    assert sorted(asked) == ["knobs", "letters", "picky", "serving_default"]
    assert asked["serving_default"] == {"text": [b"Hello."]}
    assert asked["knobs"]["seed"] == [7]
    assert calls(toys / "half_plus_two" / "1") == []


def test_the_requests_of_tf_servings_warm_up_file_are_run(toys: Path, tmp_path: Path):
    shutil.copytree(toys / "shout" / "1", tmp_path / "1")
    path = str(tmp_path / "1" / warmup.FILE)
    with tf.io.TFRecordWriter(path) as file:
        file.write(log_of("", text=texts("a", "b")))
        file.write(log_of("knobs", text=texts("a", "b"), seed=np.array([1, 2])))
    assert calls(tmp_path / "1") == [
        ("serving_default", {"text": [b"a", b"b"]}),
        (
            "knobs",
            {
                "text": [b"a", b"b"],
                "seed": [1, 2],
                "loud": [False, False],
                "temperature": [0.5, 0.5],
            },
        ),
    ]
    loaded_model.load(tmp_path / "1")

    with tf.io.TFRecordWriter(path) as file:
        file.write(log_of("gone", text=texts("a")))
    with pytest.raises(WorkError, match="asks for a signature that is not there"):
        loaded_model.load(tmp_path / "1")

    with tf.io.TFRecordWriter(path) as file:
        file.write(log_of("picky", text=texts("x" * 30)))
    with pytest.raises(RequestError, match="cannot answer"):
        loaded_model.load(tmp_path / "1")


# All models, with servables that are functions


class Loader:
    """Loads what says its own folder's name and number; can be told to fail or to wait."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.loaded: list[str] = []
        self.may_load = threading.Event()
        self.may_load.set()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.is_asked = threading.Event()

    def __call__(self, folder: Path) -> LoadedModel:
        mark = f"{folder.parent.name}/{folder.name}"
        assert self.may_load.wait(60)
        self.loaded.append(mark)
        if mark in self.broken:
            raise ValueError(f"{folder} is broken")

        def run(arrays: Arrays) -> Arrays:
            self.is_asked.set()
            assert self.may_answer.wait(60)
            return {"out": np.array([mark.encode()] * len(arrays["text"]), dtype=object)}

        return fake_servable(run)


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def models(tmp_path: Path, loader: Loader) -> Iterator[ModelRegistry]:
    models = ModelRegistry(tmp_path, Limits(), Metrics(), loader)
    yield models
    models.stop()


def ask(models: ModelRegistry, name: str, number: int | None = None) -> str:
    found = models.find(name, number)
    signature = found.servable.signatures["serving_default"]
    job = found.queue.submit(signature, PredictInputs({"text": texts("a")}, 1))
    return str(job.future.result(timeout=60)["out"][0].decode())


def states(models: ModelRegistry, name: str) -> list[tuple[int, str]]:
    return [(version.number, version.state) for version in models.versions(name)]


def test_the_newest_version_answers(tmp_path: Path, models: ModelRegistry, loader: Loader):
    fake_folder(tmp_path, "a/1", "a/10", "a/9", "b/3")
    models.look()
    assert ask(models, "a") == "a/10"
    assert ask(models, "a", 10) == "a/10"
    assert ask(models, "b") == "b/3"
    assert models.names() == ["a", "b"]
    assert loader.loaded == ["a/10", "b/3"]


def test_a_newer_version_takes_over_and_the_old_one_goes(tmp_path: Path, models: ModelRegistry):
    fake_folder(tmp_path, "a/1")
    models.look()
    fake_folder(tmp_path, "a/2")
    models.look()
    assert ask(models, "a") == "a/2"
    assert states(models, "a") == [(2, "AVAILABLE")]
    with pytest.raises(RequestError) as error:
        models.find("a", 1)
    assert error.value.status == 404
    assert error.value.message == "Servable not found for request: Specific(a, 1)"


def test_the_old_version_answers_what_it_accepted(
    tmp_path: Path, models: ModelRegistry, loader: Loader
):
    fake_folder(tmp_path, "a/1")
    models.look()
    old = models.find("a")
    signature = old.servable.signatures["serving_default"]
    loader.may_answer.clear()
    jobs = [old.queue.submit(signature, PredictInputs({"text": texts("a")}, 1)) for _ in range(3)]
    assert loader.is_asked.wait(60)
    fake_folder(tmp_path, "a/2")
    swap = threading.Thread(target=models.look)
    swap.start()
    # The old one cannot end before it may answer, so both stay to be seen.
    until(lambda: states(models, "a") == [(2, "AVAILABLE"), (1, "UNLOADING")])
    assert models.find("a").number == 2
    loader.may_answer.set()
    swap.join(60)
    assert [job.future.result(timeout=60)["out"][0] for job in jobs] == [b"a/1"] * 3
    assert states(models, "a") == [(2, "AVAILABLE")]


def test_the_old_version_stays_when_the_new_one_does_not_load(
    tmp_path: Path, models: ModelRegistry, loader: Loader
):
    fake_folder(tmp_path, "a/1")
    models.look()
    loader.broken = {"a/2"}
    fake_folder(tmp_path, "a/2")
    models.look()
    models.look()
    assert ask(models, "a") == "a/1"
    assert states(models, "a") == [(2, "END"), (1, "AVAILABLE")]
    assert loader.loaded == ["a/1", "a/2"]  # It is not tried again as long as it is the same.
    (broken, _) = models.versions("a")
    assert broken.error == (
        "The SavedModel cannot be loaded (ValueError); the server's log says why."
    )

    loader.broken = set()
    (tmp_path / "a" / "2" / "saved_model.pb").write_bytes(b"mended")
    models.look()
    assert ask(models, "a") == "a/2"


@pytest.mark.parametrize(
    "file", ["assets/words.txt", "assets.extra/tf_serving_warmup_requests", "variables/index"]
)
def test_a_version_that_did_not_load_is_tried_again_when_any_of_its_files_changes(
    tmp_path: Path, models: ModelRegistry, loader: Loader, file: str
):
    fake_folder(tmp_path, "a/1")
    path = tmp_path / "a" / "1" / file
    path.parent.mkdir()
    path.write_bytes(b"wrong")
    loader.broken = {"a/1"}
    models.look()
    models.look()
    assert loader.loaded == ["a/1"]
    loader.broken = set()
    path.write_bytes(b"mended")
    models.look()
    assert ask(models, "a") == "a/1"


def test_a_restart_ends_where_the_server_was(tmp_path: Path, models: ModelRegistry, loader: Loader):
    fake_folder(tmp_path, "a/1", "a/2")
    loader.broken = {"a/2"}
    models.look()
    assert ask(models, "a") == "a/1"
    assert states(models, "a") == [(2, "END"), (1, "AVAILABLE")]


def test_removing_the_newest_version_goes_back_to_the_one_before(
    tmp_path: Path, models: ModelRegistry
):
    fake_folder(tmp_path, "a/1", "a/2")
    models.look()
    shutil.rmtree(tmp_path / "a" / "2")
    models.look()
    assert ask(models, "a") == "a/1"


def test_a_model_whose_folder_is_gone_is_gone(tmp_path: Path, models: ModelRegistry):
    fake_folder(tmp_path, "a/1", "b/1")
    models.look()
    shutil.rmtree(tmp_path / "a")
    models.look()
    assert models.names() == ["b"]
    with pytest.raises(RequestError, match="Could not find any versions of model a"):
        models.versions("a")


def test_an_unreadable_folder_is_no_news(tmp_path: Path, models: ModelRegistry):
    folder = fake_folder(tmp_path, "a/1")
    models.look()
    folder.rename(tmp_path.with_name("away"))
    models.look()
    assert ask(models, "a") == "a/1"


def test_an_unreadable_model_goes_on_and_is_told_once(
    tmp_path: Path,
    models: ModelRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.WARNING)
    fake_folder(tmp_path, "a/1", "b/1")
    models.look()
    with monkeypatch.context() as patch:
        closed(patch, {"a": PermissionError(errno.EACCES, "Permission denied")})
        fake_folder(tmp_path, "a/2", "b/2")
        models.look()
        models.look()
        assert [ask(models, "a"), ask(models, "b")] == ["a/1", "b/2"]
        assert caplog.messages == [f"{tmp_path / 'a'} cannot be read: Permission denied"]
    models.look()
    assert ask(models, "a") == "a/2"


def test_a_folder_of_models_that_cannot_be_read_is_told_once(
    tmp_path: Path,
    models: ModelRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    closed(monkeypatch, {tmp_path.name: PermissionError(errno.EACCES, "Permission denied")})
    models.look()
    models.look()
    assert caplog.messages == [f"{tmp_path} cannot be read: Permission denied"]


def test_a_stray_version_beside_models_is_passed_over_and_told_once(
    tmp_path: Path, models: ModelRegistry, loader: Loader, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    fake_folder(tmp_path, "a/1", "b/1")
    models.look()
    fake_folder(tmp_path, "5")
    models.look()
    models.look()
    assert (models.names(), loader.loaded) == (["a", "b"], ["a/1", "b/1"])
    assert caplog.messages == [
        f"{tmp_path / '5'} is passed over: a version stands in the folder of its model, "
        "NAME/VERSION"
    ]


def test_a_folder_that_is_one_model_stays_one_while_it_answers(
    tmp_path: Path, models: ModelRegistry, loader: Loader, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    name = tmp_path.name
    fake_folder(tmp_path, "1")
    models.look()
    fake_folder(tmp_path, "a/1", "2")
    models.look()
    models.look()
    assert (models.names(), loader.loaded) == ([name], [f"{name}/1", f"{name}/2"])
    assert caplog.messages == [
        f"{tmp_path / 'a'} is passed over: versions beside it are served; from the next start on "
        "it would be: move it away"
    ]
    shutil.rmtree(tmp_path / "1")
    shutil.rmtree(tmp_path / "2")
    models.look()
    models.look()
    assert models.names() == ["a"]


def test_a_version_that_changes_under_the_server_is_told_once(
    tmp_path: Path, models: ModelRegistry, loader: Loader, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    fake_folder(tmp_path, "a/1")
    models.look()
    models.look()
    assert caplog.messages == []
    (tmp_path / "a" / "1" / "saved_model.pb").write_bytes(b"another")
    models.look()
    models.look()
    assert (ask(models, "a"), loader.loaded) == ("a/1", ["a/1"])
    assert caplog.messages == [
        "model a version 1 has changed in its folder and answers as it was loaded: give what is "
        "new a higher number"
    ]


def test_a_version_whose_link_leads_elsewhere_is_told_once(
    tmp_path: Path, models: ModelRegistry, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    fake_folder(tmp_path, ".old/1", ".new/1")
    (tmp_path / ".new" / "1" / "saved_model.pb").write_bytes(b"another")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1").symlink_to(tmp_path / ".old" / "1")
    models.look()
    (tmp_path / "a" / "1").unlink()
    (tmp_path / "a" / "1").symlink_to(tmp_path / ".new" / "1")
    models.look()
    models.look()
    assert [message[:31] for message in caplog.messages] == ["model a version 1 has changed i"]


def test_a_model_that_is_being_loaded_asks_for_patience(
    tmp_path: Path, models: ModelRegistry, loader: Loader
):
    fake_folder(tmp_path, "a/1", "b/1")
    loader.may_load.clear()
    look = threading.Thread(target=models.look)
    look.start()
    until(lambda: bool(models.names()))
    for name in ("a", "b", "nobody"):  # The first holds the others up.
        with pytest.raises(RequestError) as error:
            models.find(name)
        assert (error.value.status, error.value.retry_after) == (503, 2)
    assert states(models, "a") == [(1, "LOADING")]
    assert models.ready() == (False, {"a": "LOADING"})
    loader.may_load.set()
    look.join(60)
    assert models.ready() == (True, {"a": "AVAILABLE", "b": "AVAILABLE"})
    with pytest.raises(RequestError) as error:
        models.find("nobody")
    assert error.value.status == 404


def test_a_broken_model_beside_good_ones_leaves_them_ready(
    tmp_path: Path, models: ModelRegistry, loader: Loader
):
    fake_folder(tmp_path, "bad/1", "good/1")
    loader.broken = {"bad/1"}
    models.look()
    assert models.ready() == (True, {"bad": "END", "good": "AVAILABLE"})
    with pytest.raises(RequestError) as error:
        models.find("bad")
    assert error.value.status == 404
    shutil.rmtree(tmp_path / "good")
    models.look()
    assert models.ready() == (False, {"bad": "END"})


def test_the_watch_goes_on_by_itself(tmp_path: Path, models: ModelRegistry):
    fake_folder(tmp_path, "a/1")
    models.start(poll=0.01)
    until(lambda: models.ready()[0])
    fake_folder(tmp_path, "a/2")
    until(lambda: models.find("a").number == 2)
    assert ask(models, "a") == "a/2"


def test_a_load_that_does_not_end_is_given_up_by_a_stop(
    tmp_path: Path, loader: Loader, caplog: pytest.LogCaptureFixture
):
    fake_folder(tmp_path, "a/1")
    models = ModelRegistry(tmp_path, Limits(timeout=0.1), Metrics(), loader)
    models.start(poll=0.01)
    until(lambda: models.ready()[0])
    loader.may_load.clear()
    fake_folder(tmp_path, "a/2")
    until(lambda: (2, "LOADING") in states(models, "a"))
    with caplog.at_level(logging.WARNING, "nlp_apps"):
        models.stop()
    assert caplog.messages == ["a version is still being loaded after 0.1 s: given up"]
    loader.may_load.set()  # Too late: nobody would close its queue.
    assert models._watcher is not None
    models._watcher.join(60)
    assert states(models, "a") == [(2, "LOADING")]


def test_what_was_counted_of_a_model_goes_with_it(tmp_path: Path, loader: Loader):
    metrics = Metrics()
    models = ModelRegistry(tmp_path, Limits(), metrics, loader)
    fake_folder(tmp_path, "a/1", "b/1", "bad/1")
    loader.broken = {"bad/1"}
    models.look()
    for name in ("a", "b"):
        ask(models, name)
        metrics.requests.labels(name, "serving_default", "200").inc()
        metrics.seconds.labels(name, "serving_default").observe(0.1)
        metrics.refused.labels(name).inc()
    shutil.rmtree(tmp_path / "a")
    shutil.rmtree(tmp_path / "bad")
    models.look()
    metrics.requests.labels("a", "serving_default", "200").inc()  # an answer that was on its way
    models.look()
    text = metrics.text().decode()
    assert 'model="a"' not in text
    assert 'model="bad"' not in text
    assert 'nlp_apps_requests_total{code="200",model="b",signature="serving_default"} 1.0' in text
    fake_folder(tmp_path, "a/3")
    models.look()
    assert ask(models, "a") == "a/3"
    assert 'nlp_apps_batch_rows_count{model="a"} 1.0' in metrics.text().decode()
    models.stop()


def test_the_watch_may_wait_for_any_time(tmp_path: Path, models: ModelRegistry):
    models.start(poll=1e300)
    until(lambda: models._looked)
    assert models._watcher is not None
    models._watcher.join(0.05)
    assert models._watcher.is_alive()


def test_why_a_savedmodel_does_not_load_is_told_without_a_path(toys: Path, tmp_path: Path):
    shutil.copytree(toys / "shout" / "1", tmp_path / "torn" / "1")
    for path in (tmp_path / "torn" / "1" / "variables").iterdir():
        path.unlink()
    shutil.copytree(toys / "shout" / "1", tmp_path / "foreign" / "1")
    graph = tmp_path / "foreign" / "1" / "saved_model.pb"
    # An op that no stock TensorFlow has, under a name of the same length.
    graph.write_bytes(graph.read_bytes().replace(b"StringUpper", b"StringUpsky"))
    fake_folder(tmp_path, "empty/1")
    models = ModelRegistry(tmp_path, Limits(), Metrics())
    models.look()
    errors = {name: models.versions(name)[0].error for name in models.names()}
    models.stop()
    assert errors["empty"] == "saved_model.pb has no graph with the tag 'serve'."
    assert errors["foreign"] == (
        "The SavedModel needs the op 'StringUpsky', which this TensorFlow does not have."
    )
    assert errors["torn"].startswith("The SavedModel cannot be loaded (")
    assert str(tmp_path) not in json.dumps(errors)
