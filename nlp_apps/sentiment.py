"""The sentiment app: `nlp-apps sentiment inspect|train|evaluate|predict|export|explain`.

Labels are those of the text: moods, topics, languages. One function for each verb, for notebooks
and programs. TensorFlow is imported when a function needs
it.
"""

import argparse
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_apps.cli import classification_output
from nlp_apps.cli import main as cli
from nlp_apps.cli.app_description import App
from nlp_apps.cli.text_io import require_list

if TYPE_CHECKING:
    import keras

    from nlp_apps.explain.explanation import Explanation

logger = logging.getLogger(__name__)


def train(
    recipe: str | PathLike[str] | Mapping[str, Any],
    data_dir: str | None = None,
    run_dir: str | None = None,
    overrides: Sequence[str] = (),
    resume: bool = False,
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
    *,
    budget: str = "normal",
    overwrite: bool = False,
    time_limit: str | float | None = None,
    tracker: str | None = None,
) -> dict[str, Any]:
    """Trains a classifier and scores it.

    Args:
        recipe: path of a recipe, name of a recipe that ships, a recipe as a dictionary, or the
            text itself: a file, a folder or `tfds:NAME/CONFIG:SPLIT`, with default settings.
        data_dir: the folder in which the recipe's files are looked up first.
        run_dir: the run folder; default: `runs/NAME`.
        overrides: texts `section.key=value`.
        resume: continue from the last checkpoint.
        callbacks: Keras callbacks; an evaluation is their epoch.
        budget: "quick", "normal" or "thorough": factor of the steps that the recipe leaves open.
        overwrite: replace the run in the run folder.
        time_limit: wall time in seconds, or a text such as "30m"; lowers the number of steps to
            those that fit.
        tracker: "mlflow" or "wandb", which logs recipe, evaluations and scores.

    Returns:
        The content of `summary.json`, and "run": the run folder.

    Raises:
        NlpAppsError: the recipe or the data is wrong, or the disk is full or read-only.
    """
    from nlp_apps.tasks import training_run

    return training_run.train(
        *("sentiment", recipe, data_dir, run_dir, overrides, resume, callbacks),
        budget=budget,
        overwrite=overwrite,
        time_limit=time_limit,
        tracker=tracker,
    )


def inspect(
    source: str | PathLike[str] | Mapping[str, Any],
    data_dir: str | None = None,
    overrides: Sequence[str] = (),
) -> dict[str, Any]:
    """Inspects labelled texts before training; needs no TensorFlow.

    Args:
        source: the text, or a recipe, as in `train`.
        data_dir: the folder in which the recipe's files are looked up first.
        overrides: texts `section.key=value`.

    Returns:
        The object that `inspect --json` prints: rows, lengths, scripts, labels, findings and the
        expected time and score.

    Raises:
        NlpAppsError: the recipe is wrong, or no text can be read.
    """
    from nlp_apps.inspection.inspect_source import inspect

    return inspect("sentiment", source, data_dir, overrides).to_dict()


def evaluate(run: str, split: str = "test", data_dir: str | None = None) -> dict[str, Any]:
    """Scores a run, and plots its confusion matrix into the run folder.

    With several labels a text, it plots precision, recall and F1 of each label.

    Args:
        run: a run folder.
        split: "train", "validation" or "test".
        data_dir: the folder in which the recipe's files are looked up first; default: the folders
            of the training.

    Returns:
        accuracy, macro_f1, loss in nats, calibration_error, labels (for each precision, recall, f1,
        support), confusion (rows are the true labels) and "picture": path of the plot, which is
        missing if the plot could not be written. With several labels a text: micro_f1 and
        subset_accuracy in place of accuracy, a threshold of each label, and no confusion.
    """
    from nlp_apps.plots import confusion, label_scores
    from nlp_apps.tasks.run import evaluate

    scores = evaluate("sentiment", run, split, data_dir)
    name = "confusion" if "confusion" in scores else "labels"
    picture = Path(run) / f"{name}-{split}.png"
    try:
        if "confusion" in scores:
            confusion.draw(scores["confusion"], list(scores["labels"]), picture)
        else:
            label_scores.draw(scores["labels"], picture)
    except Exception as error:  # The scores took longer to compute than the plot.
        reason = " ".join(str(error).split()) or type(error).__name__
        noun = "confusion matrix" if "confusion" in scores else "scores of the labels"
        logger.warning("%s: cannot write the %s: %s", picture, noun, reason[:300])
        return scores
    return {**scores, "picture": str(picture)}


def predict(
    model: str, texts: Iterable[str], *, trust: bool = False
) -> Iterator[Mapping[str, Any]]:
    """Classifies texts, in order.

    Args:
        model: a run folder, a SavedModel, a `.tflite` or an `.onnx`.
        texts: the texts; none is empty.
        trust: load a SavedModel without a check of its operations.

    Yields:
        {"label": name, "probability": of the label, "probabilities": {name: probability},
        "too_long": whether only a part of the text was read}. A model with several labels a text
        has "labels" in place of the first two: a list, the most probable label first.
    """
    from nlp_apps.results import LabelSet
    from nlp_apps.tasks.predictors import load_predictor

    require_list(texts)
    for found in load_predictor(model, "sentiment", trust=trust).classify(texts):
        probabilities = {name: round(p, 6) for name, p in found.probabilities.items()}
        if isinstance(found, LabelSet):
            yield {
                "labels": list(found.labels),
                "probabilities": probabilities,
                "too_long": found.too_long,
            }
            continue
        yield {
            "label": found.label,
            "probability": round(found.probability, 6),
            "probabilities": probabilities,
            "too_long": found.too_long,
        }


def export(
    run: str,
    output: str | PathLike[str] | None = None,
    data_dir: str | None = None,
    formats: Sequence[str] = ("saved_model",),
    quantize: str = "dynamic",
    card: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Exports a run in some of `export.formats.FORMATS`; see `export.export_run.export`."""
    from nlp_apps.export.export_run import export

    return export(run, output, formats, quantize, data_dir, "sentiment", card)


def explain(run: str, text: str, label: str | None = None) -> "Explanation":
    """Explains a label by the importance of each word of the text.

    Args:
        run: a run folder.
        text: a text that is not empty.
        label: the label to explain; default: the most probable one.
    """
    from nlp_apps.explain.word_importance import explain
    from nlp_apps.tasks.run import load

    return explain(load(run, "sentiment").predictor(), text, label)


def _add_explain_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--label", metavar="NAME", help="label to explain (default: the most probable one)"
    )


APP = App(
    name="sentiment",
    description="Train, evaluate and use LSTM classifiers on your own labelled texts.",
    default_recipe="sentiment-reviews",
    default_model="sentiment-opinions",
    example_text="The soup was cold.",
    shipped_example_text="The soup was cold.",
    explain_summary="draw the importance of each word for the label",
    train=train,
    evaluate=evaluate,
    predict=predict,
    export=export,
    explain=explain,
    train_scores=("accuracy", "micro_f1", "macro_f1", "loss", "calibration_error"),
    prediction_key="label",
    format_prediction=classification_output.format_prediction,
    empty_prediction=classification_output.empty_prediction,
    add_explain_flags=_add_explain_flags,
    format_scores=classification_output.format_scores,
)

if __name__ == "__main__":
    sys.exit(cli.main(APP))
