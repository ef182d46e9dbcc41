"""The section `[export]`: how much room a `.tflite` has, whose shapes are fixed when it is made."""

from pydantic import Field

from nlp_apps.recipe.section import Section

CHARACTERS = (
    "Characters of a text that a `.tflite` cuts into tokens at once; the host cuts longer texts "
    "between words. Room costs memory, not time."
)


class TranslationExport(Section):
    """Room for translations."""

    max_characters: int = Field(default=512, ge=16, le=3000, description=CHARACTERS)
    max_tokens: int = Field(
        default=128,
        ge=16,
        le=1024,
        description="Tokens of a sentence, and of its translation, that a `.tflite` has room for.",
    )


class SentimentExport(Section):
    """Room for texts to be judged."""

    max_characters: int = Field(default=2048, ge=16, le=3000, description=CHARACTERS)
    max_tokens: int = Field(
        default=512,
        ge=8,
        le=8192,
        description="Tokens of a text that a `.tflite` has room for, at least as many as the model "
        "reads at once; of longer texts the host gives head and tail.",
    )


class GenerationExport(Section):
    """Room for text that is read and written."""

    max_characters: int = Field(default=512, ge=16, le=3000, description=CHARACTERS)
    max_tokens: int = Field(
        default=128,
        ge=16,
        le=1024,
        description="Tokens that a `.tflite` reads at once; longer texts in several such parts.",
    )
