"""The labels of labelled text, and what makes them unfit to train on or to score with."""

import logging
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from nlp_apps.errors import WorkError
from nlp_apps.recipe.data_section import SentimentData
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.hold_out import fold, is_hold_out

logger = logging.getLogger(__name__)

MOST_LABELS = 20
"""More labels than this, and than half of the texts, are none: the column holds something else."""

MOST_TOLD = 5
"""Unknown labels told by name; of the others only how many there are."""


def find_labels(
    data: SentimentData, corpora: Mapping[str, Corpus[LabelledText]]
) -> tuple[str, ...]:
    """The labels of the training text, in alphabetical order.

    Args:
        data: where the splits come from.
        corpora: the splits; `train` is one of them.

    Raises:
        WorkError: there is one label only, or so many that they are none; or another split has
            labels that train has not, or no text, because train needs all.
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
        source = getattr(data, split)
        if is_hold_out(source) and not corpus.examples:
            raise WorkError(
                f"{where}: data.{split} = {source!r} finds no text to hold out, because train "
                f"keeps one at least of each of the {len(labels):,} labels. Add texts, or name a "
                f"file for data.{split}, or check data.label_column."
            )
        if problem := _unknown(corpus.examples, labels):
            raise WorkError(f"{' + '.join(corpus.names)}: {problem}")
    return labels


def require_known(examples: Sequence[LabelledText], labels: Sequence[str]) -> None:
    """Checks that texts have no labels but these.

    Raises:
        WorkError: they have.
    """
    if problem := _unknown(examples, labels):
        raise WorkError(problem)


def _unknown(examples: Sequence[LabelledText], labels: Sequence[str]) -> str:
    """What to say of labels that are not among the labels, the most frequent ones first."""
    counts = Counter(example.label for example in examples)
    for label in labels:
        counts.pop(label, None)
    if not counts:
        return ""
    known = ", ".join(map(repr, labels[:10]))
    told = [f"{label!r} ({count} times)" for label, count in counts.most_common(MOST_TOLD)]
    if len(counts) == 1:
        return (
            f"the label {told[0]} does not occur in the training text, whose labels are {known}. "
            "Mend the label, or add texts with it to train."
        )
    more = f" and {len(counts) - MOST_TOLD:,} more" if len(counts) > MOST_TOLD else ""
    return (
        f"{len(counts):,} labels do not occur in the training text, whose labels are {known}: "
        f"{', '.join(told)}{more}. Mend them, or add texts with them to train."
    )


def warn_of_twins(corpus: Corpus[LabelledText]) -> None:
    """Warns, once, of two labels that a person takes for one."""
    counts = Counter(example.label for example in corpus.examples)
    firsts: dict[str, str] = {}
    for label in sorted(counts):
        first = firsts.setdefault(fold(label), label)
        if first == label:
            continue
        # Two Unicode forms of the same letters look alike unless they are spelt out.
        forms = {unicodedata.normalize("NFC", one) for one in (first, label)}
        spell = ascii if len(forms) == 1 else repr
        logger.warning(
            "%s: the labels %s and %s, found %d and %d times, differ only in case, blanks or "
            "Unicode form, but are two labels. If they mean the same, spell them alike.",
            " + ".join(corpus.names),
            spell(first),
            spell(label),
            counts[first],
            counts[label],
        )
        return
