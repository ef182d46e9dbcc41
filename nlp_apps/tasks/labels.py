"""The labels of labelled text, and what makes them unfit to train on or to score with."""

from collections import Counter
from collections.abc import Mapping, Sequence

from nlp_apps.errors import WorkError
from nlp_apps.recipe_keys.data import SentimentData
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.labelled import Labelled
from nlp_apps.text.split import is_hold_out

MOST_LABELS = 20
"""More labels than this, and than half of the texts, are none: the column holds something else."""


def find_labels(data: SentimentData, corpora: Mapping[str, Corpus[Labelled]]) -> tuple[str, ...]:
    """The labels of the training text, in alphabetical order.

    Args:
        data: where the splits come from.
        corpora: the splits; `train` is one of them.

    Raises:
        WorkError: there is one label only, or so many that they are none; or another split has
            labels that train has not.
    """
    train = corpora["train"]
    labels = tuple(sorted({example.label for example in train.examples}))
    where, num_texts = " + ".join(train.names), len(train.examples)
    if len(labels) < 2:
        raise WorkError(
            f"{where}: every text has the label {labels[0]!r}; a classifier needs two at least. "
            "Check data.label_column."
        )
    if len(labels) > max(MOST_LABELS, num_texts // 2):
        raise WorkError(
            f"{where}: {len(labels):,} different labels in {num_texts:,} texts. Check "
            "data.label_column and data.text_column."
        )
    for split, corpus in corpora.items():
        _require_known_in(split, corpus, labels, source=getattr(data, split))
    return labels


def require_known(examples: Sequence[Labelled], labels: Sequence[str]) -> None:
    """Checks that texts have no labels but these.

    Raises:
        WorkError: they have.
    """
    if strange := _strangest(examples, labels):
        raise WorkError(_unknown(*strange, labels))


def _require_known_in(
    split: str, corpus: Corpus[Labelled], labels: Sequence[str], *, source: object
) -> None:
    """`require_known` of a split, telling where it comes from."""
    strange = _strangest(corpus.examples, labels)
    if not strange:
        return
    where, (label, count) = " + ".join(corpus.names), strange
    if is_hold_out(source):
        found = {example.label for example in corpus.examples}
        is_most = 2 * len(found.difference(labels)) > len(found)
        raise WorkError(
            f"{where}: every text with the label {label!r} was held out of train ({count} of them "
            f"by data.{split} = {source!r}). Add texts with it, or name files for data.{split}"
            f"{', or check data.label_column' if is_most else ''}."
        )
    raise WorkError(f"{where}: {_unknown(label, count, labels)}")


def _strangest(examples: Sequence[Labelled], labels: Sequence[str]) -> tuple[str, int] | None:
    """The most frequent label that is not among the labels, and how often it occurs."""
    counts = Counter(example.label for example in examples)
    for label in labels:
        counts.pop(label, None)
    return next(iter(counts.most_common(1)), None)


def _unknown(label: str, count: int, labels: Sequence[str]) -> str:
    """What to say of such a label."""
    known = ", ".join(map(repr, labels[:10]))
    return (
        f"the label {label!r} ({count} times) does not occur in the training text, whose labels "
        f"are {known}. Mend the label, or add texts with it to train."
    )
