"""Translation: sentence pairs, tokenizers, loss, BLEU and chrF.

Letters in shapes: B batch, T target length, V vocabulary.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.metrics.baselines.translation_memory import translation_memory
from nlp_apps.metrics.bleu import bleu, chrf, tokenizer_of
from nlp_apps.metrics.bleu_tokenizer import DEFAULT, bleu_tokenizer
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.results import perplexity
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.warm_start import make_tokenizer, warm_starts
from nlp_apps.text.augmentation.augmenter import Augmenter
from nlp_apps.text.batches.augmented_pairs import AugmentedPairs
from nlp_apps.text.batches.buckets import Bucket, PlannedEpoch, dataset, plan_batches, plan_buckets
from nlp_apps.text.batches.token_pairs import PairEncoder
from nlp_apps.text.corpora import SPLITS, Find, read_translation
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.sentences import are_single_sentences, sentence_rules
from nlp_apps.text.storage.corpus_cache import CorpusCache
from nlp_apps.text.storage.mapped import Mapped
from nlp_apps.text.storage.stored_examples import select
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.text.training_sample import sample_examples
from nlp_apps.training.losses import cross_entropy
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.workers.worker_group import SINGLE, WorkerGroup

logger = logging.getLogger(__name__)


class TranslationTask(Task[TranslationRecipe, Pair]):
    """Translation; see `Task` for the methods.

    Attributes:
        source_tokenizer, target_tokenizer: the same object with `tokenizer.shared_vocabulary`.
    """

    name = "translation"
    unit = "pairs"
    model: Translator
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer

    def read(
        self, find: Find, wanted: Sequence[str] = SPLITS, cache: CorpusCache | None = None
    ) -> dict[str, Corpus[Pair]]:
        """Reads splits of the sentence pairs."""
        return read_translation(self.recipe.data, find, wanted, cache)

    def texts(self, corpus: Corpus[Pair]) -> Sequence[str]:
        """Returns the longer side of each pair."""
        return Mapped(corpus.examples, lambda pair: max(pair, key=len))

    def sides(self, corpus: Corpus[Pair]) -> list[Sequence[str]]:
        """Returns the sources and the targets."""
        return [Mapped(corpus.examples, itemgetter(side)) for side in (0, 1)]

    def has_single_sentences(self, corpus: Corpus[Pair]) -> bool:
        """Checks whether nearly all sources are single sentences."""
        return are_single_sentences(self.sides(corpus)[0], self.recipe.data.language_of_sources)

    def tokenizers(self) -> list[Tokenizer]:
        """Returns both tokenizers; one, if they are the same."""
        shared = self.target_tokenizer is self.source_tokenizer
        return [self.source_tokenizer] if shared else [self.source_tokenizer, self.target_tokenizer]

    def prepare(self, corpora: Mapping[str, Corpus[Pair]], run: RunFolder) -> None:
        """Trains the tokenizers, or reads those of the language models to start from.

        They are trained on the augmented pairs of the first epoch: text as predictions get it.
        """
        recipe = self.recipe
        sample = sample_examples(corpora["train"].examples, recipe.tokenizer.sample_characters)
        pairs = self._augmenter(sample, recipe.training.seed).examples(0)
        sources, targets = (pair.source for pair in pairs), (pair.target for pair in pairs)
        if recipe.tokenizer.shared_vocabulary:
            self._prepare_shared(pairs)
        else:
            may_lower = self.may_lower_vocabulary
            self.source_tokenizer = make_tokenizer(
                recipe, sources, key="init_encoder_from", may_lower=may_lower
            )
            self.target_tokenizer = make_tokenizer(
                recipe, targets, key="init_decoder_from", may_lower=may_lower
            )
        self.source_tokenizer.save(run.tokenizer)
        if self.target_tokenizer is not self.source_tokenizer:
            self.target_tokenizer.save(run.target_tokenizer)

    def _prepare_shared(self, pairs: Sequence[Pair]) -> None:
        """Makes one tokenizer for both sides."""
        recipe = self.recipe
        texts = [pair.source for pair in pairs] + [pair.target for pair in pairs]
        starts = warm_starts(recipe)
        encoder, decoder = starts.get("init_encoder_from"), starts.get("init_decoder_from")
        key = "init_decoder_from" if decoder and not encoder else "init_encoder_from"
        may_lower = self.may_lower_vocabulary
        tokenizer = make_tokenizer(recipe, texts, key=key, may_lower=may_lower)
        if encoder and decoder and encoder != decoder:
            other = make_tokenizer(recipe, texts, key="init_decoder_from")
            if other.model != tokenizer.model:
                raise UsageError(
                    "model.init_encoder_from and model.init_decoder_from: the two language models "
                    "have different vocabularies. Set tokenizer.shared_vocabulary = false."
                )
        self.source_tokenizer = self.target_tokenizer = tokenizer

    def has_assets(self, run: RunFolder) -> bool:
        """Checks whether the tokenizers are in the run folder."""
        is_shared = self.recipe.tokenizer.shared_vocabulary
        return (run.tokenizer if is_shared else run.target_tokenizer).is_file()

    def load_assets(self, run: RunFolder) -> None:
        """Reads the tokenizers."""
        self.source_tokenizer = self.target_tokenizer = Tokenizer.load(run.tokenizer)
        if not self.recipe.tokenizer.shared_vocabulary:
            self.target_tokenizer = Tokenizer.load(run.target_tokenizer)

    def build_model(self) -> None:
        """Builds the translator."""
        self.model = Translator(
            self.source_tokenizer.vocabulary_size,
            self.target_tokenizer.vocabulary_size,
            **self.recipe.model.model_dump(exclude={"init_encoder_from", "init_decoder_from"}),
        )
        self.model.build({"source": (None, None), "target_in": (None, None)})

    def load_training_data(self, corpora: Mapping[str, Corpus[Pair]]) -> None:
        """Encodes the pairs of at most `data.max_length` tokens and plans their batches."""
        recipe, pairs = self.recipe, corpora["train"].examples
        max_length = recipe.data.max_length
        self.encoder = PairEncoder(
            self.source_tokenizer,
            self.target_tokenizer,
            subword_regularization=recipe.tokenizer.subword_regularization,
        )
        encoded = self.encoder.encode_corpus(pairs)
        fits = np.flatnonzero(encoded.lengths.max(axis=1, initial=0) <= max_length)
        if not len(fits):
            raise WorkError(
                f"no training pair has at most data.max_length = {max_length} tokens. "
                "Set data.max_length higher, or split the text into sentences."
            )
        if too_long := len(pairs) - len(fits):
            logger.warning(
                "dropped %s training pairs with more than data.max_length = %s tokens",
                f"{too_long:,}",
                max_length,
            )
        self.train_pairs, self.train = pairs, encoded
        if too_long:
            self.train_pairs, self.train = select(pairs, fits), encoded.select(fits)
        self.epochs = AugmentedPairs(
            self.train_pairs,
            self.train,
            self.encoder,
            self._augmenter,
            recipe.training.seed,
            recipe.data.model_dump() | recipe.tokenizer.model_dump(),
        )
        lengths = self.epochs.planning_lengths()
        self.buckets = plan_buckets(
            lengths[lengths.max(axis=1) <= max_length],
            batch_tokens=recipe.training.batch_tokens,
            num_buckets=recipe.training.num_buckets,
        )
        self.validation_pairs = list(corpora["validation"].examples)
        tokenizer = bleu_tokenizer(
            [pair.target for pair in self.validation_pairs], recipe.data.language_of_targets
        )
        if tokenizer != DEFAULT:
            logger.info("BLEU counts words with the tokenizer %s", tokenizer)

    def _augmenter(self, pairs: Sequence[Pair], seed: int) -> Augmenter:
        data = self.recipe.data
        return Augmenter(
            pairs,
            seed=seed,
            case=data.augment_case,
            sentences=data.sentence_case,
            punctuation=data.augment_punctuation,
            quotes=data.augment_quotes,
            accents=data.augment_accents,
            numbers=data.augment_numbers,
            names=data.augment_names,
            join=data.join_sentences,
        )

    @property
    def num_shapes(self) -> int:
        """Number of buckets."""
        return len(self.buckets)

    def epoch(self, index: int) -> PlannedEpoch:
        """Returns the shuffled training pairs, augmented, with subword regularization sampled."""
        pairs = self.epochs.encode(index, max_length=self.buckets[-1].source_length)
        seed = self.recipe.training.seed
        planned = plan_batches(pairs.lengths, self.buckets, seed=seed, epoch=index)
        return PlannedEpoch(pairs, planned)

    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Returns the sum of the smoothed cross-entropies, <float32>[]."""
        smoothing = self.recipe.training.label_smoothing
        return tf.reduce_sum(cross_entropy(outputs, targets, smoothing=smoothing))

    @cached_property
    def _validation(self) -> "TranslationScorer":
        predictor = self._predictor if self._validates_with_beam else self.predictor(beam_size=1)
        return TranslationScorer(predictor, self.recipe, self.validation_pairs, self.workers)

    @property
    def _validates_with_beam(self) -> bool:
        return self.recipe.training.monitor == "beam_bleu"

    def validate(self) -> dict[str, float]:
        """Returns the loss on the validation pairs, and BLEU and chrF of their translations.

        Translations are greedy; with `monitor = "beam_bleu"` they are those of the recipe's beam.
        """
        scores = self._validation.score()
        search = "beam" if self._validates_with_beam else "greedy"
        return {
            "loss": scores["loss"],
            f"{search}_bleu": scores["bleu"],
            f"{search}_chrf": scores["chrf"],
        }

    def score(self, examples: Sequence[Pair]) -> dict[str, Any]:
        """Returns BLEU and chrF of the recipe's beam search, loss and perplexity."""
        scorer = TranslationScorer(self._predictor, self.recipe, examples, self.workers)
        return scorer.score(with_errors=True)

    @cached_property
    def _predictor(self) -> TextTranslator:
        """The predictor of all scores; its beam search is compiled once."""
        return self.predictor()

    @property
    def compared_score(self) -> str:
        """BLEU; or chrF, which also scores sentences below four words, if the loss is monitored."""
        return "chrf" if self.recipe.training.monitor == "loss" else "bleu"

    def baselines(
        self, train: Sequence[Pair], splits: Mapping[str, Sequence[Pair]]
    ) -> dict[str, dict[str, dict[str, float]]]:
        """Scores a copy of the source, and the translation of the most similar training source."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for split, pairs in splits.items():
            texts = [pair.source for pair in pairs]
            sources, targets = [pair.source for pair in train], [pair.target for pair in train]
            translations = {
                "source_copy": texts,
                "translation_memory": translation_memory(sources, targets, texts),
            }
            references, language = (
                [pair.target for pair in pairs],
                self.recipe.data.language_of_targets,
            )
            found[split] = {
                name: {
                    "bleu": bleu(written, references, language).value,
                    "chrf": chrf(written, references).value,
                }
                for name, written in translations.items()
            }
        return found

    def predictor(self, beam_size: int | None = None) -> TextTranslator:
        """Returns the predictor, with the recipe's beam size by default."""
        decoding = self.recipe.decoding
        if beam_size is not None:
            decoding = decoding.model_copy(update={"beam_size": beam_size})
        return TextTranslator(
            self.model,
            self.source_tokenizer,
            self.target_tokenizer,
            decoding,
            recipe=self.recipe,
            sentence_rules=sentence_rules(self.recipe.data.source_language)
            if decoding.split_sentences
            else (),
            sentence_case=self.recipe.data.sentence_case,
        )


class TranslationScorer:
    """Scores a translator on sentence pairs; may be called after every evaluation.

    Args:
        translator: the predictor, whose model is scored as it is at each call.
        recipe: its recipe.
        pairs: source and reference.
        workers: the processes that share out the work.
    """

    def __init__(
        self,
        translator: TextTranslator,
        recipe: TranslationRecipe,
        pairs: Sequence[Pair],
        workers: WorkerGroup = SINGLE,
    ):
        self.translator, self.pairs, self.workers = translator, pairs, workers
        self.language = recipe.data.language_of_targets
        encoder = PairEncoder(translator.source_tokenizer, translator.target_tokenizer)
        encoded = encoder.encode(pairs)
        buckets = plan_buckets(
            encoded.lengths,
            batch_tokens=max(recipe.training.batch_tokens, int(encoded.lengths.max())),
            num_buckets=24,  # little padding; `_losses` compiles no shapes
        )
        self.encoded, self.planned = encoded, plan_batches(encoded.lengths, buckets)
        token_ids = tf.TensorSpec((None, None), tf.int32)
        self._losses = tf.function(
            self._batch_loss,
            autograph=False,
            input_signature=[{"source": token_ids, "target_in": token_ids}, token_ids],
        )

    def _batch_loss(
        self, inputs: Mapping[str, tf.Tensor], targets: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        losses = cross_entropy(self.translator.model(inputs, training=False), targets)
        return tf.reduce_sum(losses), tf.math.count_nonzero(targets)

    def loss(self) -> float:
        """Returns the mean cross-entropy per target token, EOS included, in nats; no smoothing."""
        total, count = 0.0, 0
        for loss, tokens in self.workers.spread(self._losses_of, self.planned):
            total, count = total + loss, count + tokens  # `sum` of Python 3.12 has other bits
        return total / max(count, 1)

    def _losses_of(self, planned: Sequence[tuple[Bucket, np.ndarray]]) -> list[tuple[float, int]]:
        """Returns the sum of the losses and the number of tokens of each batch."""
        found = []
        for inputs, targets in dataset(self.encoded, planned):
            loss, tokens = self._losses(inputs, targets)
            found.append((float(loss), int(tokens)))
        return found

    def score(self, *, with_errors: bool = False) -> dict[str, Any]:
        """Returns loss, perplexity, BLEU and chrF with their signatures.

        Args:
            with_errors: whether to add the standard errors of BLEU and chrF.
        """
        sources = [pair.source for pair in self.pairs]
        translations = self.workers.spread(
            lambda texts: [found.text for found in self.translator.translate(texts)], sources
        )
        references = [pair.target for pair in self.pairs]
        loss = self.loss()
        bleu_score = bleu(translations, references, self.language, with_error=with_errors)
        chrf_score = chrf(translations, references, with_error=with_errors)
        scores = {
            "bleu": bleu_score.value,
            "bleu_tokenizer": tokenizer_of(bleu_score.signature),
            "chrf": chrf_score.value,
            "loss": loss,
            "perplexity": perplexity(loss),
            "sentences": len(self.pairs),
            "beam_size": self.translator.decoding.beam_size,
            "bleu_signature": bleu_score.signature,
            "chrf_signature": chrf_score.signature,
        }
        if with_errors:
            scores["bleu_standard_error"] = bleu_score.standard_error
            scores["chrf_standard_error"] = chrf_score.standard_error
        return scores
