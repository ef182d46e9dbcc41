"""The section `[data]`: the text and its splits."""

import contextlib
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from nlp_apps.recipe.augmentation_keys import PairAugmentation, TextAugmentation
from nlp_apps.recipe.language_keys import check_languages
from nlp_apps.recipe.section import (
    LANGUAGE_CODE,
    Column,
    OptionalPairSources,
    OptionalTextSource,
    PairSources,
    Section,
    TextSource,
)
from nlp_apps.text.split_size import is_hold_out

UNFIT_ENCODINGS = frozenset(
    {"idna", "punycode", "undefined", "raw_unicode_escape", "unicode_escape", "mbcs", "oem"}
)
"""Encodings of Python that no text file has, or that differ between machines."""

LANGUAGE = f"^({LANGUAGE_CODE})?$"

TEST = "Text for the final scores, in the forms of `validation`. Training never reads it."
MIX_IN = (
    "Old text for fine-tuning, in the form of `train`. Empty: that of `model.init_from`, if it is "
    "there; or `none`."
)
LONG_LINE = "Characters. A longer line is a bad line."
CLEAN_HTML = "Replaces HTML line breaks and entities, in training and in prediction."


class Data(Section):
    """Text of every task; a task adds its sources."""

    on_bad_line: Literal["stop", "skip"] = Field(
        default="stop",
        description="`stop`: a bad line is an error. `skip`: it is skipped and counted.",
    )
    encoding: str = Field(
        default="utf-8",
        description="Encoding of the files, such as `cp1252` (Windows), `latin-1` or `utf-16`.",
    )
    tfds_dir: str = Field(
        default="",
        description="Folder of prepared TensorFlow Datasets. Empty: the default of TFDS.",
    )

    mix_in_share: float = Field(
        default=0.0,
        ge=0.0,
        le=0.95,
        description="Share of old text in every epoch of fine-tuning, so that less is forgotten.",
    )

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str) -> str:
        if encoding.lower().replace("-", "_") not in UNFIT_ENCODINGS:
            with contextlib.suppress(LookupError, ValueError):
                "a".encode(encoding)
                return encoding
        raise ValueError("must be a text encoding that Python knows, such as utf-8 or cp1252")

    @model_validator(mode="after")
    def _train_is_not_held_out(self) -> Self:
        train = getattr(self, "train", "")
        sources = train.values() if isinstance(train, dict) else [train]
        if any(map(is_hold_out, sources)):
            raise ValueError("data.train must name text; split: is for validation and test")
        mix_in = getattr(self, "mix_in", "")
        if isinstance(mix_in, str) and mix_in.startswith("split:"):
            raise ValueError("data.mix_in must name text; split: is for validation and test")
        return self


class DataWithTest(Data):
    """Text of a task that needs validation and test text."""

    @model_validator(mode="after")
    def _every_split_has_text(self) -> Self:
        for key in ("validation", "test"):
            if getattr(self, key) == "none":
                share = type(self).model_fields[key].default
                reason = {
                    "validation": "it selects the best weights",
                    "test": "only generation works without",
                }[key]
                raise ValueError(
                    f'data.{key} must be "{share}" or another share of train, or name a file: '
                    f"{reason}, received 'none'"
                )
        return self


class TranslationData(PairAugmentation, DataWithTest):
    """Sentence pairs and their languages."""

    kind: Literal["translation", "summary", "answer"] = Field(
        default="translation",
        description="Selects scores and baselines. `answer`: to a question with a paragraph, in "
        "this order.",
    )
    train: PairSources = Field(
        description="Training text: a table, `.tmx`, two aligned files, or "
        "`tfds:NAME/CONFIG:SPLIT`; or `{ fr = ..., de = ... }`.",
    )
    validation: PairSources = Field(
        default="split:5% max 5000",
        description="Text that selects the best weights; by default, that share of the sentences "
        "of train.",
    )
    test: PairSources = Field(default="split:5% max 5000", description=TEST)
    mix_in: OptionalPairSources = Field(default="", description=MIX_IN)
    max_length: int = Field(
        default=100,
        ge=4,
        le=10_000,
        description="Tokens. A longer training pair is dropped and counted.",
    )
    max_line_characters: int = Field(default=10_000, ge=1, le=10_000_000, description=LONG_LINE)
    source_language: str = Field(
        default="",
        pattern=LANGUAGE,
        description="Code such as `en`. Selects a column of a header line, a side of a `.tmx` or "
        "`tfds:` set.",
    )
    target_language: str = Field(
        default="",
        pattern=LANGUAGE,
        description="Code such as `de`; like `source_language`. Selects the tokenizer of BLEU.",
    )
    source_column: Column = Field(
        default="",
        description="Column of the source: name or number. Empty: the first of a TSV, or `source`.",
    )
    target_column: Column = Field(
        default="",
        description="Column of the target: name or number. Empty: the second of a TSV, or "
        "`target`.",
    )
    language_column: Column = Field(
        default="",
        description="Column with the target language of each pair: name or number. Empty: none.",
    )
    reverse: bool = Field(
        default=False,
        description="Swaps source and target, to train the other direction on the same files.",
    )
    sentence_case: bool = Field(
        default=True,
        description="Reads a source in capitals as a sentence, in training and in prediction: "
        "`WHERE IS IT?` as `Where is it?`.",
    )
    markup: Literal["text", "keep"] = Field(
        default="text",
        description="`keep`: inline tags (`<b>`, `<a href=...>`) are put around the translated "
        "words, by attention. `text`: tags are text.",
    )

    @model_validator(mode="after")
    def _languages_fit(self) -> Self:
        check_languages(self)
        return self

    @property
    def has_several_languages(self) -> bool:
        """True if each pair has a target language of its own."""
        return isinstance(self.train, dict) or self.language_column != ""

    @property
    def language_of_sources(self) -> str:
        """Code of the language that the model reads; `reverse` swaps the languages too."""
        return self.target_language if self.reverse else self.source_language

    @property
    def language_of_targets(self) -> str:
        """Code of the language that the model writes; `reverse` swaps the languages too."""
        return self.source_language if self.reverse else self.target_language


class SentimentData(TextAugmentation, DataWithTest):
    """Labelled texts."""

    train: TextSource = Field(
        description="Training text: a table, a folder of labels, a list of them, or "
        "`tfds:NAME/CONFIG:SPLIT`.",
    )
    validation: TextSource = Field(
        default="split:10% max 10000",
        description="Text that selects the best weights; by default, that share of the texts of "
        "train.",
    )
    test: TextSource = Field(default="split:10% max 10000", description=TEST)
    mix_in: OptionalTextSource = Field(default="", description=MIX_IN)
    label_column: Column = Field(
        default="",
        description="Column of the label: name or number. Empty: the first of a TSV, or `label`.",
    )
    text_column: Column = Field(
        default="",
        description="Column of the text: name or number. Empty: the second of a TSV, or `text`.",
    )
    multi_label: bool = Field(
        default=False,
        description="Several labels a text, or none: each label has a probability and a threshold "
        "of its own.",
    )
    label_separator: str = Field(
        default=",",
        description="Characters between the labels of a text with `multi_label`. JSON and Parquet "
        "may have lists.",
    )
    stratify: bool = Field(
        default=True,
        description="Holds out each label in proportion, if train has fewer than 1,000 different "
        "texts.",
    )
    clean_html: bool = Field(default=False, description=CLEAN_HTML)
    max_length: int = Field(
        default=256,
        ge=8,
        le=10_000,
        description="Tokens of a training text; `truncation` shortens longer ones.",
    )
    truncation: Literal["head", "tail", "both", "windows"] = Field(
        default="both",
        description="Part of a long text to read. `both`: half from the head, half from the "
        "tail; `windows`: all.",
    )
    max_line_characters: int = Field(default=100_000, ge=1, le=10_000_000, description=LONG_LINE)

    @field_validator("label_separator")
    @classmethod
    def _separator_is_on_one_line(cls, separator: str) -> str:
        if not 1 <= len(separator) <= 10 or len(separator.splitlines()) > 1:
            raise ValueError("must have 1 to 10 characters, and no newline")
        return separator


class GenerationData(Data):
    """Documents."""

    train: TextSource = Field(
        description="Training text: a plain text file, a folder of them, a table, a list of these, "
        "or `tfds:NAME/CONFIG:SPLIT`.",
    )
    validation: TextSource = Field(
        default="split:5% max 1000000",
        description="Text that selects the best weights; by default, that share of the end of "
        "train.",
    )
    test: TextSource = Field(
        default="split:5% max 1000000",
        description="Text for the final scores, after validation. `none`: no test text.",
    )
    mix_in: OptionalTextSource = Field(default="", description=MIX_IN)
    document_separator: str = Field(
        default="",
        max_length=100,
        description='Text between two documents of a plain text file, such as `"\\n\\n\\n"`. '
        "Empty: one document.",
    )
    text_column: Column = Field(
        default="",
        description="Column of the text: name or number. Empty: the first of a TSV, or `text`.",
    )
    clean_html: bool = Field(default=False, description=CLEAN_HTML)
    max_line_characters: int = Field(default=100_000, ge=1, le=10_000_000, description=LONG_LINE)

    @field_validator("validation")
    @classmethod
    def _validation_has_text(cls, validation: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if validation == "none":
            raise ValueError(
                'must be "split:5%" or another share of train, or name a file: only data.test may '
                'be "none"'
            )
        return validation
