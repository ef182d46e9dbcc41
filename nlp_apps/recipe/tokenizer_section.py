"""The section `[tokenizer]`: how text becomes token ids."""

from typing import Literal, Self

from pydantic import Field, model_validator

from nlp_apps.recipe.section import Section

# 256 single bytes, 4 special ids, and one piece of the text itself.
SMALLEST_VOCABULARY = 261

# With a few pieces more, which subwords need.
SMALLEST_SENTENCEPIECE_VOCABULARY = 300


class Tokenizer(Section):
    """How text becomes token ids."""

    kind: Literal["sentencepiece", "characters", "words"] = Field(
        default="sentencepiece",
        description="`sentencepiece`: unigram subwords with byte fallback, so that no text is "
        "unknown. `characters`: one token a character. `words`: one token a word between blanks, "
        "for text that was tokenised before; other words are spelt in bytes.",
    )
    vocabulary_size: int = Field(
        default=4000,
        le=256_000,
        description="Pieces. 4,000 to 10,000 scored best on corpora of tens of thousands of "
        f"lines; at least {SMALLEST_VOCABULARY} (256 bytes, 4 special ids, a piece), and "
        f"{SMALLEST_SENTENCEPIECE_VOCABULARY} with `sentencepiece`, which needs letters.",
    )
    character_coverage: float = Field(
        default=1.0,
        ge=0.9,
        le=1.0,
        description="Share of the text's characters that get a piece of their own; the others are "
        "spelt in bytes. 0.9995 suits Chinese and Japanese.",
    )

    @model_validator(mode="after")
    def _room_for_bytes(self) -> Self:
        smallest, needs = SMALLEST_VOCABULARY, "256 bytes, 4 special ids, a piece"
        if self.kind == "sentencepiece":
            smallest, needs = SMALLEST_SENTENCEPIECE_VOCABULARY, "256 bytes, special ids, letters"
        if self.vocabulary_size < smallest:
            raise ValueError(
                f"tokenizer.vocabulary_size must be at least {smallest} with kind {self.kind!r} "
                f"({needs}), received {self.vocabulary_size}"
            )
        return self


class SampledTokenizer(Tokenizer):
    """How text that is only read becomes token ids."""

    subword_regularization: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Subword regularisation (Kudo 2018): alpha of the sampled segmentations in "
        "training; 0 turns it off, 0.1 to 0.3 helps small corpora.",
    )

    @model_validator(mode="after")
    def _only_subwords_are_sampled(self) -> Self:
        if self.kind != "sentencepiece" and self.subword_regularization > 0:
            raise ValueError(
                f"tokenizer.subword_regularization must be 0 with kind {self.kind!r}: a text has "
                f"only one segmentation into {self.kind}, received {self.subword_regularization}"
            )
        return self


class TranslationTokenizer(SampledTokenizer):
    """How source and target become token ids."""

    shared_vocabulary: bool = Field(
        default=True,
        description="One vocabulary for source and target: names and numbers are copied more "
        "easily. Choose false for languages with different scripts.",
    )
