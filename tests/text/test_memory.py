"""Tests of the memory that a corpus in files needs for each example."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nlp_apps.text.batches.buckets import plan_batches, plan_buckets
from nlp_apps.text.batches.token_pairs import TokenPairs
from nlp_apps.text.corpus import Location, Pair
from nlp_apps.text.hold_out import remaining
from nlp_apps.text.storage.example_store import ExampleStore
from nlp_apps.text.storage.stored_examples import (
    LOCATIONS,
    OFFSETS,
    TEXT,
    StoredExamples,
    StoredLocations,
    select,
)
from nlp_apps.text.storage.stored_tokens import ENDS, IDS

COUNT = 200_000

CONSTANT = 6 << 20
"""Bytes that are read or written at once."""


def memory_of(work: Callable[[], object]) -> tuple[float, float]:
    """Bytes an example at the highest point of the work, and those of its result."""
    tracemalloc.start()
    try:
        found = work()
        left, peak = tracemalloc.get_traced_memory()
        del found
    finally:
        tracemalloc.stop()
    return max(0, peak - CONSTANT) / COUNT, max(0, left - 10_000) / COUNT


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of stored pairs `a TAB b`."""
    folder = tmp_path_factory.mktemp("text")
    (folder / TEXT).write_bytes(b"a\0b" * COUNT)
    (3 * np.arange(COUNT + 1, dtype=np.uint64)).tofile(folder / OFFSETS)
    np.stack([np.zeros(COUNT, np.int64), np.arange(COUNT)], axis=1).tofile(folder / LOCATIONS)
    return folder


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of token ids of pairs of 2 to 60 tokens a side."""
    folder = tmp_path_factory.mktemp("tokens")
    generator = np.random.default_rng(0)
    for side in ("source", "target"):
        (folder / side).mkdir()
        ends = generator.integers(2, 61, COUNT).cumsum().astype(np.uint64)
        ends.tofile(folder / side / ENDS)
        np.zeros(int(ends[-1]), np.uint16).tofile(folder / side / IDS)
    return folder


def test_stored_text_needs_no_memory_of_its_own(text: Path) -> None:
    def load() -> object:
        examples: StoredExamples[Pair] = StoredExamples(text, Pair._make)
        assert examples.is_whole()
        return examples, StoredLocations(text)

    peak, left = memory_of(load)
    assert max(peak, left) < 0.2


def test_a_split_of_text_and_locations_needs_4_bytes_an_example(text: Path) -> None:
    examples: StoredExamples[Pair] = StoredExamples(text, Pair._make)
    locations = StoredLocations(text)

    def split() -> object:
        rest = remaining(COUNT, {"test": np.array([5, 70_000])})
        return select(examples, rest), select(locations, rest)

    _, left = memory_of(split)
    assert left == pytest.approx(4, abs=0.2)


def test_stored_token_ids_need_no_memory_of_their_own(tokens: Path) -> None:
    peak, left = memory_of(lambda: TokenPairs.stored(tokens))
    assert max(peak, left) < 0.2


def test_both_sides_of_selected_pairs_need_4_bytes_a_pair(tokens: Path) -> None:
    pairs, positions = TokenPairs.stored(tokens), np.arange(COUNT)
    _, left = memory_of(lambda: pairs.select(positions))
    assert left == pytest.approx(4, abs=0.2)


def test_the_plan_of_an_epoch_needs_few_bytes_a_pair(tokens: Path) -> None:
    pairs = TokenPairs.stored(tokens)
    sample = pairs.lengths[:1_000]
    buckets = plan_buckets(np.concatenate([sample, [[60, 60]]]), batch_tokens=3_000, num_buckets=4)
    peak, left = memory_of(lambda: plan_batches(pairs.lengths, buckets, seed=1))
    assert left < 9  # 4 for the place of a pair, others for the list of batches
    assert peak < 20


def test_examples_that_go_to_files_are_not_copied_all_at_once(tmp_path: Path) -> None:
    count = 50_000
    store = ExampleStore(Pair._make, lambda: tmp_path, max_bytes=count * 399)
    for number in range(count):
        store.add(Pair(f"{number:0100}", ""), Location(0, number))
    tracemalloc.start()
    try:
        examples, _ = store.close()
        if not isinstance(examples, StoredExamples):
            raise AssertionError("the examples stayed in memory")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60 * count
    assert examples[-1] == Pair(f"{count - 1:0100}", "")
