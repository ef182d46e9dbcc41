"""The section `[training]`: the one training loop."""

from typing import Literal

from pydantic import Field

from nlp_apps.recipe.section import Section


class Training(Section):
    """The one training loop, for every task."""

    epochs: int = Field(default=15, ge=1, le=100_000, description="Passes over the training text.")
    eval_steps: int = Field(
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
    clip_norm: float = Field(
        default=1.0,
        ge=0.0,
        le=1e6,
        description="Largest norm of a step's gradient, because recurrent gradients can explode; 0 "
        "turns it off.",
    )
    ema_decay: float = Field(
        default=0.999,
        ge=0.0,
        lt=1.0,
        description="Decay of the average of the weights that is validated and kept; 0 turns it "
        "off.",
    )
    monitor: str = Field(
        default="loss", description="Which validation figure picks the best weights."
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
    jit_compile: bool = Field(
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


class TranslationTraining(Training):
    """Training of a translator."""

    label_smoothing: float = Field(
        default=0.1,
        ge=0.0,
        lt=1.0,
        description="Probability spread over all tokens (Szegedy 2016). 0.1 is the usual gain.",
    )
    monitor: Literal["bleu", "loss"] = Field(
        default="bleu",
        description="Which validation figure picks the best weights. `loss` for very short "
        "sentences: BLEU stays at 0 where none has four words.",
    )


class SentimentTraining(Training):
    """Training of a classifier."""

    label_smoothing: float = Field(
        default=0.0,
        ge=0.0,
        lt=1.0,
        description="Probability spread over all labels (Szegedy 2016): steadier where labels are "
        "doubtful.",
    )
    adversarial_epsilon: float = Field(
        default=0.0,
        ge=0.0,
        le=100.0,
        description="How far the words of each text are moved to where its loss grows fastest, "
        "in lengths of a word's vector; the model learns to answer as before (Miyato et al. 2017). "
        "0.1 to 0.5 helps models that overfit; a step takes twice as long. 0 turns it off.",
    )
    class_weight: Literal["none", "balanced"] = Field(
        default="none",
        description="`balanced`: a rare label's examples count more, so that every label counts as "
        "much as every other.",
    )
    monitor: Literal["accuracy", "macro_f1", "loss"] = Field(
        default="accuracy",
        description="Which validation figure picks the best weights. `macro_f1` where labels are "
        "unevenly spread.",
    )


class GenerationTraining(Training):
    """Training of a language model."""

    sequence_length: int = Field(
        default=64,
        ge=2,
        le=10_000,
        description="Tokens that a gradient reaches back (truncated back-propagation through "
        "time); the state itself is carried on from batch to batch. `batch_tokens` divided by it "
        "is how many places of the text are read side by side.",
    )
    monitor: Literal["loss"] = Field(
        default="loss", description="Which validation figure picks the best weights."
    )
    num_sampled: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Different tokens drawn for each batch, against which training compares "
        "instead of the whole vocabulary (Jean et al. 2015): faster where the vocabulary is large. "
        "Validation and scores always take the whole; 0: training too.",
    )
