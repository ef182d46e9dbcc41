"""Tests of nlp_apps.text.batches.token_texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_apps.text.batches.buckets import Bucket, dataset, plan_batches, plan_buckets
from nlp_apps.text.batches.token_texts import TokenTexts, truncate
from nlp_apps.text.special_ids import EOS

WAYS = ["head", "tail", "both", "windows"]


def lists(parts: list[np.ndarray]) -> list[list[int]]:
    return [part.tolist() for part in parts]


@pytest.mark.parametrize(
    ("how", "parts"),
    [
        ("head", [[11, 12, 13, 14, EOS]]),
        ("tail", [[15, 16, 17, 18, EOS]]),
        ("both", [[11, 12, 17, 18, EOS]]),
        ("windows", [[11, 12, 13, 14, EOS], [15, 16, 17, 18, EOS]]),
    ],
)
def test_a_long_text_is_truncated_by_the_recipe(how: str, parts: list[list[int]]) -> None:
    assert lists(truncate(range(11, 19), 5, how)) == parts


def test_an_odd_number_of_tokens_leaves_the_tail_one_more() -> None:
    assert lists(truncate(range(11, 20), 4, "both")) == [[11, 18, 19, EOS]]
    assert lists(truncate(range(11, 20), 2, "both")) == [[19, EOS]]


@pytest.mark.parametrize("how", WAYS)
def test_a_short_text_stays_whole(how: str) -> None:
    assert lists(truncate([11, 12, 13, 14], 5, how)) == [[11, 12, 13, 14, EOS]]
    assert lists(truncate([], 5, how)) == [[EOS]]


def test_windows_have_about_the_same_length() -> None:
    assert [len(part) - 1 for part in truncate(range(10), 5, "windows")] == [3, 3, 4]


@given(length=st.integers(0, 60), max_length=st.integers(2, 20), how=st.sampled_from(WAYS))
def test_every_part_is_short_enough_and_ends_in_eos(length: int, max_length: int, how: str) -> None:
    token_ids = list(range(100, 100 + length))
    parts = truncate(token_ids, max_length, how)
    for part in parts:
        assert part.dtype == np.int32
        assert part[-1] == EOS
        assert len(part) <= max_length
    kept = [int(token) for part in parts for token in part[:-1]]
    if how == "windows":
        assert kept == token_ids
        sizes = [len(part) for part in parts]
        assert max(sizes) - min(sizes) <= 1
    else:
        assert len(parts) == 1
        assert len(kept) == min(length, max_length - 1)


def test_an_unknown_truncation_is_an_error_for_short_texts_too() -> None:
    with pytest.raises(
        ValueError, match="truncation must be head, tail, both or windows, received 'middle'"
    ):
        truncate([11], 5, "middle")


TEXTS = TokenTexts(
    [np.array([7, 8, EOS], np.int32), np.array([9, EOS], np.int32), np.array([5, EOS], np.int32)],
    np.array([2, 1, 0], np.int32),
)


def test_lengths_include_eos() -> None:
    assert len(TEXTS) == 3
    assert TEXTS.lengths.tolist() == [[3], [2], [2]]
    assert TokenTexts([], np.zeros(0, np.int32)).lengths.shape == (0, 1)


def test_a_batch_is_padded_to_its_bucket_and_rows_past_the_members_have_no_label() -> None:
    inputs, labels = TEXTS.batch(Bucket(4, 5, 5), np.array([1, 0]))
    assert inputs["source"].tolist() == [[9, EOS, 0, 0, 0], [7, 8, EOS, 0, 0], [0] * 5, [0] * 5]
    assert labels.tolist() == [1, 2, 0, 0]
    assert {inputs["source"].dtype, labels.dtype} == {np.dtype(np.int32)}


def test_a_data_set_has_every_text_once_with_its_label() -> None:
    lengths = [number % 5 + 2 for number in range(30)]
    texts = TokenTexts(
        [np.array([10 + i] * (n - 1) + [EOS], np.int32) for i, n in enumerate(lengths)],
        np.arange(1, 31, dtype=np.int32),
    )
    buckets = plan_buckets(texts.lengths, batch_tokens=20, num_buckets=2)
    planned = plan_batches(texts.lengths, buckets, seed=1)
    seen = {}
    for inputs, labels in dataset(texts, planned).as_numpy_iterator():
        for row, label in zip(inputs["source"], labels, strict=True):
            if label:
                seen[int(label)] = row[row != 0].tolist()
    assert seen == {i + 1: texts.sources[i].tolist() for i in range(30)}
