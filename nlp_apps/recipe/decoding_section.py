"""The section `[decoding]`: how an answer is searched for, or drawn."""

from typing import Literal

from pydantic import Field, field_validator

from nlp_apps.recipe.section import Section

SHORTEST_TEXT = 8
"""Tokens of a text that are read at once, at least; as for `data.max_length`."""


class TranslationDecoding(Section):
    """How a translation is searched for."""

    beam_size: int = Field(
        default=5,
        ge=1,
        le=64,
        description="Hypotheses kept. 1 is greedy; beyond 5 to 8 the score no longer rises.",
    )
    length_penalty: float = Field(
        default=0.6,
        ge=0.0,
        le=5.0,
        description="Alpha of Wu et al. 2016, eq. 14; 0 favours short answers.",
    )
    coverage_penalty: float = Field(
        default=0.0,
        ge=0.0,
        le=5.0,
        description="Beta of Wu et al. 2016, eq. 14: punishes source words that nobody looked at. "
        "Helps long sentences, not short ones.",
    )
    no_repeat_ngram_size: int = Field(
        default=0,
        ge=0,
        le=20,
        description="An n-gram of this many tokens may not occur twice; 0 turns it off, because "
        "good sentences do repeat.",
    )
    max_length: int = Field(
        default=100, ge=1, le=10_000, description="Tokens after which an answer is cut off."
    )
    batch_size: int = Field(
        default=64, ge=1, le=65_536, description="Sentences decoded together: speed against memory."
    )


class SentimentDecoding(Section):
    """How labels are given."""

    beam_size: Literal[1] = Field(
        default=1, description="Always 1: a label is not searched for, it is computed."
    )
    max_length: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="Tokens of a text that are read at once to judge it, at least "
        f"{SHORTEST_TEXT}; 0: `data.max_length`. More costs nothing in training, and whole texts "
        "are often judged better.",
    )
    batch_size: int = Field(
        default=64, ge=1, le=65_536, description="Texts read together: speed against memory."
    )

    @field_validator("max_length")
    @classmethod
    def _a_text_has_room(cls, max_length: int) -> int:
        if 0 < max_length < SHORTEST_TEXT:
            raise ValueError(f"must be 0 or at least {SHORTEST_TEXT}")
        return max_length


class GenerationDecoding(Section):
    """How text is drawn, where the command line does not say otherwise."""

    beam_size: int = Field(
        default=1,
        ge=1,
        le=64,
        description="1 draws each token by chance; more searches for the likeliest text instead, "
        "which is duller.",
    )
    temperature: float = Field(
        default=0.8,
        gt=0.0,
        le=10.0,
        description="Below 1 the likely tokens get likelier, above 1 the text gets wilder.",
    )
    top_k: int = Field(
        default=0,
        ge=0,
        le=256_000,
        description="Draw only among this many likeliest tokens (Fan et al. 2018); 0: all.",
    )
    top_p: float = Field(
        default=0.95,
        gt=0.0,
        le=1.0,
        description="Draw only among the likeliest tokens that make up this much probability "
        "(Holtzman et al. 2020); 1: all.",
    )
    repetition_penalty: float = Field(
        default=1.0,
        ge=1.0,
        le=10.0,
        description="Makes tokens that stand in the text already less likely (Keskar et al. 2019, "
        "section 4.1); 1 turns it off.",
    )
    no_repeat_ngram_size: int = Field(
        default=0,
        ge=0,
        le=20,
        description="An n-gram of this many tokens may not occur twice; 0 turns it off, because "
        "good sentences do repeat.",
    )
    max_tokens: int = Field(
        default=200, ge=1, le=1_000_000, description="Tokens after which the text is cut off."
    )
    batch_size: int = Field(
        default=64, ge=1, le=65_536, description="Texts written together: speed against memory."
    )
