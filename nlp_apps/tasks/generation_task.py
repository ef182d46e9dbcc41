"""Training a language model: contiguous text, carried states, loss.

Letters in shapes: B rows read side by side, T tokens of a batch's row, D units.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.inference.text_generator import TextGenerator
from nlp_apps.networks.language_model import LanguageModel
from nlp_apps.recipe.decoding_section import GenerationDecoding
from nlp_apps.recipe.schema import GenerationRecipe
from nlp_apps.results import perplexity
from nlp_apps.tasks import run as runs
from nlp_apps.tasks.job import Job
from nlp_apps.tasks.warm_start import (
    LanguageModelRun,
    make_language_model,
    make_tokenizer,
    require_decoder,
    require_tokenizer,
)
from nlp_apps.text.batches.contiguous_text import (
    ContiguousText,
    encode_corpus,
    split_rows,
)
from nlp_apps.text.batches.negative_sampling import NegativeSampler, SampledEpoch
from nlp_apps.text.corpora import SPLITS, Find, read_generation
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training import loop
from nlp_apps.training.losses import cross_entropy, sampled_cross_entropy
from nlp_apps.training.run_folder import RunFolder

SCORED_SIDE_BY_SIDE = 16
"""Rows of text that is scored: each begins without memory, so few of them."""

SCORED_AT_ONCE = 128
"""Tokens of a row that are scored at once."""


class Sampled(NamedTuple):
    """What a batch gives where training compares with drawn tokens.

    Attributes:
        features: <float>[B, T, embedding_size].
        negatives: <int32>[N], the tokens drawn.
    """

    features: tf.Tensor
    negatives: tf.Tensor


class GenerationTask(loop.Task):
    """What the training loop needs to know of language modelling.

    Args:
        recipe: the recipe.
        tokenizer: of the text.
        model: the language model.
        train: pieces of text.
        validation: pieces of text.
    """

    def __init__(
        self,
        recipe: GenerationRecipe,
        tokenizer: Tokenizer,
        model: LanguageModel,
        *,
        train: Sequence[str],
        validation: Sequence[str],
    ):
        self.recipe, self.model = recipe, model
        self.train, self._line_end = encode_corpus(tokenizer, train), tokenizer.newline_id
        self.scorer = Scorer(tokenizer, model, validation)
        settings = recipe.training
        self.negatives = None
        if 0 < settings.num_sampled < tokenizer.vocabulary_size:
            counts = np.bincount(self.train, minlength=tokenizer.vocabulary_size)
            self.negatives = NegativeSampler(counts, settings.num_sampled, settings.seed)

    def epoch(self, index: int) -> loop.Epoch:
        """The text from another place on, so that other tokens begin a row."""
        stream = self._stream(index)
        return SampledEpoch(stream, self.negatives, index) if self.negatives else stream

    def _stream(self, index: int) -> ContiguousText:
        settings = self.recipe.training
        generator = np.random.Generator(np.random.PCG64([settings.seed, index]))
        return split_rows(
            self.train,
            batch_tokens=settings.batch_tokens,
            sequence_length=settings.sequence_length,
            offset=int(generator.integers(len(self.train))),
            newline_id=self._line_end,
        )

    def initial_state(self) -> list[tf.Tensor]:
        """Zeros for every tensor of every layer's state, each <float>[B, D]."""
        return tf.nest.flatten(self.model.decoder.get_initial_state(self._stream(0).num_rows))

    def forward(
        self, inputs: Mapping[str, tf.Tensor], carry: loop.CarriedState
    ) -> tuple[tf.Tensor | Sampled, loop.CarriedState]:
        """Reads on from the states of the batch before.

        Returns:
            logits <float32>[B, T, V], or what is compared with the tokens drawn; and the states.
        """
        shape = self.model.decoder.get_initial_state(1)
        state = tf.nest.pack_sequence_as(shape, list(carry))
        features, state = self.model.decoder.hidden_states(
            inputs["target_in"], state, training=True
        )
        if self.negatives is None:
            return self.model.decoder.logits(features), tf.nest.flatten(state)
        return Sampled(features, inputs["negatives"]), tf.nest.flatten(state)

    def loss(self, outputs: tf.Tensor | Sampled, targets: tf.Tensor) -> tf.Tensor:
        """Sum of the cross-entropies, <float32>[]."""
        if self.negatives is None:
            return tf.reduce_sum(cross_entropy(outputs, targets))
        vectors, bias = self.model.decoder.output_embeddings(targets)
        wanted = tf.cast(tf.reduce_sum(outputs.features * vectors, axis=-1), tf.float32) + bias
        vectors, bias = self.model.decoder.output_embeddings(outputs.negatives)
        others = tf.einsum("bte,ne->btn", outputs.features, vectors)
        others = tf.cast(others, tf.float32) + bias
        return tf.reduce_sum(
            sampled_cross_entropy(
                wanted, others, targets, outputs.negatives, self.negatives.log_expected
            )
        )

    def validate(self) -> dict[str, float]:
        """Loss on the validation text, in nats a token."""
        return {"loss": self.scorer.loss()}


class Scorer:
    """Scores a language model on a text, over and over.

    Args:
        tokenizer: of the text.
        model: the language model; scored as it stands at each call.
        pieces: the text.
    """

    def __init__(self, tokenizer: Tokenizer, model: LanguageModel, pieces: Sequence[str]):
        self.model, self.pieces = model, pieces
        self.stream = split_rows(
            encode_corpus(tokenizer, pieces),
            batch_tokens=SCORED_SIDE_BY_SIDE * SCORED_AT_ONCE,
            sequence_length=SCORED_AT_ONCE,
            newline_id=tokenizer.newline_id,
        )
        self._losses = tf.function(self._batch_loss, autograph=False, reduce_retracing=True)

    def _batch_loss(
        self, target_in: tf.Tensor, targets: tf.Tensor, state: Any
    ) -> tuple[tf.Tensor, Any]:
        logits, state = self.model.decoder(target_in, state)
        return tf.reduce_sum(cross_entropy(logits, targets)), state

    def loss(self) -> float:
        """Mean cross-entropy of a token in nats, with the state carried along each row."""
        total = 0.0
        state = self.model.decoder.get_initial_state(self.stream.num_rows)
        for index in range(len(self.stream)):
            inputs, targets = self.stream.batch(index)
            loss, state = self._losses(
                tf.constant(inputs["target_in"]), tf.constant(targets), state
            )
            total += float(loss)
        return total / len(self.stream.token_ids)

    def score(self) -> dict[str, Any]:
        """Loss and perplexity a token, and what does not depend on the tokenizer."""
        loss = self.loss()
        tokens, characters = len(self.stream.token_ids), sum(map(len, self.pieces))
        per_character = loss * tokens / max(characters, 1)
        return {
            "loss": loss,
            "perplexity": perplexity(loss),
            "nats_per_character": per_character,
            "bits_per_character": per_character / float(np.log(2.0)),
            "tokens": tokens,
            "characters": characters,
        }


def unigram_loss(train: np.ndarray, held_out: np.ndarray, vocabulary_size: int) -> float:
    """What a model loses that knows only how frequent each token is: the baseline to beat.

    Args:
        train: <int32>[N], whose frequencies count, each plus one.
        held_out: <int32>[M].
        vocabulary_size: V.

    Returns:
        Mean cross-entropy of a held-out token, in nats.
    """
    counts = np.bincount(train, minlength=vocabulary_size) + 1.0
    return float(-np.log(counts / counts.sum())[held_out].mean())


class GenerationJob(Job[GenerationRecipe, str, Tokenizer, LanguageModel]):
    """Language modelling, as `tasks.run` asks for it."""

    task = "generation"
    unit = "pieces"

    def read(
        self, recipe: GenerationRecipe, find: Find, wanted: Sequence[str] = SPLITS
    ) -> dict[str, Corpus[str]]:
        """The splits; those held out are the end of train, validation before test."""
        return read_generation(recipe.data, find, wanted)

    def learn(
        self, recipe: GenerationRecipe, corpora: Mapping[str, Corpus[str]], run: RunFolder
    ) -> Tokenizer:
        """Trains the tokenizer on the lines of the text."""
        tokenizer = make_tokenizer(
            recipe.tokenizer,
            (line for piece in corpora["train"].examples for line in piece.split("\n") if line),
            pretrained=recipe.model.init_from,
            key="init_from",
            keep_spaces=True,
        )
        tokenizer.save(run.tokenizer)
        return tokenizer

    def has_parts(self, recipe: GenerationRecipe, run: RunFolder) -> bool:
        """Whether the tokenizer is there."""
        del recipe
        return run.tokenizer.is_file()

    def load_parts(self, recipe: GenerationRecipe, run: RunFolder) -> Tokenizer:
        """Reads the tokenizer."""
        del recipe
        return Tokenizer.load(run.tokenizer)

    def make_model(self, recipe: GenerationRecipe, parts: Tokenizer) -> LanguageModel:
        """The language model that a recipe describes, with fresh weights."""
        return make_language_model(recipe.model, parts)

    @property
    def beginnings(self) -> Mapping[str, Job[Any, Any, Any, Any]]:
        """A language model may start from another."""
        return {"init_from": self}

    def check_beginning(self, recipe: GenerationRecipe, key: str, its: GenerationRecipe) -> None:
        """Compares tokenizer and layers; see `Job.check_beginning`."""
        require_tokenizer(recipe.tokenizer, its, getattr(recipe.model, key))
        require_decoder(recipe.model, its, getattr(recipe.model, key), whole=True)

    def start(
        self, recipe: GenerationRecipe, parts: Tokenizer, model: LanguageModel
    ) -> dict[str, Any]:
        """Goes on from another language model, if the recipe names one."""
        if not recipe.model.init_from:
            return {}
        run = LanguageModelRun(recipe.model.init_from)
        return run.start_decoder(model.decoder, recipe.model, whole=True)

    def make_task(
        self,
        recipe: GenerationRecipe,
        parts: Tokenizer,
        model: LanguageModel,
        corpora: Mapping[str, Corpus[str]],
    ) -> GenerationTask:
        """Training on the whole text."""
        return GenerationTask(
            recipe,
            parts,
            model,
            train=corpora["train"].examples,
            validation=corpora["validation"].examples,
        )

    def baselines(
        self, recipe: GenerationRecipe, parts: Tokenizer, corpora: Mapping[str, Corpus[str]]
    ) -> dict[str, Any]:
        """What the frequencies of the tokens alone would lose."""
        del recipe
        train = encode_corpus(parts, corpora["train"].examples)
        size = parts.vocabulary_size
        return {
            split: {"unigram_loss": unigram_loss(train, encode_corpus(parts, text.examples), size)}
            for split, text in corpora.items()
            if split != "train"
        }

    def score(
        self,
        recipe: GenerationRecipe,
        parts: Tokenizer,
        model: LanguageModel,
        examples: Sequence[str],
    ) -> dict[str, Any]:
        """Loss and perplexity, a token and a character."""
        del recipe
        return Scorer(parts, model, examples).score()

    def facts(self, corpus: Corpus[str]) -> dict[str, Any]:
        """Pieces and characters."""
        return {**super().facts(corpus), "characters": sum(map(len, corpus.examples))}


JOB = GenerationJob()


def load(folder: Path) -> tuple[TextGenerator, GenerationDecoding]:
    """Loads a run folder for use: the writer, and how the recipe draws.

    Raises:
        NlpAppsError: it is no run folder of this app, or damaged.
    """
    opened = runs.load(JOB, folder)
    decoding = opened.recipe.decoding
    return TextGenerator(opened.model, opened.parts, batch_size=decoding.batch_size), decoding
