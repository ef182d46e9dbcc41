"""Language modelling: contiguous text, carried states, loss and perplexity.

Letters in shapes: B rows of contiguous text, T tokens of a row, V vocabulary, D units, N sampled
tokens.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.inference.text_generator import TextGenerator
from nlp_apps.metrics.baselines.ngram_model import ORDER, ngram_losses, unigram_losses
from nlp_apps.networks.language_model import LanguageModel
from nlp_apps.recipe.schema import GenerationRecipe
from nlp_apps.results import perplexity
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.finished_model import FinishedModel
from nlp_apps.tasks.warm_start import build_language_model, make_tokenizer
from nlp_apps.text.batches.contiguous_text import ContiguousText, encode_corpus, split_rows
from nlp_apps.text.batches.mixed_epochs import mixed_count
from nlp_apps.text.batches.negative_sampling import NegativeSampler, SampledEpoch
from nlp_apps.text.batches.row_share import RowShare
from nlp_apps.text.corpora import SPLITS, Find, read_generation
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.storage.corpus_cache import CorpusCache
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training.losses import cross_entropy, sampled_cross_entropy, sampled_logits
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.trainable import CarriedState, Epoch
from nlp_apps.workers.worker_group import SINGLE, WorkerGroup

SCORED_ROWS = 16
"""Rows of the text that is scored; few, because each row starts from a zero state."""

SCORED_LENGTH = 128
"""Tokens of a row in one batch."""


class SampledOutputs(NamedTuple):
    """Outputs for a loss over sampled tokens.

    Attributes:
        features: <float>[B, T, embedding_size].
        negatives: <int32>[N], the sampled tokens.
    """

    features: tf.Tensor
    negatives: tf.Tensor


class GenerationTask(Task[GenerationRecipe, str]):
    """Language modelling; see `Task` for the methods.

    Attributes:
        tokenizer: tokenizer of the text.
    """

    name = "generation"
    unit = "documents"
    model: LanguageModel
    tokenizer: Tokenizer

    def read(
        self, find: Find, wanted: Sequence[str] = SPLITS, cache: CorpusCache | None = None
    ) -> dict[str, Corpus[str]]:
        """Reads splits of the documents."""
        return read_generation(self.recipe.data, find, wanted, cache)

    def texts(self, corpus: Corpus[str]) -> Sequence[str]:
        """Returns the documents."""
        return corpus.examples

    def tokenizers(self) -> list[Tokenizer]:
        """Returns the tokenizer."""
        return [self.tokenizer]

    def prepare(self, corpora: Mapping[str, Corpus[str]], run: RunFolder) -> None:
        """Trains the tokenizer on the lines of the text."""
        lines = (line for text in corpora["train"].examples for line in text.split("\n") if line)
        self.tokenizer = make_tokenizer(
            self.recipe,
            lines,
            keep_spaces=True,
            may_lower=self.may_lower_vocabulary,
        )
        self.tokenizer.save(run.tokenizer)

    def adopt(self, finished: FinishedModel, run: RunFolder) -> None:
        """Writes the tokenizer of a finished model."""
        self.tokenizer = finished.tokenizers()[0]
        self.tokenizer.save(run.tokenizer)

    def has_assets(self, run: RunFolder) -> bool:
        """Checks whether the tokenizer is in the run folder."""
        return run.tokenizer.is_file()

    def load_assets(self, run: RunFolder) -> None:
        """Reads the tokenizer."""
        self.tokenizer = Tokenizer.load(run.tokenizer)

    def build_model(self) -> None:
        """Builds the language model."""
        self.model = build_language_model(self.recipe, self.tokenizer)

    def load_training_data(self, corpora: Mapping[str, Corpus[str]]) -> None:
        """Encodes the text, and prepares negative sampling if `num_sampled` is set."""
        settings = self.recipe.training
        self.train = encode_corpus(self.tokenizer, corpora["train"].examples)
        self.old = encode_corpus(self.tokenizer, self.mixed_text)
        self.validation = LanguageModelScorer(
            self.tokenizer, self.model, corpora["validation"].examples, self.workers
        )
        self.sampler = None
        if 0 < settings.num_sampled < self.tokenizer.vocabulary_size:
            known = np.concatenate([self.train, self.old])
            counts = np.bincount(known, minlength=self.tokenizer.vocabulary_size)
            self.sampler = NegativeSampler(counts, settings.num_sampled, settings.seed)

    def epoch(self, index: int) -> Epoch:
        """Returns the text from a random token on, so that rows start at other tokens."""
        text = self._contiguous_text(index)
        return SampledEpoch(text, self.sampler, index) if self.sampler else text

    def _contiguous_text(self, epoch: int) -> ContiguousText:
        settings = self.recipe.training
        generator = np.random.Generator(np.random.PCG64([settings.seed, epoch]))
        text = self.train
        if count := mixed_count(self.recipe.data.mix_in_share, len(text), len(self.old)):
            ring = (epoch * count + np.arange(count)) % len(self.old)
            text = np.concatenate([text, self.old[ring]])
        return split_rows(
            text,
            batch_tokens=settings.batch_tokens,
            sequence_length=settings.sequence_length,
            offset=int(generator.integers(len(text))),
            newline_id=self.tokenizer.newline_id,
        )

    def initial_state(self) -> list[tf.Tensor]:
        """Returns zeros for every tensor of every layer's state, each <float>[B, D]."""
        return tf.nest.flatten(
            self.model.decoder.get_initial_state(self._contiguous_text(0).num_rows)
        )

    def forward(
        self, inputs: Mapping[str, tf.Tensor], state: CarriedState
    ) -> tuple[tf.Tensor | SampledOutputs, CarriedState]:
        """Continues from the states after the batch before.

        Returns:
            logits <float32>[B, T, V] or, with negative sampling, `SampledOutputs`; and the states.
        """
        states = tf.nest.pack_sequence_as(self.model.decoder.get_initial_state(1), list(state))
        features, states = self.model.decoder.hidden_states(
            inputs["target_in"], states, training=True
        )
        if self.sampler is None:
            return self.model.decoder.logits(features), tf.nest.flatten(states)
        return SampledOutputs(features, inputs["negatives"]), tf.nest.flatten(states)

    def loss(self, outputs: tf.Tensor | SampledOutputs, targets: tf.Tensor) -> tf.Tensor:
        """Returns the sum of the cross-entropies, <float32>[]."""
        if self.sampler is None:
            return tf.reduce_sum(cross_entropy(outputs, targets))
        decoder, features = self.model.decoder, outputs.features
        embeddings, bias = decoder.output_embeddings(targets)
        target_logits = tf.cast(tf.reduce_sum(features * embeddings, axis=-1), tf.float32) + bias
        embeddings, bias = decoder.output_embeddings(outputs.negatives)
        losses = sampled_cross_entropy(
            target_logits,
            sampled_logits(features, embeddings, bias),
            targets,
            outputs.negatives,
            self.sampler.log_expected,
        )
        return tf.reduce_sum(losses)

    def validate(self) -> dict[str, float]:
        """Returns the loss on the validation text, in nats per token."""
        return {"loss": self.validation.loss()}

    def score(self, examples: Sequence[str]) -> dict[str, Any]:
        """Returns loss and perplexity per token, and nats and bits per character."""
        return LanguageModelScorer(self.tokenizer, self.model, examples, self.workers).score()

    def baselines(
        self, train: Sequence[str], splits: Mapping[str, Sequence[str]]
    ) -> dict[str, dict[str, dict[str, float]]]:
        """Scores token frequencies, and an interpolated n-gram model, on the same tokens."""
        counted = encode_corpus(self.tokenizer, train)
        tokens = {
            split: encode_corpus(self.tokenizer, documents) for split, documents in splits.items()
        }
        size = self.tokenizer.vocabulary_size
        losses = {
            "token_frequencies": unigram_losses(counted, tokens, size),
            f"{ORDER}_gram": ngram_losses(counted, tokens, size),
        }
        return {
            split: {
                name: {
                    "loss": float(found[split].mean()),
                    "perplexity": perplexity(float(found[split].mean())),
                }
                for name, found in losses.items()
            }
            for split in splits
        }

    def amount(self, corpus: Corpus[str]) -> int:
        """Returns the number of characters of a split."""
        return sum(map(len, corpus.examples))

    def predictor(self) -> TextGenerator:
        """Returns the predictor, with the recipe's sampling settings as defaults."""
        return TextGenerator(
            self.model,
            self.tokenizer,
            batch_size=self.recipe.decoding.batch_size,
            recipe=self.recipe,
        )

    def data_stats(self, corpus: Corpus[str]) -> dict[str, Any]:
        """Returns the statistics of `Task.data_stats`, and the number of characters."""
        return {**super().data_stats(corpus), "characters": sum(map(len, corpus.examples))}


class LanguageModelScorer:
    """Scores a language model on a text; may be called after every evaluation.

    Args:
        tokenizer: tokenizer of the text.
        model: the language model, scored as it is at each call.
        documents: the text.
        workers: the processes that share out the rows.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        model: LanguageModel,
        documents: Sequence[str],
        workers: WorkerGroup = SINGLE,
    ):
        self.model, self.documents, self.workers = model, documents, workers
        self.text = split_rows(
            encode_corpus(tokenizer, documents),
            batch_tokens=SCORED_ROWS * SCORED_LENGTH,
            sequence_length=SCORED_LENGTH,
            newline_id=tokenizer.newline_id,
        )
        self.rows = self.text.rows_of(RowShare(workers.index, workers.size))
        token_ids = tf.TensorSpec((self.rows.num_rows, None), tf.int32)
        state = model.decoder.get_initial_state(self.rows.num_rows)
        self._losses = tf.function(
            self._batch_loss,
            autograph=False,
            input_signature=[
                *(token_ids, token_ids),
                tf.nest.map_structure(lambda value: tf.TensorSpec(value.shape, value.dtype), state),
            ],
        )

    def _batch_loss(
        self, target_in: tf.Tensor, targets: tf.Tensor, state: Any
    ) -> tuple[tf.Tensor, tf.Tensor, Any]:
        logits, state = self.model.decoder(target_in, state)
        losses = cross_entropy(logits, targets)
        return tf.reduce_sum(losses), tf.reduce_sum(tf.square(losses)), state

    def loss(self) -> float:
        """Returns the mean cross-entropy per token in nats; each row carries its state on."""
        return self._loss_and_error()[0]

    def _loss_and_error(self) -> tuple[float, float]:
        """Returns the loss and its standard error, as if tokens were independent."""
        total = squares = 0.0
        state = self.model.decoder.get_initial_state(self.rows.num_rows)
        for index in range(len(self.rows)):
            inputs, targets = self.rows.batch(index)
            loss, square, state = self._losses(
                tf.constant(inputs["target_in"]), tf.constant(targets), state
            )
            total, squares = total + float(loss), squares + float(square)
        parts = self.workers.gather([total, squares])
        total, squares = sum(part[0] for part in parts), sum(part[1] for part in parts)
        num_tokens = len(self.text.token_ids)
        mean = total / num_tokens
        variance = max(squares / num_tokens - mean**2, 0.0)
        return mean, float(np.sqrt(variance / num_tokens))

    def score(self) -> dict[str, Any]:
        """Returns scores per token, and per character, which are independent of the tokenizer."""
        loss, error = self._loss_and_error()
        tokens, characters = len(self.text.token_ids), sum(map(len, self.documents))
        per_character = loss * tokens / max(characters, 1)
        return {
            "loss": loss,
            "loss_standard_error": error,
            "perplexity": perplexity(loss),
            "nats_per_character": per_character,
            "bits_per_character": per_character / float(np.log(2.0)),
            "tokens": tokens,
            "characters": characters,
        }
