"""Metadata of a `.tflite` is read back, also as version 0.1.0 wrote it."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.litert.lite_generator import LiteGenerator
from nlp_apps.litert.lite_translator import LiteTranslator
from nlp_apps.litert.metadata import (
    METADATA_FILE,
    RENAMED,
    append_files,
    read_metadata,
    with_new_names,
)
from tests.tiny_models import Made

PREDICTORS: dict[str, Any] = {
    "translation": LiteTranslator,
    "sentiment": LiteClassifier,
    "generation": LiteGenerator,
}
OLD_NAMES = {new: old for old, new in RENAMED.items()}


def with_old_names(value: Any) -> Any:
    """Metadata as version 0.1.0 wrote it."""
    if not isinstance(value, dict):
        return value
    return {OLD_NAMES.get(key, key): with_old_names(one) for key, one in value.items()}


def write_old(path: Path, to: Path) -> Path:
    """Copies a `.tflite` with the names of version 0.1.0."""
    with zipfile.ZipFile(path) as archive:
        files = {info.filename: json.loads(archive.read(info)) for info in archive.infolist()}
        start = min(info.header_offset for info in archive.infolist())
    files[METADATA_FILE] = with_old_names(files[METADATA_FILE])
    to.write_bytes(append_files(path.read_bytes()[:start], files))
    return to


@pytest.mark.parametrize("task", PREDICTORS)
def test_a_tflite_of_version_0_1_0_predicts_the_same(
    task: str, tiny_lite: Made, tmp_path: Path
) -> None:
    path = tiny_lite(task)
    old = write_old(path, tmp_path / "old.tflite")
    with zipfile.ZipFile(old) as archive:
        assert b'"begin":2,"end":3' in archive.read(METADATA_FILE)
    assert read_metadata(old) == read_metadata(path)
    texts = ["the old house", "tea"]
    assert PREDICTORS[task](old).predict(texts) == PREDICTORS[task](path).predict(texts)


def test_every_old_name_is_replaced_at_every_depth() -> None:
    metadata = {"task": "sentiment", "truncation": "both", "decoding": {"no_repeat_ngram_size": 2}}
    metadata["special_ids"] = {"pad": 0, "unknown": 1, "bos": 2, "eos": 3}
    old = with_old_names(metadata)
    assert {"long_texts", "decoding"} <= set(old)
    assert with_new_names(old) == metadata


def test_appended_files_leave_the_model_unchanged(tmp_path: Path) -> None:
    content = append_files(b"a model", {METADATA_FILE: {"task": "sentiment"}})
    assert content.startswith(b"a model")
    (tmp_path / "a.tflite").write_bytes(content)
    assert read_metadata(tmp_path / "a.tflite") == {"task": "sentiment"}


@pytest.mark.parametrize("metadata", [[], {"name": "no task"}])
def test_metadata_of_another_program_is_an_error(metadata: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.tflite"
    path.write_bytes(append_files(b"a model", {METADATA_FILE: metadata}))
    with pytest.raises(UsageError, match="not a .tflite of this package"):
        read_metadata(path)
