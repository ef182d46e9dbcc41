"""The keys of a classifier that reads letters: `model.cell = "conv_lstm"`."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from nlp_apps.blocks.cells.cell_sizes import LETTER_CELL, ClassifierCellName
from nlp_apps.recipe.section import Section

NUM_LETTERS, KERNEL_SIZE = 10, 5
"""Defaults of the keys."""

CELL = (
    "Recurrent cell: see docs/cells.md; `conv_lstm` reads letters: docs/letters.md. cuDNN has "
    "`lstm` and `gru`."
)


class LetterKeys(Section):
    """Keys of [model] for the grid of letters."""

    cell: ClassifierCellName = Field(default="lstm", description=CELL)
    num_letters: int = Field(
        default=NUM_LETTERS,
        ge=2,
        le=64,
        description="Letters of a row of `conv_lstm`, the space included. A longer word continues "
        "in the next row.",
    )
    kernel_size: int = Field(
        default=KERNEL_SIZE,
        ge=1,
        le=11,
        description="Letters that `conv_lstm` reads at once; odd.",
    )

    @field_validator("kernel_size")
    @classmethod
    def _kernel_size_is_odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("must be odd")
        return value


def with_letter_defaults(content: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a recipe's content with the tokenizer and the training that letters need.

    The number of words differs from batch to batch, and XLA needs static shapes.
    """
    content = dict(content)
    model = content.get("model")
    if not isinstance(model, dict) or model.get("cell") != LETTER_CELL:
        return content
    for section, key, value in (
        ("tokenizer", "kind", "characters"),
        ("training", "jit_compile", False),
    ):
        keys = content.get(section, {})
        if isinstance(keys, dict):
            content[section] = {key: value, **keys}
    return content


def check_letters(recipe: Any) -> None:
    """Checks the keys that depend on `model.cell`.

    Raises:
        ValueError: a key does not fit.
    """
    model = recipe.model
    if model.cell != LETTER_CELL:
        for key, default in (("num_letters", NUM_LETTERS), ("kernel_size", KERNEL_SIZE)):
            if getattr(model, key) != default:
                raise ValueError(
                    f'model.{key} needs model.cell = "{LETTER_CELL}", received '
                    f"{getattr(model, key)}"
                )
        return
    if recipe.tokenizer.kind != "characters":
        raise ValueError(
            f"tokenizer.kind must be 'characters' with model.cell '{LETTER_CELL}', which reads "
            f"letters, received {recipe.tokenizer.kind!r}"
        )
    if recipe.training.jit_compile:
        raise ValueError(
            f"training.jit_compile must be false with model.cell '{LETTER_CELL}': the number of "
            "words differs from batch to batch, received true"
        )
    if model.init_encoder_from not in ("", "none"):
        raise ValueError(
            f"model.init_encoder_from must be empty with model.cell '{LETTER_CELL}': pretrained "
            f"encoders read subwords, received {model.init_encoder_from!r}"
        )
