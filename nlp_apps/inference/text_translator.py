"""The predictor of a translator: texts in, translations out.

Letters in shapes: B batch, K beams, S source length, T target length.
"""

import copy
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.constraints import Constraints
from nlp_apps.decoding.search import Hypotheses, beam_search, greedy_search
from nlp_apps.inference.constrained_translator import ConstrainedTranslator
from nlp_apps.io import stages
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.decoding_section import TranslationDecoding
from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.results import Translation, with_warnings
from nlp_apps.text.constrained_text import Preparation, choose_substitute
from nlp_apps.text.glossary import AnyGlossary, Glossary, to_glossary
from nlp_apps.text.joined_translation import Hypothesis, SentenceTranslation, join_translations
from nlp_apps.text.normalize import normalize_input, sentence_case
from nlp_apps.text.sentences import Rule, SentenceSplitter
from nlp_apps.text.special_ids import BOS, EOS, PAD
from nlp_apps.text.target_choice import Into, Tag, TargetChoice
from nlp_apps.text.target_tags import tags_of
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.text.translated_markup import translate_markup

_Sentence = TypeVar("_Sentence")

CHUNK = 4096
"""Texts read ahead, to be sorted by length: enough for little padding, and few enough that
translations appear early."""


class Alignment(NamedTuple):
    """Attention between a text and its translation.

    Attributes:
        source_ids: <int32>[S], tokens of the text, EOS included.
        target_ids: <int32>[T], tokens of its translation, EOS included.
        weights: <float>[T, S], attention weights; rows sum to 1; the mean of several heads.
        score: log probability per token, in nats.
    """

    source_ids: np.ndarray
    target_ids: np.ndarray
    weights: np.ndarray
    score: float


class EncoderDecoder(Protocol):
    """A translator for `search`."""

    def encode(self, source: tf.Tensor) -> Any:
        """Encodes sentences: see `Translator.encode`."""

    def step_function(self) -> Any:
        """Returns the function of a step: see `Translator.step_function`."""


def search(
    model: EncoderDecoder,
    source: tf.Tensor,
    settings: TranslationDecoding,
    *,
    static_length: int | None = None,
    constraints: Constraints | None = None,
    continues_word: np.ndarray | None = None,
) -> Hypotheses:
    """Translates token ids with the settings of a recipe's [decoding].

    Args:
        model: the translator.
        source: <int32>[B, S], each row ending in EOS and padded on the right with 0.
        settings: beam size, penalties and lengths; a beam of 1 is greedy search.
        static_length: T, if the graph needs a static shape.
        constraints: see `beam_search`; their tokens lengthen a translation.
        continues_word: see `beam_search`.

    Returns:
        `Hypotheses`, best first; K is the beam size.
    """
    prepared, state = model.encode(source)
    lengths = tf.math.count_nonzero(source, axis=1, dtype=tf.int32)
    # A translation longer than this repeats itself. Each sentence has its own limit, so that its
    # translation is independent of the batch.
    limits = tf.minimum(settings.max_length, 2 * lengths + 10)
    if constraints:
        limits += tf.reduce_sum(constraints.lengths, axis=1)
    common = {
        "batch_size": source.shape[0] or tf.shape(source)[0],
        "max_length": limits,
        "bos_id": BOS,
        "eos_id": EOS,
        "no_repeat_ngram_size": settings.no_repeat_ngram_size,
        "memory": prepared,
        "static_length": static_length,
    }
    step = model.step_function()
    if settings.beam_size == 1 and not constraints:
        return greedy_search(step, state, **common)
    return beam_search(
        step,
        state,
        beam_size=settings.beam_size,
        length_alpha=settings.length_penalty,
        coverage_beta=settings.coverage_penalty,
        memory_mask=prepared.padding_mask,
        constraints=constraints,
        continues_word=continues_word,
        **common,
    )


class TextTranslator:
    """Translates texts.

    Args:
        model: the translator.
        source_tokenizer, target_tokenizer: may be the same object.
        decoding: the recipe's [decoding].
        recipe: the recipe, for users of the predictor.
        sentence_rules: see `text.sentences`; a text is split by them, and the translations of its
            sentences are joined. Empty: a text is translated as a whole.
        sentence_case: reads a sentence in capitals as `text.normalize.sentence_case` writes it.
        keeps_markup: puts tags around the words of a translation; needs attention.

    Attributes:
        keeps_markup: whether tags are kept.
        targets: the target languages, those whose tags the source tokenizer has.
    """

    def __init__(
        self,
        model: Translator,
        source_tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        decoding: TranslationDecoding,
        *,
        recipe: TranslationRecipe | None = None,
        sentence_rules: Sequence[Rule] = (),
        sentence_case: bool = False,
        keeps_markup: bool = False,
    ):
        self.model = model
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.decoding = decoding
        self.recipe = recipe
        self.sentence_rules = sentence_rules
        self.sentence_case = sentence_case
        self.keeps_markup = keeps_markup and model.decoder.attention is not None
        self.targets = TargetChoice(
            tags_of(source_tokenizer), recipe.data.language_of_targets if recipe else ""
        )
        self._splitter = SentenceSplitter(sentence_rules)
        self.substitute = choose_substitute(
            source_tokenizer.vocabulary, target_tokenizer.vocabulary
        )
        self._preparation = Preparation(
            decoding.protect,
            self.substitute,
            self._splitter,
            has_sentence_case=sentence_case,
        )
        self.constrained = ConstrainedTranslator(
            *(search, model, source_tokenizer, target_tokenizer, decoding, self.max_length)
        )
        self._search = tf.function(
            lambda source: search(model, source, decoding),
            autograph=False,
            input_signature=[tf.TensorSpec((None, None), tf.int32)],
        )

    def variant(self, protect: Sequence[str]) -> "TextTranslator":
        """Returns a predictor that reads tags as text, and shares the traced searches.

        Args:
            protect: kinds of spans that it copies.
        """
        other = copy.copy(self)
        other.keeps_markup = False
        other.decoding = self.decoding.model_copy(update={"protect": protect})
        other._preparation = Preparation(
            protect, self.substitute, self._splitter, has_sentence_case=self.sentence_case
        )
        return other

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the source."""
        return self.source_tokenizer

    @property
    def max_length(self) -> int | None:
        """Tokens of the longest training pair, EOS included; None without a recipe."""
        return self.recipe.data.max_length if self.recipe else None

    def predict(
        self, texts: Iterable[str], to: Into = None, glossary: AnyGlossary = None
    ) -> list[Translation]:
        """Translates texts, in order; see `translate`."""
        return with_warnings("translation", self.translate(texts, to, glossary))

    def translate(
        self, texts: Iterable[str], to: Into = None, glossary: AnyGlossary = None
    ) -> Iterator[Translation]:
        """Translates any number of texts, in order; reads up to `CHUNK` texts ahead.

        Args:
            texts: the texts.
            to: the target language: one code, or one for each text; None for the only language.
            glossary: terms and their translations, or the path of a glossary file.

        Raises:
            UsageError: the model does not translate into the language, or has several.
        """
        pairs, terms = self.targets.pairs(texts, to), to_glossary(glossary)
        while chunk := list(islice(pairs, CHUNK)):
            yield from self._translate_texts(
                [text for text, _ in chunk], [self.targets.tag(code) for _, code in chunk], terms
            )

    def _translate_texts(
        self, texts: Sequence[str], tags: Sequence[Tag], glossary: Glossary | None
    ) -> Iterator[Translation]:
        """Translates texts, in order; `tags` are those of each."""
        markup = [
            self._translate_markup(text, tag, glossary)
            for text, tag in zip(texts, tags, strict=True)
        ]
        prepared = [
            None if done else self._preparation.find(text, glossary)
            for text, done in zip(texts, markup, strict=True)
        ]
        sentences = [
            () if done or found else self._splitter.split(normalize_input(text))
            for text, done, found in zip(texts, markup, prepared, strict=True)
        ]
        plain = iter(self._translate_chunk(*_with_tags(sentences, tags)))
        constrained = iter(
            self.constrained.translate(*_with_tags([found or () for found in prepared], tags))
        )
        for done, text, found in zip(markup, sentences, prepared, strict=True):
            results = islice(constrained, len(found)) if found else islice(plain, len(text))
            yield done or join_translations(list(results))

    def _translate_markup(
        self, text: str, tag: Tag, glossary: Glossary | None
    ) -> Translation | None:
        """Translates a text with markup; None if it has none."""
        found = self._preparation.find_markup(text) if self.keeps_markup else None
        if found is None:
            return None
        without, root, spans = found
        sentences = self._preparation.split_marked(without, spans, glossary)
        aligned = [self.constrained.align(sentence, tag) for sentence in sentences]
        return translate_markup(without, root, sentences, aligned)

    def _translate_chunk(
        self, texts: Sequence[str], tags: Sequence[Tag]
    ) -> list[SentenceTranslation]:
        sources = [[*tag, *ids, EOS] for tag, ids in zip(tags, self._encode(texts), strict=True)]
        order = np.argsort([len(source) for source in sources], kind="stable")[::-1]
        translations: dict[int, SentenceTranslation] = {}
        size = self.decoding.batch_size
        for start in range(0, len(order), size):
            members = order[start : start + size]
            length = max(len(sources[member]) for member in members)
            batch = np.full((len(members), length), PAD, np.int32)
            for row, member in enumerate(members):
                batch[row, : len(sources[member])] = sources[member]
            found = Hypotheses(*(value.numpy() for value in self._search(batch)))
            for row, member in enumerate(members):
                too_long = self.max_length is not None and len(sources[member]) > self.max_length
                hypotheses = self._decode(found, row)
                translations[int(member)] = SentenceTranslation(hypotheses, too_long)
            stages.report_part(start + len(members), len(order))
        return [translations[index] for index in range(len(texts))]

    def _encode(self, sentences: Sequence[str]) -> list[list[int]]:
        if self.sentence_case:
            sentences = list(map(sentence_case, sentences))
        return self.source_tokenizer.encode(sentences)

    def align(self, text: str, to: str | None = None) -> Alignment:
        """Translates a text, as one sentence, and returns the attention of each step.

        Args:
            text: the text.
            to: the target language; None for the only one.

        Raises:
            ValueError: the model has no attention.
            UsageError: as `translate`.
        """
        if self.model.decoder.attention is None:
            raise ValueError("this translator has no attention")
        (token_ids,) = self._encode([normalize_input(text)])
        tag = self.targets.tag(self.targets.code(to))
        source = np.array([[*tag, *token_ids, EOS]], np.int32)
        found = Hypotheses(*(value.numpy() for value in self._search(source)))
        length = int(found.lengths[0, 0])
        target = found.token_ids[0, 0, :length]
        target_in = tf.constant([[BOS, *target[:-1]]], tf.int32)
        weights = self.model.attention_weights(tf.constant(source), target_in)[0].numpy()
        score = float(found.log_probabilities[0, 0]) / max(length, 1)
        return Alignment(source[0], target, weights, score)

    def _decode(self, found: Hypotheses, row: int) -> list[Hypothesis]:
        texts = self.target_tokenizer.decode(found.token_ids[row])
        per_token = found.log_probabilities[row] / np.maximum(found.lengths[row], 1)
        return [
            Hypothesis(text, float(score), int(length))
            for text, score, length in zip(texts, per_token, found.lengths[row], strict=True)
            if length  # a short translation may have fewer alternatives than beams
        ]


def _with_tags(
    sentences: Sequence[Sequence[_Sentence]], tags: Sequence[Tag]
) -> tuple[list[_Sentence], list[Tag]]:
    """Joins the sentences of all texts, and repeats the tag of a text for each of its sentences."""
    tags_of_sentences = [tag for tag, text in zip(tags, sentences, strict=True) for _ in text]
    return [one for text in sentences for one in text], tags_of_sentences
