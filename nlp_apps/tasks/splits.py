"""Train, validation and test of a recipe, read from files or held out of train."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from nlp_apps.tasks.job import SPLITS
from nlp_apps.text.hold_out import HasSource, hold_out, is_hold_out
from nlp_apps.text.readers.pairs import Corpus

Example = TypeVar("Example", bound=HasSource)


def read_splits(
    data: Any,
    read: Callable[[Any], Corpus[Example]],
    wanted: Sequence[str] = SPLITS,
    *,
    label_of: Callable[[Example], str] | None = None,
) -> dict[str, Corpus[Example]]:
    """Reads splits whose examples are held out one by one, by a hash of their source text.

    Args:
        data: the recipe's [data].
        read: reads one source.
        wanted: the splits to return.
        label_of: gives an example's label, of which train keeps one text at least.

    Raises:
        WorkError: a file is missing or has a bad line.
    """
    held_out = {
        split: getattr(data, split)
        for split in ("validation", "test")
        if is_hold_out(getattr(data, split))
    }
    found: dict[str, Corpus[Example]] = {}
    if held_out or "train" in wanted:
        whole = read(data.train)
        rest, parts = hold_out(whole.examples, held_out, label_of=label_of)
        for split, examples in {"train": rest, **parts}.items():
            found[split] = Corpus(examples, whole.skipped, whole.checksum, whole.names)
    for split in wanted:
        if split not in found:
            found[split] = read(getattr(data, split))
    return {split: found[split] for split in wanted}
