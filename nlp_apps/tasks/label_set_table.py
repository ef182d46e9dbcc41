"""The sets of labels of training texts, and the labels that a text decides.

The new text of fine-tuning does not decide labels that none of its texts has, and old text does not
decide labels that are new: there, a label that is not named may be true.

Letters in shapes: L labels, S sets.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from nlp_apps.tasks.known_label_sets import target_rows
from nlp_apps.text.corpus import LabelledText


class LabelSetTable:
    """The different sets of labels; each has a number, counted from 1.

    Args:
        labels: the labels.

    Attributes:
        sets: the sets of each number, as texts.
        targets: <bool>[S + 1, L], the labels of each set; row 0 is for rows of padding.
        is_decided: <bool>[S + 1, L], the labels that texts with the set decide.
        is_new: <bool>[L], the labels that new text has.
    """

    def __init__(self, labels: Sequence[str]):
        self._labels = tuple(labels)
        self.sets: list[str] = []
        self.targets = np.zeros((1, len(self._labels)), bool)
        self.is_decided = np.ones((1, len(self._labels)), bool)
        self.is_new = np.zeros(len(self._labels), bool)

    def add_new(self, examples: Iterable[LabelledText]) -> list[str]:
        """Adds the sets of new text, which decides the labels that one of its texts has.

        Returns:
            The sets.
        """
        found, rows = self._rows(examples)
        self.is_new = np.asarray(rows.any(axis=0))
        self._add(found, rows, self.is_new)
        return list(self.sets)

    def add_old(self, examples: Iterable[LabelledText], decided: Collection[str]) -> list[str]:
        """Adds the sets of old text, also those that new text has.

        Args:
            examples: the texts.
            decided: the labels that they decide.

        Returns:
            All sets. If one is there twice, the last number is that of the old text.
        """
        found, rows = self._rows(examples)
        self._add(found, rows, np.array([label in decided for label in self._labels]))
        return list(self.sets)

    def _rows(self, examples: Iterable[LabelledText]) -> tuple[list[str], np.ndarray]:
        found = sorted({example.label for example in examples})
        return found, target_rows([LabelledText("", one) for one in found], self._labels)

    def _add(self, sets: Sequence[str], rows: np.ndarray, is_decided: np.ndarray) -> None:
        self.sets += sets
        self.targets = np.concatenate([self.targets, rows])
        self.is_decided = np.concatenate([self.is_decided, np.tile(is_decided, (len(rows), 1))])

    def balanced_weights(self, counts: np.ndarray) -> np.ndarray:
        """Returns weights with which both values of each label have half of the total.

        Args:
            counts: <float>[S + 1], number of texts of each set.

        Returns:
            <float>[2, L], weights of a text without and with each label.
        """
        counts = counts[:, None] * self.is_decided
        with_label = (counts * self.targets).sum(axis=0)
        return balanced_weights(with_label, counts[1:].sum(axis=0))


def balanced_weights(counts: np.ndarray, num_texts: np.ndarray | int) -> np.ndarray:
    """Returns weights with which both values of each label have half of the total.

    Args:
        counts: <float>[L], texts with each label.
        num_texts: number of texts; or <float>[L], those that decide each label.

    Returns:
        <float>[2, L], weights of a text without and with each label.
    """
    both = np.stack([num_texts - counts, counts])
    return num_texts / (2.0 * np.maximum(both, 1))
