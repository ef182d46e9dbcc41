"""The section `[model]`: the network."""

from typing import Any, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from nlp_apps.blocks.cells.cell_sizes import CELL_SIZES, LETTER_CELL, CellName
from nlp_apps.recipe.letter_keys import LetterKeys
from nlp_apps.recipe.section import Section

NO_START = "none"
"""Value of a key for random weights, where a start would be chosen otherwise."""

TIED = (
    "Uses the decoder's embedding as its output layer: fewer parameters, better on small corpora."
)
ENCODER_FROM = (
    "Initial weights: `english`, `en-fr`, `fr-en`, a language model, or `none`. Empty: one that "
    "fits."
)

FROM_RUN = "Finished model to fine-tune"


class Model(Section):
    """The network of every task: cells, widths, attention, regularization."""

    cell: CellName = Field(
        default="lstm",
        description="Recurrent cell: see docs/cells.md. `lstm` and `gru` run on cuDNN on a GPU.",
    )
    embedding_size: int = Field(
        default=192,
        ge=1,
        le=8192,
        description="Width of the embedding. 128 to 256 suits small corpora; more overfits.",
    )
    units: int = Field(
        default=256,
        ge=1,
        le=8192,
        description="Width of a layer's state. 256 to 512 suits tens of thousands of lines.",
    )
    num_layers: int = Field(
        default=2,
        ge=1,
        le=16,
        description="Recurrent layers. A third one costs half the time again for a small gain.",
    )
    bidirectional: bool = Field(
        default=True,
        description="The encoder reads the text in both directions; `units` must be even.",
    )
    residual: bool = Field(
        default=True,
        description="Adds the input of a layer to its output, from the second layer on.",
    )
    attention: Literal["dot", "general", "additive", "multi_head", "none"] = Field(
        default="dot",
        description="Attention of the decoder over the memory. `none`: only the bridge.",
    )
    num_heads: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Heads of `multi_head` attention; must divide `units`.",
    )
    dropout: float = Field(
        default=0.3,
        ge=0.0,
        le=0.95,
        description="Share of dropped units, one mask over time. 0.3 to 0.5 suits small corpora.",
    )
    word_dropout: float = Field(
        default=0.0,
        ge=0.0,
        le=0.95,
        description="Share of input tokens with a dropped embedding. 0.1 helps if a model "
        "overfits.",
    )
    layer_norm: bool = Field(
        default=False,
        description="Normalizes the input of each layer: helps many layers, slows two.",
    )
    weight_drop: float = Field(
        default=0.0,
        ge=0.0,
        le=0.95,
        description="Share of dropped recurrent weights (Merity et al. 2018), for language models "
        "that overfit.",
    )

    @field_validator("cell", mode="before")
    @classmethod
    def _only_classifiers_read_letters(cls, cell: Any) -> Any:
        if cell == LETTER_CELL and LETTER_CELL not in get_args(cls.model_fields["cell"].annotation):
            raise ValueError(
                f"must be a cell of docs/cells.md: {LETTER_CELL} is for the app sentiment only"
            )
        return cell

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        is_whole = getattr(self, "init_from", "") not in ("", NO_START)
        for key in ("init_encoder_from", "init_decoder_from"):
            start = getattr(self, key, "")
            if is_whole and start not in ("", NO_START):
                raise ValueError(
                    f"model.{key} must be empty with model.init_from, which starts the whole "
                    f"model, received {start!r}"
                )
        return self

    @model_validator(mode="after")
    def _weight_drop_has_weights(self) -> Self:
        size = CELL_SIZES.get(self.cell)  # None for letters, which have recurrent weights
        if self.weight_drop and size and not size.recurrent_matrices:
            raise ValueError(
                f"model.weight_drop must be 0 with model.cell {self.cell!r}, which has no "
                f"recurrent weights, received {self.weight_drop}"
            )
        return self

    @model_validator(mode="after")
    def _directions_divide_units(self) -> Self:
        if self.bidirectional and self.units % 2:
            raise ValueError(
                "model.units must be even with model.bidirectional, as each direction has half of "
                f"them, received {self.units}"
            )
        return self

    @model_validator(mode="after")
    def _heads_divide_units(self) -> Self:
        if self.attention == "multi_head" and self.units % self.num_heads:
            raise ValueError(
                f"model.num_heads must divide model.units ({self.units}) with attention "
                f"'multi_head', received {self.num_heads}"
            )
        return self


class TranslationModel(Model):
    """Encoder, bridge, decoder."""

    embedding_skip: bool = Field(
        default=False,
        description="Adds the embeddings, times a matrix, to the memory: attention reads words, "
        "too. For few pairs.",
    )
    tie_embeddings: bool = Field(default=True, description=TIED)
    share_embeddings: bool = Field(
        default=False,
        description="One embedding for encoder and decoder: a smaller file. Needs "
        "`shared_vocabulary`.",
    )
    pointer: bool = Field(
        default=False,
        description="Copies tokens of the source (See et al. 2017), such as names. Needs attention "
        "and `shared_vocabulary`.",
    )
    init_from: str = Field(
        default="",
        description=f"{FROM_RUN}: a run folder, `en-fr`, `fr-en` or the `.npz` of a translator.",
    )
    init_encoder_from: str = Field(default="", description=ENCODER_FROM)
    init_decoder_from: str = Field(
        default="",
        description="Likewise for the decoder: its embedding and the layer below the attention.",
    )


class SentimentModel(LetterKeys, Model):
    """Encoder, attention pooling, labels."""

    attention: Literal["dot", "general", "additive", "multi_head", "none"] = Field(
        default="additive",
        description="Attention of a learned query over the words. `none`: maximum over the words.",
    )
    ngrams: int = Field(
        default=0,
        ge=0,
        le=2**19,
        description="Rows of a table of n-grams whose logits are added to those of the LSTM; 0: "
        "none. 65536 to 262144 suits small corpora.",
    )
    init_from: str = Field(default="", description=f"{FROM_RUN}: a run folder.")
    init_encoder_from: str = Field(default="", description=ENCODER_FROM)

    @field_validator("ngrams")
    @classmethod
    def _enough_rows(cls, value: int) -> int:
        if 0 < value < 4:
            raise ValueError(f"model.ngrams must be 0 or at least 4, received {value}")
        return value


class GenerationModel(Model):
    """A decoder without attention: a language model."""

    bidirectional: bool = Field(
        default=False,
        description="Must be false: a language model sees only previous tokens.",
    )
    attention: Literal["none"] = Field(
        default="none", description="Must be `none`: there is no memory."
    )
    tie_embeddings: bool = Field(default=True, description=TIED)
    init_from: str = Field(
        default="",
        description=f"{FROM_RUN}: a run folder, or a recipe that is trained first.",
    )

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if self.bidirectional:
            raise ValueError(
                "model.bidirectional must be false: a language model sees only previous tokens, "
                "received true"
            )
        return self
