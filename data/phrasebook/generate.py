"""Generates the phrasebook: train.tsv, validation.tsv and test.tsv beside this file.

Every sentence comes from a pattern in `making/` or from `making/set_phrases.tsv`. The
selection is not random: among the sentences of a pattern, those with rare words are first, then the
order is a SHA-256 of the sentence. Every machine makes the same bytes.

    python data/phrasebook/generate.py            writes the files and prints their tables
    python data/phrasebook/generate.py --check    exits with 1 if the files differ
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
if str(FOLDER) not in sys.path:
    sys.path.insert(0, str(FOLDER))

from making import (  # noqa: E402, F401
    comparisons,
    everyday,
    feelings_and_health,
    home,
    longer_sentences,
    on_the_road,
    people,
    pronouns,
    questions_and_orders,
    shops,
    table,
    time_and_weather,
)
from making.french import NARROW_SPACE, WIDE_SPACE  # noqa: E402
from making.patterns import PATTERNS, Pattern, order  # noqa: E402

FROM_PATTERNS = 8_900  # sentences from patterns, all splits together
HELD_OUT = 300  # sentences of validation, and of test
SEEN = 4  # minimum frequency in train of every held-out word form
ENOUGH = 6  # minimum frequency of a word of the patterns, all splits together
AT_MOST = 1_600  # maximum number of candidate sentences of a pattern
PASSES = 3  # each selects sentences and drops words that remain rare
SPLITS = ("train", "validation", "test")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True)
class Entry:
    """One sentence pair, its topic, its words and both sides without case and punctuation."""

    english: str
    french: str
    topic: str
    words: tuple[str, ...] = field(compare=False)
    keys: frozenset[str] = field(compare=False)


def words_of(text: str) -> list[str]:
    """The lower-case words of a text, split at blanks, apostrophes and punctuation."""
    return WORD.findall(text.lower())


def entry(english: str, french: str, topic: str) -> Entry:
    """A pair with the words that it uses, each marked with its language."""
    en_words, fr_words = words_of(english), words_of(french)
    marked = [f"en {word}" for word in en_words] + [f"fr {word}" for word in fr_words]
    keys = frozenset(("en " + " ".join(en_words), "fr " + " ".join(fr_words)))
    return Entry(english, french, topic, tuple(marked), keys)


def set_phrases() -> list[Entry]:
    """The hand-written phrases, with the spaces that French puts before ? ! ; and :."""
    found = []
    for line in (FOLDER / "making" / "set_phrases.tsv").read_text("utf-8").splitlines():
        english, french = line.split("\t")
        for mark in "?!;":
            french = french.replace(" " + mark, NARROW_SPACE + mark)
        found.append(entry(english, french.replace(" :", WIDE_SPACE + ":"), "set phrases"))
    return found


def quotas() -> list[int]:
    """Returns the number of sentences of each pattern, `FROM_PATTERNS` in all."""
    total = sum(pattern.quota for pattern in PATTERNS)
    shares, before, so_far = [], 0, 0
    for pattern in PATTERNS:
        so_far += pattern.quota
        upto = so_far * FROM_PATTERNS // total
        shares.append(upto - before)
        before = upto
    return shares


class Choice:
    """Selects sentences of the patterns so that each word that occurs, occurs often enough.

    The first sentence with a word opens it. Sentences with rare open words are first, then one that
    opens a new word, then those that repeat the rarest words.
    """

    def __init__(self, fixed: list[Entry]) -> None:
        self.counts: Counter[str] = Counter()
        self.used = {key for pair in fixed for key in pair.keys}
        self.banned: set[str] = set()

    def rank(self, pair: Entry) -> int:
        """Returns a sort key: rare open words, new words, common words."""
        rarest = min(map(self.counts.__getitem__, pair.words))
        if rarest == 0:
            return ENOUGH
        return rarest if rarest < ENOUGH else rarest + 1

    def fits(self, pair: Entry) -> bool:
        """Returns whether both sides are new and no word was dropped."""
        return self.used.isdisjoint(pair.keys) and self.banned.isdisjoint(pair.words)

    def select(self, candidates: list[Entry], wanted: int) -> list[Entry]:
        """Returns up to `wanted` of the candidates."""
        by_word: dict[str, list[int]] = {}
        for number, pair in enumerate(candidates):
            for word in set(pair.words):
                if not self.counts[word]:
                    by_word.setdefault(word, []).append(number)
        heap = [(self.rank(pair), number) for number, pair in enumerate(candidates)]
        heapq.heapify(heap)
        selected: list[Entry] = []
        while heap and len(selected) < wanted:
            rank, number = heapq.heappop(heap)
            pair = candidates[number]
            if not self.fits(pair):
                continue
            now = self.rank(pair)
            if now != rank:
                heapq.heappush(heap, (now, number))
                continue
            opened = [word for word in set(pair.words) if not self.counts[word]]
            self.used |= pair.keys
            self.counts.update(pair.words)
            selected.append(pair)
            for word in sorted(opened):
                for other in by_word.get(word, ()):
                    heapq.heappush(heap, (self.rank(candidates[other]), other))
        return selected

    def drop_rare_words(self, selected: list[Entry]) -> list[Entry]:
        """Drops sentences whose words remain rare; returns the others."""
        rare = {word for word, count in self.counts.items() if 0 < count < ENOUGH}
        self.banned |= rare
        left = []
        for pair in selected:
            if rare.isdisjoint(pair.words):
                left.append(pair)
                continue
            self.counts.subtract(pair.words)
            self.used -= pair.keys
        return left


def candidates_of(pattern: Pattern) -> list[Entry]:
    """Returns the sentences of a pattern in hash order, at most `AT_MOST`."""
    keyed = sorted((order(english), english, french) for english, french in pattern.make())
    return [entry(english, french, pattern.topic) for _, english, french in keyed[:AT_MOST]]


def choose(fixed: list[Entry]) -> list[Entry]:
    """Returns the selected sentences of the patterns."""
    choice = Choice(fixed)
    pools = [candidates_of(pattern) for pattern in PATTERNS]
    chosen: list[list[Entry]] = [[] for _ in pools]
    for _ in range(PASSES):
        missing = 0  # sentences that a pattern lacks come from the next ones
        for number, (pool, quota) in enumerate(zip(pools, quotas(), strict=True)):
            wanted = quota + missing - len(chosen[number])
            found = choice.select(pool, max(wanted, 0))
            chosen[number] += found
            missing = wanted - len(found)
        chosen = [choice.drop_rare_words(selected) for selected in chosen]
    return [pair for selected in chosen for pair in selected]


def split(chosen: list[Entry], fixed: list[Entry]) -> dict[str, list[Entry]]:
    """Holds out sentences from patterns whose every word stays at least `SEEN` times in train."""
    counts = Counter(word for pair in chosen + fixed for word in pair.words)
    topics = Counter(pair.topic for pair in chosen)
    capacity = {topic: 1 + 2 * HELD_OUT * n // len(chosen) for topic, n in topics.items()}
    held: list[Entry] = []
    rest: list[Entry] = []
    for pair in sorted(chosen, key=lambda pair: order("held out " + pair.english)):
        mine = Counter(pair.words)
        stays = all(counts[word] - count >= SEEN for word, count in mine.items())
        if len(held) < 2 * HELD_OUT and capacity[pair.topic] and stays:
            held.append(pair)
            capacity[pair.topic] -= 1
            counts.subtract(mine)
        else:
            rest.append(pair)
    if len(held) < 2 * HELD_OUT:
        raise RuntimeError(f"only {len(held)} sentences can be held out of train")
    train = sorted(rest + fixed, key=lambda pair: order("train " + pair.english))
    return {"train": train, "validation": held[:HELD_OUT], "test": held[HELD_OUT:]}


def make() -> dict[str, list[Entry]]:
    """Returns the three splits."""
    fixed = set_phrases()
    return split(choose(fixed), fixed)


def as_bytes(pairs: list[Entry]) -> bytes:
    """Returns the file of a split: one `english TAB french` a line, UTF-8."""
    return "".join(f"{pair.english}\t{pair.french}\n" for pair in pairs).encode()


def tables(splits: dict[str, list[Entry]]) -> str:
    """Returns the tables of the README: counts, checksums, topics."""
    lines = [
        "| file | pairs | English words | distinct | French words | distinct | SHA-256 |",
        "|---|---|---|---|---|---|---|",
    ]
    everything = [pair for pairs in splits.values() for pair in pairs]
    for name, pairs in [*splits.items(), ("together", everything)]:
        cells = [f"`{name}.tsv`" if name in SPLITS else name, f"{len(pairs):,}"]
        for side in ("english", "french"):
            words = [word for pair in pairs for word in words_of(getattr(pair, side))]
            cells += [f"{len(words):,}", f"{len(set(words)):,}"]
        digest = hashlib.sha256(as_bytes(pairs)).hexdigest()
        cells.append(f"`{digest}`" if name in SPLITS else "")
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| topic | train | validation | test |", "|---|---|---|---|"]
    by_topic = {name: Counter(pair.topic for pair in pairs) for name, pairs in splits.items()}
    for topic in sorted({pair.topic for pair in everything}):
        cells = [topic, *(f"{by_topic[name][topic]:,}" for name in SPLITS)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks the files; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder of the three files")
    options = parser.parse_args(arguments)
    splits = make()
    wrong = []
    for name, pairs in splits.items():
        path = options.output / f"{name}.tsv"
        if not options.check:
            path.write_bytes(as_bytes(pairs))
        elif not path.is_file() or path.read_bytes() != as_bytes(pairs):
            wrong.append(path)
    for path in wrong:
        print(f"{path} differs from the output of generate.py", file=sys.stderr)
    if not wrong:
        print(tables(splits), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
