"""Writes a trained classifier's encoder, or a trained translator, as a file to start from.

python -m nlp_apps.pretraining.save_start runs/sentiment-opinions --output encoder-english.npz
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError
from nlp_apps.networks.pretrained_weights import PretrainedWeights
from nlp_apps.tasks.run import load
from nlp_apps.tasks.warm_start import task_of_run

TATOEBA = "Sentence pairs of Tatoeba (tatoeba.org, www.manythings.org/anki; CC BY 2.0 FR)"

OPINIONS = {
    "language": "en",
    "licence": "CC BY-SA 3.0",
    "sources": [
        "WikiText-2 (Merity et al. 2016; text of Wikipedia, CC BY-SA)",
        TATOEBA,
        "Pros and cons (Ganapathibhotla & Liu 2008; CC BY 4.0)",
        "Customer reviews (Hu & Liu 2004; Ding, Liu & Yu 2008; CC BY 4.0)",
        "Movie reviews, polarity 2.0 (Pang & Lee 2004; CC BY 4.0)",
    ],
}


def save_start(run: Path, output: Path) -> PretrainedWeights:
    """Writes the encoder of a run of `sentiment`, or a whole run of `translation`.

    Args:
        run: the run folder.
        output: the `.npz` file to write.

    Returns:
        The content of the file.

    Raises:
        NlpAppsError: it is not such a run, or a translator with a shared vocabulary.
    """
    make = _translator if task_of_run(run) == "translation" else _encoder
    pretrained = make(run, output.stem)
    pretrained.save(output)
    return pretrained


def _encoder(run: Path, name: str) -> PretrainedWeights:
    task = load(run, "sentiment")
    tokenizer: Any = task.tokenizers()[0]
    return PretrainedWeights.of_encoder(
        name, task.model, tokenizer, lowercase=tokenizer.lowercases, description=OPINIONS
    )


def _translator(run: Path, name: str) -> PretrainedWeights:
    task = load(run, "translation")
    if task.recipe.tokenizer.shared_vocabulary:
        raise UsageError(
            f"{run}: its source and target share a vocabulary, so neither can be replaced. Train "
            "with tokenizer.shared_vocabulary = false."
        )
    source, target = task.tokenizers()
    data = task.recipe.data
    languages = [data.source_language, data.target_language]
    description = {
        "language": "-".join(reversed(languages) if data.reverse else languages),
        "licence": "CC BY 2.0 FR",
        "sources": [TATOEBA],
    }
    return PretrainedWeights.of_translator(
        name, task.model, source, target, description=description
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Parses the arguments and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="run folder of sentiment or translation")
    parser.add_argument("--output", required=True, type=Path, help="file to write")
    arguments = parser.parse_args(argv)
    pretrained = save_start(arguments.run, arguments.output)
    size = arguments.output.stat().st_size
    print(f"{arguments.output}: {len(pretrained.weights)} weights, {size:,} bytes")


if __name__ == "__main__":
    main()
