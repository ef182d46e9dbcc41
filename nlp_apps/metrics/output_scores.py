"""The scores of a kind of output, beside BLEU and chrF."""

import statistics
from collections.abc import Sequence

from nlp_apps.metrics.answers import answer_f1, exact_match
from nlp_apps.metrics.rouge import rouge_l, rouge_n

SCORES_OF_KIND: dict[str, tuple[str, ...]] = {
    "translation": (),
    "summary": ("rouge_1", "rouge_2", "rouge_l"),
    "answer": ("exact_match", "f1"),
}
"""Names of the scores by `data.kind`; the last one is compared with the baselines."""


def scores_of_kind(
    kind: str, outputs: Sequence[str], references: Sequence[str], *, with_errors: bool = False
) -> dict[str, float]:
    """Returns the scores of a kind, each a mean from 0 to 100.

    Args:
        kind: a key of `SCORES_OF_KIND`.
        outputs: the outputs of a model.
        references: one for each output.
        with_errors: whether to add the standard error of each mean, as `NAME_standard_error`.

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    values: list[list[float]] = []
    if kind == "summary":
        values = [rouge_n(outputs, references, 1), rouge_n(outputs, references, 2)]
        values.append(rouge_l(outputs, references))
    elif kind == "answer":
        values = [exact_match(outputs, references), answer_f1(outputs, references)]
    scores = {}
    for name, found in zip(SCORES_OF_KIND[kind], values, strict=True):
        scores[name] = round(statistics.fmean(found), 4)
        if with_errors:
            deviation = statistics.stdev(found) if len(found) > 1 else 0.0
            scores[f"{name}_standard_error"] = round(deviation / len(found) ** 0.5, 4)
    return scores
