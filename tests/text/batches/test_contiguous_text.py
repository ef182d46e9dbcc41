"""Tests of nlp_apps.text.batches.contiguous_text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_apps.text.batches.contiguous_text import (
    ContiguousText,
    encode_corpus,
    split_rows,
)
from nlp_apps.text.special_ids import BOS, EOS, PAD
from nlp_apps.text.tokenizer import train_tokenizer

NEWLINE = 20


def streams() -> st.SearchStrategy[ContiguousText]:
    """Returns texts of letters (from 10 on) with some EOS and newlines."""
    return st.builds(
        lambda ids, tokens, length, offset, newline_id: split_rows(
            np.array(ids, np.int32),
            batch_tokens=tokens * length,
            sequence_length=length,
            offset=offset,
            newline_id=newline_id,
        ),
        st.lists(st.sampled_from([EOS, *range(10, 40)]), min_size=1, max_size=90),
        st.integers(1, 9),
        st.integers(2, 9),
        st.integers(0, 200),
        st.sampled_from([None, NEWLINE]),
    )


def epoch(stream: ContiguousText) -> tuple[np.ndarray, np.ndarray]:
    """Returns inputs and targets of each row in an epoch, <int32>[B, ...]."""
    batches = [stream.batch(index) for index in range(len(stream))]
    fed = np.concatenate([inputs["target_in"] for inputs, _ in batches], axis=1)
    return fed, np.concatenate([targets for _, targets in batches], axis=1)


@given(stream=streams())
def test_every_token_is_predicted_exactly_once_in_the_order_of_the_text(
    stream: ContiguousText,
) -> None:
    _, targets = epoch(stream)
    # Row after row, and each from batch to batch: the state of a row is that of the text before.
    read = [int(token) for row in targets for token in row if token != PAD]
    assert read == np.roll(stream.token_ids, -stream.starts[0]).tolist()


@given(stream=streams())
def test_an_input_is_the_token_before_or_bos(stream: ContiguousText) -> None:
    fed, targets = epoch(stream)
    total = len(stream.token_ids)
    for row in range(stream.num_rows):
        place = stream.starts[row] % total  # in the text
        for column, target in enumerate(targets[row]):
            if target == PAD:
                assert fed[row, column] == PAD
                continue
            before = int(stream.token_ids[place - 1])
            begins = column == 0 and stream.with_bos[row] or place == 0 or before == EOS
            assert fed[row, column] == (BOS if begins else before)
            place = (place + 1) % total


def test_rows_worked_out_by_hand() -> None:
    stream = split_rows(np.arange(10, 21), batch_tokens=6, sequence_length=3)
    assert (stream.starts.tolist(), len(stream)) == ([0, 6, 11], 2)
    first, second = stream.batch(0), stream.batch(1)
    assert first[0]["target_in"].tolist() == [[BOS, 10, 11], [BOS, 16, 17]]
    assert first[1].tolist() == [[10, 11, 12], [16, 17, 18]]
    assert second[0]["target_in"].tolist() == [[12, 13, 14], [18, 19, PAD]]
    assert second[1].tolist() == [[13, 14, 15], [19, 20, PAD]]


def test_a_row_starts_with_a_near_line() -> None:
    text = [*range(30, 36), NEWLINE, NEWLINE, *range(40, 52), NEWLINE, *range(60, 62)]
    stream = split_rows(np.array(text), batch_tokens=16, sequence_length=8, newline_id=NEWLINE)
    assert stream.starts.tolist() == [0, 12, 23]  # the next line is too far away
    assert len(stream) == 2
    assert stream.batch(0)[0]["target_in"][:, 0].tolist() == [BOS, text[11]]
    text[12:15] = [41, NEWLINE, 42]
    stream = split_rows(np.array(text), batch_tokens=16, sequence_length=8, newline_id=NEWLINE)
    assert stream.starts.tolist() == [0, 14, 23]
    inputs, targets = stream.batch(0)
    assert inputs["target_in"][1].tolist() == [BOS, 42, 47, 48, 49, 50, 51, NEWLINE]
    assert targets[1].tolist() == [42, 47, 48, 49, 50, 51, NEWLINE, 60]
    late = split_rows(
        np.array(text), batch_tokens=16, sequence_length=8, offset=5, newline_id=NEWLINE
    )
    assert late.starts.tolist() == [8, 21, 31]  # 6 and 7 are an empty line


@given(
    ids=st.lists(st.sampled_from([EOS, NEWLINE, 30, 31]), min_size=1, max_size=90),
    rows=st.integers(1, 9),
    length=st.integers(2, 9),
    offset=st.integers(0, 200),
)
def test_bos_is_at_the_start_of_a_line_or_document_if_there_is_any(
    ids: list[int], rows: int, length: int, offset: int
) -> None:
    stream = split_rows(
        np.array(ids, np.int32),
        batch_tokens=rows * length,
        sequence_length=length,
        offset=offset,
        newline_id=NEWLINE,
    )
    fed, targets = epoch(stream)
    begin = {
        place
        for place, index in enumerate(ids)
        if place == 0 or ids[place - 1] in (NEWLINE, EOS) and index != NEWLINE
    }
    for row in range(stream.num_rows):
        if targets[row, 0] != PAD:
            is_begin = int(stream.starts[row]) % len(ids) in begin
            after_end = ids[int(stream.starts[row]) % len(ids) - 1] == EOS
            assert (fed[row, 0] == BOS) == (is_begin or after_end or begin == {0})


def test_a_batch_is_added_so_that_rows_can_start_with_a_line() -> None:
    stream = split_rows(np.arange(10, 42), batch_tokens=16, sequence_length=8, newline_id=NEWLINE)
    assert (stream.starts.tolist(), len(stream)) == ([0, 16, 32], 3)


def test_a_document_starts_with_bos_after_the_eos_of_the_one_before() -> None:
    stream = split_rows(np.array([10, 11, EOS, 12, EOS]), batch_tokens=9, sequence_length=9)
    inputs, targets = stream.batch(0)
    assert inputs["target_in"].tolist() == [[BOS, 10, 11, BOS, 12, PAD, PAD, PAD, PAD]]
    assert targets.tolist() == [[10, 11, EOS, 12, EOS, PAD, PAD, PAD, PAD]]


def test_an_offset_is_modulo_the_length_and_the_text_still_starts_with_bos() -> None:
    stream = split_rows(np.arange(10, 15), batch_tokens=5, sequence_length=5, offset=13)
    assert stream.starts.tolist() == [3, 8]
    inputs, targets = stream.batch(0)
    assert targets.tolist() == [[13, 14, 10, 11, 12]]
    assert inputs["target_in"].tolist() == [[BOS, 13, BOS, 10, 11]]


@pytest.mark.parametrize(
    ("length", "rows", "batches"), [(1, 1, 1), (7, 1, 1), (16, 2, 1), (63, 7, 2), (1000, 8, 16)]
)
def test_a_short_text_has_fewer_rows(length: int, rows: int, batches: int) -> None:
    stream = split_rows(np.arange(10, 10 + length), batch_tokens=70, sequence_length=8)
    assert (stream.num_rows, len(stream)) == (rows, batches)
    inputs, targets = stream.batch(0)
    assert inputs["target_in"].shape == targets.shape == (rows, 8)
    assert {inputs["target_in"].dtype, targets.dtype} == {np.dtype(np.int32)}


def test_a_text_without_tokens_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one token, received none"):
        split_rows(np.zeros(0, np.int32), batch_tokens=8, sequence_length=4)


@pytest.mark.parametrize("start", [0, 2, 4])
def test_the_data_set_starts_at_any_batch(start: int) -> None:
    stream = split_rows(np.arange(10, 45), batch_tokens=8, sequence_length=4, offset=9)
    data = stream.batches(start)
    assert int(data.cardinality()) == len(stream) - start == 5 - start
    found = list(data.as_numpy_iterator())
    assert len(found) == 5 - start
    for index, (inputs, targets) in enumerate(found, start=start):
        wanted_inputs, wanted_targets = stream.batch(index)
        np.testing.assert_array_equal(inputs["target_in"], wanted_inputs["target_in"])
        np.testing.assert_array_equal(targets, wanted_targets)


def test_several_documents_end_in_eos_and_a_single_one_does_not() -> None:
    tokenizer = train_tokenizer(
        ["da ri bo"], kind="characters", vocabulary_size=300, keep_spaces=True
    )
    first, second = tokenizer.encode_documents(["da\nri", "bo"])
    assert encode_corpus(tokenizer, ["da\nri", "bo"]).tolist() == [*first, EOS, *second, EOS]
    assert encode_corpus(tokenizer, ["da\nri"]).tolist() == first
    assert encode_corpus(tokenizer, ["bo"]).dtype == np.int32
