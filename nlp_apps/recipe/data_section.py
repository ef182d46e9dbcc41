"""The section `[data]`: where the text comes from."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from nlp_apps.recipe.section import Column, PairSource, Section, TextSource

LANGUAGE = r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$"

TRAIN = "any file may be `.gz`. The one key without a default, because nobody else knows your data."
TEST = "Text for the final score, never looked at in training. Same forms as `validation`."
HELD_OUT = "Text that picks the best weights. `split:N` or `split:P%` holds that many "
LONG_LINE = (
    "Characters. A longer line counts as a bad line: it is nearly always a file without line ends."
)
CLEAN_HTML = (
    "Turn `<br />` and no-break spaces into blanks and entities such as `&amp;` into what they "
    "stand for, in text that was cut out of web pages. A classifier does so, too, with what it is "
    "asked."
)
TEXT_COLUMN = (
    "Which column or field holds the text: a name (of a header line, a CSV column, a JSON field, a "
    "`tfds:` feature) or a number, counted from 1. Numbers alone say that a file has no header "
    "line. "
)


class Corpora(Section):
    """How text is read, for every task; a task adds its sources."""

    on_bad_line: Literal["stop", "skip"] = Field(
        default="stop",
        description="`stop` names the file and the line, because a bad line is usually a wrong "
        "file; `skip` leaves it out and counts it, for large crawled corpora.",
    )
    tfds_dir: str = Field(
        default="",
        description="Folder with prepared TensorFlow Datasets. Empty: their own default folder.",
    )

    @model_validator(mode="after")
    def _train_is_not_held_out(self) -> Self:
        train = getattr(self, "train", "")
        if isinstance(train, str) and train.startswith("split:"):
            raise ValueError("data.train must name text; split: is for validation and test")
        return self


class WholeCorpora(Corpora):
    """How text is read by a task that needs validation text and test text, both."""

    @model_validator(mode="after")
    def _all_text_is_there(self) -> Self:
        for key in ("validation", "test"):
            if getattr(self, key) == "none":
                share = type(self).model_fields[key].default
                why = {
                    "validation": "the weights are picked by it",
                    "test": "only generation can do without",
                }[key]
                raise ValueError(
                    f'data.{key} must be "{share}" or another share of train, or name a file: '
                    f"{why}, received 'none'"
                )
        return self


class TranslationData(WholeCorpora):
    """Where the sentence pairs come from and what their languages are."""

    train: PairSource = Field(
        description="Text to learn from: a file, a list of two aligned files, or "
        f"`tfds:NAME/CONFIG:SPLIT`; {TRAIN}",
    )
    validation: PairSource = Field(
        default="split:5%",
        description=f"{HELD_OUT}source sentences out of train, by a hash of the sentence, so that "
        "a sentence with several translations never stands on both sides.",
    )
    test: PairSource = Field(default="split:5%", description=TEST)
    max_length: int = Field(
        default=100,
        ge=4,
        le=10_000,
        description="Tokens. A longer training example is dropped and counted: one very long line "
        "would make every batch shape, and so memory and compile time, larger.",
    )
    max_line_characters: int = Field(default=10_000, ge=1, le=10_000_000, description=LONG_LINE)
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


class SentimentData(WholeCorpora):
    """Where the labelled texts come from."""

    train: TextSource = Field(
        description="Labelled texts to learn from: a `.tsv`, `.csv` or `.jsonl` file, a list of "
        f"them, or `tfds:NAME/CONFIG:SPLIT`; {TRAIN}",
    )
    validation: TextSource = Field(
        default="split:10%",
        description=f"{HELD_OUT}texts out of train, by a hash of the text, so that the same text "
        "never stands on both sides.",
    )
    test: TextSource = Field(default="split:10%", description=TEST)
    label_column: Column = Field(
        default="",
        description="Which column or field holds the label, as `text_column`. Empty: the first of "
        "a TSV, `label` elsewhere.",
    )
    text_column: Column = Field(
        default="",
        description=f"{TEXT_COLUMN}In a TSV the last column takes the rest of its line, TABs and "
        "all: the last of the header line, else the last that is used. Empty: the second of a "
        "TSV, `text` elsewhere.",
    )
    clean_html: bool = Field(default=False, description=CLEAN_HTML)
    max_length: int = Field(
        default=256,
        ge=8,
        le=10_000,
        description="Tokens that are read at once; what happens to longer texts says `truncation`. "
        "`decoding.max_length` may be more.",
    )
    truncation: Literal["head", "tail", "both", "windows"] = Field(
        default="both",
        description="Of a text of more than `max_length` tokens, read the `head`, the `tail`, "
        "`both` (half of each: opinions stand at either end), or all of it in `windows` whose "
        "answers are averaged.",
    )
    max_line_characters: int = Field(default=100_000, ge=1, le=10_000_000, description=LONG_LINE)


class GenerationData(Corpora):
    """Where the prose comes from."""

    train: TextSource = Field(
        description="Text to learn from: a plain text file, a list of them, a column of a `.tsv`, "
        f"`.csv` or `.jsonl` file, or `tfds:NAME/CONFIG:SPLIT`; {TRAIN}",
    )
    validation: TextSource = Field(
        default="split:5%",
        description="Text that picks the best weights. `split:P%` holds that share of the text out "
        "of the end of train, `split:N` that many characters: whole pieces where there are "
        "several, else the end of the one. There has to be some.",
    )
    test: TextSource = Field(
        default="split:5%",
        description="Text for the final score, never looked at in training; it comes after "
        "validation where both are held out. `none`: there is no test text.",
    )
    document_separator: str = Field(
        default="",
        max_length=100,
        description="What stands between two pieces of a plain text file, for instance "
        '`"\\n\\n\\n"` for two blank lines: the model learns how a piece begins and ends. Empty: a '
        "file is one piece. Rows of other files are always pieces.",
    )
    text_column: Column = Field(
        default="",
        description=f"{TEXT_COLUMN}Empty: the first of a TSV, `text` elsewhere. Plain text has "
        "none.",
    )
    clean_html: bool = Field(default=False, description=CLEAN_HTML)
    max_line_characters: int = Field(default=100_000, ge=1, le=10_000_000, description=LONG_LINE)

    @field_validator("validation")
    @classmethod
    def _weights_are_picked_by_some_text(
        cls, validation: str | tuple[str, ...]
    ) -> str | tuple[str, ...]:
        if validation == "none":
            raise ValueError(
                'must be "split:5%" or another share of train, or name a file: only data.test may '
                'be "none"'
            )
        return validation
