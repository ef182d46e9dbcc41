"""The sentiment app: `python -m nlp_apps.sentiment train|evaluate|predict|export|explain`.

Each function does what its verb says, and can be called from a notebook. TensorFlow is imported
only inside them. Labels are whatever the text has: moods, topics, languages.
"""

import functools
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_apps.cli import command_line
from nlp_apps.cli import explain as explain_verb
from nlp_apps.cli import export as export_command
from nlp_apps.cli.text_io import require_several
from nlp_apps.inference import artefacts

if TYPE_CHECKING:
    from nlp_apps.explain.explanation import Explained
    from nlp_apps.inference.saved_model_predictors import ExportedClassifier
    from nlp_apps.inference.text_classifier import TextClassifier
    from nlp_apps.litert.lite_classifier import LiteClassifier

logger = logging.getLogger(__name__)


def train(
    recipe: str,
    data_dir: str | None = None,
    run_dir: str | None = None,
    overrides: Sequence[str] = (),
    resume: bool = False,
) -> dict[str, Any]:
    """Trains a classifier; see `nlp_apps.tasks.run.train`."""
    from nlp_apps.tasks import run
    from nlp_apps.tasks.sentiment_task import JOB

    return run.train(JOB, recipe, data_dir, run_dir, overrides, resume)


def evaluate(run: str, split: str = "test", data_dir: str | None = None) -> dict[str, Any]:
    """Scores a run on a split, and draws its confusion matrix into the run folder.

    Args:
        run: a run folder.
        split: "train", "validation" or "test".
        data_dir: where the recipe's files are looked up first; default: where training found them.

    Returns:
        accuracy, macro_f1, loss in nats, calibration_error, for every label precision, recall, f1
        and texts, confusion (rows are the true labels), and "picture": the path of the PNG, which
        is left out where it could not be drawn or written.
    """
    from nlp_apps.tasks.run import evaluate
    from nlp_apps.tasks.sentiment_task import JOB

    scores = evaluate(JOB, Path(run), split, data_dir)
    picture = Path(run) / f"confusion-{split}.png"
    return {**scores, **({"picture": str(picture)} if _draw(scores, picture) else {})}


def _draw(scores: Mapping[str, Any], picture: Path) -> bool:
    """Draws the confusion matrix; says whether it could. The scores took longer than a picture."""
    from nlp_apps.plots import confusion

    try:
        confusion.draw(scores["confusion"], list(scores["labels"]), picture)
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        logger.warning("%s: no picture of the confusion matrix: %s", picture, why[:300])
        return False
    return True


def predict(model: str, texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Labels texts, in order.

    Args:
        model: a run folder, a SavedModel or a `.tflite`.
        texts: the texts; none is blank.

    Yields:
        {"label": name, "probability": of it, "probabilities": {name: probability}}.
    """
    require_several(texts)
    for answer in _classifier(model).classify(texts):
        yield {
            "label": answer.label,
            "probability": round(answer.probability, 6),
            "probabilities": {name: round(p, 6) for name, p in answer.probabilities.items()},
        }


def _classifier(model: str) -> "TextClassifier | ExportedClassifier | LiteClassifier":
    kind, folder = artefacts.find(model)
    if kind == "saved_model":
        from nlp_apps.inference.saved_model_predictors import ExportedClassifier

        return ExportedClassifier(folder)
    if kind == "tflite":
        from nlp_apps.litert.lite_classifier import LiteClassifier

        return LiteClassifier(folder)
    from nlp_apps.tasks.sentiment_task import load

    return load(folder)


def export(
    run: str,
    to: Path | None = None,
    data_dir: str | None = None,
    formats: Sequence[str] = ("saved_model",),
    quantize: str = "dynamic",
) -> dict[str, Any]:
    """Writes a run as a SavedModel, a `.tflite` or both; see `export.export_run.export`."""
    from nlp_apps.export.export_run import export
    from nlp_apps.tasks.export import open_sentiment

    return export(open_sentiment(Path(run), data_dir), to, formats, quantize)


def explain(run: str, text: str) -> "Explained":
    """Which words of a text made its label, as a picture and in words.

    Args:
        run: a run folder.
        text: not blank.
    """
    from nlp_apps.explain.word_importance import explain
    from nlp_apps.tasks.sentiment_task import load

    return explain(load(Path(run)), text)


def _line(answer: Mapping[str, Any]) -> str:
    """Label and probability, with a TAB between; of a text that says nothing a blank line."""
    return f"{answer['label']}\t{answer['probability']:.4f}" if answer["label"] else ""


def _show(scores: Mapping[str, Any]) -> str:
    """The scores as a person reads them: figures, a row for each label, the confusion."""
    from nlp_apps.cli.text_io import to_rows, to_table
    from nlp_apps.plots.confusion import short_names

    nested = ("labels", "confusion")
    labels = scores["labels"]
    rows = [["label", "precision", "recall", "F1", "texts"]]
    for name, row in labels.items():
        figures = [f"{row[key]:.4f}" for key in ("precision", "recall", "f1")]
        rows.append([name, *figures, f"{row['texts']:,}"])
    names = short_names(list(labels))
    confusion = [["true \\ given", *names]]
    for name, counts in zip(names, scores["confusion"], strict=True):
        confusion.append([name, *(f"{count:,}" for count in counts)])
    plain = to_table({key: value for key, value in scores.items() if key not in nested})
    return "\n\n".join([plain, to_rows(rows), to_rows(confusion)])


APP = command_line.App(
    name="sentiment",
    default_recipe="sentiment-reviews",
    default_model="sentiment-reviews",
    description="Train, score and use LSTM classifiers on your own labelled texts.",
    train=train,
    told=("accuracy", "macro_f1", "loss", "calibration_error"),
    evaluate=evaluate,
    predict=predict,
    answer="label",
    line=_line,
    show=_show,
    verbs=(
        command_line.Verb(
            "export",
            "write a SavedModel or a .tflite, once it is proven to answer alike",
            "runs/sentiment-reviews",
            export_command.arguments,
            functools.partial(export_command.run, export),
        ),
        command_line.Verb(
            "explain",
            "draw which words made the label",
            'runs/sentiment-reviews "The soup was cold." --to words.html',
            explain_verb.arguments,
            functools.partial(explain_verb.run, explain),
        ),
    ),
)

if __name__ == "__main__":
    sys.exit(command_line.main(APP))
