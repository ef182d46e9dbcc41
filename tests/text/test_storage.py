"""Tests of nlp_apps.text.storage: text and token ids in files."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_apps.errors import WorkError
from nlp_apps.text.corpus import Corpus, LabelledText, Location, Pair
from nlp_apps.text.storage import spread, stored_examples
from nlp_apps.text.storage.corpus_cache import CorpusCache, key_of
from nlp_apps.text.storage.example_store import ExampleStore
from nlp_apps.text.storage.mapped import Mapped
from nlp_apps.text.storage.spread import evenly_spread
from nlp_apps.text.storage.stored_examples import (
    OFFSETS,
    TEXT,
    StoredExamples,
    StoredLocations,
    select,
)
from nlp_apps.text.storage.stored_tokens import ENDS, IDS, StoredTokens, TokenWriter, lengths_of
from nlp_apps.text.storage.written_once import written_once

KEY = "0123456789abcdef"

PAIRS = [Pair(f"source {number} é", f"target {number} ж" * (number % 3)) for number in range(2_500)]


def stored(folder: Path, pairs: list[Pair] = PAIRS) -> tuple[StoredExamples[Pair], StoredLocations]:
    """Pairs in files, with their line numbers."""
    store = ExampleStore(Pair._make, lambda: folder, max_bytes=500)
    for number, pair in enumerate(pairs, start=1):
        store.add(pair, Location(number % 2, number))
    examples, locations = store.close()
    assert isinstance(examples, StoredExamples)
    assert isinstance(locations, StoredLocations)
    return examples, locations


def test_stored_examples_are_those_that_were_added(tmp_path: Path) -> None:
    examples, locations = stored(tmp_path)
    assert len(examples) == len(locations) == len(PAIRS)
    assert list(examples) == PAIRS
    assert examples[7] == PAIRS[7]
    assert examples[-1] == PAIRS[-1]
    assert examples[::100] == PAIRS[::100]
    assert examples[5:9] == PAIRS[5:9]
    assert examples[9:5] == []
    assert locations[10] == Location(1, 11)
    assert locations[:2] == [Location(1, 1), Location(0, 2)]
    with pytest.raises(IndexError):
        examples[len(PAIRS)]


def test_few_examples_stay_in_memory(tmp_path: Path) -> None:
    store = ExampleStore(Pair._make, lambda: tmp_path)
    store.add(PAIRS[0], Location(0, 1))
    assert store.close() == ([PAIRS[0]], [Location(0, 1)])
    assert not list(tmp_path.iterdir())


@given(st.lists(st.integers(0, len(PAIRS) - 1)), st.lists(st.integers(0, 9), max_size=5))
def test_a_selection_of_a_selection(
    tmp_path_factory: pytest.TempPathFactory, first: list[int], second: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("stored")
    examples, locations = stored(folder)
    found = select(examples, np.array(first, int))
    assert list(found) == [PAIRS[position] for position in first]
    assert [one.line - 1 for one in select(locations, np.array(first, int))] == first
    again = [position for position in second if position < len(first)]
    assert list(select(found, np.array(again, int))) == [PAIRS[first[one]] for one in again]


def test_a_selection_of_a_list_is_a_list() -> None:
    assert select(PAIRS, np.array([3, 1])) == [PAIRS[3], PAIRS[1]]


def test_a_truncated_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    examples, _ = stored(tmp_path)
    with open(tmp_path / TEXT, "r+b") as file:
        file.truncate(1_000)
    with pytest.raises(WorkError, match=f"{tmp_path}.*truncated.*Delete the folder"):
        examples[-1]


@pytest.mark.parametrize(("vocabulary_size", "bytes_per_id"), [(2**16, 2), (2**16 + 1, 4)])
def test_stored_tokens_are_those_that_were_written(
    tmp_path: Path, vocabulary_size: int, bytes_per_id: int
) -> None:
    generator = np.random.default_rng(0)
    sequences = [generator.integers(0, 2**16, size) for size in generator.integers(1, 9, 300)]
    with TokenWriter(tmp_path / "tokens", vocabulary_size) as writer:
        writer.extend(sequences[:100])
        writer.extend([])
        writer.extend(sequences[100:])
    tokens = StoredTokens(tmp_path / "tokens")
    assert (tmp_path / "tokens" / IDS).stat().st_size == bytes_per_id * sum(map(len, sequences))
    assert lengths_of(tokens).tolist() == lengths_of(sequences).tolist()
    for found, expected in zip(tokens, sequences, strict=True):
        assert found.tolist() == expected.tolist()
    positions = np.array([250, 3, 3])
    picked = tokens.select(positions)
    assert picked.lengths.tolist() == [len(sequences[position]) for position in positions]
    assert [one.tolist() for one in picked[1:]] == [sequences[3].tolist()] * 2
    assert picked[0].dtype == np.int32


def corpus_in(folder: Path) -> Corpus[Pair]:
    examples, locations = stored(folder)
    return Corpus(examples, 3, "abc", ["pairs.tsv"], locations)


def test_a_kept_source_is_found_by_its_key(tmp_path: Path) -> None:
    cache = CorpusCache(tmp_path / "cache", is_writable=True)
    kept = cache.keep(corpus_in(cache.new_folder()), KEY, Pair._make)
    assert list(kept.examples) == PAIRS
    found = CorpusCache(tmp_path / "cache").load(KEY, Pair._make)
    assert found is not None
    assert list(found.examples) == PAIRS
    assert (found.skipped, found.checksum, found.names) == (3, "abc", ["pairs.tsv"])
    assert found.locations[1] == Location(0, 2)
    assert CorpusCache(tmp_path / "cache").load("other", Pair._make) is None


def damage_description(folder: Path) -> None:
    (folder / "corpus.json").write_text("{")


def truncate_text(folder: Path) -> None:
    with open(folder / TEXT, "r+b") as file:
        file.truncate(1_000)


def exchange_offsets(folder: Path) -> None:
    offsets = np.fromfile(folder / OFFSETS, np.uint64)
    offsets[[3, 5]] = offsets[[5, 3]]
    offsets.tofile(folder / OFFSETS)


def replace_by_a_pipe(folder: Path) -> None:
    (folder / TEXT).unlink()
    os.mkfifo(folder / TEXT)


@pytest.mark.parametrize(
    "damage", [damage_description, truncate_text, exchange_offsets, replace_by_a_pipe]
)
def test_a_damaged_source_is_read_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    cache = CorpusCache(tmp_path / "cache", is_writable=True)
    cache.keep(corpus_in(cache.new_folder()), KEY, Pair._make)
    damage(tmp_path / "cache" / KEY)
    assert cache.load(KEY, Pair._make) is None
    kept = cache.keep(corpus_in(cache.new_folder()), KEY, Pair._make)
    assert list(kept.examples) == PAIRS
    found = cache.load(KEY, Pair._make)
    assert found is not None and list(found.examples) == PAIRS


def test_a_source_that_was_stored_before_keeps_its_other_files(tmp_path: Path) -> None:
    cache = CorpusCache(tmp_path / "cache", is_writable=True)
    cache.keep(corpus_in(cache.new_folder()), KEY, Pair._make)
    (tmp_path / "cache" / KEY / "tokens-0").mkdir()
    cache.keep(corpus_in(cache.new_folder()), KEY, Pair._make)
    assert (tmp_path / "cache" / KEY / "tokens-0").is_dir()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [KEY]


def test_sources_that_are_not_used_are_deleted_and_other_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    earlier = CorpusCache(folder, is_writable=True)
    earlier.keep(corpus_in(earlier.new_folder()), "0" * 16, Pair._make)
    (folder / "mine.txt").write_text("mine")
    cache = CorpusCache(folder, is_writable=True)
    cache.keep(corpus_in(cache.new_folder()), KEY, Pair._make)
    cache.remove_others()
    assert sorted(path.name for path in folder.iterdir()) == [KEY, "mine.txt"]
    CorpusCache(folder).remove_others()
    assert (folder / KEY).is_dir()


def test_files_of_an_interrupted_reading_are_deleted(tmp_path: Path) -> None:
    store = ExampleStore(Pair._make, lambda: tmp_path / "text", max_bytes=0)
    (tmp_path / "text").mkdir()
    store.add(PAIRS[0], Location(0, 1))
    store.discard()
    assert not (tmp_path / "text").exists()


def test_a_missing_temporary_folder_is_an_error_with_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(**_: str) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(tempfile, "mkdtemp", missing)
    with pytest.raises(WorkError, match="Set TMPDIR"):
        CorpusCache().new_folder()


@pytest.mark.parametrize("name", [IDS, ENDS])
def test_damaged_tokens_are_written_again(tmp_path: Path, name: str) -> None:
    def write(folder: Path) -> None:
        with TokenWriter(folder / "source", 70_000) as writer:
            writer.extend([np.array([1, 2]), np.array([3])])

    def load(folder: Path) -> list[list[int]]:
        return [one.tolist() for one in StoredTokens(folder / "source")]

    folder = tmp_path / "tokens-1"
    assert written_once(folder, write, load) == [[1, 2], [3]]
    for content in (b"", b"\0" * 11, b"\xff" * 16):
        (folder / "source" / name).write_bytes(content)
        assert written_once(folder, write, load) == [[1, 2], [3]]
    (folder / "source" / name).unlink()
    assert written_once(folder, write, load) == [[1, 2], [3]]
    assert written_once(tmp_path / "tokens-2", write, load) == [[1, 2], [3]]
    assert [path.name for path in tmp_path.iterdir()] == ["tokens-2"]


def test_a_source_that_was_not_finished_is_removed(tmp_path: Path) -> None:
    cache = CorpusCache(tmp_path / "cache", is_writable=True)
    stored(cache.new_folder())
    kept = cache.keep(corpus_in(cache.new_folder()), KEY, Pair._make)
    assert list((tmp_path / "cache").iterdir()) == [kept.examples.folder]  # type: ignore[attr-defined]


def test_temporary_files_live_as_long_as_the_corpus() -> None:
    cache = CorpusCache()
    corpus = cache.keep(corpus_in(cache.new_folder()), KEY, Pair._make)
    folder = corpus.examples.folder  # type: ignore[attr-defined]
    del cache
    part = select(corpus.examples, np.array([4]))
    del corpus
    assert list(part) == [PAIRS[4]]
    assert folder.is_dir()
    del part
    assert not folder.exists()


def test_the_key_depends_on_text_and_settings() -> None:
    keys = {
        key_of("a.tsv", "1", {"reverse": False}),
        key_of("a.tsv", "2", {"reverse": False}),
        key_of("a.tsv", "1", {"reverse": True}),
        key_of(("a.en", "a.fr"), "1", {"reverse": False}),
    }
    assert len(keys) == 4


def test_a_mapped_sequence_computes_its_items() -> None:
    texts = Mapped([LabelledText("a", "x"), LabelledText("b", "y")], lambda one: one.source)
    assert (len(texts), texts[1], texts[:1], list(texts)) == (2, "b", ["a"], ["a", "b"])


def test_an_evenly_spread_part(tmp_path: Path) -> None:
    few = [1, 2]
    assert evenly_spread(few, 1) is few
    examples, _ = stored(tmp_path)
    targets = Mapped(examples, lambda pair: pair.target)
    part = evenly_spread(targets, 300)
    assert isinstance(part, Mapped)
    assert list(part) == [pair.target for pair in PAIRS[::9]]


def test_a_part_of_long_stored_examples_is_bounded_in_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples, _ = stored(tmp_path)
    monkeypatch.setattr(spread, "MAX_BYTES", 1_000)
    part = evenly_spread(examples, 2_000)
    assert 10 < len(part) < 60


def test_examples_that_are_far_apart_are_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples, _ = stored(tmp_path)
    monkeypatch.setattr(stored_examples, "MAX_BYTES_AT_ONCE", 100)
    assert examples[::4] == PAIRS[::4]
    assert examples[3:400] == PAIRS[3:400]


@pytest.mark.parametrize("content", [b"\xff" * 400, b"no separator" * 400])
def test_damaged_text_is_an_error_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    stored(tmp_path)
    size = (tmp_path / TEXT).stat().st_size
    (tmp_path / TEXT).write_bytes((content * size)[:size])
    examples: StoredExamples[Pair] = StoredExamples(tmp_path, Pair._make)
    for read in (lambda: examples[3], lambda: list(examples)):
        with pytest.raises(WorkError, match=f"{tmp_path}.*damaged"):
            read()


def test_damaged_offsets_are_an_error_that_names_the_file(tmp_path: Path) -> None:
    stored(tmp_path)
    offsets = np.fromfile(tmp_path / OFFSETS, np.uint64)
    offsets[5] = 2**63
    offsets.tofile(tmp_path / OFFSETS)
    examples: StoredExamples[Pair] = StoredExamples(tmp_path, Pair._make)
    for position in (4, 5):
        with pytest.raises(WorkError, match=f"{tmp_path}.*damaged"):
            examples[position]
