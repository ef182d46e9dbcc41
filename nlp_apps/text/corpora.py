"""Corpora of a recipe: reads the text that `[data]` names and splits it.

Each function reads one task's text and returns its splits by name. A split is a file of its own or,
with `split:N` and `split:P%`, held out of train.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from nlp_apps.text.corpus import Corpus, LabelledText, Location, Pair
from nlp_apps.text.hold_out import hold_out, hold_out_end, is_hold_out
from nlp_apps.text.normalize import normalize_input, sentence_case
from nlp_apps.text.readers.documents import read_documents
from nlp_apps.text.readers.labelled import read_labelled_texts
from nlp_apps.text.readers.pairs import read_pairs

SPLITS = ("train", "validation", "test")

Find = Callable[[str], Path]
"""Returns the path of a file that a recipe names; see `resources.finder`."""

Example = TypeVar("Example")
HoldOut = Callable[
    [list[Example], Mapping[str, str]], tuple[list[Example], Mapping[str, list[Example]]]
]


def read_translation(
    data: Any, find: Find, wanted: Sequence[str] = SPLITS
) -> dict[str, Corpus[Pair]]:
    """Reads sentence pairs; pairs of one source sentence stay in one split.

    Args:
        data: the recipe's [data].
        find: returns the path of a file that the recipe names.
        wanted: names of the splits to return.

    Returns:
        The wanted splits by name.

    Raises:
        WorkError: a file is missing, a line is bad, or more than half would be held out.
    """
    read = partial(
        read_pairs,
        languages=(data.source_language, data.target_language),
        source_column=data.source_column,
        target_column=data.target_column,
        reverse=data.reverse,
        **_settings(data, find),
    )
    cased = sentence_case if data.sentence_case else str
    return _read_splits(
        data,
        _with_inputs(read, lambda text: cased(normalize_input(text))),
        hold_out,
        wanted,
    )


def read_sentiment(
    data: Any, find: Find, wanted: Sequence[str] = SPLITS
) -> dict[str, Corpus[LabelledText]]:
    """Reads labelled texts; equal texts stay in one split, and train keeps a text of each label.

    Args, Returns, Raises: as `read_translation`.
    """
    read = partial(
        read_labelled_texts,
        label_column=data.label_column,
        text_column=data.text_column,
        clean_html=data.clean_html,
        **_settings(data, find),
    )
    by_label = partial(hold_out, label_of=lambda example: example.label)
    return _read_splits(data, _with_inputs(read, normalize_input), by_label, wanted)


def read_generation(
    data: Any, find: Find, wanted: Sequence[str] = SPLITS
) -> dict[str, Corpus[str]]:
    """Reads documents; validation, then test, are held out of the end of train.

    Args, Returns, Raises: as `read_translation`; without test text (`test = "none"`) the result has
    no `test`.
    """
    read = partial(
        read_documents,
        separator=data.document_separator,
        text_column=data.text_column,
        clean_html=data.clean_html,
        **_settings(data, find),
    )
    return _read_splits(data, read, hold_out_end, wanted)


def _with_inputs(
    read: Callable[[Any], Corpus[Any]], normalized: Callable[[str], str]
) -> Callable[[Any], Corpus[Any]]:
    """Returns a reader whose source texts are normalized as those of predictions."""

    def read_inputs(source: Any) -> Corpus[Any]:
        corpus = read(source)
        examples = [
            example
            if (text := normalized(example.source)) == example.source
            else example._replace(source=text)
            for example in corpus.examples
        ]
        return replace(corpus, examples=examples)

    return read_inputs


def _settings(data: Any, find: Find) -> dict[str, Any]:
    """Returns the arguments that all readers share."""
    return {
        "find": find,
        "on_bad_line": data.on_bad_line,
        "max_line_characters": data.max_line_characters,
        "encoding": data.encoding,
        "tfds_dir": Path(data.tfds_dir) if data.tfds_dir else None,
    }


def _read_splits(
    data: Any,
    read: Callable[[Any], Corpus[Example]],
    split_off: HoldOut[Example],
    wanted: Sequence[str],
) -> dict[str, Corpus[Example]]:
    """Reads each source once and holds the splits without a file out of train."""
    sources = {split: getattr(data, split) for split in SPLITS}
    sizes = {split: source for split, source in sources.items() if is_hold_out(source)}
    found: dict[str, Corpus[Example]] = {}
    if sizes or "train" in wanted:
        whole = read(data.train)
        rest, parts = split_off(whole.examples, sizes) if sizes else (whole.examples, {})
        splits = {"train": rest, **parts}
        locations = _locations(whole, splits) if parts else {"train": whole.locations}
        for split, examples in splits.items():
            found[split] = Corpus(
                examples, whole.skipped, whole.checksum, whole.names, locations[split]
            )
    for split in wanted:
        if split not in found and sources[split] != "none":
            found[split] = read(sources[split])
    return {split: found[split] for split in wanted if split in found}


def _locations(
    whole: Corpus[Example], splits: Mapping[str, list[Example]]
) -> dict[str, list[Location]]:
    """Returns the locations of examples that were held out of one source, by split.

    Args:
        whole: the source.
        splits: its examples by split, in the order of the text; or the parts of its only document.
    """
    if len(whole.examples) == 1 and isinstance(whole.examples[0], str) and whole.locations:
        (file, line), found = whole.locations[0], {}
        for split, parts in splits.items():
            found[split] = [Location(file, line)]
            line += sum(str(part).count("\n") for part in parts)
        return found
    # By identity, because equal examples have different locations.
    location_of = dict(zip(map(id, whole.examples), whole.locations, strict=False))
    return {
        split: [location_of.get(id(example), Location(0, 0)) for example in examples]
        for split, examples in splits.items()
    }
