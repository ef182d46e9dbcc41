"""Writes the files of the measurement in docs/fine_tuning.md: few pairs of Multi30k.

    python -m benchmarks.fine_tuning_files ~/datasets/multi30k captions

The first folder has `train.en.gz`, `train.fr.gz`, `val.*` and `test_2016_flickr.*`.
"""

import argparse
import gzip
from pathlib import Path

PARTS = {"train": ("train", 500), "validation": ("val", 200), "test": ("test_2016_flickr", 1_000)}
"""Stem of the corpus's files and number of pairs, by file to write."""


def main() -> None:
    """Writes `train.tsv`, `validation.tsv` and `test.tsv`: English, tab, French."""
    parser = argparse.ArgumentParser(description="Files of docs/fine_tuning.md")
    parser.add_argument("corpus", type=Path, help="folder of Multi30k")
    parser.add_argument("output", type=Path, help="folder to write")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name, (stem, count) in PARTS.items():
        sides = [
            gzip.decompress((options.corpus / f"{stem}.{language}.gz").read_bytes())
            .decode("utf-8")
            .splitlines()[:count]
            for language in ("en", "fr")
        ]
        lines = [f"{source}\t{target}\n" for source, target in zip(*sides, strict=True)]
        (options.output / f"{name}.tsv").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
