"""The section `[model]`: the network."""

from typing import Literal, Self

from pydantic import Field, model_validator

from nlp_apps.recipe.section import Section

START = (
    "Run folder of a language model (`nlp-apps generation train`) whose tokenizer, embedding and "
    "layers the training begins with; widths and cell must agree. Or its recipe, which is then "
    "trained first, into the run folder. Empty: random weights."
)


class Model(Section):
    """The network: cells, widths, attention, regularisation; the same for every task."""

    cell: Literal["lstm", "gru", "rnn", "peephole", "cifg"] = Field(
        default="lstm",
        description="Recurrent cell. `lstm` and `gru` are the fastest (cuDNN on a GPU); `peephole` "
        "and `cifg` are LSTM variants; `rnn` is the plain cell, for comparison.",
    )
    embedding_size: int = Field(
        default=192,
        ge=1,
        le=8192,
        description="Width of a token's vector. 128 to 256 pays on small corpora; larger overfits.",
    )
    units: int = Field(
        default=256,
        ge=1,
        le=8192,
        description="Width of a layer's state. 256 to 512 suits tens of thousands of lines on two "
        "cores.",
    )
    num_layers: int = Field(
        default=2,
        ge=1,
        le=16,
        description="Recurrent layers. A third layer costs half as much time again and gave little "
        "at this size.",
    )
    bidirectional: bool = Field(
        default=True,
        description="The encoder reads in both directions: each word sees what follows.",
    )
    residual: bool = Field(
        default=True,
        description="From the second layer on, a layer's input is added to its output: deeper "
        "stacks learn faster.",
    )
    attention: Literal["dot", "general", "additive", "multi_head", "none"] = Field(
        default="dot",
        description="How the decoder looks at the memory (Luong 2015: `dot`, `general`; Bahdanau "
        "2015: `additive`; Vaswani 2017: `multi_head`). `none` leaves only the bridge.",
    )
    num_heads: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Heads of `multi_head`; must divide `units`. The other kinds ignore it.",
    )
    dropout: float = Field(
        default=0.3,
        ge=0.0,
        le=0.95,
        description="Share of units dropped, one mask over time. 0.3 to 0.5 suits small corpora.",
    )
    word_dropout: float = Field(
        default=0.0,
        ge=0.0,
        le=0.95,
        description="Share of input tokens whose vector is dropped; 0.1 helps when a model "
        "overfits.",
    )
    layer_norm: bool = Field(
        default=False,
        description="Normalise what enters each layer; steadier with many layers, slower with two.",
    )
    weight_drop: float = Field(
        default=0.0,
        ge=0.0,
        le=0.95,
        description="Share of the recurrent matrices' weights that are dropped in a training step "
        "(Merity et al. 2018): for language models that overfit.",
    )

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

    tie_embeddings: bool = Field(
        default=True,
        description="The decoder's embedding is also its output layer: fewer parameters, better on "
        "small corpora.",
    )
    share_embeddings: bool = Field(
        default=False,
        description="The encoder embeds with the decoder's table: a smaller file. Wants "
        "`tokenizer.shared_vocabulary`.",
    )
    init_encoder_from: str = Field(
        default="",
        description=f"{START} It starts the encoder, which must read in one direction.",
    )
    init_decoder_from: str = Field(
        default="",
        description="As `init_encoder_from`, for the decoder: its embedding and its first layer, "
        "the one below the attention.",
    )


class SentimentModel(Model):
    """Encoder, attention pooling, labels."""

    attention: Literal["dot", "general", "additive", "multi_head", "none"] = Field(
        default="additive",
        description="How the words that count are picked: a learned query looks at every word. Its "
        "weights are what `explain` shows. `none` leaves only the largest value over the words.",
    )
    init_encoder_from: str = Field(
        default="",
        description=f"{START} It starts the encoder, which must read in one direction.",
    )


class GenerationModel(Model):
    """A decoder without attention: a language model."""

    bidirectional: bool = Field(
        default=False, description="Always false: who writes cannot read what comes next."
    )
    attention: Literal["none"] = Field(
        default="none", description="Always `none`: there is no other text to look at."
    )
    tie_embeddings: bool = Field(
        default=True,
        description="The decoder's embedding is also its output layer: fewer parameters, better on "
        "small corpora.",
    )
    init_from: str = Field(default="", description=f"{START} It is trained further.")

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if self.bidirectional:
            raise ValueError(
                "model.bidirectional must be false: a language model reads in one direction, "
                "received true"
            )
        return self
