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

from nlp_apps.blocks.pointer import PointerOutputs
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.metrics.bleu_tokenizer import DEFAULT, bleu_tokenizer
from nlp_apps.metrics.output_scores import SCORES_OF_KIND
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.finished_model import FinishedModel
from nlp_apps.tasks.start_languages import all_languages, with_new_tags
from nlp_apps.tasks.start_scores import start_scores
from nlp_apps.tasks.translation_baselines import translation_baselines
from nlp_apps.tasks.translation_scorer import TranslationScorer, baseline_scores
from nlp_apps.tasks.warm_start import make_tokenizer, warm_starts
from nlp_apps.text.augmentation.augmenter import Augmenter
from nlp_apps.text.batches.augmented_pairs import AugmentedPairs
from nlp_apps.text.batches.buckets import PlannedEpoch, plan_batches, plan_buckets
from nlp_apps.text.batches.language_epochs import LanguageEpochs, counts_of, positions_of
from nlp_apps.text.batches.mixed_epochs import MixedEpochs
from nlp_apps.text.batches.token_pairs import PairEncoder
from nlp_apps.text.corpora import SPLITS, Find, read_translation
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.language_examples import by_language
from nlp_apps.text.sentences import are_single_sentences, sentence_rules
from nlp_apps.text.storage.corpus_cache import CorpusCache
from nlp_apps.text.storage.mapped import Mapped
from nlp_apps.text.storage.stored_examples import select
from nlp_apps.text.target_tags import tags_of
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.text.training_sample import sample_examples
from nlp_apps.training.losses import cross_entropy
from nlp_apps.training.pointer_loss import coverage_loss, pointer_cross_entropy
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.trainable import CarriedState

logger = logging.getLogger(__name__)

STARTS = {"init_from", "init_encoder_from", "init_decoder_from"}
"""Keys of [model] that are no arguments of the model."""


class TranslationTask(Task[TranslationRecipe, Pair]):
    """Translation; see `Task` for the methods.

    Attributes:
        source_tokenizer, target_tokenizer: the same object with `tokenizer.shared_vocabulary`.
        languages: codes of all target languages of fine-tuning, if there are several.
    """

    name = "translation"
    unit = "pairs"
    model: Translator
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer
    languages: tuple[str, ...] = ()

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

    def check(self, corpora: Mapping[str, Corpus[Pair]]) -> None:
        """Finds the target languages of fine-tuning, if there are several.

        Raises:
            UsageError: two codes differ in case only.
        """
        if self.finished and self.recipe.data.has_several_languages:
            texts = (corpora["train"].examples, *([self.old_text.train] if self.old_text else []))
            self.languages = all_languages(self.finished.languages, *map(by_language, texts))

    def prepare(self, corpora: Mapping[str, Corpus[Pair]], run: RunFolder) -> None:
        """Trains the tokenizers, or reads those of the language models to start from.

        They are trained on the augmented pairs of the first epoch: text as predictions get it.
        """
        recipe = self.recipe
        parts = by_language(corpora["train"].examples)
        pairs = self._first_epoch(list(parts.values()))
        languages = list(parts) if recipe.data.has_several_languages else []
        sources, targets = (pair.source for pair in pairs), (pair.target for pair in pairs)
        if recipe.tokenizer.shared_vocabulary:
            self._prepare_shared(pairs, languages)
        else:
            may_lower = self.may_lower_vocabulary
            self.source_tokenizer = make_tokenizer(
                recipe,
                sources,
                key="init_encoder_from",
                may_lower=may_lower,
                languages=languages,
            )
            self.target_tokenizer = make_tokenizer(
                recipe, targets, key="init_decoder_from", may_lower=may_lower
            )
        self._save_tokenizers(run)

    def adopt(self, finished: FinishedModel, run: RunFolder) -> None:
        """Writes the tokenizers of a finished model, with tags of languages that it lacks."""
        tokenizers = with_new_tags(finished.tokenizers(), self.languages)
        self.source_tokenizer, self.target_tokenizer = tokenizers[0], tokenizers[-1]
        self._save_tokenizers(run)

    def _save_tokenizers(self, run: RunFolder) -> None:
        self.source_tokenizer.save(run.tokenizer)
        if self.target_tokenizer is not self.source_tokenizer:
            self.target_tokenizer.save(run.target_tokenizer)

    def _first_epoch(self, parts: Sequence[Sequence[Pair]]) -> list[Pair]:
        """Returns a sample of the augmented pairs of the first epoch, language by language."""
        training = self.recipe.training
        characters = self.recipe.tokenizer.sample_characters // len(parts)
        counts = counts_of([len(part) for part in parts], training.language_temperature)
        found: list[Pair] = []
        for index, (part, count) in enumerate(zip(parts, counts, strict=True)):
            if count != len(part):
                part = select(part, positions_of(len(part), count, 0, (training.seed, index)))
            sample = sample_examples(part, characters)
            found += self._augmenter(sample, training.seed).examples(0)
        return found

    def _prepare_shared(self, pairs: Sequence[Pair], languages: Sequence[str]) -> None:
        """Makes one tokenizer for both sides."""
        recipe = self.recipe
        texts = [pair.source for pair in pairs] + [pair.target for pair in pairs]
        starts = warm_starts(recipe)
        encoder, decoder = starts.get("init_encoder_from"), starts.get("init_decoder_from")
        key = "init_decoder_from" if decoder and not encoder else "init_encoder_from"
        may_lower = self.may_lower_vocabulary
        tokenizer = make_tokenizer(recipe, texts, key=key, may_lower=may_lower, languages=languages)
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
            **self.recipe.model.model_dump(exclude=STARTS),
        )
        self.model.build({"source": (None, None), "target_in": (None, None)})

    def load_training_data(self, corpora: Mapping[str, Corpus[Pair]]) -> None:
        """Encodes the pairs of at most `data.max_length` tokens and plans their batches."""
        recipe, max_length = self.recipe, self.recipe.data.max_length
        new = self._epochs_of(corpora["train"].examples)
        self.epochs: AugmentedPairs | LanguageEpochs | MixedEpochs = new
        if isinstance(new, LanguageEpochs):
            logger.info("pairs of an epoch by language: %s", new)
        if old := self.mixed_text:
            share, seed = recipe.data.mix_in_share, recipe.training.seed
            self.epochs = MixedEpochs(new, self._epochs_of(old, noun="old"), share, seed)
        lengths = self.epochs.planning_lengths()
        self.buckets = plan_buckets(
            lengths[lengths.max(axis=1) <= max_length],
            batch_tokens=recipe.training.batch_tokens,
            num_buckets=recipe.training.num_buckets,
        )
        self.validation_pairs = corpora["validation"].examples
        for code, pairs in by_language(self.validation_pairs, self._target).items():
            tokenizer = bleu_tokenizer([pair.target for pair in pairs], code)
            if tokenizer != DEFAULT:
                logger.info("BLEU counts words with the tokenizer %s", tokenizer)

    @property
    def _target(self) -> str:
        """Code of the only target language; empty if there are several, or it is not known."""
        return self.recipe.data.language_of_targets

    def _epochs_of(
        self, examples: Sequence[Pair], *, noun: str = "training"
    ) -> AugmentedPairs | LanguageEpochs:
        """Encodes pairs; those of a model with tags by language."""
        tags, training = tags_of(self.source_tokenizer), self.recipe.training
        parts = {
            code: self._augmented(pairs, tags.get(code), noun=noun)
            for code, pairs in by_language(examples).items()
        }
        if tags:
            return LanguageEpochs(parts, training.language_temperature, training.seed)
        (only,) = parts.values()
        return only

    def _augmented(self, pairs: Sequence[Pair], tag: int | None, *, noun: str) -> AugmentedPairs:
        """Encodes the pairs of a language; drops those with too many tokens."""
        recipe, max_length = self.recipe, self.recipe.data.max_length
        encoder = PairEncoder(
            self.source_tokenizer,
            self.target_tokenizer,
            subword_regularization=recipe.tokenizer.subword_regularization,
            tag=tag,
        )
        encoded = encoder.encode_corpus(pairs)
        fits = np.flatnonzero(encoded.lengths.max(axis=1, initial=0) <= max_length)
        if not len(fits):
            raise WorkError(
                f"no {noun} pair has at most data.max_length = {max_length} tokens. "
                "Set data.max_length higher, or split the text into sentences."
            )
        if too_long := len(pairs) - len(fits):
            logger.warning(
                "dropped %s %s pairs with more than data.max_length = %s tokens",
                f"{too_long:,}",
                noun,
                max_length,
            )
            pairs, encoded = select(pairs, fits), encoded.select(fits)
        settings = recipe.data.model_dump() | recipe.tokenizer.model_dump()
        return AugmentedPairs(
            pairs, encoded, encoder, self._augmenter, recipe.training.seed, settings
        )

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

    def forward(self, inputs: Any, state: CarriedState) -> tuple[Any, CarriedState]:
        """Returns logits, or the parts of a pointer's distribution, and the state."""
        if self.recipe.model.pointer:
            return self.model.pointer_outputs(inputs, training=True), state
        return super().forward(inputs, state)

    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Returns the sum of the smoothed cross-entropies, with a pointer also of its coverage."""
        training = self.recipe.training
        smoothing, coverage = training.label_smoothing, training.coverage_loss
        if isinstance(outputs, PointerOutputs):
            losses = pointer_cross_entropy(outputs, targets, smoothing=smoothing)
            if coverage:
                losses += coverage * coverage_loss(outputs.weights, targets)
            return tf.reduce_sum(losses)
        return tf.reduce_sum(cross_entropy(outputs, targets, smoothing=smoothing))

    @cached_property
    def _validation(self) -> TranslationScorer:
        predictor = self._predictor if self._validates_with_beam else self.predictor(beam_size=1)
        return TranslationScorer(predictor, self.recipe, self.validation_pairs, self.workers)

    @property
    def _validates_with_beam(self) -> bool:
        return self.recipe.training.monitor == "beam_bleu"

    def validate(self) -> dict[str, float]:
        """Returns the loss on the validation pairs, and the scores of their translations.

        These are BLEU, chrF and those of `data.kind`. Translations are greedy; with `monitor =
        "beam_bleu"` they are those of the recipe's beam. With several target languages, scores are
        means of those of the languages.
        """
        scores = self._validation.score()
        search = "beam" if self._validates_with_beam else "greedy"
        names = ("bleu", "chrf", *SCORES_OF_KIND[self.recipe.data.kind])
        found = {"loss": scores["loss"]}
        for code, of_language in [("", scores), *scores.get("languages", {}).items()]:
            end = f"_{code}" if code else ""
            found |= {f"{search}_{name}{end}": of_language[name] for name in names}
        return found

    def score(self, examples: Sequence[Pair]) -> dict[str, Any]:
        """Returns BLEU and chrF of the recipe's beam search, loss and perplexity."""
        scorer = TranslationScorer(self._predictor, self.recipe, examples, self.workers)
        return scorer.score(with_errors=True)

    def score_before(self, examples: Sequence[Pair]) -> dict[str, Any]:
        """Returns the scores of the finished model; of several languages see `start_scores`."""
        if self.finished is None or not self.recipe.data.has_several_languages:
            return self.score(examples)
        return start_scores(self.finished, self.recipe, examples)

    @cached_property
    def _predictor(self) -> TextTranslator:
        """The predictor of all scores; its beam search is compiled once."""
        return self.predictor()

    @property
    def compared_score(self) -> str:
        """The last score of `data.kind`. Of translations BLEU; or, if the loss is monitored, chrF.

        chrF also scores sentences below four words.
        """
        if names := SCORES_OF_KIND[self.recipe.data.kind]:
            return names[-1]
        return "chrf" if self.recipe.training.monitor == "loss" else "bleu"

    def baselines(
        self, train: Sequence[Pair], splits: Mapping[str, Sequence[Pair]]
    ) -> dict[str, dict[str, dict[str, float]]]:
        """Scores the outputs of `baseline_scores`, of a kind those of `translation_baselines`."""
        if self.recipe.data.kind != "translation":
            return translation_baselines(self.recipe.data, train, splits)
        return {
            split: baseline_scores(train, pairs, self._target) for split, pairs in splits.items()
        }

    def predictor(
        self,
        beam_size: int | None = None,
        *,
        keeps_markup: bool | None = None,
        **decoding_keys: Any,
    ) -> TextTranslator:
        """Returns the predictor, with the recipe's beam size, markup and [decoding] by default."""
        if beam_size is not None:
            decoding_keys["beam_size"] = beam_size
        decoding = self.recipe.decoding.model_copy(update=decoding_keys)
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
            keeps_markup=self.recipe.data.markup == "keep"
            if keeps_markup is None
            else keeps_markup,
        )

    def data_stats(self, corpus: Corpus[Pair]) -> dict[str, Any]:
        """Returns the numbers of a split, also those of each target language."""
        stats = super().data_stats(corpus)
        if not self.recipe.data.has_several_languages:
            return stats
        parts = by_language(corpus.examples)
        return {**stats, "languages": {code: len(pairs) for code, pairs in parts.items()}}
