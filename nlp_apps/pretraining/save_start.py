"""Writes a trained classifier's encoder, or a trained translator, as a file to start from.

python -m nlp_apps.pretraining.save_start runs/sentiment-opinions --output encoder-english.npz
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_apps.cli.guard import guarded
from nlp_apps.networks.pretrained_weights import PretrainedWeights
from nlp_apps.tasks.run import load
from nlp_apps.tasks.sources import SourceFolders
from nlp_apps.tasks.warm_start import task_of_run
from nlp_apps.text.language import language_tokens
from nlp_apps.training.run_folder import RunFolder

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


def save_start(run: Path, output: Path, data_dir: str | None = None) -> PretrainedWeights:
    """Writes the encoder of a run of `sentiment`, or a whole run of `translation`.

    Args:
        run: the run folder.
        output: the `.npz` file to write.
        data_dir: the folder of a translator's training text; default: that of the training.

    Returns:
        The content of the file.

    Raises:
        NlpAppsError: it is not such a run, or the text of a translator is missing.
    """
    make = _translator if task_of_run(run) == "translation" else _encoder
    pretrained = make(run, output.stem, data_dir)
    pretrained.save(output)
    return pretrained


def _encoder(run: Path, name: str, data_dir: str | None) -> PretrainedWeights:
    del data_dir
    task = load(run, "sentiment")
    tokenizer: Any = task.tokenizers()[0]
    return PretrainedWeights.of_encoder(
        name, task.model, tokenizer, lowercase=tokenizer.lowercases, description=OPINIONS
    )


def _translator(run: Path, name: str, data_dir: str | None) -> PretrainedWeights:
    task = load(run, "translation")
    tokenizers = task.tokenizers()
    data = task.recipe.data
    languages = [data.source_language, data.target_language]
    description = {
        "language": "-".join(reversed(languages) if data.reverse else languages),
        "licence": "CC BY 2.0 FR",
        "sources": [TATOEBA],
    }
    tokens = None
    if task.recipe.tokenizer.shared_vocabulary:
        train = task.read(SourceFolders.load(RunFolder(run)).find(data_dir), ["train"])["train"]
        tokens = language_tokens(tokenizers[0], *task.sides(train))
    return PretrainedWeights.of_translator(
        name,
        task.model,
        tokenizers[0],
        tokenizers[-1],
        description=description,
        language_tokens=tokens,
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Parses the arguments and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="run folder of sentiment or translation")
    parser.add_argument("--output", required=True, type=Path, help="file to write")
    parser.add_argument("--data-dir", help="folder of the text; default: that of the training")
    arguments = parser.parse_args(argv)
    pretrained = save_start(arguments.run, arguments.output, arguments.data_dir)
    size = arguments.output.stat().st_size
    print(f"{arguments.output}: {len(pretrained.weights)} weights, {size:,} bytes")


if __name__ == "__main__":
    sys.exit(guarded(main))
