"""Corpora of several target languages: a source by language, or a column that names the language.

With a source by language, each source is read and split as that of one language. With a column, the
table is read and split as a whole: all pairs of one source sentence are in one split.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nlp_apps.errors import WorkError
from nlp_apps.text.corpus import Corpus, Location, Pair
from nlp_apps.text.language_examples import LanguageExamples, PairInto, pair_of
from nlp_apps.text.storage.concatenated import Concatenated
from nlp_apps.text.storage.mapped import Mapped
from nlp_apps.text.storage.stored_examples import StoredExamples, select

Splits = dict[str, Corpus[Pair]]
"""Corpora by the name of the split."""


def read_by_language(
    languages: Sequence[str], read: Callable[[str], Splits], splits: Sequence[str]
) -> Splits:
    """Reads the splits of each language, and returns those of all languages.

    Args:
        languages: codes of the languages.
        read: reads the splits of a language.
        splits: names of the splits.

    Raises:
        WorkError: that of `read`, with the language.
    """
    found: dict[str, Splits] = {}
    for code in languages:
        try:
            found[code] = read(code)
        except WorkError as error:
            raise WorkError(f"language {code}: {error}") from None
    return {
        split: merge({code: parts[split] for code, parts in found.items() if split in parts})
        for split in splits
        if any(split in parts for parts in found.values())
    }


def merge(corpora: Mapping[str, Corpus[Pair]]) -> Corpus[Pair]:
    """Returns the corpora of several languages as one."""
    names: list[str] = []
    locations: list[Sequence[Location]] = []
    for corpus in corpora.values():
        if len(corpus.locations) == len(corpus.examples):
            locations.append(Mapped(corpus.locations, _moved(len(names))))
        names += corpus.names
    return Corpus(
        LanguageExamples({code: corpus.examples for code, corpus in corpora.items()}),
        sum(corpus.skipped for corpus in corpora.values()),
        " ".join(corpus.checksum for corpus in corpora.values()),
        names,
        Concatenated(locations) if len(locations) == len(corpora) else (),
    )


def _moved(offset: int) -> Callable[[Location], Location]:
    """Returns a function that adds to the index of a file."""
    return lambda location: Location(location.file + offset, location.line)


def group(splits: Mapping[str, Corpus[PairInto]]) -> Splits:
    """Groups the pairs of each split by the language that a column names.

    The languages are in the order of their codes, so that another order of lines is no other model.

    Raises:
        WorkError: a language has no training pair, or two codes differ in case only.
    """
    codes = {
        split: np.array([example.language for example in corpus.examples], np.str_)
        for split, corpus in splits.items()
    }
    _require_known(splits, codes)
    return {split: _grouped(corpus, codes[split]) for split, corpus in splits.items()}


def _require_known(splits: Mapping[str, Corpus[PairInto]], codes: Mapping[str, np.ndarray]) -> None:
    seen: dict[str, str] = {}
    for split, found in codes.items():
        place = " + ".join(splits[split].names)
        for code in np.unique(found).tolist():
            if (same := seen.setdefault(code.lower(), code)) != code:
                raise WorkError(
                    f"{place}: the language column has {same} and {code}, the same code. Write one "
                    "of them everywhere."
                )
            if "train" in codes and code not in codes["train"]:
                raise WorkError(
                    f"{place}: the {split} text has the language {code}, of which there is no "
                    "training pair. Add pairs, or remove these lines."
                )


def _grouped(corpus: Corpus[PairInto], codes: np.ndarray) -> Corpus[Pair]:
    parts: dict[str, Sequence[Pair]] = {}
    order = []
    for code in np.unique(codes).tolist():
        positions = np.flatnonzero(codes == code)
        part = select(corpus.examples, positions)
        if isinstance(part, StoredExamples):
            parts[code] = part.made_by(pair_of)
        else:
            parts[code] = [example.pair for example in part]
        order.append(positions)
    locations = corpus.locations
    if len(locations) == len(codes) and order:
        locations = select(locations, np.concatenate(order))
    return Corpus(LanguageExamples(parts), corpus.skipped, corpus.checksum, corpus.names, locations)
