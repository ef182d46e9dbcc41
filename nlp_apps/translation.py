"""The translation app: `nlp-apps translation inspect|train|evaluate|predict|export|explain`.

One function for each verb, for notebooks and programs. TensorFlow is imported when a function needs
it.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

from nlp_apps.cli import main as cli
from nlp_apps.cli import translation_flags
from nlp_apps.cli.app_description import App
from nlp_apps.cli.text_io import require_list

if TYPE_CHECKING:
    import keras

    from nlp_apps.explain.explanation import Explanation


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
    """Trains a translator and scores it.

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
        *("translation", recipe, data_dir, run_dir, overrides, resume, callbacks),
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
    """Inspects sentence pairs before training; needs no TensorFlow.

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

    return inspect("translation", source, data_dir, overrides).to_dict()


def evaluate(run: str, split: str = "test", data_dir: str | None = None) -> dict[str, Any]:
    """Scores a run: BLEU and chrF with sacrebleu's signatures, loss in nats per token.

    Summaries also have ROUGE, answers exact match and F1 (`data.kind`).

    Args:
        run: a run folder.
        split: "train", "validation" or "test".
        data_dir: the folder in which the recipe's files are looked up first; default: the folders
            of the training.
    """
    from nlp_apps.tasks.run import evaluate

    return evaluate("translation", run, split, data_dir)


def predict(
    model: str,
    texts: Iterable[str],
    *,
    to: str | Iterable[str] | None = None,
    glossary: Mapping[str, str] | str | PathLike[str] | None = None,
    trust: bool = False,
) -> Iterator[Mapping[str, Any]]:
    """Translates texts, in order.

    Args:
        model: a run folder, a SavedModel, a `.tflite` or an `.onnx`.
        texts: the texts; none is empty.
        to: the target language: a code such as "fr", or one for each text. None: the only language
            of the model.
        glossary: terms and the translations that they must have, or the path of a file with one
            pair per line, separated by a tab.
        trust: load a SavedModel without a check of its operations.

    Yields:
        {"translation": text, "score": log probability per token in nats, "alternatives": the other
        beams, best first, "too_long": whether the text is longer than the model accepts}. Beams are
        ranked with `decoding.length_penalty`, not by "score".
    """
    from nlp_apps.tasks.predictors import load_predictor

    require_list(texts)
    translator = load_predictor(model, "translation", trust=trust)
    for found in translator.translate(texts, to, glossary):
        yield {
            "translation": found.text,
            "score": round(found.score, 6),
            "alternatives": [
                {"translation": text, "score": round(score, 6)}
                for text, score in found.alternatives[1:]
            ],
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

    return export(run, output, formats, quantize, data_dir, "translation", card)


def explain(run: str, text: str, *, to: str | None = None) -> "Explanation":
    """Explains a translation by the attention between its words and those of the text.

    Args:
        run: a run folder.
        text: a text that is not empty.
        to: the target language; None for the only one of the model.
    """
    from nlp_apps.explain.attention_map import explain
    from nlp_apps.tasks.run import load

    return explain(load(run, "translation").predictor(), text, to)


APP = App(
    name="translation",
    description="Train, evaluate and use LSTM translators on your own sentence pairs.",
    default_recipe="translation-phrasebook",
    default_model="translation-tatoeba-en-fr",
    example_text="Where is the station?",
    shipped_example_text="Where is the station?",
    explain_summary="draw the attention between source and translation",
    train=train,
    evaluate=evaluate,
    predict=predict,
    export=export,
    explain=explain,
    train_scores=(
        *("rouge_1", "rouge_2", "rouge_l", "exact_match", "f1"),
        *("bleu", "chrf", "loss", "beam_size"),
    ),
    prediction_key="translation",
    add_predict_flags=translation_flags.add_predict_flags,
    predict_kwargs=translation_flags.predict_kwargs,
    add_explain_flags=partial(translation_flags.add_language, "--language"),
)

if __name__ == "__main__":
    sys.exit(cli.main(APP))
