"""Share of names and numbers that translators copy, for docs/summaries_and_answers.md.

    .venv/bin/python -m benchmarks.copied_names RUN... [--data-dir DIR]

In the test pairs of a run, each name and number that both sides share is replaced by another one
that fits: names of a list, made-up names, other numbers. A copy is correct if the translation has
it as a whole word, as often as the source. Spans are not protected.
A share has its standard error.
"""

import argparse
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.tables import table
from nlp_apps.metrics.bleu import bleu
from nlp_apps.tasks.run import load, read_text
from nlp_apps.text.augmentation.name_swap import NAME, shared_names, swap_names
from nlp_apps.text.augmentation.number_swap import NUMBER, shared_numbers, swap_numbers
from nlp_apps.text.corpus import Pair
from nlp_apps.training.run_folder import RunFolder

SEED, MAX_PAIRS = 1, 1_000


def swapped(pairs: Iterable[Pair]) -> list[tuple[Pair, list[str], list[str]]]:
    """Returns the pairs with other names and numbers, and these names and numbers."""
    found, random = [], Random(SEED)
    for source, target in pairs:
        if not (shared_names(source, target) or shared_numbers(source, target)):
            continue
        names = {*NAME.findall(source)}
        numbers = {*NUMBER.findall(source)}
        source, target = swap_numbers(*swap_names(source, target, random), random)
        new_names = [one for one in NAME.findall(source) if one not in names]
        new_numbers = [one for one in NUMBER.findall(source) if one not in numbers]
        found.append((Pair(source, target), new_names, new_numbers))
    return found[:MAX_PAIRS]


def copied(pattern: re.Pattern[str], words: Sequence[list[str]], texts: Iterable[str]) -> str:
    """Returns the share of the words of each source that its translation has, each as often.

    Args:
        pattern: matches such words.
        words: those of each source.
        texts: the translations.
    """
    pairs = zip(words, texts, strict=True)
    hits = sum((Counter(one) & Counter(pattern.findall(text))).total() for one, text in pairs)
    total = sum(map(len, words))
    if not total:
        return "none"
    part = hits / total
    return f"{part:.3f} ± {(part * (1 - part) / total) ** 0.5:.3f} ({hits} of {total})"


def scores(translate: Callable[[list[str]], list[str]], pairs: Iterable[Pair]) -> list[str]:
    """Returns the shares of copied names and numbers, and BLEU of the changed sentences."""
    cases = swapped(pairs)
    texts = translate([pair.source for pair, _, _ in cases])
    return [
        copied(NAME, [names for _, names, _ in cases], texts),
        copied(NUMBER, [numbers for _, _, numbers in cases], texts),
        f"{bleu(texts, [pair.target for pair, _, _ in cases]).value:.1f} ({len(cases)} sentences)",
    ]


def main() -> None:
    """Prints a row for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--data-dir")
    arguments = parser.parse_args()
    rows = []
    for run in arguments.runs:
        task: Any = load(run, "translation")
        corpora = read_text(task, RunFolder(Path(run)), ["test"], arguments.data_dir)
        translate = task.predictor(protect=()).translate

        def texts(sources: Sequence[str], translate: Any = translate) -> list[str]:
            return [one.text for one in translate(sources)]

        rows.append([Path(run).name, *scores(texts, corpora["test"].examples)])
    print("\n".join(table(["run", "names", "numbers", "BLEU"], rows)))


if __name__ == "__main__":
    main()
