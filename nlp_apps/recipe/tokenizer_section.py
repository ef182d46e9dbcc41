"""The section `[tokenizer]`: text to token ids."""

from typing import Literal, Self

from pydantic import Field, model_validator

from nlp_apps.recipe.section import Section
from nlp_apps.text.special_ids import MIN_SUBWORD_VOCABULARY, MIN_VOCABULARY, SAMPLE_CHARACTERS


class Tokenizer(Section):
    """A tokenizer."""

    kind: Literal["sentencepiece", "characters", "words"] = Field(
        default="sentencepiece",
        description="Token: a subword with byte fallback, a character, or a word between spaces.",
    )
    vocabulary_size: int = Field(
        default=4000,
        le=256_000,
        description=f"Number of token ids, at least {MIN_VOCABULARY}, and "
        f"{MIN_SUBWORD_VOCABULARY} with `sentencepiece`.",
    )
    character_coverage: float = Field(
        default=1.0,
        ge=0.9,
        le=1.0,
        description="Share of characters with an id of their own; others are bytes. Chinese, "
        "Japanese: 0.9995.",
    )
    sample_characters: int = Field(
        default=SAMPLE_CHARACTERS,
        ge=10_000,
        le=1_000_000_000,
        description="Characters of the random sample of the text from which subwords are learned.",
    )

    @model_validator(mode="after")
    def _vocabulary_holds_the_reserved_ids(self) -> Self:
        smallest, parts = MIN_VOCABULARY, "256 bytes, 4 special ids, a token"
        if self.kind == "sentencepiece":
            smallest, parts = MIN_SUBWORD_VOCABULARY, "256 bytes, 4 special ids, letters"
        if self.vocabulary_size < smallest:
            raise ValueError(
                f"tokenizer.vocabulary_size must be at least {smallest} with kind {self.kind!r} "
                f"({parts}), received {self.vocabulary_size}"
            )
        return self


class EncoderTokenizer(Tokenizer):
    """A tokenizer of text that is encoded, not generated."""

    subword_regularization: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Alpha of random segmentations in training (Kudo 2018). 0: off; 0.1 to 0.3 "
        "helps small corpora.",
    )

    @model_validator(mode="after")
    def _only_subwords_are_sampled(self) -> Self:
        if self.kind != "sentencepiece" and self.subword_regularization > 0:
            raise ValueError(
                f"tokenizer.subword_regularization must be 0 with kind {self.kind!r}: a text has "
                f"only one segmentation into {self.kind}, received {self.subword_regularization}"
            )
        return self


class SentimentTokenizer(EncoderTokenizer):
    """The tokenizer of a classifier."""

    lowercase: bool = Field(
        default=False,
        description="Lowercases texts, in training and in prediction: `GREAT` is read as `great`. "
        "Helps small corpora.",
    )


class TranslationTokenizer(EncoderTokenizer):
    """The tokenizers of source and target."""

    shared_vocabulary: bool = Field(
        default=True,
        description="One vocabulary for source and target. Set false for different scripts.",
    )
