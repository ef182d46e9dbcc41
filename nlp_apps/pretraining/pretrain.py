"""Pretrains the English encoder.

python -m nlp_apps.pretraining.pretrain --data-dir DIR --output runs/encoder-english
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from nlp_apps.cli.guard import guarded
from nlp_apps.networks.bidirectional_language_model import BidirectionalLanguageModel
from nlp_apps.networks.pretrained_weights import PretrainedWeights
from nlp_apps.pretraining.encoder_pretraining import EncoderPretraining
from nlp_apps.pretraining.english_texts import read_english
from nlp_apps.recipe.training_section import Training
from nlp_apps.tasks.set_up import set_up
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from nlp_apps.training import loop
from nlp_apps.training.checkpoints import load_weights
from nlp_apps.training.run_folder import RunFolder

VOCABULARY_SIZE = 8000
EMBEDDING_SIZE = 160
UNITS = 512
ENCODER = "encoder.npz"
"""File in the run folder: the encoder, for `model.init_encoder_from`."""

VALIDATION = 2000
"""Texts held out."""

SETTINGS = Training(
    epochs=3,
    eval_steps=1000,
    batch_tokens=4000,
    num_buckets=5,
    learning_rate=0.002,
    warmup_steps=500,
    clip_norm=1.0,
    ema_decay=0.999,
    tensorboard=False,
)


def pretrain(data_dir: Path, output: Path, *, resume: bool = False) -> None:
    """Trains the encoder into a run folder: tokenizer, weights, metrics.

    Args:
        data_dir: the folder of the texts; see `read_english`.
        output: the run folder.
        resume: continue from the last checkpoint.
    """
    run = RunFolder(output)
    run.create()
    set_up(SETTINGS.seed)
    texts = read_english(data_dir)
    if resume and run.tokenizer.is_file():
        tokenizer = Tokenizer.load(run.tokenizer)
    else:
        tokenizer = train_tokenizer(
            texts, vocabulary_size=VOCABULARY_SIZE, character_coverage=0.9997
        )
        tokenizer.save(run.tokenizer)
    model = BidirectionalLanguageModel(
        tokenizer.vocabulary_size, embedding_size=EMBEDDING_SIZE, units=UNITS, dropout=0.1
    )
    model.build()
    task = EncoderPretraining(model, tokenizer, texts[VALIDATION:], texts[:VALIDATION], SETTINGS)
    print(
        f"{len(texts):,} texts, {task.num_tokens_of_epoch:,} tokens, "
        f"{model.count_params():,} parameters",
        flush=True,
    )
    loop.fit(task, SETTINGS, run, resume=resume)
    load_weights(model, run.weights)
    pretrained = PretrainedWeights.of_encoder(
        ENCODER.removesuffix(".npz"), model, tokenizer, lowercase=True, description={}
    )
    pretrained.save(run.path / ENCODER)


def main(argv: Sequence[str] | None = None) -> None:
    """Parses the arguments and pretrains."""
    parser = argparse.ArgumentParser(prog="nlp_apps.pretraining.pretrain", description=__doc__)
    parser.add_argument("--data-dir", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args(argv)
    pretrain(arguments.data_dir, arguments.output, resume=arguments.resume)


if __name__ == "__main__":
    sys.exit(guarded(main))
