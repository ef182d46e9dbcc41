"""The labels of texts that have several: found, checked, stored.

Letters in shapes: N texts, L labels.
"""

import logging
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from nlp_apps.errors import WorkError, first_line
from nlp_apps.inspection.label_checks import MAX_LABELS
from nlp_apps.metrics.calibration import Calibration
from nlp_apps.metrics.label_set_calibration import LabelSetCalibration
from nlp_apps.recipe.data_section import SentimentData
from nlp_apps.tasks.labels import read_labels, require_splits, unknown_labels
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.label_sets import split_labels
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)


def count_labels(examples: Sequence[LabelledText]) -> Counter[str]:
    """Counts the texts of each label."""
    return Counter(label for example in examples for label in split_labels(example.label))


def find_label_sets(
    data: SentimentData,
    corpora: Mapping[str, Corpus[LabelledText]],
    kept: Sequence[str] = (),
    others: Collection[str] = (),
) -> tuple[str, ...]:
    """Returns the labels that are kept, then others and those of train in alphabetical order.

    Logs a warning if no text has several labels.

    Args:
        data: the recipe's [data].
        corpora: the splits; `train` is one of them.
        kept: labels of a finished model, in its order.
        others: labels of old text.

    Raises:
        WorkError: there is no label, or every text has the same labels, or there are more labels
            than half of the texts; or another split has no text, or labels that train lacks.
    """
    train = corpora["train"]
    found = count_labels(train.examples).keys()
    labels = (*kept, *sorted((found | {*others}) - {*kept}))
    place, num_texts = " + ".join(train.names), len(train.examples)
    if not found:
        raise WorkError(f"{place}: no text has a label. Check data.label_column.")
    first = train.examples[0].label
    if all(example.label == first for example in train.examples):
        names = ", ".join(map(repr, split_labels(first)))
        raise WorkError(
            f"{place}: every text has the same labels, {names}; a classifier needs texts without "
            "them. Check data.label_column."
        )
    if len(found) > max(MAX_LABELS, num_texts // 2):
        raise WorkError(
            f"{place}: {len(found):,} different labels in {num_texts:,} texts. Check "
            "data.label_column, data.text_column and data.label_separator."
        )
    require_splits(data, corpora, labels, count_labels)
    if all(len(split_labels(example.label)) < 2 for example in train.examples):
        logger.warning(
            "%s: no text has several labels, separated by %r (data.label_separator). If none has, "
            "set data.multi_label = false.",
            place,
            data.label_separator,
        )
    return labels


def require_known_labels(examples: Sequence[LabelledText], labels: Sequence[str]) -> None:
    """Checks that texts have known labels only.

    Raises:
        WorkError: a label is unknown.
    """
    if problem := unknown_labels(count_labels(examples), labels):
        raise WorkError(problem)


def target_rows(examples: Sequence[LabelledText], labels: Sequence[str]) -> np.ndarray:
    """Returns the labels of texts, <bool>[N, L]."""
    label_ids = {label: index for index, label in enumerate(labels)}
    targets = np.zeros((len(examples), len(labels)), bool)
    for row, example in enumerate(examples):
        targets[row, [label_ids[label] for label in split_labels(example.label)]] = True
    return targets


def read_label_sets(run: RunFolder) -> tuple[tuple[str, ...], LabelSetCalibration]:
    """Reads the labels, their calibration and their thresholds of a run.

    Raises:
        WorkError: the file is missing or damaged.
    """
    content = run.read_json(run.labels)
    try:
        labels = tuple(map(str, content["labels"]))
        calibration = LabelSetCalibration(
            *(tuple(map(float, content[key])) for key in ("temperatures", "biases", "thresholds"))
        )
        values = (calibration.temperatures, calibration.biases, calibration.thresholds)
        if any(len(each) != len(labels) or not all(map(math.isfinite, each)) for each in values):
            raise ValueError("calibration")
        if min(calibration.temperatures) <= 0:
            raise ValueError("temperatures")
        if not all(0 < one <= 1 for one in calibration.thresholds):
            raise ValueError("thresholds")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"{type(error).__name__}: {first_line(error)}"
        raise WorkError(f"{run.labels}: damaged ({reason}). Train again.") from None
    return labels, calibration


def read_undecided(run: RunFolder) -> frozenset[str]:
    """Reads the labels of a fine-tuned run that no new training text has.

    Raises:
        WorkError: the file is missing or damaged.
    """
    found = run.read_json(run.labels).get("undecided", [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise WorkError(f"{run.labels}: damaged (undecided). Train again.")
    return frozenset(found)


def read_run_labels(
    run: RunFolder, data: SentimentData
) -> tuple[tuple[str, ...], Calibration | LabelSetCalibration]:
    """Reads the labels and the calibration of a run of either kind.

    Args:
        run: the run.
        data: the [data] of its recipe.

    Raises:
        WorkError: the file is missing or damaged.
    """
    return read_label_sets(run) if data.multi_label else read_labels(run)
