"""Writes the encoder of a trained classifier as a file to start from.

python -m nlp_apps.pretraining.save_encoder runs/sentiment-opinions --output encoder-english.npz
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from nlp_apps.networks.pretrained_weights import PretrainedWeights
from nlp_apps.tasks.run import load
from nlp_apps.text.tokenizer import Tokenizer

DESCRIPTION = {
    "language": "en",
    "licence": "CC BY-SA 3.0",
    "sources": [
        "WikiText-2 (Merity et al. 2016; text of Wikipedia, CC BY-SA)",
        "English sentences of Tatoeba (tatoeba.org, www.manythings.org/anki; CC BY 2.0 FR)",
        "Pros and cons (Ganapathibhotla & Liu 2008; CC BY 4.0)",
        "Customer reviews (Hu & Liu 2004; Ding, Liu & Yu 2008; CC BY 4.0)",
        "Movie reviews, polarity 2.0 (Pang & Lee 2004; CC BY 4.0)",
    ],
}


def save_encoder(run: Path, output: Path) -> PretrainedWeights:
    """Writes the encoder of a run of `sentiment`; returns the content of the file.

    Args:
        run: the run folder.
        output: the `.npz` file to write.

    Raises:
        NlpAppsError: it is not such a run.
    """
    task = load(run, "sentiment")
    tokenizer: Tokenizer = task.tokenizers()[0]
    pretrained = PretrainedWeights.of_encoder(
        output.stem,
        task.model,
        tokenizer,
        lowercase=tokenizer.lowercases,
        description=DESCRIPTION,
    )
    pretrained.save(output)
    return pretrained


def main(argv: Sequence[str] | None = None) -> None:
    """Parses the arguments and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="run folder of sentiment")
    parser.add_argument("--output", required=True, type=Path, help="file to write")
    arguments = parser.parse_args(argv)
    pretrained = save_encoder(arguments.run, arguments.output)
    size = arguments.output.stat().st_size
    print(f"{arguments.output}: {len(pretrained.weights)} weights, {size:,} bytes")


if __name__ == "__main__":
    main()
