"""Tests of nlp_apps.text.batches.row_share: the parts of all workers are the whole batch."""

import numpy as np
import pytest

from nlp_apps.text.batches.buckets import dataset, plan_batches, plan_buckets
from nlp_apps.text.batches.contiguous_text import split_rows
from nlp_apps.text.batches.row_share import RowShare
from nlp_apps.text.batches.token_texts import TokenTexts

SIZES = [1, 2, 3, 4]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rows", [1, 5, 8])
def test_rows_of_all_workers_are_all_rows(size: int, rows: int) -> None:
    array = np.arange(1, rows * 3 + 1).reshape(rows, 3)
    parts = [RowShare(index, size).rows_of(array) for index in range(size)]
    assert {len(part) for part in parts} == {RowShare(0, size).count(rows)}
    joined = np.concatenate(parts)
    np.testing.assert_array_equal(joined[:rows], array)
    assert not joined[rows:].any()


@pytest.mark.parametrize("size", SIZES)
def test_batches_of_all_workers_are_the_whole_batches(size: int) -> None:
    generator = np.random.default_rng(1)
    sources = [generator.integers(1, 50, n).astype(np.int32) for n in generator.integers(1, 9, 70)]
    texts = TokenTexts(sources, np.arange(1, 71, dtype=np.int32))
    buckets = plan_buckets(texts.lengths, batch_tokens=56, num_buckets=3)
    planned = plan_batches(texts.lengths, buckets, seed=3)
    whole = list(dataset(texts, planned))
    parts = [list(dataset(texts, planned, share=RowShare(index, size))) for index in range(size)]
    for (inputs, labels), *shares in zip(whole, *parts, strict=True):
        joined = np.concatenate([part["source"] for part, _ in shares])
        np.testing.assert_array_equal(joined[: len(labels)], inputs["source"])
        assert not joined[len(labels) :].any()
        targets = np.concatenate([target for _, target in shares])
        np.testing.assert_array_equal(targets[: len(labels)], labels)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("length", [3, 40, 301])
def test_contiguous_text_of_all_workers_is_the_whole_text(size: int, length: int) -> None:
    token_ids = np.random.default_rng(2).integers(4, 9, length).astype(np.int32)
    text = split_rows(token_ids, batch_tokens=40, sequence_length=8, offset=5, newline_id=4)
    for index in range(len(text)):
        inputs, targets = text.batch(index)
        parts = [text.rows_of(RowShare(w, size)).batch(index) for w in range(size)]
        joined = np.concatenate([part[0]["target_in"] for part in parts])
        np.testing.assert_array_equal(joined[: text.num_rows], inputs["target_in"])
        assert not joined[text.num_rows :].any()
        joined = np.concatenate([part[1] for part in parts])
        np.testing.assert_array_equal(joined[: text.num_rows], targets)
