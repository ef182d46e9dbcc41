"""The section `[export]`: the static shapes of a `.tflite`."""

from pydantic import Field

from nlp_apps.recipe.section import Section

MAX_CHARACTERS = "Characters that one call of a `.tflite` tokenizes. More need memory, not time."


class TranslationExport(Section):
    """Shapes of a translator."""

    max_characters: int = Field(default=512, ge=16, le=3000, description=MAX_CHARACTERS)
    max_tokens: int = Field(
        default=128,
        ge=16,
        le=1024,
        description="Maximum number of tokens of a sentence, and of its translation.",
    )


class SentimentExport(Section):
    """Shapes of a classifier."""

    max_characters: int = Field(default=2048, ge=16, le=3000, description=MAX_CHARACTERS)
    max_tokens: int = Field(
        default=512,
        ge=8,
        le=8192,
        description="Maximum number of tokens of a text, at least those that the model reads.",
    )


class GenerationExport(Section):
    """Shapes of a language model."""

    max_characters: int = Field(default=512, ge=16, le=3000, description=MAX_CHARACTERS)
    max_tokens: int = Field(
        default=128,
        ge=16,
        le=1024,
        description="Tokens that one call reads; longer texts need several calls.",
    )
