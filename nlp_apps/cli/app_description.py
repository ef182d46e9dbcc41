"""The description of an app for the command line."""

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlp_apps.explain.explanation import Explanation

Record = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True)
class App:
    """The description of an app.

    The functions import TensorFlow when they are called, so that `--help` prints at once.

    Attributes:
        name: Name of the command: `nlp-apps NAME VERB`.
        description: One sentence for `--help`.
        default_recipe: Name of the recipe that `train` uses without RECIPE.
        default_model: Name of the shipped model that `predict` uses without a model.
        example_text: A text for the default recipe, for the examples in `--help`.
        shipped_example_text: A text for the shipped model, for the examples in `--help`.
        explain_summary: Summary of `explain` for `--help`.
        train: `train(recipe, data_dir, run_dir, overrides, resume, **options)` trains a model and
            returns the summary of the run. `recipe` is a path or the name of a recipe.
        evaluate: `evaluate(run, split, data_dir)` returns the scores of a split.
        predict: `predict(model, texts, **kwargs)` yields a mapping for each text, in order. It may
            read the texts lazily.
        export: `export(run, folder, data_dir, formats, quantize, card)` writes artefacts and
            returns a description of them.
        explain: `explain(run, text, **kwargs)` explains one prediction.
        train_scores: Names of the scores that `train` prints for each split.
        pretrained_key: Recipe key of a pretrained start, for advice.
        prediction_key: Key of the prediction in the mappings of `predict`.
        format_prediction: Formats a mapping of `predict` as a line. Default: the prediction.
        empty_prediction: Returns the prediction of an empty text; its argument is a prediction of
            the same model, or None. Default: an empty text as the prediction.
        format_scores: Formats the scores of `evaluate` for people. Default: a table.
        predicts_empty_text: Whether `predict` also accepts empty texts, and no text at all.
        uses_text_index: Whether a prediction depends on the index of its text; `predict` then
            accepts `first_index`.
        add_predict_flags: Adds flags to `predict`.
        predict_kwargs: Checks those flags and returns the keyword arguments of `predict`.
        add_explain_flags: Adds flags to `explain`; they are its keyword arguments.
        score: `score(model, texts)` yields the surprisal of each text. None: no verb `score`.
        score_file: `score_file(model, path)` returns the surprisal of a file, by line.
        suggest: `suggest(model, texts, learn=paths, number=N)` yields the most probable next words
            of each text. None: no verb `suggest`.
    """

    name: str
    description: str
    default_recipe: str
    default_model: str
    example_text: str
    shipped_example_text: str
    explain_summary: str
    train: Callable[..., Record]
    evaluate: Callable[[str, str, str | None], Record]
    predict: Callable[..., Iterable[Record]]
    export: Callable[..., Record]
    explain: Callable[..., "Explanation"]
    train_scores: tuple[str, ...]
    prediction_key: str
    pretrained_key: str = "model.init_encoder_from"
    format_prediction: Callable[[Record], str] | None = None
    empty_prediction: Callable[[Record | None], Record] | None = None
    format_scores: Callable[[Record], str] | None = None
    predicts_empty_text: bool = False
    uses_text_index: bool = False
    add_predict_flags: Callable[[argparse.ArgumentParser], None] | None = None
    predict_kwargs: Callable[[argparse.Namespace], dict[str, Any]] | None = None
    add_explain_flags: Callable[[argparse.ArgumentParser], None] | None = None
    score: Callable[[str, Iterable[str]], Iterable[Record]] | None = None
    score_file: Callable[[str, str], dict[str, Any]] | None = None
    suggest: Callable[..., Iterable[Record]] | None = None
