"""Tests of nlp_apps.text.readers.tfds_table."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.readers.columns import Column
from tests.text.readers.folder import TableFolder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TFDS folder with a data set of labelled texts; one label is missing."""
    tfds = pytest.importorskip("tensorflow_datasets")
    folder = tmp_path_factory.mktemp("tfds")

    def example(number: int, label: int, text: str) -> tuple[int, dict[str, Any]]:
        values = np.array([1, 2], np.int64)
        return number, {"label": label, "text": text, "stars": number + 1, "values": values}

    tfds.dataset_builders.store_as_tfds_dataset(
        name="opinions",
        version="1.0.0",
        features=tfds.features.FeaturesDict(
            {
                "label": tfds.features.ClassLabel(names=["neg", "pos"]),
                "text": tfds.features.Text(),
                "stars": np.int64,
                "values": tfds.features.Tensor(shape=(2,), dtype=np.int64),
            }
        ),
        split_datasets={
            "train": [example(0, 1, "Fine."), example(1, 0, "Bad.\r\nSo bad.")],
            "unlabelled": [example(0, 1, "Fine."), example(1, -1, "Who knows?")],
        },
        data_dir=folder,
        disable_shuffling=True,
    )
    return folder


def test_a_class_of_a_tfds_data_set_is_its_name(folder: TableFolder, prepared: Path) -> None:
    table = folder.table("tfds:opinions:train", tfds_dir=prepared)
    assert [row.values for row in table] == [("pos", "Fine."), ("neg", "Bad.\r\nSo bad.")]
    assert table.checksum == "tfds:opinions:1.0.0:train"


def test_a_number_of_a_tfds_data_set_becomes_text(folder: TableFolder, prepared: Path) -> None:
    rows = folder.table("tfds:opinions:train[:1]", ("stars", "text"), tfds_dir=prepared)
    assert [row.values for row in rows] == [("1", "Fine.")]


def test_the_only_text_of_a_tfds_data_set_is_the_default(
    folder: TableFolder, prepared: Path
) -> None:
    rows = folder.table("tfds:opinions:train[:1]", ("",), tfds_dir=prepared)
    assert [row.values for row in rows] == [("Fine.",)]


def test_two_keys_of_one_feature_are_an_error(folder: TableFolder, prepared: Path) -> None:
    words = "both feature 'text' of tfds:opinions:train; set data.text_column"
    with pytest.raises(UsageError, match=words):
        list(folder.table("tfds:opinions:train", ("text", ""), tfds_dir=prepared))


def test_an_example_without_a_label_is_bad(folder: TableFolder, prepared: Path) -> None:
    source = "tfds:opinions:unlabelled"
    with pytest.raises(WorkError, match=rf"{source}, example 2: no label \(-1\)"):
        list(folder.table(source, tfds_dir=prepared))
    rows = list(folder.table(source, policy="skip", tfds_dir=prepared))
    assert [row.values for row in rows] == [("pos", "Fine.")]


@pytest.mark.parametrize("column", ["review", 2])
def test_a_missing_feature_is_an_error_with_the_existing_ones(
    folder: TableFolder, prepared: Path, column: Column
) -> None:
    with pytest.raises(WorkError) as caught:
        list(folder.table("tfds:opinions:train", ("label", column), tfds_dir=prepared))
    assert str(caught.value) == (
        f"tfds:opinions:train: no feature {column!r} (data.text_column). "
        "It has: label, stars, text, values."
    )


def test_a_feature_that_is_neither_text_nor_a_number_is_an_error(
    folder: TableFolder, prepared: Path
) -> None:
    words = "tfds:opinions:train: the feature 'values' is neither text nor a number. Name another."
    with pytest.raises(WorkError, match=words):
        list(folder.table("tfds:opinions:train", ("values", "text"), tfds_dir=prepared))
