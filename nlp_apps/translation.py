"""The translation app: `python -m nlp_apps.translation train|evaluate|predict|export|explain`.

Each function does what its verb says, and can be called from a notebook. TensorFlow is imported
only inside them.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_apps.cli import main as cli
from nlp_apps.cli.app import App
from nlp_apps.cli.text_io import require_list
from nlp_apps.inference import artefacts

if TYPE_CHECKING:
    from nlp_apps.explain.explanation import Explanation
    from nlp_apps.inference.saved_model_translator import SavedModelTranslator
    from nlp_apps.inference.text_translator import TextTranslator
    from nlp_apps.litert.lite_translator import LiteTranslator


def train(
    recipe: str,
    data_dir: str | None = None,
    run_dir: str | None = None,
    overrides: Sequence[str] = (),
    resume: bool = False,
) -> dict[str, Any]:
    """Trains a translator; see `nlp_apps.tasks.run.train`."""
    from nlp_apps.tasks import run
    from nlp_apps.tasks.translation_task import JOB

    return run.train(JOB, recipe, data_dir, run_dir, overrides, resume)


def evaluate(run: str, split: str = "test", data_dir: str | None = None) -> dict[str, Any]:
    """Scores a run on a split: BLEU and chrF with sacrebleu's signatures, loss in nats a token.

    Args:
        run: a run folder.
        split: "train", "validation" or "test".
        data_dir: where the recipe's files are looked up first; default: where training found them.
    """
    from nlp_apps.tasks.run import evaluate
    from nlp_apps.tasks.translation_task import JOB

    return evaluate(JOB, Path(run), split, data_dir)


def predict(model: str, texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Translates texts, in order.

    Args:
        model: a run folder, a SavedModel or a `.tflite`.
        texts: the texts; none is blank.

    Yields:
        {"translation": text, "score": log probability per token in nats, "alternatives": the other
        beams, the best first}. The search's order is not quite that of the scores: it favours
        longer translations (`decoding.length_penalty`).
    """
    require_list(texts)
    for answer in _translator(model).translate(texts):
        yield {
            "translation": answer.text,
            "score": round(answer.score, 6),
            "alternatives": [
                {"translation": text, "score": round(score, 6)}
                for text, score in answer.alternatives[1:]
            ],
        }


def _translator(model: str) -> "TextTranslator | SavedModelTranslator | LiteTranslator":
    kind, folder = artefacts.find(model)
    if kind == "saved_model":
        from nlp_apps.inference.saved_model_translator import SavedModelTranslator

        return SavedModelTranslator(folder)
    if kind == "tflite":
        from nlp_apps.litert.lite_translator import LiteTranslator

        return LiteTranslator(folder)
    from nlp_apps.tasks.translation_task import load

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
    from nlp_apps.tasks.export import open_translation

    return export(open_translation(Path(run), data_dir), to, formats, quantize)


def explain(run: str, text: str) -> "Explanation":
    """Where the translator looked for each word of a translation, as a picture and in words.

    Args:
        run: a run folder.
        text: not blank.
    """
    from nlp_apps.explain.attention_map import explain
    from nlp_apps.tasks.translation_task import load

    return explain(load(Path(run)), text)


APP = App(
    name="translation",
    description="Train, evaluate and use LSTM translators on your own sentence pairs.",
    default_recipe="translation-phrasebook",
    default_model="translation-tatoeba-en-fr",
    example_text="Where is the station?",
    explain_summary="draw the attention between source and translation",
    train=train,
    evaluate=evaluate,
    predict=predict,
    export=export,
    explain=explain,
    train_scores=("bleu", "chrf", "loss"),
    prediction_key="translation",
)

if __name__ == "__main__":
    sys.exit(cli.main(APP))
