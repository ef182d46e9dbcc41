"""Measures glossary terms and protected spans, beside plain translation and replacement alone.

    python -m benchmarks.constraints RUN [--data-dir DIR]

Terms: for 200 test sentences a word of the reference that the plain translation lacks, with the
source word that occurs most often beside it in training (Dice coefficient). Spans: URLs, e-mail
addresses and placeholders after a random word of 200 test sentences; BLEU without the spans.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nlp_apps.metrics.bleu import bleu
from nlp_apps.tasks.run import load, read_text
from nlp_apps.text.constrained_text import NEUTRAL
from nlp_apps.training.run_folder import RunFolder

NUM_SENTENCES, MAX_PAIRS, MIN_DICE = 200, 60_000, 0.15
SPANS = (
    "https://example.com/a?b=1&c=%20x",
    "anna.b@mail.example.org",
    "{user_name}",
    "www.example.de/page.html",
    "%(count)d",
    "{0}",
)
_WORD = re.compile(r"[^\W\d_]{3,}")


class Case(NamedTuple):
    """A source, its reference, and a source word with a word of the reference."""

    source: str
    reference: str
    word: str
    term: str


def read(task: Any, run: str, data_dir: str | None) -> tuple[list[Any], list[Any]]:
    """Reads training pairs and shuffled test pairs of at least six words."""
    corpora = read_text(task, RunFolder(Path(run)), ["train", "test"], data_dir)
    test = [pair for pair in corpora["test"].examples if len(pair.source.split()) >= 6]
    random.Random(1).shuffle(test)
    return list(corpora["train"].examples)[:MAX_PAIRS], test[:1000]


def find_terms(train: Iterable[Any], test: Sequence[Any], plain: Sequence[str]) -> list[Case]:
    """Finds a word of each reference that the plain translation lacks."""
    sources, targets, both = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for source, target in train:
        ours, theirs = {one.lower() for one in _WORD.findall(source)}, set(_WORD.findall(target))
        sources.update(ours)
        targets.update(theirs)
        both.update((one, other) for one in ours for other in theirs)
    cases = []
    for (source, reference), translation in zip(test, plain, strict=True):
        scored = [
            (2 * both[word.lower(), term] / (sources[word.lower()] + targets[term]), word, term)
            for term in _WORD.findall(reference)
            if term not in translation and targets[term] >= 5 and len(term) > 3
            for word in _WORD.findall(source)
            if both[word.lower(), term] >= 3
        ]
        dice, word, term = max(scored, default=(0.0, "", ""))
        if dice > MIN_DICE:
            cases.append(Case(source, reference, word, term))
    return cases[:NUM_SENTENCES]


def has(text: str, word: str) -> bool:
    """Checks whether a text has a whole word, in any case of its first letter."""
    return bool(re.search(rf"(?<!\w){word}(?!\w)", text, re.IGNORECASE))


def report(
    name: str, texts: Sequence[str], references: Sequence[str], hits: Sequence[bool]
) -> None:
    """Prints a row."""
    score = bleu(list(texts), list(references)).value
    print(f"{name:34} {sum(hits):4} of {len(hits)}   BLEU {score:.2f}", flush=True)


def measure_terms(translate: Callable[..., list[str]], cases: Sequence[Case]) -> None:
    """Prints the share of terms and BLEU."""
    references = [case.reference for case in cases]
    found = {
        "plain": translate([case.source for case in cases]),
        "term in the source, no constraint": translate(
            [re.sub(rf"\b{case.word}\b", case.term, case.source, count=1) for case in cases]
        ),
        "glossary": [translate([case.source], {case.word: case.term})[0] for case in cases],
    }
    for name, texts in found.items():
        hits = [has(text, case.term) for text, case in zip(texts, cases, strict=True)]
        report(f"terms: {name}", texts, references, hits)


def measure_spans(translate: Callable[..., list[str]], pairs: Sequence[Any], off: Any) -> None:
    """Prints the number of exact copies, and BLEU of the rest."""
    choose, texts, spans, substitutes = random.Random(3), [], [], []
    for number, (source, _) in enumerate(pairs):
        words, span = source.split(" "), SPANS[number % len(SPANS)]
        place = choose.randrange(1, len(words))
        texts.append(" ".join([*words[:place], span, *words[place:]]))
        substitutes.append(" ".join([*words[:place], NEUTRAL, *words[place:]]))
        spans.append(span)
    references = [pair.target for pair in pairs]
    without = translate([pair.source for pair in pairs])
    report("spans: none in the source", without, references, [True] * len(pairs))
    alone = [
        text.replace(NEUTRAL, span) if text.count(NEUTRAL) == 1 else text
        for text, span in zip(translate(substitutes), spans, strict=True)
    ]
    for name, found in (
        ("plain", off(texts)),
        (f"{NEUTRAL} in the source, no constraint", alone),
        ("protected", translate(texts)),
    ):
        hits = [text.count(span) == 1 for text, span in zip(found, spans, strict=True)]
        rest = [
            re.sub(" +", " ", text.replace(span, " ").replace(NEUTRAL, "")).strip()
            for text, span in zip(found, spans, strict=True)
        ]
        report(f"spans: {name}", rest, references, hits)


def main() -> None:
    """Runs the measurement."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", help="run folder of a translator")
    parser.add_argument("--data-dir", help="folder of its text")
    options = parser.parse_args()
    task: Any = load(options.run, "translation")
    train, test = read(task, options.run, options.data_dir)
    predictor, without = task.predictor(), task.predictor(protect=())

    def translate(texts: Sequence[str], glossary: Any = None) -> list[str]:
        return [one.text for one in predictor.translate(texts, glossary=glossary)]

    def unprotected(texts: Sequence[str]) -> list[str]:
        return [one.text for one in without.translate(texts)]

    cases = find_terms(train, test, translate([pair.source for pair in test]))
    measure_terms(translate, cases)
    measure_spans(translate, test[:NUM_SENTENCES], unprotected)


if __name__ == "__main__":
    main()
