"""Makes the reviews, train.tsv, validation.tsv and test.tsv beside this file, and remarks.tsv.

Every review comes from a pattern in `composing/` or from `composing/written.tsv`, every remark from
`composing/remarks.py`. Nothing is
random: options are dealt in an order that a SHA-256 decides, so every machine makes the same bytes.

    python data/reviews/generate.py            writes the files and prints their tables
    python data/reviews/generate.py --check    exits with 1 if the files differ
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
if str(FOLDER) not in sys.path:
    sys.path.insert(0, str(FOLDER))

from composing import domains_devices as devices  # noqa: E402
from composing import domains_going_out as going_out  # noqa: E402
from composing import domains_shopping as shopping  # noqa: E402
from composing import domains_stories as stories  # noqa: E402
from composing import domains_travel as travel  # noqa: E402
from composing.desk import Desk, Review, sentences  # noqa: E402
from composing.order import order  # noqa: E402
from composing.remarks import remarks  # noqa: E402

LABELS = ("negative", "mixed", "positive")
SPLITS = {"train": 5_000, "validation": 500, "test": 500}
SEEN = 4  # every held-out word form occurs at least so often in train
SAME_START = 3  # reviews that may begin with the same sentence
WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
DOMAINS = (
    going_out.RESTAURANT,
    going_out.MUSEUM,
    going_out.CONCERT,
    travel.HOTEL,
    travel.TRAIN,
    travel.COURSE,
    stories.FILM,
    stories.BOOK,
    devices.PHONE,
    devices.APP,
    devices.HEADPHONES,
    shopping.SHOP,
)


def words_of(text: str) -> list[str]:
    """The lower-case words of a text; apostrophes and hyphens join."""
    return WORD.findall(text.lower())


def plain(text: str) -> str:
    """A text without case and punctuation."""
    return " ".join(words_of(text))


def written() -> list[Review]:
    """The hand-written reviews."""
    found = []
    for line in (FOLDER / "composing" / "written.tsv").read_text("utf-8").splitlines():
        label, domain, text = line.split("\t")
        found.append(Review(label, text, domain, "written"))
    return found


def composed(fixed: list[Review]) -> list[Review]:
    """The reviews from patterns: labels and domains in turn, no text and no start too often."""
    wanted = sum(SPLITS.values())
    labels = Counter(review.label for review in fixed)
    texts = {plain(review.text) for review in fixed}
    starts = Counter(plain(sentences(review.text)[0]) for review in fixed)
    made: list[Review] = []
    for label in LABELS:
        desks = [Desk(domain, label) for domain in DOMAINS]
        for number in range(wanted // len(LABELS) - labels[label]):
            desk = desks[number % len(desks)]
            while True:
                review = desk.write()
                key, start = plain(review.text), plain(sentences(review.text)[0])
                if key not in texts and starts[start] < SAME_START:
                    break
            texts.add(key)
            starts[start] += 1
            made.append(review)
    return made


def split(made: list[Review], fixed: list[Review]) -> dict[str, list[Review]]:
    """Holds out reviews from patterns whose every word stays at least `SEEN` times in train."""
    counts = Counter(word for review in made + fixed for word in words_of(review.text))
    wanted = SPLITS["validation"] + SPLITS["test"]
    room = {label: wanted // len(LABELS) for label in LABELS}
    room["mixed"] += wanted - sum(room.values())
    held: list[Review] = []
    rest: list[Review] = []
    for review in sorted(made, key=lambda review: order("held out " + review.text)):
        mine = Counter(words_of(review.text))
        stays = all(counts[word] - count >= SEEN for word, count in mine.items())
        if room[review.label] and stays:
            room[review.label] -= 1
            held.append(review)
            counts.subtract(mine)
        else:
            rest.append(review)
    if len(held) < wanted:
        raise RuntimeError(f"only {len(held)} reviews can be held out of train")
    held.sort(key=lambda review: (review.label, review.domain, order("half " + review.text)))
    halves = {"validation": held[::2], "test": held[1::2]}
    splits = {"train": rest + fixed, **halves}
    return {
        name: sorted(reviews, key=lambda review: order(f"{name} {review.text}"))
        for name, reviews in splits.items()
    }


def make() -> dict[str, list[Review]]:
    """The three splits, and the remarks."""
    fixed = written()
    splits = split(composed(fixed), fixed)
    splits["remarks"] = sorted(remarks(), key=lambda review: order(f"remarks {review.text}"))
    return splits


def as_bytes(reviews: list[Review]) -> bytes:
    """Returns the file of a split: one `label TAB text` a line, UTF-8."""
    return "".join(f"{review.label}\t{review.text}\n" for review in reviews).encode()


def table(splits: dict[str, list[Review]], attribute: str) -> list[str]:
    """Returns a table of the number of reviews of each label, domain or device."""
    names = {getattr(review, attribute) for reviews in splits.values() for review in reviews}
    counted = {
        split: Counter(getattr(review, attribute) for review in reviews)
        for split, reviews in splits.items()
    }
    rows = ["| " + " | ".join([attribute, *splits]) + " |", "|---" * (1 + len(splits)) + "|"]
    for name in sorted(names):
        cells = [name, *(f"{counted[split][name]:,}" for split in splits)]
        rows.append("| " + " | ".join(cells) + " |")
    return ["", *rows]


def tables(splits: dict[str, list[Review]]) -> str:
    """Returns the tables of the README: counts, checksums, labels, domains, devices."""
    rows = [
        "| file | reviews | sentences | distinct | words | distinct | SHA-256 |",
        "|---|---|---|---|---|---|---|",
    ]
    everything = [review for reviews in splits.values() for review in reviews]
    for name, reviews in [*splits.items(), ("together", everything)]:
        cells = [f"`{name}.tsv`" if name in splits else name, f"{len(reviews):,}"]
        parts = [part for review in reviews for part in sentences(review.text)]
        words = [word for review in reviews for word in words_of(review.text)]
        for counted in (parts, words):
            cells += [f"{len(counted):,}", f"{len(set(counted)):,}"]
        digest = hashlib.sha256(as_bytes(reviews)).hexdigest()
        cells.append(f"`{digest}`" if name in splits else "")
        rows.append("| " + " | ".join(cells) + " |")
    for attribute in ("label", "domain", "device"):
        rows += table(splits, attribute)
    return "\n".join(rows) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks the files; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder of the files")
    options = parser.parse_args(arguments)
    splits = make()
    wrong = []
    for name, reviews in splits.items():
        path = options.output / f"{name}.tsv"
        if not options.check:
            path.write_bytes(as_bytes(reviews))
        elif not path.is_file() or path.read_bytes() != as_bytes(reviews):
            wrong.append(path)
    for path in wrong:
        print(f"{path} differs from the output of generate.py", file=sys.stderr)
    if not wrong:
        print(tables(splits), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
