"""The section `[decoding]`: search and sampling."""

from typing import Literal

from pydantic import Field, field_validator

from nlp_apps.decoding.sampling_config import COUNT_RANGE, RANGES
from nlp_apps.recipe.section import Section, in_range
from nlp_apps.text.protected_spans import DEFAULT_KINDS, Kind

MIN_LENGTH = 8
"""Smallest `max_length` of a text to classify, as for `data.max_length`."""

NO_REPEAT = "Forbids a second n-gram of this many tokens. 0: off."


class TranslationDecoding(Section):
    """Beam search."""

    beam_size: int = Field(
        default=5,
        ge=1,
        le=64,
        description="Number of hypotheses. 1: greedy. Above 5 to 8 the score no longer rises.",
    )
    length_penalty: float = Field(
        default=0.6,
        ge=0.0,
        le=5.0,
        description="Alpha of Wu et al. 2016, eq. 14. 0 favours short translations.",
    )
    coverage_penalty: float = Field(
        default=0.0,
        ge=0.0,
        le=5.0,
        description="Beta of Wu et al. 2016, eq. 14: penalizes source words without attention. "
        "Helps long sentences.",
    )
    no_repeat_ngram_size: int = Field(
        default=0, **in_range(RANGES["no_repeat_ngram_size"]), description=NO_REPEAT
    )
    max_length: int = Field(
        default=100, ge=1, le=10_000, description="Maximum number of tokens of a translation."
    )
    batch_size: int = Field(
        default=64, ge=1, le=65_536, description="Sentences per batch: speed against memory."
    )
    split_sentences: bool = Field(
        default=False,
        description="Splits a text into sentences, translates each, and joins the translations.",
    )
    protect: list[Kind] = Field(
        default=list(DEFAULT_KINDS),
        description="Spans that a translation contains unchanged, such as "
        "`<keep>...</keep>` and `{name}`.",
    )


class SentimentDecoding(Section):
    """Prediction of labels."""

    beam_size: Literal[1] = Field(default=1, description="Must be 1: a label needs no search.")
    max_length: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description=f"Tokens of a text to classify, at least {MIN_LENGTH}. 0: `data.max_length`.",
    )
    batch_size: int = Field(
        default=64, ge=1, le=65_536, description="Texts per batch: speed against memory."
    )

    @field_validator("max_length")
    @classmethod
    def _is_long_enough(cls, max_length: int) -> int:
        if 0 < max_length < MIN_LENGTH:
            raise ValueError(f"must be 0 or at least {MIN_LENGTH}")
        return max_length


class GenerationDecoding(Section):
    """Sampling of text; flags of the command line replace these values."""

    beam_size: int = Field(
        default=1,
        ge=1,
        le=64,
        description="1: samples. Above 1: searches for the most probable text, which is duller.",
    )
    temperature: float = Field(
        default=0.8,
        **in_range(RANGES["temperature"]),
        description="Divides the logits. Below 1: more predictable text; above 1: more varied.",
    )
    top_k: int = Field(
        default=0,
        **in_range(RANGES["top_k"]),
        description="Samples from this many most probable tokens (Fan et al. 2018). 0: from all.",
    )
    top_p: float = Field(
        default=0.95,
        **in_range(RANGES["top_p"]),
        description="Samples from the most probable tokens up to this total probability (Holtzman "
        "et al. 2020). 1: all.",
    )
    repetition_penalty: float = Field(
        default=1.0,
        **in_range(RANGES["repetition_penalty"]),
        description="Makes tokens of the text less probable (Keskar et al. 2019, sec. 4.1). 1: "
        "off.",
    )
    no_repeat_ngram_size: int = Field(
        default=0, **in_range(RANGES["no_repeat_ngram_size"]), description=NO_REPEAT
    )
    max_tokens: int = Field(
        default=200, **in_range(COUNT_RANGE), description="Maximum number of tokens of a text."
    )
    cache_size: int = Field(
        default=500,
        ge=1,
        le=10_000,
        description="Tokens of the neural cache (Grave et al. 2017), with which a keyboard learns "
        "from its user's text.",
    )
    cache_weight: float = Field(
        default=0.2,
        ge=0.0,
        le=0.99,
        description="Probability of the neural cache in its mixture with the model. 0: off.",
    )
    cache_sharpness: float = Field(
        default=0.8,
        ge=0.0,
        le=100.0,
        description="Factor of the similarity of two states in the neural cache. 0: all cached "
        "tokens are equal.",
    )
    batch_size: int = Field(
        default=64, ge=1, le=65_536, description="Texts per batch: speed against memory."
    )
