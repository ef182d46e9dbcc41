"""A `.tflite` from a stranger is refused with a reason, and hides no other file."""

import hashlib
import json
import os
import struct
import sys
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest

from nlp_apps.errors import NlpAppsError
from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.litert.lite_model import LiteModel
from nlp_apps.litert.lite_translator import LiteTranslator
from nlp_apps.litert.metadata import METADATA_FILE, read_metadata
from tests.attack.attacked import ROOT, assert_refused, run, run_command

SHIPPED = ROOT / "saved_models" / "shipped"


def shipped(task: str) -> tuple[bytes, dict[str, Any]]:
    """Returns the model of a shipped `.tflite` and the files of its archive."""
    for path in sorted(SHIPPED.glob("*/*.tflite")):
        with zipfile.ZipFile(path) as archive:
            files = {name: json.loads(archive.read(name)) for name in archive.namelist()}
            start = min(info.header_offset for info in archive.infolist())
        if files[METADATA_FILE]["task"] == task:
            files[METADATA_FILE].pop("sha256", None)
            return path.read_bytes()[:start], files
    raise AssertionError(f"no shipped model for {task}")


def write(path: Path, model: bytes, files: dict[str, Any], **options: Any) -> None:
    """Writes a `.tflite`; a value of an archived file is JSON, or its bytes."""
    path.write_bytes(model)
    with zipfile.ZipFile(path, "a", **options) as archive:
        for name, value in files.items():
            archive.writestr(name, value if isinstance(value, bytes) else json.dumps(value))


@pytest.fixture(scope="module")
def sentiment() -> tuple[bytes, dict[str, Any]]:
    return shipped("sentiment")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "foreign.tflite"


def deep(depth: int) -> Any:
    """A list inside a list, and so on."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


METADATA: dict[str, dict[str, Any]] = {
    "no characters": {"characters": 0},
    "negative characters": {"characters": -1},
    "huge characters": {"characters": 2**40},
    "characters as text": {"characters": "512"},
    "true as characters": {"characters": True},
    "no tokens": {"tokens": 0},
    "one token": {"tokens": 1},
    "tokens of another shape": {"tokens": 4096},
    "labels as number": {"labels": 3},
    "one label less": {"labels": ["a", "b"]},
    "a label twice": {"labels": ["a", "a", "b"]},
    "a surrogate in a label": {"labels": ["a", "\ud800", "b"]},
    "unknown truncation": {"truncation": "none"},
    "truncation as list": {"truncation": []},
    "max_length as text": {"max_length": "8"},
    "infinite setting": {"decoding": {"batch_size": float("inf")}},
    "a setting that no float can hold": {"decoding": {"batch_size": 10**400}},
    "deep settings": {"decoding": {"beam_size": deep(20)}},
    "special ids as list": {"special_ids": [0, 1, 2, 3]},
    "wrong checksum": {"sha256": "0" * 64},
    "checksum as list": {"sha256": []},
    "another task": {"task": "translation"},
    "unknown task": {"task": "\x1b[2J"},
    "task as object": {"task": {}},
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", METADATA)
def test_metadata_out_of_range_is_refused(
    name: str, sentiment: tuple[bytes, dict[str, Any]], path: Path
) -> None:
    model, files = sentiment
    changed = {**files, METADATA_FILE: {**files[METADATA_FILE], **METADATA[name]}}
    write(path, model, changed)
    with pytest.raises(NlpAppsError) as caught:
        LiteClassifier(path).predict(["a text of a few words"])
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["characters", "tokens", "labels", "truncation"])
def test_metadata_without_a_key_is_refused(
    key: str, sentiment: tuple[bytes, dict[str, Any]], path: Path
) -> None:
    model, files = sentiment
    metadata = {name: value for name, value in files[METADATA_FILE].items() if name != key}
    write(path, model, {**files, METADATA_FILE: metadata})
    with pytest.raises(NlpAppsError, match=key):
        LiteClassifier(path).predict(["a text"])


RULES = [
    [r"((?:x*)*)()y", ""],
    [r"((?:x|x)+)()y", ""],
    ["()(" + "x?" * 40 + "x" * 40 + ")y", ""],
    [r"(x)(?=(?:x+)+y)", ""],
    [r"(x*)(x*)x*y", ""],
    ["(x[a--b])()", ""],
    ["(x[[a])()", ""],
    ["(x)", ""],
    ["(x)(y", ""],
    ["(x)(y)", "a long text"],
    ["(x)(y)"],
    "xy",
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_needs_years_is_refused(rule: Any, path: Path) -> None:
    model, files = shipped("translation")
    metadata = {**files[METADATA_FILE], "sentence_rules": [rule]}
    write(path, model, {**files, METADATA_FILE: metadata})
    with pytest.raises(NlpAppsError, match="sentence_rules"):
        LiteTranslator(path, beam=False).predict(["x" * 30])


def bomb(path: Path, model: bytes) -> None:
    """Metadata of 1.5 GB that packs into 1.5 MB."""
    path.write_bytes(model)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open(METADATA_FILE, "w") as packed,
    ):
        packed.write(b'{"task": "sentiment", "name": "')
        for _ in range(1500):
            packed.write(bytes(1 << 20).replace(b"\0", b"x"))
        packed.write(b'"}')


def dense_bomb(path: Path, model: bytes) -> None:
    """Metadata of 40 MB whose objects need 1.5 GB."""
    write(path, model, {METADATA_FILE: b"[" + b'{"":0},' * 6_000_000 + b"0]"})


def nested(path: Path, model: bytes) -> None:
    write(path, model, {METADATA_FILE: b"[" * 100_000 + b"]" * 100_000})


def nested_objects(path: Path, model: bytes) -> None:
    """Deep enough for a recursive function, not deep enough for the parser."""
    content = b'{"task":"sentiment","a":' + b'{"a":' * 950 + b"0" + b"}" * 951
    write(path, model, {METADATA_FILE: content})


def many_entries(path: Path, model: bytes) -> None:
    write(path, model, {f"{number:x}": b"" for number in range(60_000)})


def with_bits(flags: int, method: int) -> Any:
    """Metadata with other flags or another method of packing."""

    def change(path: Path, model: bytes) -> None:
        write(path, model, {METADATA_FILE: {"task": "sentiment"}})
        content = bytearray(path.read_bytes())
        for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            place = content.rindex(signature) + offset
            struct.pack_into("<HH", content, place, flags, method)
        path.write_bytes(content)

    return change


def zip64(path: Path, model: bytes) -> None:
    """A second, larger end of the archive, which a reader may prefer."""
    write(path, model, {METADATA_FILE: {"task": "sentiment"}})
    content = path.read_bytes()
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1 << 40, 1 << 40, 1 << 40, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(content) - 22, 1)
    path.write_bytes(content[:-22] + record + locator + content[-22:])


ARCHIVES = {
    "bomb": bomb,
    "dense bomb": dense_bomb,
    "nested": nested,
    "nested objects": nested_objects,
    "many entries": many_entries,
    "encrypted": with_bits(1, 0),
    "unknown compression": with_bits(0, 77),
    "lzma": with_bits(0, 14),
    "zip64": zip64,
    "metadata is a list": lambda path, model: write(path, model, {METADATA_FILE: []}),
    "metadata is not JSON": lambda path, model: write(path, model, {METADATA_FILE: b"{"}),
    "no metadata": lambda path, model: write(path, model, {"other.json": {}}),
    "no archive": lambda path, model: path.write_bytes(model),
    "empty": lambda path, model: path.write_bytes(b""),
    "end of an archive alone": lambda path, model: path.write_bytes(b"PK\5\6" + bytes(18)),
    "a pipe": lambda path, model: os.mkfifo(path),
    "a link to a device": lambda path, model: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_broken_file_is_refused_and_hides_no_other(name: str, tmp_path: Path) -> None:
    model, files = b"a model", {METADATA_FILE: {"task": "sentiment"}}
    write(tmp_path / "good.tflite", model, files)
    ARCHIVES[name](tmp_path / "broken.tflite", model)
    module = [sys.executable, "-m", "nlp_apps.litert.model_index", str(tmp_path)]
    outcome = run_command(module, seconds=30)
    assert outcome.code == 0, outcome
    assert json.loads(outcome.out) == [{"file": "good.tflite", "task": "sentiment"}]
    assert outcome.megabytes < 500, outcome
    if not (tmp_path / "broken.tflite").is_file():
        return  # `predict` reads only files
    predict = run(["sentiment", "predict", tmp_path / "broken.tflite", "a text"], seconds=30)
    assert_refused(predict, "broken.tflite", megabytes=500)


def test_no_flipped_bit_changes_a_prediction(
    sentiment: tuple[bytes, dict[str, Any]], path: Path
) -> None:
    model, files = sentiment
    digest = hashlib.sha256(model).hexdigest()
    write(path, model, {**files, METADATA_FILE: {**files[METADATA_FILE], "sha256": digest}})
    whole = path.read_bytes()
    (wanted,) = LiteClassifier(path).predict(["the soup was cold"])
    random = Random(1)
    refused = 0
    for _ in range(60):
        content = bytearray(whole)
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        path.write_bytes(content)
        try:
            (found,) = LiteClassifier(path).predict(["the soup was cold"])
        except NlpAppsError:
            refused += 1
        else:
            assert found == wanted
    assert refused > 50


def test_a_file_without_a_checksum_still_loads(
    sentiment: tuple[bytes, dict[str, Any]], path: Path
) -> None:
    model, files = sentiment
    write(path, model, files)
    assert "sha256" not in read_metadata(path)
    (found,) = LiteClassifier(path).predict(["the soup was cold"])
    assert found.label in files[METADATA_FILE]["labels"]


@pytest.mark.parametrize("error", [RuntimeError, ValueError, MemoryError])
def test_a_model_that_fails_at_its_first_run_is_one_line(
    error: type[Exception], sentiment: tuple[bytes, dict[str, Any]], path: Path
) -> None:
    def fail(**inputs: Any) -> Any:
        raise error("tensorflow/lite/kernels/gather.cc:1: index out of bounds\n(node 7)")

    model, files = sentiment
    write(path, model, files)
    classifier = LiteClassifier(path)
    assert isinstance(classifier.model, LiteModel)
    classifier.model._runners["tokenize"] = fail
    with pytest.raises(NlpAppsError) as caught:
        classifier.predict(["a text"])
    assert str(caught.value).startswith(f"{path}: ")
    assert "index out of bounds" in str(caught.value)
    assert "\n" not in str(caught.value)
