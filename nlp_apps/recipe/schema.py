"""The recipes: the sections of each task."""

from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from nlp_apps.recipe.data_section import GenerationData, SentimentData, TranslationData
from nlp_apps.recipe.decoding_section import (
    GenerationDecoding,
    SentimentDecoding,
    TranslationDecoding,
)
from nlp_apps.recipe.export_section import GenerationExport, SentimentExport, TranslationExport
from nlp_apps.recipe.letter_keys import check_letters, with_letter_defaults
from nlp_apps.recipe.model_section import (
    NO_START,
    GenerationModel,
    SentimentModel,
    TranslationModel,
)
from nlp_apps.recipe.section import Section
from nlp_apps.recipe.tokenizer_section import (
    SentimentTokenizer,
    Tokenizer,
    TranslationTokenizer,
)
from nlp_apps.recipe.training_section import (
    GenerationTraining,
    SentimentTraining,
    TranslationTraining,
)

TASK = "The app of the recipe."
TOKENIZER = "The tokenizer."
NETWORK = "The network."
LOOP = "The training loop."
SHAPES = "The static shapes of a `.tflite`."


class Recipe(Section):
    """Keys of every recipe; a task adds its sections."""

    task: str = Field(description=TASK)
    name: str = Field(
        default="",
        max_length=100,
        # The name becomes the name of a folder: no path, no hidden folder.
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$",
        description="Name of model and run folder. Empty: the file name without `.toml`.",
    )

    _overridden_sources: frozenset[str] = PrivateAttr(default_factory=frozenset)

    @property
    def overridden_sources(self) -> frozenset[str]:
        """Paths from `--set`: they are relative to the current folder."""
        return self._overridden_sources


class TranslationRecipe(Recipe):
    """A recipe of the app `translation`."""

    task: Literal["translation"] = Field(description=TASK)
    data: TranslationData = Field(description="The sentence pairs.")
    tokenizer: TranslationTokenizer = Field(
        default_factory=TranslationTokenizer, description=TOKENIZER
    )
    model: TranslationModel = Field(default_factory=TranslationModel, description=NETWORK)
    training: TranslationTraining = Field(default_factory=TranslationTraining, description=LOOP)
    decoding: TranslationDecoding = Field(
        default_factory=TranslationDecoding, description="Beam search."
    )
    export: TranslationExport = Field(default_factory=TranslationExport, description=SHAPES)

    @model_validator(mode="after")
    def _coverage_needs_attention(self) -> Self:
        if self.decoding.coverage_penalty and self.model.attention == "none":
            raise ValueError(
                "decoding.coverage_penalty must be 0 with model.attention 'none': coverage sums up "
                f"attention weights, received {self.decoding.coverage_penalty}"
            )
        return self

    @model_validator(mode="after")
    def _a_pointer_has_attention_and_one_vocabulary(self) -> Self:
        if self.model.pointer and self.model.attention == "none":
            raise ValueError(
                "model.pointer must be false with model.attention 'none': it copies the tokens "
                "that have attention, received true"
            )
        if self.model.pointer and not self.tokenizer.shared_vocabulary:
            raise ValueError(
                "model.pointer must be false with tokenizer.shared_vocabulary = false: a copied "
                "token needs the same id on both sides, received true"
            )
        if self.training.coverage_loss and not self.model.pointer:
            raise ValueError(
                "training.coverage_loss must be 0 with model.pointer = false, received "
                f"{self.training.coverage_loss}"
            )
        return self

    @model_validator(mode="after")
    def _a_monitored_score_is_of_the_kind(self) -> Self:
        kinds = {"greedy_rouge_l": "summary", "greedy_f1": "answer"}
        kind = kinds.get(self.training.monitor, self.data.kind)
        if kind != self.data.kind:
            raise ValueError(
                f"training.monitor must not be '{self.training.monitor}' with data.kind "
                f"'{self.data.kind}': it is a score of data.kind '{kind}'"
            )
        return self

    @model_validator(mode="after")
    def _a_shared_embedding_has_one_vocabulary(self) -> Self:
        model = self.model
        if model.share_embeddings and not self.tokenizer.shared_vocabulary:
            raise ValueError(
                "model.share_embeddings must be false with tokenizer.shared_vocabulary = false: "
                "source and target have different vocabularies, received true"
            )
        starts = {model.init_encoder_from, model.init_decoder_from} - {"", NO_START}
        if model.share_embeddings and len(starts) > 1:
            raise ValueError(
                "model.share_embeddings must be false with different values of "
                "model.init_encoder_from and model.init_decoder_from: one embedding cannot have "
                "two initial values, received true"
            )
        return self

    @model_validator(mode="after")
    def _a_start_has_one_target_language(self) -> Self:
        for key in ("init_encoder_from", "init_decoder_from"):
            value = getattr(self.model, key)
            if self.data.has_several_languages and value not in ("", NO_START):
                raise ValueError(
                    f"model.{key} must be empty with several target languages: the tokenizer of a "
                    f"pretrained model has no tags of languages, received {value!r}"
                )
        return self

    @model_validator(mode="after")
    def _a_batch_holds_the_longest_example(self) -> Self:
        _require_longest(self.training.batch_tokens, self.data.max_length)
        return self


class SentimentRecipe(Recipe):
    """A recipe of the app `sentiment`."""

    task: Literal["sentiment"] = Field(description=TASK)
    data: SentimentData = Field(description="The labelled texts.")
    tokenizer: SentimentTokenizer = Field(default_factory=SentimentTokenizer, description=TOKENIZER)
    model: SentimentModel = Field(default_factory=SentimentModel, description=NETWORK)
    training: SentimentTraining = Field(default_factory=SentimentTraining, description=LOOP)
    decoding: SentimentDecoding = Field(
        default_factory=SentimentDecoding, description="Prediction of labels."
    )
    export: SentimentExport = Field(default_factory=SentimentExport, description=SHAPES)

    @model_validator(mode="before")
    @classmethod
    def _several_labels_have_a_default_monitor(cls, content: Any) -> Any:
        """Sets `training.monitor` of a recipe with several labels a text, if it does not."""
        if not isinstance(content, dict):
            return content
        data, training = content.get("data"), content.get("training", {})
        if not isinstance(data, dict) or not isinstance(training, dict):
            return content
        if data.get("multi_label") is not True or "monitor" in training:
            return content
        return {**content, "training": {**training, "monitor": "micro_f1"}}

    @model_validator(mode="before")
    @classmethod
    def _letters_have_defaults(cls, content: Any) -> Any:
        return with_letter_defaults(content) if isinstance(content, dict) else content

    @model_validator(mode="after")
    def _keys_fit_the_cell(self) -> Self:
        check_letters(self)
        return self

    @model_validator(mode="after")
    def _keys_fit_the_number_of_labels(self) -> Self:
        data, monitor = self.data, self.training.monitor
        if data.multi_label and monitor == "accuracy":
            raise ValueError(
                "training.monitor must be micro_f1, macro_f1 or loss with data.multi_label: few "
                f"texts have exactly the right labels, received {monitor!r}"
            )
        if not data.multi_label and monitor == "micro_f1":
            raise ValueError(
                "training.monitor must be accuracy, macro_f1 or loss without data.multi_label: "
                f"accuracy is the same, received {monitor!r}"
            )
        if not data.multi_label and data.label_separator != ",":
            raise ValueError(
                "data.label_separator needs data.multi_label = true, received "
                f"{data.label_separator!r}"
            )
        return self

    @model_validator(mode="after")
    def _a_batch_holds_the_longest_example(self) -> Self:
        _require_longest(self.training.batch_tokens, self.data.max_length)
        return self


class GenerationRecipe(Recipe):
    """A recipe of the app `generation`."""

    task: Literal["generation"] = Field(description=TASK)
    data: GenerationData = Field(description="The documents.")
    tokenizer: Tokenizer = Field(default_factory=Tokenizer, description=TOKENIZER)
    model: GenerationModel = Field(default_factory=GenerationModel, description=NETWORK)
    training: GenerationTraining = Field(default_factory=GenerationTraining, description=LOOP)
    decoding: GenerationDecoding = Field(
        default_factory=GenerationDecoding, description="Sampling of text."
    )
    export: GenerationExport = Field(default_factory=GenerationExport, description=SHAPES)

    @model_validator(mode="after")
    def _a_batch_holds_a_sequence(self) -> Self:
        training = self.training
        if training.batch_tokens < training.sequence_length:
            raise ValueError(
                "training.batch_tokens must be at least training.sequence_length "
                f"({training.sequence_length}), received {training.batch_tokens}"
            )
        return self


def _require_longest(batch_tokens: int, max_length: int) -> None:
    if batch_tokens < max_length:
        raise ValueError(
            f"training.batch_tokens must be at least data.max_length ({max_length}), the longest "
            f"example, received {batch_tokens}"
        )


AnyRecipe = TranslationRecipe | SentimentRecipe | GenerationRecipe

RECIPES: dict[str, type[TranslationRecipe] | type[SentimentRecipe] | type[GenerationRecipe]] = {
    "translation": TranslationRecipe,
    "sentiment": SentimentRecipe,
    "generation": GenerationRecipe,
}
