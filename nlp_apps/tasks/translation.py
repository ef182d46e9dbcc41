"""Training a translator: sentence pairs, loss, BLEU."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.heads.translator import Translator
from nlp_apps.losses import cross_entropy
from nlp_apps.metrics import bleu, chrf
from nlp_apps.recipe_keys import TranslationRecipe
from nlp_apps.run_folder import RunFolder
from nlp_apps.serving.translation import TextTranslator
from nlp_apps.text.corpus import Corpus, Pair, read_pairs
from nlp_apps.text.pipeline import (
    Bucket,
    PairEncoder,
    TokenPairs,
    dataset,
    plan_batches,
    plan_buckets,
)
from nlp_apps.text.split import hold_out, is_hold_out
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from nlp_apps.weights import load_weights

SPLITS = ("train", "validation", "test")


def read_splits(
    recipe: TranslationRecipe, find: Callable[[str], Path], wanted: Sequence[str] = SPLITS
) -> dict[str, Corpus[Pair]]:
    """Reads the splits that a recipe names; those held out of train are cut from it.

    Args:
        recipe: the recipe.
        find: where a path of the recipe lies.
        wanted: the splits to return.

    Raises:
        WorkError: a file is missing or has a bad line.
    """
    data = recipe.data

    def read(source: str | tuple[str, str]) -> Corpus[Pair]:
        return read_pairs(
            source,
            find=find,
            on_bad_line=data.on_bad_line,
            max_line_characters=data.max_line_characters,
            languages=(data.source_language, data.target_language)
            if data.source_language and data.target_language
            else None,
            reverse=data.reverse,
            tfds_dir=Path(data.tfds_dir) if data.tfds_dir else None,
        )

    held_out = {
        split: getattr(data, split)
        for split in ("validation", "test")
        if is_hold_out(getattr(data, split))
    }
    found: dict[str, Corpus[Pair]] = {}
    if held_out or "train" in wanted:
        whole = read(data.train)
        rest, parts = hold_out(whole.examples, held_out)
        for split, examples in {"train": rest, **parts}.items():
            found[split] = Corpus(examples, whole.skipped, whole.checksum, whole.names)
    for split in wanted:
        if split not in found:
            found[split] = read(getattr(data, split))
    return {split: found[split] for split in wanted}


@dataclass(frozen=True)
class Tokenizers:
    """The tokenizers of source and target; one and the same where the recipe says `shared`."""

    source: Tokenizer
    target: Tokenizer

    @classmethod
    def train(cls, recipe: TranslationRecipe, pairs: Sequence[Pair]) -> "Tokenizers":
        """Learns them from the training pairs."""
        settings = recipe.tokenizer

        def learn(texts: Iterable[str]) -> Tokenizer:
            return train_tokenizer(
                texts,
                kind=settings.kind,
                vocabulary_size=settings.vocabulary_size,
                character_coverage=settings.character_coverage,
            )

        if settings.shared:
            both = learn(text for pair in pairs for text in pair)
            return cls(both, both)
        return cls(learn(pair.source for pair in pairs), learn(pair.target for pair in pairs))

    def save(self, run: RunFolder) -> None:
        """Writes them to a run folder."""
        self.source.save(run.tokenizer)
        if self.target is not self.source:
            self.target.save(run.target_tokenizer)

    @classmethod
    def load(cls, recipe: TranslationRecipe, run: RunFolder) -> "Tokenizers":
        """Reads them from a run folder."""
        source = Tokenizer.load(run.tokenizer)
        if recipe.tokenizer.shared:
            return cls(source, source)
        return cls(source, Tokenizer.load(run.target_tokenizer))


def make_model(recipe: TranslationRecipe, tokenizers: Tokenizers) -> Translator:
    """Makes the model that a recipe describes, with fresh weights."""
    settings = recipe.model
    return Translator(
        tokenizers.source.vocabulary_size,
        tokenizers.target.vocabulary_size,
        **settings.model_dump(),
    )


def load_model(recipe: TranslationRecipe, tokenizers: Tokenizers, run: RunFolder) -> Translator:
    """Makes the model of a run folder, with its weights."""
    model = make_model(recipe, tokenizers)
    load_weights(model, run.weights)
    return model


class _Epoch:
    """An epoch of sentence pairs, in its order."""

    def __init__(self, pairs: TokenPairs, planned: Sequence[tuple[Bucket, np.ndarray]]):
        self.pairs, self.planned = pairs, planned

    def __len__(self) -> int:
        return len(self.planned)

    def batches(self, start: int) -> tf.data.Dataset:
        return dataset(self.pairs, self.planned, start=start)


class TranslationTask:
    """What the training loop needs to know of translation.

    Args:
        recipe: the recipe.
        tokenizers: of source and target.
        model: the translator.
        train, validation: sentence pairs.

    Attributes:
        num_too_long: training pairs left out because they have more tokens than `data.max_length`.
    """

    def __init__(
        self,
        recipe: TranslationRecipe,
        tokenizers: Tokenizers,
        model: Translator,
        *,
        train: Sequence[Pair],
        validation: Sequence[Pair],
    ):
        self.recipe, self.model = recipe, model
        self.tokenizers = tokenizers
        self.encoder = PairEncoder(
            tokenizers.source, tokenizers.target, sampling=recipe.tokenizer.sampling
        )
        encoded = self.encoder.encode(train)
        fits = encoded.lengths.max(axis=1, initial=0) <= recipe.data.max_length
        self.num_too_long = int(len(train) - fits.sum())
        if not fits.any():
            raise WorkError(
                f"no training pair has at most data.max_length = {recipe.data.max_length} tokens. "
                "Set data.max_length higher, or cut the text into sentences."
            )
        kept = np.flatnonzero(fits)
        self.train_pairs = [train[int(index)] for index in kept]
        self.train = encoded.take(kept)
        self.buckets = plan_buckets(
            self.train.lengths,
            batch_tokens=recipe.training.batch_tokens,
            num_buckets=recipe.training.num_buckets,
        )
        self.validation_pairs = list(validation)

    def epoch(self, index: int) -> _Epoch:
        """The training pairs of an epoch, shuffled; cut into pieces anew if the recipe says so."""
        seed, pairs = self.recipe.training.seed, self.train
        if self.recipe.tokenizer.sampling:
            drawn = self.encoder.sample(self.train_pairs, seed=seed * 100_003 + index)
            pairs = drawn.where_longer_than(self.buckets[-1].source_length, self.train)
        planned = plan_batches(pairs.lengths, self.buckets, seed=seed, epoch=index)
        return _Epoch(pairs, planned)

    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Sum of the smoothed cross-entropies, <float32>[]."""
        smoothing = self.recipe.training.label_smoothing
        return tf.reduce_sum(cross_entropy(outputs, targets, smoothing=smoothing))

    @cached_property
    def _scorer(self) -> "Scorer":
        return Scorer(self.recipe, self.tokenizers, self.model, self.validation_pairs, beam_size=1)

    def validate(self) -> dict[str, float]:
        """Loss, BLEU and chrF (greedy) on the validation pairs."""
        scores = self._scorer.score()
        return {name: scores[name] for name in ("loss", "bleu", "chrf")}


class Scorer:
    """Scores a translator on sentence pairs, over and over.

    Args:
        recipe: the recipe.
        tokenizers: of source and target.
        model: the translator; scored as it stands at each call.
        pairs: source and reference.
        beam_size: 1 for greedy; default: the recipe's.
    """

    def __init__(
        self,
        recipe: TranslationRecipe,
        tokenizers: Tokenizers,
        model: Translator,
        pairs: Sequence[Pair],
        *,
        beam_size: int | None = None,
    ):
        self.pairs, self.model = pairs, model
        decoding = recipe.decoding
        if beam_size is not None:
            decoding = decoding.model_copy(update={"beam_size": beam_size})
        self.translator = TextTranslator(model, tokenizers.source, tokenizers.target, decoding)
        encoded = PairEncoder(tokenizers.source, tokenizers.target).encode(pairs)
        buckets = plan_buckets(
            encoded.lengths,
            batch_tokens=max(recipe.training.batch_tokens, int(encoded.lengths.max())),
            num_buckets=3,
        )
        self.batches = dataset(encoded, plan_batches(encoded.lengths, buckets))
        self._losses = tf.function(self._batch_losses, reduce_retracing=True)

    def _batch_losses(
        self, inputs: Mapping[str, tf.Tensor], targets: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        losses = cross_entropy(self.model(inputs, training=False), targets)
        return tf.reduce_sum(losses), tf.math.count_nonzero(targets)

    def loss(self) -> float:
        """Mean cross-entropy of a target token, EOS included, in nats; no smoothing."""
        total, count = 0.0, 0
        for inputs, targets in self.batches:
            loss, tokens = self._losses(inputs, targets)
            total, count = total + float(loss), count + int(tokens)
        return total / max(count, 1)

    def score(self) -> dict[str, Any]:
        """Loss, perplexity, BLEU and chrF with their signatures."""
        sources = (pair.source for pair in self.pairs)
        answers = [answer.text for answer in self.translator.translate(sources)]
        references = [pair.target for pair in self.pairs]
        loss = self.loss()
        found_bleu, found_chrf = bleu(answers, references), chrf(answers, references)
        return {
            "bleu": found_bleu.value,
            "chrf": found_chrf.value,
            "loss": loss,
            "perplexity": float(np.exp(min(loss, 700.0))),
            "sentences": len(self.pairs),
            "beam_size": self.translator.decoding.beam_size,
            "bleu_signature": found_bleu.signature,
            "chrf_signature": found_chrf.signature,
        }


def set_up(recipe: TranslationRecipe) -> None:
    """Seeds every random generator and sets the precision, before a model is made."""
    keras.utils.set_random_seed(recipe.training.seed)
    keras.config.set_dtype_policy(
        "mixed_bfloat16" if recipe.training.mixed_precision else "float32"
    )


def checksums(corpora: Mapping[str, Corpus[Pair]]) -> dict[str, Any]:
    """What the summary tells of the data."""
    return {
        split: {
            "pairs": len(corpus.examples),
            "skipped": corpus.skipped,
            "files": list(corpus.names),
            "sha256": corpus.checksum,
        }
        for split, corpus in corpora.items()
    }
