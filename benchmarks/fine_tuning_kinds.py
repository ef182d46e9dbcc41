"""Writes the files of two measurements in docs/fine_tuning.md: several labels, several languages.

    python -m benchmarks.fine_tuning_kinds labels CAPTIONS OUTPUT
    python -m benchmarks.fine_tuning_kinds languages TATOEBA OUTPUT

`labels`: CAPTIONS is a folder of `label_set_texts captions` with at least 4,300 training lines. The
old text is 4,000 of them without the labels food, music and snow; the new text is 300 others with
all labels. `languages`: TATOEBA is `fra.txt.gz`; 500 pairs each into French and into English.
"""

import argparse
import gzip
import random
from collections.abc import Iterable
from pathlib import Path

NEW_LABELS = {"food", "music", "snow"}
"""Labels that the old text does not have."""

NUM_OLD, NUM_NEW, NUM_NEW_VALIDATION = 4_000, 300, 100
"""Captions with labels: old text, new text, validation lines of the new one."""

PARTS = {"train": 500, "validation": 200, "test": 1_000}
"""Pairs of each language by split."""


def write_labels(captions: Path, output: Path) -> None:
    """Writes `old-*.tsv`, without the new labels, and `new-*.tsv`."""
    lines = {
        split: (captions / f"{split}.tsv").read_text("utf-8").splitlines()
        for split in ("train", "validation", "test")
    }
    old = {**lines, "train": lines["train"][:NUM_OLD]}
    new = {
        **lines,
        "train": lines["train"][NUM_OLD : NUM_OLD + NUM_NEW],
        "validation": lines["validation"][:NUM_NEW_VALIDATION],
    }
    for split in lines:
        _write(output / f"old-{split}.tsv", map(without_new, old[split]))
        _write(output / f"new-{split}.tsv", new[split])


def without_new(line: str) -> str:
    """Returns a line without the new labels."""
    labels, _, text = line.partition("\t")
    kept = [label for label in labels.split(",") if label not in NEW_LABELS]
    return f"{','.join(kept)}\t{text}"


def write_languages(tatoeba: Path, output: Path) -> None:
    """Writes `fr-*.tsv`, English and French, and `en-*.tsv`, of other English sentences."""
    pairs: dict[str, str] = {}
    for line in gzip.decompress(tatoeba.read_bytes()).decode("utf-8").splitlines():
        english, french = line.split("\t")[:2]
        pairs.setdefault(english, french)
    rows = sorted(pairs.items())
    random.Random(1).shuffle(rows)
    start = 0
    for split, count in PARTS.items():
        into_french, into_english = rows[start : start + count], rows[start + count :][:count]
        start += 2 * count
        _write(output / f"fr-{split}.tsv", (f"{en}\t{fr}" for en, fr in into_french))
        _write(output / f"en-{split}.tsv", (f"{fr}\t{en}" for en, fr in into_english))


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main() -> None:
    """Writes the files."""
    parser = argparse.ArgumentParser(description="Files of docs/fine_tuning.md")
    parser.add_argument("kind", choices=["labels", "languages"])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("output", type=Path, help="folder to write")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    write = write_labels if options.kind == "labels" else write_languages
    write(options.corpus, options.output)


if __name__ == "__main__":
    main()
