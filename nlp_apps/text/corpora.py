"""Corpora of a recipe: reads the text that `[data]` names and splits it.

Each function reads one task's text and returns its splits by name. A split is a file of its own or,
with `split:N` and `split:P%`, held out of train.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from nlp_apps.errors import NlpAppsError, WorkError
from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.io.npz_files import read_npz, write_npz
from nlp_apps.text.corpus import Corpus, LabelledText, Location, Pair
from nlp_apps.text.hold_out import held_out_positions, hold_out_end, remaining
from nlp_apps.text.label_sets import split_labels
from nlp_apps.text.language_corpora import group, read_by_language
from nlp_apps.text.language_examples import PairInto
from nlp_apps.text.normalize import normalize_input, sentence_case
from nlp_apps.text.readers.documents import read_documents
from nlp_apps.text.readers.labelled import read_labelled_texts
from nlp_apps.text.readers.pairs import read_pairs
from nlp_apps.text.readers.tables import TFDS_PREFIX
from nlp_apps.text.readers.text_file import TextFile
from nlp_apps.text.split_size import is_hold_out
from nlp_apps.text.storage.corpus_cache import CorpusCache, key_of
from nlp_apps.text.storage.example_store import ExampleStore
from nlp_apps.text.storage.stored_examples import Make, StoredExamples, select

SPLITS = ("train", "validation", "test")

Find = Callable[[str], Path]
"""Returns the path of a file that a recipe names; see `resources.finder`."""

Example = TypeVar("Example")
HeldOut = Callable[[Iterable[Any], Mapping[str, str]], dict[str, np.ndarray]]


def read_translation(
    data: Any, find: Find, wanted: Sequence[str] = SPLITS, cache: CorpusCache | None = None
) -> dict[str, Corpus[Pair]]:
    """Reads sentence pairs; pairs of one source sentence stay in one split.

    Args:
        data: the recipe's [data].
        find: returns the path of a file that the recipe names.
        wanted: names of the splits to return.
        cache: keeps text that is larger than memory allows; None: in temporary files.

    Returns:
        The wanted splits by name.

    Raises:
        WorkError: a file is missing, a line is bad, or more than half would be held out.
    """
    if isinstance(data.train, dict):
        return read_by_language(
            tuple(data.train), lambda code: _read_language(data, code, find, wanted, cache), wanted
        )
    has_column = data.language_column != ""
    cased = sentence_case if data.sentence_case else str
    read = partial(
        read_pairs,
        languages=(data.source_language, data.target_language),
        **({"language_column": data.language_column} if has_column else {}),
        source_column=data.source_column,
        target_column=data.target_column,
        reverse=data.reverse,
        read_source=lambda text: cased(normalize_input(text)),
        **_settings(data, find),
    )
    make = PairInto._make if has_column else Pair._make
    reader = _Reader(read, make, find, cache, sentence_case=data.sentence_case)
    splits = _read_splits(data, reader, held_out_positions, wanted)
    return group(splits) if has_column else splits


def _read_language(
    data: Any, code: str, find: Find, wanted: Sequence[str], cache: CorpusCache | None
) -> dict[str, Corpus[Pair]]:
    """Reads the pairs of one target language; a split that it does not have is left out."""
    sources = {
        split: source.get(code, "none") if isinstance(source, dict) else source
        for split, source in _sources(data).items()
    }
    one = data.model_copy(update={**sources, "target_language": code})
    return read_translation(one, find, wanted, cache)


def read_sentiment(
    data: Any, find: Find, wanted: Sequence[str] = SPLITS, cache: CorpusCache | None = None
) -> dict[str, Corpus[LabelledText]]:
    """Reads labelled texts; equal texts stay in one split, and train keeps a text of each label.

    Args, Returns, Raises: as `read_translation`.
    """
    read = partial(
        read_labelled_texts,
        label_column=data.label_column,
        text_column=data.text_column,
        label_separator=data.label_separator if data.multi_label else "",
        clean_html=data.clean_html,
        read_source=normalize_input,
        **_settings(data, find),
    )
    reader = _Reader(read, LabelledText._make, find, cache)
    by_label = partial(
        held_out_positions,
        labels_of=lambda example: (
            split_labels(example.label) if data.multi_label else (example.label,)
        ),
        stratify=data.stratify,
    )
    return _read_splits(data, reader, by_label, wanted)


def read_generation(
    data: Any, find: Find, wanted: Sequence[str] = SPLITS, cache: CorpusCache | None = None
) -> dict[str, Corpus[str]]:
    """Reads documents; validation, then test, are held out of the end of train.

    Documents are kept in memory.

    Args, Returns, Raises: as `read_translation`; without test text (`test = "none"`) the result has
    no `test`.
    """
    del cache
    read: Callable[[Any], Corpus[str]] = partial(
        read_documents,
        separator=data.document_separator,
        text_column=data.text_column,
        clean_html=data.clean_html,
        **_settings(data, find),
    )
    sources = _sources(data)
    found: dict[str, Corpus[str]] = {}
    if any(map(is_hold_out, sources.values())) or "train" in wanted:
        whole = read(data.train)
        sizes = {split: source for split, source in sources.items() if is_hold_out(source)}
        rest, parts = hold_out_end(whole.examples, sizes) if sizes else (whole.examples, {})
        splits = {"train": rest, **parts}
        locations = _document_locations(whole, splits) if parts else {"train": whole.locations}
        for split, documents in splits.items():
            found[split] = _part(whole, documents, locations[split])
    return _with_files(found, sources, read, wanted)


class _Reader:
    """Reads sources; those larger than memory allows come from the cache, if it has them.

    Args:
        read: reads a source, into an `ExampleStore`.
        make: makes an example of its fields.
        find: returns the path of a file that the recipe names.
        cache: keeps stored sources.
        **settings: settings that `read` uses, beside its plain arguments.
    """

    def __init__(
        self,
        read: "partial[Corpus[Any]]",
        make: Make[Any],
        find: Find,
        cache: CorpusCache | None,
        **settings: Any,
    ):
        self._read, self._make, self._find = read, make, find
        self._cache = cache or CorpusCache()
        plain = read.keywords.keys() - {"find", "read_source", "tfds_dir"}
        self._settings = {**settings, **{key: read.keywords[key] for key in plain}}

    def __call__(self, source: str | Sequence[str]) -> Corpus[Any]:
        if self._cache.has_sources and (checksum := self._checksum(source)):
            found = self._cache.load(self._key(source, checksum), self._make)
            if found is not None:
                return found
        store = ExampleStore(self._make, self._cache.new_folder)
        try:
            corpus = self._read(source, store=store)
            if isinstance(corpus.examples, StoredExamples):
                corpus = self._cache.keep(corpus, self._key(source, corpus.checksum), self._make)
        except BaseException:
            store.discard()
            raise
        return corpus

    def _key(self, source: str | Sequence[str], checksum: str) -> str:
        return key_of(source, checksum, self._settings)

    def _checksum(self, source: str | Sequence[str]) -> str:
        """Returns the checksum of a source of files; empty for other sources and missing files."""
        names = [source] if isinstance(source, str) else list(source)
        if any(name.startswith(TFDS_PREFIX) for name in names):
            return ""
        try:
            files = [TextFile(self._find(name)) for name in names]
            for file in files:
                file.hash_whole()
        except NlpAppsError:  # The reader has the message.
            return ""
        return " ".join(file.checksum for file in files)


def _settings(data: Any, find: Find) -> dict[str, Any]:
    """Returns the arguments that all readers share."""
    return {
        "find": find,
        "on_bad_line": data.on_bad_line,
        "max_line_characters": data.max_line_characters,
        "encoding": data.encoding,
        "tfds_dir": Path(data.tfds_dir) if data.tfds_dir else None,
    }


def _sources(data: Any) -> dict[str, Any]:
    """Returns the sources of the splits by name."""
    return {split: getattr(data, split) for split in SPLITS}


def _read_splits(
    data: Any, read: Callable[[Any], Corpus[Example]], held_out: HeldOut, wanted: Sequence[str]
) -> dict[str, Corpus[Example]]:
    """Reads each source once and holds the splits without a file out of train."""
    sources = _sources(data)
    sizes = {split: source for split, source in sources.items() if is_hold_out(source)}
    found: dict[str, Corpus[Example]] = {}
    if sizes or "train" in wanted:
        found["train"] = whole = read(data.train)
        if sizes:
            parts = _held_out_of(whole, sizes, held_out)
            rest = remaining(len(whole.examples), parts)
            for split, positions in {"train": rest, **parts}.items():
                locations = select(whole.locations, positions) if len(whole.locations) else ()
                found[split] = _part(whole, select(whole.examples, positions), locations)
    return _with_files(found, sources, read, wanted)


def _held_out_of(
    whole: Corpus[Any], sizes: Mapping[str, str], held_out: HeldOut
) -> dict[str, np.ndarray]:
    """Returns the positions of the held-out parts; those of a stored source are stored too."""
    if not isinstance(whole.examples, StoredExamples):
        return held_out(whole.examples, sizes)
    name = "-".join(f"{split}_{size.removeprefix('split:')}" for split, size in sizes.items())
    path = whole.examples.folder / f"held-out-{name}.npz"
    try:
        stored = read_npz(path)
        found = {split: stored[split] for split in sizes}
        if all(_are_positions(positions, len(whole.examples)) for positions in found.values()):
            return found
    except (OSError, ValueError, KeyError):  # Missing or damaged: it can be made again.
        pass
    found = held_out(whole.examples, sizes)
    with contextlib.suppress(WorkError), atomic_write(path) as temporary:  # evaluate: read-only
        write_npz(temporary, found)
    return found


def _are_positions(positions: np.ndarray, total: int) -> bool:
    """Returns whether an array from a file has positions of `total` examples."""
    is_vector = positions.ndim == 1 and np.issubdtype(positions.dtype, np.integer)
    return is_vector and (not len(positions) or 0 <= positions.min() <= positions.max() < total)


def _with_files(
    found: Mapping[str, Corpus[Example]],
    sources: Mapping[str, Any],
    read: Callable[[Any], Corpus[Example]],
    wanted: Sequence[str],
) -> dict[str, Corpus[Example]]:
    """Returns the wanted splits: those found, and those that have a source of their own."""
    read_now = {
        split: read(sources[split])
        for split in wanted
        if split not in found and sources[split] != "none"
    }
    both = {**found, **read_now}
    return {split: both[split] for split in wanted if split in both}


def _part(
    whole: Corpus[Example], examples: Sequence[Example], locations: Sequence[Location]
) -> Corpus[Example]:
    return Corpus(examples, whole.skipped, whole.checksum, whole.names, locations)


def _document_locations(
    whole: Corpus[str], splits: Mapping[str, Sequence[str]]
) -> dict[str, list[Location]]:
    """Returns the locations of documents that were held out of one source, by split.

    Args:
        whole: the source.
        splits: its documents by split, in the order of the text; or the parts of its only document.
    """
    if len(whole.examples) == 1 and whole.locations:
        (file, line), found = whole.locations[0], {}
        for split, parts in splits.items():
            found[split] = [Location(file, line)]
            line += sum(part.count("\n") for part in parts)
        return found
    # By identity, because equal documents have different locations.
    location_of = dict(zip(map(id, whole.examples), whole.locations, strict=False))
    return {
        split: [location_of.get(id(document), Location(0, 0)) for document in documents]
        for split, documents in splits.items()
    }
