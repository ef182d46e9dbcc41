"""The sentiment app: `python -m nlp_apps.sentiment train|evaluate|predict|export|explain`.

Each function does what its verb says, and can be called from a notebook. TensorFlow is imported
only inside them. Labels are whatever the text has: moods, topics, languages.
"""

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_apps.cli import classification_output
from nlp_apps.cli import main as cli
from nlp_apps.cli.app import App
from nlp_apps.cli.text_io import require_list
from nlp_apps.inference import artefacts

if TYPE_CHECKING:
    from nlp_apps.explain.explanation import Explanation
    from nlp_apps.inference.saved_model_classifier import SavedModelClassifier
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
    require_list(texts)
    for answer in _classifier(model).classify(texts):
        yield {
            "label": answer.label,
            "probability": round(answer.probability, 6),
            "probabilities": {name: round(p, 6) for name, p in answer.probabilities.items()},
        }


def _classifier(model: str) -> "TextClassifier | SavedModelClassifier | LiteClassifier":
    kind, folder = artefacts.find(model)
    if kind == "saved_model":
        from nlp_apps.inference.saved_model_classifier import SavedModelClassifier

        return SavedModelClassifier(folder)
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


def explain(run: str, text: str) -> "Explanation":
    """Which words of a text made its label, as a picture and in words.

    Args:
        run: a run folder.
        text: not blank.
    """
    from nlp_apps.explain.word_importance import explain
    from nlp_apps.tasks.sentiment_task import load

    return explain(load(Path(run)), text)


APP = App(
    name="sentiment",
    description="Train, evaluate and use LSTM classifiers on your own labelled texts.",
    default_recipe="sentiment-reviews",
    default_model="sentiment-reviews",
    example_text="The soup was cold.",
    explain_summary="draw the words that decided the label",
    train=train,
    evaluate=evaluate,
    predict=predict,
    export=export,
    explain=explain,
    train_scores=("accuracy", "macro_f1", "loss", "calibration_error"),
    prediction_key="label",
    format_prediction=classification_output.format_prediction,
    format_scores=classification_output.format_scores,
)

if __name__ == "__main__":
    sys.exit(cli.main(APP))
