"""The labels of a labelled corpus: found and checked."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from nlp_apps.errors import WorkError, first_line
from nlp_apps.inspection.joined_labels import joined_labels_fix
from nlp_apps.inspection.label_checks import MAX_LABELS
from nlp_apps.metrics.calibration import Calibration
from nlp_apps.recipe.data_section import SentimentData
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.split_size import is_hold_out
from nlp_apps.training.run_folder import RunFolder

MAX_LISTED = 5
"""Unknown labels that a message names; it counts the others."""


def find_labels(
    data: SentimentData,
    corpora: Mapping[str, Corpus[LabelledText]],
    kept: Sequence[str] = (),
    others: Collection[str] = (),
) -> tuple[str, ...]:
    """Returns the labels that are kept, then others and those of train in alphabetical order.

    Args:
        data: the recipe's [data].
        corpora: the splits; `train` is one of them.
        kept: labels of a finished model, in its order.
        others: labels of old text.

    Raises:
        WorkError: there is only one label, or as many as texts; or another split has labels that
            train lacks, or no text, because train needs all.
    """
    train = corpora["train"]
    found = {example.label for example in train.examples}
    labels = (*kept, *sorted((found | {*others}) - {*kept}))
    where, num_texts = " + ".join(train.names), len(train.examples)
    if len(found) < 2:
        raise WorkError(
            f"{where}: every text has the label {next(iter(found))!r}; a classifier needs at least "
            "two. Check data.label_column."
        )
    if len(found) > max(MAX_LABELS, num_texts // 2):
        raise WorkError(
            f"{where}: {len(found):,} different labels in {num_texts:,} texts. Check "
            "data.label_column and data.text_column"
            + (f", or {fix}." if (fix := joined_labels_fix(_count(train.examples))) else ".")
        )
    require_splits(data, corpora, labels, _count)
    return labels


def require_splits(
    data: SentimentData,
    corpora: Mapping[str, Corpus[LabelledText]],
    labels: Sequence[str],
    count: Callable[[Sequence[LabelledText]], Counter[str]],
) -> None:
    """Checks that every split has texts, and known labels only.

    Args:
        data: the recipe's [data].
        corpora: the splits.
        labels: the known labels.
        count: counts the texts of each label.

    Raises:
        WorkError: a split has no text, or an unknown label.
    """
    where = " + ".join(corpora["train"].names)
    for split, corpus in corpora.items():
        source = getattr(data, split)
        if is_hold_out(source) and not corpus.examples:
            raise WorkError(
                f"{where}: data.{split} = {source!r} leaves no text to hold out, because train "
                f"keeps a text of each of the {len(labels):,} labels. Add texts, name a "
                f"file for data.{split}, or check data.label_column."
            )
        if problem := unknown_labels(count(corpus.examples), labels):
            raise WorkError(f"{' + '.join(corpus.names)}: {problem}")


def require_known(examples: Sequence[LabelledText], labels: Sequence[str]) -> None:
    """Checks that texts have known labels only.

    Raises:
        WorkError: a label is unknown.
    """
    if problem := unknown_labels(_count(examples), labels):
        raise WorkError(problem)


def _count(examples: Sequence[LabelledText]) -> Counter[str]:
    return Counter(example.label for example in examples)


def unknown_labels(counts: Counter[str], labels: Sequence[str]) -> str:
    """Describes the unknown labels, the most frequent ones first; empty if there are none.

    Args:
        counts: number of texts of each label.
        labels: the known labels.
    """
    counts = counts.copy()
    for label in labels:
        counts.pop(label, None)
    if not counts:
        return ""
    known = ", ".join(map(repr, labels[:10]))
    listed = [f"{label!r} ({count} times)" for label, count in counts.most_common(MAX_LISTED)]
    if len(counts) == 1:
        return (
            f"the label {listed[0]} does not occur in the training text, whose labels are {known}. "
            "Correct the label, or add texts with it to train."
        )
    more = f" and {len(counts) - MAX_LISTED:,} more" if len(counts) > MAX_LISTED else ""
    return (
        f"{len(counts):,} labels do not occur in the training text, whose labels are {known}: "
        f"{', '.join(listed)}{more}. Correct them, or add texts with them to train."
    )


def read_labels(run: RunFolder) -> tuple[tuple[str, ...], Calibration]:
    """Reads the labels and the calibration of a run.

    Raises:
        WorkError: the file is missing or damaged.
    """
    content = run.read_json(run.labels)
    try:
        labels, biases = tuple(map(str, content["labels"])), content.get("biases")
        biases = tuple(map(float, biases or [0.0] * len(labels)))
        calibration = Calibration(float(content["temperature"]), biases)
        if len(biases) != len(labels) or not all(map(math.isfinite, biases)):
            raise ValueError("biases")
        if not 0 < calibration.temperature < math.inf:
            raise ValueError("temperature")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"{type(error).__name__}: {first_line(error)}"
        raise WorkError(f"{run.labels}: damaged ({reason}). Train again.") from None
    return labels, calibration
