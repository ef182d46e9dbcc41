"""Log lines of a classifier: its calibration, and labels without a text."""

import logging
from collections.abc import Sequence

from nlp_apps.metrics.calibration_choice import CalibrationChoice
from nlp_apps.tasks.labels import MAX_LISTED

logger = logging.getLogger(__name__)


def log_calibration(found: CalibrationChoice, accuracies: Sequence[float]) -> None:
    """Logs a calibration with the validation accuracy before and after it."""
    if found.kind == "none":
        logger.info(
            "calibration: none; no temperature or bias lowers the validation loss, %.3f, "
            "without a lower score; accuracy %.3f",
            found.loss_before,
            accuracies[0],
        )
        return
    logger.info(
        "calibration: %s; validation loss %.3f -> %.3f (cross-validated), accuracy %.3f -> %.3f",
        found.kind,
        found.loss_before,
        found.loss_after,
        *accuracies,
    )


def report_undecided(labels: Sequence[str], num_labels: int) -> None:
    """Logs the labels of a fine-tuned classifier that scores leave out."""
    if labels:
        logger.info(
            "the scores leave out %d of %d labels, which no new training text has: %s",
            len(labels),
            num_labels,
            _listed(labels, ", ", "and"),
        )


def warn_of_untested(labels: Sequence[str], num_texts: int) -> None:
    """Logs a warning if labels have no text among those that are scored."""
    if labels:
        logger.warning(
            "no text among the %s that are scored has the label %s; macro-F1 is the mean over "
            "the labels that occur or are predicted",
            f"{num_texts:,}",
            _listed(labels, " or ", "or"),
        )


def _listed(labels: Sequence[str], separator: str, last: str) -> str:
    """Returns the first labels, and the number of the others."""
    more = f" {last} {len(labels) - MAX_LISTED:,} others" if len(labels) > MAX_LISTED else ""
    return separator.join(map(repr, labels[:MAX_LISTED])) + more
