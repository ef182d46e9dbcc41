"""Pretraining of an encoder: forward and backward language models on texts without labels.

Letters in shapes: B batch, S length, E embedding size, N sampled tokens.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.networks.bidirectional_language_model import BidirectionalLanguageModel
from nlp_apps.recipe.training_section import Training
from nlp_apps.text.batches.buckets import PlannedEpoch, dataset, plan_batches, plan_buckets
from nlp_apps.text.batches.negative_sampling import NegativeSampler, SampledEpoch
from nlp_apps.text.batches.row_share import WHOLE, RowShare
from nlp_apps.text.batches.token_texts import TokenTexts, truncate
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training.losses import cross_entropy, sampled_cross_entropy, sampled_logits
from nlp_apps.training.trainable import CarriedState, Trainable


class Features(NamedTuple):
    """Features of both directions, each <float>[B, S, E], and sampled tokens <int32>[N]."""

    forward: tf.Tensor
    backward: tf.Tensor
    negatives: tf.Tensor


class EncoderPretraining(Trainable):
    """Trains a `BidirectionalLanguageModel`; the loss is the mean of both directions.

    Args:
        model: the model, built.
        tokenizer: its tokenizer.
        texts: training texts.
        validation: texts for the validation loss.
        settings: epochs, batch size, seed.
        max_length: tokens of a window, EOS included; longer texts become several.
        num_sampled: N, sampled tokens of a batch in place of the whole vocabulary.
    """

    model: BidirectionalLanguageModel

    def __init__(
        self,
        model: BidirectionalLanguageModel,
        tokenizer: Tokenizer,
        texts: Sequence[str],
        validation: Sequence[str],
        settings: Training,
        *,
        max_length: int = 96,
        num_sampled: int = 1024,
    ):
        self.model, self.settings = model, settings
        self.train = _windows(tokenizer, texts, max_length)
        self.held_out = _windows(tokenizer, validation, max_length)
        counts = np.zeros(tokenizer.vocabulary_size, np.int64)
        for source in self.train.sources:
            np.add.at(counts, source, 1)
        self.num_tokens_of_epoch = int(counts.sum())
        self.sampler = NegativeSampler(counts, num_sampled, settings.seed)
        self.buckets = plan_buckets(
            self.train.lengths,
            batch_tokens=settings.batch_tokens,
            num_buckets=settings.num_buckets,
        )
        self._losses = tf.function(
            self._validation_loss,
            autograph=False,
            input_signature=[tf.TensorSpec((None, None), tf.int32)],
        )

    def epoch(self, index: int) -> "SampledTexts":
        """Returns the shuffled windows, with sampled tokens for each batch."""
        planned = plan_batches(
            self.train.lengths, self.buckets, seed=self.settings.seed, epoch=index
        )
        return SampledTexts(PlannedEpoch(self.train, planned), self.sampler, index)

    def forward(
        self, inputs: Mapping[str, tf.Tensor], state: CarriedState
    ) -> tuple[Features, CarriedState]:
        """Returns the features of both directions."""
        left, right = self.model(inputs["source"], training=True)
        return Features(left, right, inputs["negatives"]), state

    def loss(self, outputs: Features, targets: tf.Tensor) -> tf.Tensor:
        """Returns half the sum of both directions' losses over sampled tokens, <float32>[]."""
        embeddings, bias = self.model.output_embeddings(outputs.negatives)

        def direction(features: tf.Tensor, tokens: tf.Tensor) -> tf.Tensor:
            vectors, own_bias = self.model.output_embeddings(tokens)
            target_logits = tf.reduce_sum(features * vectors, axis=-1) + own_bias
            losses = sampled_cross_entropy(
                target_logits,
                sampled_logits(features, embeddings, bias),
                tokens,
                outputs.negatives,
                self.sampler.log_expected,
            )
            return tf.reduce_sum(losses)

        after, before = _neighbours(targets)
        return 0.5 * (direction(outputs.forward, after) + direction(outputs.backward, before))

    def validate(self) -> dict[str, float]:
        """Returns the mean loss over the whole vocabulary and both directions, in nats."""
        total, count = 0.0, 0
        planned = plan_batches(self.held_out.lengths, self.buckets)
        for inputs, _ in dataset(self.held_out, planned):
            loss, tokens = self._losses(inputs["source"])
            total, count = total + float(loss), count + int(tokens)
        return {"loss": total / max(count, 1)}

    def _validation_loss(self, source: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        features = self.model(source)
        losses = [
            cross_entropy(self.model.logits(one), tokens)
            for one, tokens in zip(features, _neighbours(source), strict=True)
        ]
        counts = [tf.math.count_nonzero(tokens) for tokens in _neighbours(source)]
        return tf.add_n([tf.reduce_sum(one) for one in losses]), tf.add_n(counts)


def _neighbours(tokens: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the token after and before each position, <int32>[B, S]; PAD where there is none."""
    column = tf.zeros_like(tokens[:, :1])
    after = tf.concat([tokens[:, 1:], column], axis=1)
    before = tf.concat([column, tokens[:, :-1]], axis=1)
    return after, tf.where(tf.equal(tokens, PAD), PAD, before)


def _windows(tokenizer: Tokenizer, texts: Sequence[str], max_length: int) -> TokenTexts:
    sources = [
        window
        for token_ids in tokenizer.encode(texts)
        for window in truncate(token_ids, max_length, "windows")
        if len(window) > 2
    ]
    return TokenTexts(sources, np.zeros(len(sources), np.int32))


class SampledTexts:
    """An epoch of texts with sampled tokens, `inputs["negatives"]` <int32>[N]."""

    def __init__(self, texts: PlannedEpoch, sampler: NegativeSampler, epoch: int):
        self.texts, self.sampler, self.index = texts, sampler, epoch

    def __len__(self) -> int:
        """Number of batches."""
        return len(self.texts)

    def batches(self, start: int, share: RowShare = WHOLE) -> tf.data.Dataset:
        """Returns a `tf.data` pipeline of the batches from number `start` on."""
        batches = SampledEpoch(self.texts, self.sampler, self.index).batches(start, share)
        return batches.map(lambda inputs, _: (inputs, inputs["source"]))
