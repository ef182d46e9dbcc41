"""Keys of `[data]` for augmentation: random changes of the training text."""

from typing import Any

from pydantic import Field

from nlp_apps.recipe.section import Section


def rate(description: str) -> Any:
    """Returns a key that is a probability, 0 by default."""
    return Field(default=0.0, ge=0.0, le=1.0, description=description)


class TextAugmentation(Section):
    """Changes of one text; its label or translation fits before and after."""

    augment_case: float = rate(
        "Share of training texts in capitals, in lower case or with a lower-case first letter; see "
        "`sentence_case`."
    )
    augment_punctuation: float = rate("Share of training texts without the final `.`, `!` or `?`.")
    augment_quotes: float = rate(
        "Share of training texts with typographic quotes (`don’t`) or no apostrophe (`dont`)."
    )
    augment_accents: float = rate("Share of training texts without accents (`ou` for `où`).")


class PairAugmentation(TextAugmentation):
    """Changes of both sides of a sentence pair."""

    augment_numbers: float = rate(
        "Share of pairs with the same number on both sides that get another one, in digits."
    )
    augment_names: float = rate(
        "Share of pairs with the same name on both sides that get another one."
    )
    join_sentences: float = rate("Share of short pairs that a second pair is appended to.")
