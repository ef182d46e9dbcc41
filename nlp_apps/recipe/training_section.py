"""The section `[training]`: the training loop."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from nlp_apps.recipe.model_parts import MODEL_PARTS, part_names
from nlp_apps.recipe.section import Section

FREEZE = "Parts of a pretrained model that keep their weights: {}."
MONITOR = "Validation score that selects the best weights."


class Training(Section):
    """The training loop of every task."""

    epochs: int = Field(
        default=15,
        ge=1,
        le=100_000,
        description="Passes over the training text; ignored if `max_steps` is set.",
    )
    max_steps: int = Field(
        default=0,
        ge=0,
        le=100_000_000,
        description="Steps of the run; the learning rate schedule spans them. 0: use `epochs`.",
    )
    eval_steps: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        description="Steps between evaluations (and checkpoints). 0: an evaluation each epoch.",
    )
    batch_tokens: int = Field(
        default=1500,
        ge=4,
        le=10_000_000,
        description="Tokens of a batch, padding included, at least `data.max_length`.",
    )
    num_buckets: int = Field(
        default=6,
        ge=1,
        le=64,
        description="Batch shapes. More of them: less padding, more compilation.",
    )
    learning_rate: float = Field(
        default=0.003,
        gt=0.0,
        le=1.0,
        description="Peak learning rate of Adam, after the warm-up.",
    )
    warmup_steps: int = Field(
        default=300,
        ge=0,
        le=1_000_000,
        description="Steps from 0 to the peak learning rate, at most a fifth of the run.",
    )
    schedule: Literal["cosine", "inverse_sqrt", "constant"] = Field(
        default="cosine",
        description="Learning rate after the warm-up. `cosine` ends at 0 with the last step.",
    )
    weight_decay: float = Field(
        default=0.0,
        ge=0.0,
        le=10.0,
        description="Decoupled weight decay of Adam (Loshchilov & Hutter 2019); biases and norms "
        "have none. 0: off.",
    )
    pretrained_rate: float = Field(
        default=1.0,
        ge=0.0,
        le=1.0,
        description="Factor of the learning rate of pretrained weights (Howard & Ruder 2018). 0: "
        "they are frozen.",
    )
    clip_norm: float = Field(
        default=1.0,
        ge=0.0,
        le=1e6,
        description="Maximum norm of the gradient, because recurrent gradients can explode. 0: "
        "off.",
    )
    ema_decay: float = Field(
        default=0.999,
        ge=0.0,
        lt=1.0,
        description="Decay of the average of the weights, which is evaluated and saved. 0: off.",
    )
    monitor: str = Field(default="loss", description=MONITOR)
    patience: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Evaluations without improvement before training stops. 0: never.",
    )
    seed: int = Field(
        default=1,
        ge=0,
        le=2**31 - 1,
        description="Seed of weights, order and dropout. Same seed and machine: same weights.",
    )
    jit_compile: bool = Field(
        default=True,
        description="Compiles parts of the step with XLA, except on a GPU, where cuDNN runs cells.",
    )
    mixed_precision: bool = Field(
        default=False,
        description="Multiplies matrices in bfloat16 in training. "
        '`"auto"`, as without the key: where that is faster.',
    )
    strategy: Literal["auto", "none", "multi_worker"] = Field(
        default="auto",
        description="`multi_worker`: several processes train together. `auto`: if TF_CONFIG in the "
        "environment names several.",
    )
    tensorboard: bool = Field(
        default=True, description="Writes TensorBoard logs into the run folder."
    )

    @model_validator(mode="before")
    @classmethod
    def _auto_leaves_the_precision_open(cls, content: Any) -> Any:
        """Drops `mixed_precision = "auto"`: a recipe without the key is completed by its text."""
        if isinstance(content, dict) and content.get("mixed_precision") == "auto":
            return {key: value for key, value in content.items() if key != "mixed_precision"}
        return content


class TranslationTraining(Training):
    """Training of a translator."""

    freeze: Annotated[tuple[str, ...], BeforeValidator(part_names("translation"))] = Field(
        default=(), description=FREEZE.format(", ".join(MODEL_PARTS["translation"]))
    )
    label_smoothing: float = Field(
        default=0.1,
        ge=0.0,
        lt=1.0,
        description="Probability spread over all tokens (Szegedy et al. 2016).",
    )
    coverage_loss: float = Field(
        default=0.0,
        ge=0.0,
        le=10.0,
        description="Weight of the coverage loss (See et al. 2017, eq. 12), against repetition. "
        "Needs `model.pointer`.",
    )
    language_temperature: float = Field(
        default=5.0,
        ge=1.0,
        le=1_000.0,
        description="Share of each target language: its pairs to the power 1/T (Arivazhagan et al. "
        "2019).",
    )
    monitor: Literal["greedy_bleu", "beam_bleu", "greedy_rouge_l", "greedy_f1", "loss"] = Field(
        default="greedy_bleu",
        description=f"{MONITOR} `loss` for sentences below four words. `beam_bleu` is slower.",
    )

    @field_validator("monitor", mode="before")
    @classmethod
    def _bleu_is_greedy(cls, monitor: object) -> object:
        """Accepts the name of 0.1.0."""
        return "greedy_bleu" if monitor == "bleu" else monitor


class SentimentTraining(Training):
    """Training of a classifier."""

    freeze: Annotated[tuple[str, ...], BeforeValidator(part_names("sentiment"))] = Field(
        default=(), description=FREEZE.format(", ".join(MODEL_PARTS["sentiment"]))
    )
    label_smoothing: float = Field(
        default=0.0,
        ge=0.0,
        lt=1.0,
        description="Probability spread over all labels (Szegedy et al. 2016), for doubtful "
        "labels.",
    )
    adversarial_epsilon: float = Field(
        default=0.0,
        ge=0.0,
        le=100.0,
        description="Norm of the adversarial perturbation (Miyato et al. 2017), in lengths of an "
        "embedding. 0: off.",
    )
    class_weight: Literal["none", "balanced"] = Field(
        default="none",
        description="`balanced`: every label has the same weight; rare labels weigh more per text.",
    )
    monitor: Literal["accuracy", "micro_f1", "macro_f1", "loss"] = Field(
        default="accuracy",
        description=f"{MONITOR} `macro_f1` for uneven labels. With `multi_label`: `micro_f1`.",
    )


class GenerationTraining(Training):
    """Training of a language model."""

    freeze: Annotated[tuple[str, ...], BeforeValidator(part_names("generation"))] = Field(
        default=(), description=FREEZE.format(", ".join(MODEL_PARTS["generation"]))
    )
    sequence_length: int = Field(
        default=64,
        ge=2,
        le=10_000,
        description="Tokens of back-propagation through time; the state is carried on to the next "
        "batch.",
    )
    monitor: Literal["loss"] = Field(default="loss", description=MONITOR)
    num_sampled: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Sampled tokens per batch in place of the whole vocabulary (Jean et al. 2015). "
        "0: off.",
    )
