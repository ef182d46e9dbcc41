"""Training a translator: sentence pairs, loss, BLEU."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.metrics.bleu import bleu, chrf
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.schema import GenerationRecipe, TranslationRecipe
from nlp_apps.results import perplexity
from nlp_apps.tasks import run as runs
from nlp_apps.tasks.generation_task import JOB as LANGUAGE_MODELS
from nlp_apps.tasks.job import Job
from nlp_apps.tasks.warm_start import (
    LanguageModelRun,
    make_tokenizer,
    require_decoder,
    require_encoder,
    require_tokenizer,
)
from nlp_apps.text.batches.buckets import PlannedEpoch, dataset, plan_batches, plan_buckets
from nlp_apps.text.batches.token_pairs import PairEncoder
from nlp_apps.text.corpora import SPLITS, Find, read_translation
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training import loop
from nlp_apps.training.losses import cross_entropy
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)


SECOND = "init_decoder_from"
"""The key of [model] that names what the decoder starts from."""


@dataclass(frozen=True)
class Tokenizers:
    """The tokenizers of source and target; the same one with `shared_vocabulary`."""

    source: Tokenizer
    target: Tokenizer

    @classmethod
    def learn(cls, recipe: TranslationRecipe, pairs: Sequence[Pair]) -> "Tokenizers":
        """Learns them from the training pairs; a language model that starts a side brings its own.

        Raises:
            NlpAppsError: the text is too little, or the language models do not fit the recipe.
        """
        keys = recipe.tokenizer
        first, second = recipe.model.init_encoder_from, recipe.model.init_decoder_from
        if not keys.shared_vocabulary:
            return cls(
                make_tokenizer(keys, (pair.source for pair in pairs), pretrained=first),
                make_tokenizer(
                    keys, (pair.target for pair in pairs), pretrained=second, key=SECOND
                ),
            )
        texts = (text for pair in pairs for text in pair)
        key = "init_encoder_from" if first else SECOND
        both = make_tokenizer(keys, texts, pretrained=first or second, key=key)
        other = make_tokenizer(keys, (), pretrained=second, key=SECOND) if second else both
        if other.model != both.model:
            raise UsageError(
                "model.init_encoder_from and model.init_decoder_from: the two language models have "
                "different vocabularies. Set tokenizer.shared_vocabulary = false."
            )
        return cls(both, both)

    def save(self, run: RunFolder) -> None:
        """Writes them to a run folder."""
        self.source.save(run.tokenizer)
        if self.target is not self.source:
            self.target.save(run.target_tokenizer)

    @classmethod
    def load(cls, recipe: TranslationRecipe, run: RunFolder) -> "Tokenizers":
        """Reads them from a run folder."""
        source = Tokenizer.load(run.tokenizer)
        if recipe.tokenizer.shared_vocabulary:
            return cls(source, source)
        return cls(source, Tokenizer.load(run.target_tokenizer))


class TranslationTask(loop.Task):
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
            tokenizers.source,
            tokenizers.target,
            subword_regularization=recipe.tokenizer.subword_regularization,
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
        self.train = encoded.select(kept)
        self.buckets = plan_buckets(
            self.train.lengths,
            batch_tokens=recipe.training.batch_tokens,
            num_buckets=recipe.training.num_buckets,
        )
        self.validation_pairs = list(validation)

    def epoch(self, index: int) -> PlannedEpoch:
        """The training pairs of an epoch, shuffled; cut into pieces anew if the recipe says so."""
        seed, pairs = self.recipe.training.seed, self.train
        if self.recipe.tokenizer.subword_regularization:
            drawn = self.encoder.sample(self.train_pairs, seed=seed * 100_003 + index)
            pairs = drawn.replace_long(self.buckets[-1].source_length, self.train)
        planned = plan_batches(pairs.lengths, self.buckets, seed=seed, epoch=index)
        return PlannedEpoch(pairs, planned)

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
        self._losses = tf.function(self._batch_losses, autograph=False, reduce_retracing=True)

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
            "perplexity": perplexity(loss),
            "sentences": len(self.pairs),
            "beam_size": self.translator.decoding.beam_size,
            "bleu_signature": found_bleu.signature,
            "chrf_signature": found_chrf.signature,
        }


class TranslationJob(Job[TranslationRecipe, Pair, Tokenizers, Translator]):
    """Translation, as `tasks.run` asks for it."""

    task = "translation"
    unit = "pairs"

    def read(
        self, recipe: TranslationRecipe, find: Find, wanted: Sequence[str] = SPLITS
    ) -> dict[str, Corpus[Pair]]:
        """The splits; see `Job.read`."""
        return read_translation(recipe.data, find, wanted)

    def learn(
        self, recipe: TranslationRecipe, corpora: Mapping[str, Corpus[Pair]], run: RunFolder
    ) -> Tokenizers:
        """Trains the tokenizers."""
        tokenizers = Tokenizers.learn(recipe, corpora["train"].examples)
        tokenizers.save(run)
        return tokenizers

    def has_parts(self, recipe: TranslationRecipe, run: RunFolder) -> bool:
        """Whether the tokenizers are there."""
        last_written = run.tokenizer if recipe.tokenizer.shared_vocabulary else run.target_tokenizer
        return last_written.is_file()

    def load_parts(self, recipe: TranslationRecipe, run: RunFolder) -> Tokenizers:
        """Reads the tokenizers."""
        return Tokenizers.load(recipe, run)

    def make_model(self, recipe: TranslationRecipe, parts: Tokenizers) -> Translator:
        """The translator that a recipe describes, with fresh weights."""
        model = Translator(
            parts.source.vocabulary_size,
            parts.target.vocabulary_size,
            **recipe.model.model_dump(exclude={"init_encoder_from", "init_decoder_from"}),
        )
        model.build({"source": (None, None), "target_in": (None, None)})
        return model

    @property
    def beginnings(self) -> Mapping[str, Job[Any, Any, Any, Any]]:
        """What a part of the model may start from is a language model."""
        return {"init_encoder_from": LANGUAGE_MODELS, "init_decoder_from": LANGUAGE_MODELS}

    def check_beginning(self, recipe: TranslationRecipe, key: str, its: GenerationRecipe) -> None:
        """Compares tokenizer and layers; see `Job.check_beginning`."""
        keys = recipe.model
        require_tokenizer(recipe.tokenizer, its, getattr(keys, key), key)
        if key == "init_encoder_from":
            require_encoder(keys, its, keys.init_encoder_from)
        else:
            require_decoder(keys, its, keys.init_decoder_from, whole=False)
        both = {keys.init_encoder_from, keys.init_decoder_from} - {""}
        if recipe.tokenizer.shared_vocabulary and len(both) > 1:
            raise UsageError(
                "model.init_encoder_from and model.init_decoder_from: a recipe learns a vocabulary "
                "of its own. Name the same recipe twice, or set "
                "tokenizer.shared_vocabulary = false."
            )

    def start(
        self, recipe: TranslationRecipe, parts: Tokenizers, model: Translator
    ) -> dict[str, Any]:
        """Starts encoder and decoder from language models, if the recipe names them."""
        keys, taken = recipe.model, {}
        if keys.init_encoder_from:
            run = LanguageModelRun(keys.init_encoder_from)
            taken["encoder"] = run.start_encoder(model.encoder, keys)
        if keys.init_decoder_from:
            run = LanguageModelRun(keys.init_decoder_from)
            taken["decoder"] = run.start_decoder(model.decoder, keys, whole=False)
        return taken

    def make_task(
        self,
        recipe: TranslationRecipe,
        parts: Tokenizers,
        model: Translator,
        corpora: Mapping[str, Corpus[Pair]],
    ) -> TranslationTask:
        """Training on the pairs that are short enough."""
        task = TranslationTask(
            recipe,
            parts,
            model,
            train=corpora["train"].examples,
            validation=corpora["validation"].examples,
        )
        if task.num_too_long:
            logger.warning(
                "%s training pairs have more than data.max_length = %s tokens and were left out",
                f"{task.num_too_long:,}",
                recipe.data.max_length,
            )
        return task

    def score(
        self,
        recipe: TranslationRecipe,
        parts: Tokenizers,
        model: Translator,
        examples: Sequence[Pair],
    ) -> dict[str, Any]:
        """BLEU, chrF, loss, perplexity."""
        return Scorer(recipe, parts, model, examples).score()


JOB = TranslationJob()


def load(folder: Path) -> TextTranslator:
    """Loads a run folder for use.

    Raises:
        NlpAppsError: it is no run folder of this app, or damaged.
    """
    opened = runs.load(JOB, folder)
    tokenizers = opened.parts
    return TextTranslator(
        opened.model, tokenizers.source, tokenizers.target, opened.recipe.decoding
    )
