"""Tests of nlp_apps.server.registry, with models that are functions."""

import logging
import shutil
import threading
from pathlib import Path

import pytest

from nlp_apps.server.limits import Limits
from nlp_apps.server.predict_request import PredictInputs
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError
from tests.server.registries import Loader, predict, states
from tests.toy_server import fake_folder, texts, until

# Versions


def test_the_newest_version_is_active(tmp_path: Path, registry: ModelRegistry, loader: Loader):
    fake_folder(tmp_path, "a/1", "a/10", "a/9", "b/3")
    registry.rescan()
    assert predict(registry, "a") == "a/10"
    assert predict(registry, "a", 10) == "a/10"
    assert predict(registry, "b") == "b/3"
    assert registry.names() == ["a", "b"]
    assert sorted(loader.loaded) == ["a/10", "b/3"]


def test_a_newer_version_replaces_the_old_one(tmp_path: Path, registry: ModelRegistry):
    fake_folder(tmp_path, "a/1")
    registry.rescan()
    fake_folder(tmp_path, "a/2")
    registry.rescan()
    assert predict(registry, "a") == "a/2"
    assert states(registry, "a") == [(2, "AVAILABLE")]
    with pytest.raises(RequestError) as error:
        registry.resolve("a", 1)
    assert error.value.status == 404
    assert error.value.message == "Servable not found for request: Specific(a, 1)"


def test_the_old_version_completes_its_accepted_requests(
    tmp_path: Path, registry: ModelRegistry, loader: Loader
):
    fake_folder(tmp_path, "a/1")
    registry.rescan()
    old = registry.resolve("a")
    signature = old.model.signatures["serving_default"]
    loader.may_return.clear()
    pending = [
        old.queue.submit(signature, PredictInputs({"text": texts("a")}, 1)) for _ in range(3)
    ]
    assert loader.is_called.wait(60)
    fake_folder(tmp_path, "a/2")
    swap = threading.Thread(target=registry.rescan)
    swap.start()
    # The old one waits for `may_return`, so both versions are visible.
    until(lambda: states(registry, "a") == [(2, "AVAILABLE"), (1, "UNLOADING")])
    assert registry.resolve("a").number == 2
    loader.may_return.set()
    swap.join(60)
    assert [one.future.result(timeout=60)["out"][0] for one in pending] == [b"a/1"] * 3
    assert states(registry, "a") == [(2, "AVAILABLE")]


def test_the_old_version_stays_active_if_the_new_one_fails_to_load(
    tmp_path: Path, registry: ModelRegistry, loader: Loader
):
    fake_folder(tmp_path, "a/1")
    registry.rescan()
    loader.broken = {"a/2"}
    fake_folder(tmp_path, "a/2")
    registry.rescan()
    registry.rescan()
    assert predict(registry, "a") == "a/1"
    assert states(registry, "a") == [(2, "END"), (1, "AVAILABLE")]
    assert loader.loaded == ["a/1", "a/2"]  # An unchanged version is not tried again.
    (broken, _) = registry.versions("a")
    assert broken.error.startswith("The SavedModel cannot be loaded (ValueError)")

    loader.broken = set()
    (tmp_path / "a" / "2" / "saved_model.pb").write_bytes(b"repaired")
    registry.rescan()
    assert predict(registry, "a") == "a/2"


@pytest.mark.parametrize(
    "file", ["assets/words.txt", "assets.extra/tf_serving_warmup_requests", "variables/index"]
)
def test_a_failed_version_is_tried_again_when_a_file_of_it_changes(
    tmp_path: Path, registry: ModelRegistry, loader: Loader, file: str
):
    fake_folder(tmp_path, "a/1")
    path = tmp_path / "a" / "1" / file
    path.parent.mkdir()
    path.write_bytes(b"wrong")
    loader.broken = {"a/1"}
    registry.rescan()
    registry.rescan()
    assert loader.loaded == ["a/1"]
    loader.broken = set()
    path.write_bytes(b"repaired")
    registry.rescan()
    assert predict(registry, "a") == "a/1"


def test_a_restart_activates_the_same_version(
    tmp_path: Path, registry: ModelRegistry, loader: Loader
):
    fake_folder(tmp_path, "a/1", "a/2")
    loader.broken = {"a/2"}
    registry.rescan()
    assert predict(registry, "a") == "a/1"
    assert states(registry, "a") == [(2, "END"), (1, "AVAILABLE")]


def test_removing_the_newest_version_activates_the_one_before(
    tmp_path: Path, registry: ModelRegistry
):
    fake_folder(tmp_path, "a/1", "a/2")
    registry.rescan()
    shutil.rmtree(tmp_path / "a" / "2")
    registry.rescan()
    assert predict(registry, "a") == "a/1"


def test_a_removed_model_is_unknown(tmp_path: Path, registry: ModelRegistry):
    fake_folder(tmp_path, "a/1", "b/1")
    registry.rescan()
    shutil.rmtree(tmp_path / "a")
    registry.rescan()
    assert registry.names() == ["b"]
    with pytest.raises(RequestError, match="Could not find any versions of model a"):
        registry.versions("a")


# Readiness


def test_a_loading_model_is_503_with_retry_after(
    tmp_path: Path, registry: ModelRegistry, loader: Loader
):
    fake_folder(tmp_path, "a/1", "b/1")
    loader.may_load.clear()
    scan = threading.Thread(target=registry.rescan)
    scan.start()
    until(lambda: bool(registry.names()))
    until(lambda: registry.names() == ["a", "b"])
    for name in ("a", "b", "unknown"):
        with pytest.raises(RequestError) as error:
            registry.resolve(name)
        assert (error.value.status, error.value.retry_after) == (503, 2)
    assert states(registry, "a") == [(1, "LOADING")]
    assert registry.ready() == (False, {"a": "LOADING", "b": "LOADING"})
    loader.may_load.set()
    scan.join(60)
    assert registry.ready() == (True, {"a": "AVAILABLE", "b": "AVAILABLE"})
    with pytest.raises(RequestError) as error:
        registry.resolve("unknown")
    assert error.value.status == 404


def test_a_broken_model_does_not_affect_others(
    tmp_path: Path, registry: ModelRegistry, loader: Loader
):
    fake_folder(tmp_path, "bad/1", "good/1")
    loader.broken = {"bad/1"}
    registry.rescan()
    assert registry.ready() == (True, {"bad": "END", "good": "AVAILABLE"})
    with pytest.raises(RequestError) as error:
        registry.resolve("bad")
    assert error.value.status == 404
    shutil.rmtree(tmp_path / "good")
    registry.rescan()
    assert registry.ready() == (False, {"bad": "END"})


def test_a_long_load_delays_no_other_model(tmp_path: Path, registry: ModelRegistry, loader: Loader):
    fake_folder(tmp_path, "a/1", "b/1")
    registry.start(poll=0.01)
    until(lambda: registry.ready()[0])
    loader.slow = {"a/2"}
    loader.may_load.clear()
    fake_folder(tmp_path, "a/2")
    until(lambda: (2, "LOADING") in states(registry, "a"))
    fake_folder(tmp_path, "b/2", "c/1")
    until(lambda: "c" in registry.ready()[1] and registry.ready()[1]["c"] == "AVAILABLE")
    until(lambda: registry.resolve("b").number == 2)
    assert predict(registry, "a") == "a/1"
    loader.may_load.set()
    until(lambda: registry.resolve("a").number == 2)


# The watch


def test_the_watch_finds_new_versions(tmp_path: Path, registry: ModelRegistry):
    fake_folder(tmp_path, "a/1")
    registry.start(poll=0.01)
    until(lambda: registry.ready()[0])
    fake_folder(tmp_path, "a/2")
    until(lambda: registry.resolve("a").number == 2)
    assert predict(registry, "a") == "a/2"


def test_stop_abandons_a_load_that_does_not_end(
    tmp_path: Path, loader: Loader, caplog: pytest.LogCaptureFixture
):
    fake_folder(tmp_path, "a/1")
    registry = ModelRegistry(tmp_path, Limits(timeout=0.1), Metrics(), loader)
    registry.start(poll=0.01)
    until(lambda: registry.ready()[0])
    loader.may_load.clear()
    fake_folder(tmp_path, "a/2")
    until(lambda: (2, "LOADING") in states(registry, "a"))
    with caplog.at_level(logging.WARNING, "nlp_apps"):
        registry.stop()
    assert caplog.messages == ["model a: a version is still loading after 0.1 s: abandoned"]
    loader.may_load.set()  # Too late: a new queue would never be closed.
    registry._updates["a"].join(60)
    assert states(registry, "a") == [(2, "LOADING")]


def test_poll_may_be_any_time(tmp_path: Path, registry: ModelRegistry):
    registry.start(poll=1e300)
    until(lambda: registry._has_scanned)
    assert registry._watcher is not None
    registry._watcher.join(0.05)
    assert registry._watcher.is_alive()


# Metrics


def test_metrics_of_a_removed_model_are_removed(tmp_path: Path, loader: Loader):
    metrics = Metrics()
    registry = ModelRegistry(tmp_path, Limits(), metrics, loader)
    fake_folder(tmp_path, "a/1", "b/1", "bad/1")
    loader.broken = {"bad/1"}
    registry.rescan()
    for name in ("a", "b"):
        predict(registry, name)
        metrics.requests.labels(name, "serving_default", "200").inc()
        metrics.seconds.labels(name, "serving_default").observe(0.1)
        metrics.refused.labels(name).inc()
    shutil.rmtree(tmp_path / "a")
    shutil.rmtree(tmp_path / "bad")
    registry.rescan()
    metrics.requests.labels("a", "serving_default", "200").inc()  # A late response.
    registry.rescan()
    text = metrics.text().decode()
    assert 'model="a"' not in text
    assert 'model="bad"' not in text
    assert 'nlp_apps_requests_total{code="200",model="b",signature="serving_default"} 1.0' in text
    fake_folder(tmp_path, "a/3")
    registry.rescan()
    assert predict(registry, "a") == "a/3"
    assert 'nlp_apps_batch_rows_count{model="a"} 1.0' in metrics.text().decode()
    registry.stop()
