"""Share of positions that are real tokens, by number of batch shapes.

    .venv/bin/python benchmarks/padding.py train.de.gz train.en.gz --max-length 60
    .venv/bin/python benchmarks/padding.py imdb.txt --vocabulary 16000 --batch-tokens 12000

Trains a tokenizer for each file (one text per line), plans the batches of an epoch, and prints the
share for sources, targets and both. Pairs longer than `--max-length` are dropped; texts are
truncated.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np

from nlp_apps.text.batches.buckets import plan_batches, plan_buckets
from nlp_apps.text.tokenizer import train_tokenizer


def lengths_of(path: Path, vocabulary_size: int) -> np.ndarray:
    """Returns the number of tokens of each line, EOS included, <int64>[N]."""
    data = path.read_bytes()
    content = gzip.decompress(data) if path.suffix == ".gz" else data
    lines = content.decode().splitlines()
    tokenizer = train_tokenizer(lines, vocabulary_size=vocabulary_size)
    return np.array([len(ids) + 1 for ids in tokenizer.encode(lines)], np.int64)


def main() -> None:
    """Prints a line for each number of shapes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="texts, or sources and targets")
    parser.add_argument("--vocabulary", type=int, default=5000, help="of each tokenizer")
    parser.add_argument("--batch-tokens", type=int, default=1500)
    parser.add_argument("--max-length", type=int, default=400)
    parser.add_argument("--shapes", type=int, nargs="+", default=[4, 6, 8, 12, 16, 24])
    arguments = parser.parse_args()
    lengths = np.stack([lengths_of(path, arguments.vocabulary) for path in arguments.files], axis=1)
    if len(arguments.files) == 1:
        lengths = np.minimum(lengths, arguments.max_length)
    lengths = lengths[lengths.max(axis=1) <= arguments.max_length]
    for count in arguments.shapes:
        buckets = plan_buckets(lengths, batch_tokens=arguments.batch_tokens, num_buckets=count)
        planned = plan_batches(lengths, buckets, seed=1)
        positions = np.sum(
            [
                np.multiply(bucket.batch_size, (bucket.source_length, bucket.target_length))
                for bucket, _ in planned
            ],
            axis=0,
        )[: lengths.shape[1]]
        shares = lengths.sum(axis=0) / positions
        print(
            f"{count:2} shapes: {lengths.sum() / positions.sum():.1%} of the positions are real "
            f"({', '.join(f'{share:.1%}' for share in shares)}); {len(planned)} steps an epoch"
        )


if __name__ == "__main__":
    main()
