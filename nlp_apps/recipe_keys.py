"""Every key of a recipe: its type, default, range and reason.

A recipe is a TOML file with a `task` at the top and the sections below. Everything here is frozen,
and a key that is not written down here is an error. `models/README.md` is printed from this file.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

HOLD_OUT = re.compile(r"split:([1-9][0-9]*|[0-9]+(\.[0-9]+)?%)")
LANGUAGE = r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$"

# 256 single bytes, 4 special ids, and a few pieces that the text itself needs.
SMALLEST_SENTENCEPIECE_VOCABULARY = 300


def _as_source(value: Any) -> str | tuple[str, str]:
    """Checks the shape of one source: a path, a pair of paths, or `tfds:...`."""
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("must name a file, two aligned files, or tfds:NAME/CONFIG:SPLIT")
        if value.startswith("tfds:") and len([p for p in value.split(":", 2) if p.strip()]) < 3:
            raise ValueError("must be tfds:NAME/CONFIG:SPLIT, for instance tfds:imdb_reviews:train")
        if value.startswith("split:") and HOLD_OUT.fullmatch(value) is None:
            raise ValueError("must be split:NUMBER or split:PERCENT%, as in split:500 or split:5%")
        return value
    if isinstance(value, list | tuple) and len(value) == 2:
        first, second = value
        if all(isinstance(path, str) and path.strip() for path in value):
            if any(path.startswith(("tfds:", "split:")) for path in value):
                raise ValueError(
                    "must be two files when it is a list; tfds: and split: stand alone"
                )
            return (first, second)
    raise ValueError('must be one text, or a list of two: "pairs.tsv" or ["train.en", "train.de"]')


Source = Annotated[str | tuple[str, str], BeforeValidator(_as_source)]


class Section(BaseModel):
    """A section of a recipe: frozen, exact about types, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Corpora(Section):
    """Where the text comes from, for every task."""

    train: Source = Field(
        description="Text to learn from: a file, a list of two aligned files, or "
        "`tfds:NAME/CONFIG:SPLIT`; any file may be `.gz`. The one key without a default, because "
        "nobody else knows your data.",
    )
    validation: Source = Field(
        default="split:5%",
        description="Text that picks the best weights. `split:N` or `split:P%` holds that many "
        "source sentences out of train, by a hash of the sentence, so that a sentence with several "
        "translations never stands on both sides.",
    )
    test: Source = Field(
        default="split:5%",
        description="Text for the final score, never looked at in training. Same forms as "
        "`validation`.",
    )
    max_length: int = Field(
        default=100,
        ge=4,
        le=10_000,
        description="Tokens. A longer training example is dropped and counted: one very long line "
        "would make every batch shape, and so memory and compile time, larger.",
    )
    on_bad_line: Literal["stop", "skip"] = Field(
        default="stop",
        description="`stop` names the file and the line, because a bad line is usually a wrong "
        "file; `skip` leaves it out and counts it, for large crawled corpora.",
    )
    max_line_characters: int = Field(
        default=10_000,
        ge=1,
        le=10_000_000,
        description="Characters. A longer line counts as a bad line: it is nearly always a file "
        "without line ends.",
    )
    tfds_dir: str = Field(
        default="",
        description="Folder with prepared TensorFlow Datasets. Empty: their own default folder.",
    )

    @model_validator(mode="after")
    def _train_is_not_held_out(self) -> Self:
        if isinstance(self.train, str) and self.train.startswith("split:"):
            raise ValueError("data.train must name text; split: is for validation and test")
        return self


class Data(Corpora):
    """Where the sentence pairs come from and what their languages are."""

    source_language: str = Field(
        default="",
        pattern=LANGUAGE,
        description="Code such as `en`: picks the side of a `tfds:` source and is shown in "
        "summaries. Empty: not told, and `tfds:` keeps its own order.",
    )
    target_language: str = Field(
        default="", pattern=LANGUAGE, description="Code such as `de`; as `source_language`."
    )
    reverse: bool = Field(
        default=False,
        description="Swap source and target after reading, to train the other direction on the "
        "same files.",
    )


class Tokenizer(Section):
    """How text becomes token ids."""

    kind: Literal["sentencepiece", "characters"] = Field(
        default="sentencepiece",
        description="`sentencepiece`: unigram subwords with byte fallback, so that no text is "
        "unknown. `characters`: one token a character.",
    )
    vocabulary_size: int = Field(
        default=4000,
        ge=8,
        le=256_000,
        description="Pieces. 4,000 to 10,000 scored best on corpora of tens of thousands of "
        f"lines; at least {SMALLEST_SENTENCEPIECE_VOCABULARY} with `sentencepiece` (256 bytes, "
        "special ids, letters).",
    )
    shared: bool = Field(
        default=True,
        description="One vocabulary for source and target: names and numbers are copied more "
        "easily. Choose false for languages with different scripts.",
    )
    character_coverage: float = Field(
        default=1.0,
        ge=0.9,
        le=1.0,
        description="Share of the text's characters that get a piece of their own; the others are "
        "spelt in bytes. 0.9995 suits Chinese and Japanese.",
    )
    sampling: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Subword regularisation (Kudo 2018): alpha of the sampled segmentations in "
        "training; 0 turns it off, 0.1 to 0.3 helps small corpora.",
    )

    @model_validator(mode="after")
    def _room_for_bytes(self) -> Self:
        smallest = SMALLEST_SENTENCEPIECE_VOCABULARY
        if self.kind == "sentencepiece" and self.vocabulary_size < smallest:
            raise ValueError(
                f"tokenizer.vocabulary_size must be at least {smallest} with kind 'sentencepiece' "
                f"(256 bytes, special ids, letters), received {self.vocabulary_size}"
            )
        if self.kind != "sentencepiece" and self.sampling > 0:
            raise ValueError(
                f"tokenizer.sampling must be 0 with kind {self.kind!r}: a text has only one "
                f"segmentation into characters, received {self.sampling}"
            )
        return self


class Model(Section):
    """The network: cells, widths, attention, regularisation."""

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
    attention_heads: int = Field(
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
        description="Normalise each layer's output; steadier with many layers, slower with two.",
    )
    tie_embeddings: bool = Field(
        default=True,
        description="The decoder's embedding is also its output layer: fewer parameters, better on "
        "small corpora. Independent of `tokenizer.shared`.",
    )

    @model_validator(mode="after")
    def _heads_divide_units(self) -> Self:
        if self.attention == "multi_head" and self.units % self.attention_heads:
            raise ValueError(
                f"model.attention_heads must divide model.units ({self.units}) with attention "
                f"'multi_head', received {self.attention_heads}"
            )
        return self


class Training(Section):
    """The one training loop."""

    epochs: int = Field(default=15, ge=1, le=100_000, description="Passes over the training text.")
    round_steps: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        description="Steps between validations and checkpoints. 0: a round is an epoch, which "
        "suits corpora of up to a million lines.",
    )
    batch_tokens: int = Field(
        default=1500,
        ge=4,
        le=10_000_000,
        description="Tokens a batch, padding included. Small batches take more "
        "steps an epoch and learn faster on two cores. At least `data.max_length`.",
    )
    num_buckets: int = Field(
        default=6,
        ge=1,
        le=64,
        description="Length classes. Each has one static shape that XLA compiles once: more "
        "buckets, less padding, more compiling.",
    )
    learning_rate: float = Field(
        default=0.003, gt=0.0, le=1.0, description="Peak rate of Adam, reached after warm-up."
    )
    warmup_steps: int = Field(
        default=300,
        ge=0,
        le=1_000_000,
        description="Steps from zero to the peak rate: the first steps of Adam are noisy. At most "
        "a fifth of the run, so that short runs reach the peak.",
    )
    schedule: Literal["cosine", "inverse_sqrt", "constant"] = Field(
        default="cosine",
        description="After warm-up. `cosine` ends at zero with the last epoch; `inverse_sqrt` when "
        "you do not know when you will stop.",
    )
    label_smoothing: float = Field(
        default=0.1,
        ge=0.0,
        lt=1.0,
        description="Probability spread over all tokens (Szegedy 2016). 0.1 is the usual gain.",
    )
    clip_norm: float = Field(
        default=1.0,
        ge=0.0,
        le=1e6,
        description="Largest norm of a step's gradient, because recurrent gradients can explode; 0 "
        "turns it off.",
    )
    ema: float = Field(
        default=0.999,
        ge=0.0,
        lt=1.0,
        description="Decay of the average of the weights that is validated and kept; 0 turns it "
        "off.",
    )
    monitor: Literal["bleu", "loss"] = Field(
        default="bleu",
        description="Which validation figure picks the best weights. `loss` for very short "
        "sentences: BLEU stays at 0 where none has four words.",
    )
    patience: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Rounds without improvement before training stops; 0: never, because `cosine` "
        "gains most at its end.",
    )
    seed: int = Field(
        default=1,
        ge=0,
        le=2**31 - 1,
        description="Of weights, order and dropout: same seed, same machine, same weights.",
    )
    xla: bool = Field(
        default=True,
        description="Compile the step: much faster after the first step of each batch shape. Not "
        "on a GPU, where cuDNN runs the cells.",
    )
    mixed_precision: bool = Field(
        default=False,
        description="Compute in half precision on a GPU that has it; of no use on most CPUs.",
    )
    tensorboard: bool = Field(
        default=True, description="Write TensorBoard logs into the run folder; small."
    )


class Decoding(Section):
    """How an answer is searched for."""

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
    no_repeat_ngram: int = Field(
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


class Recipe(Section):
    """What every task's recipe has. A task adds its own `data`, or more keys, in a subclass."""

    task: str = Field(description="The app that the recipe is for.")
    name: str = Field(
        default="",
        max_length=100,
        # The name becomes a folder name, so it may not leave its parent or hide itself.
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$",
        description="Name of the model and of its run folder. Empty: the file's name without "
        "`.toml`.",
    )

    _overridden_sources: frozenset[str] = PrivateAttr(default_factory=frozenset)

    @property
    def overridden_sources(self) -> frozenset[str]:
        """Paths that came from `--set`: they are relative to where the user stands."""
        return self._overridden_sources


class TranslationRecipe(Recipe):
    """A recipe of the app `translation`."""

    task: Literal["translation"] = Field(description="The app that the recipe is for.")
    data: Data = Field(description="Where the sentence pairs come from.")
    tokenizer: Tokenizer = Field(
        default_factory=Tokenizer, description="How text becomes token ids."
    )
    model: Model = Field(default_factory=Model, description="The network.")
    training: Training = Field(default_factory=Training, description="The training loop.")
    decoding: Decoding = Field(default_factory=Decoding, description="The search for an answer.")

    @model_validator(mode="after")
    def _a_batch_holds_the_longest_example(self) -> Self:
        if self.training.batch_tokens < self.data.max_length:
            raise ValueError(
                f"training.batch_tokens must be at least data.max_length ({self.data.max_length}), "
                f"so that a batch holds the longest example, received {self.training.batch_tokens}"
            )
        return self


RECIPES: dict[str, type[TranslationRecipe]] = {"translation": TranslationRecipe}
