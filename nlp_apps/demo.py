"""The demo, `nlp-apps demo`: trains the three default recipes, prints predictions, exports one."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.cli.guard import run_program
from nlp_apps.cli.parser import Parser, add_debug, add_output

SENTENCES = (
    "My parents have been waiting for three hours.",
    "We would like a table for two, please.",
    "My mother has been working here for three years.",
    "The hotel that we found is very expensive.",
    "Did you forget your umbrella?",
)
"""Texts to translate."""

REVIEWS = (
    "The screen is superb, but the battery is empty by noon.",
    "What a delight to wait two hours for cold soup.",
    "Not a single dull moment.",
)
"""Texts to classify."""

PROMPTS = ("Dear Nell,", "The goat")
"""Texts to continue."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the demo; see `run_program`."""
    return run_program(_run, argv)


def _run(words: list[str]) -> None:
    """Parses the arguments and runs the demo."""
    demo(Path(make_parser().parse_args(words).output))


def make_parser() -> Parser:
    """Makes the parser of the command."""
    parser = Parser(
        prog="nlp-apps demo",
        description="Train the three default recipes on the included texts, print scores and "
        "predictions, and export one model. Takes five to six minutes on two CPU cores.",
        epilog="example:\n  nlp-apps demo --output runs/demo",
    )
    add_output(
        parser,
        "folder to write; runs in it are resumed (default: runs/demo)",
        "DIR",
        "--run-dir",
        default="runs/demo",
    )
    add_debug(parser)
    return parser


def demo(folder: Path) -> None:
    """Trains, evaluates and predicts with every app, and exports one model.

    Args:
        folder: Parent of the run folders.
    """
    from nlp_apps import generation, sentiment, translation

    started = time.perf_counter()
    _translation(folder, translation)
    _sentiment(folder, sentiment)
    _generation(folder, generation)
    _export(folder, sentiment)
    apps = f"{_python()} -m nlp_apps"
    print(
        f"Done in {time.perf_counter() - started:,.0f} s. Try your own text:\n"
        f'  {apps} translation predict {_run_of(translation, folder)} "I am cold."\n'
        f'  {apps} sentiment predict {_run_of(sentiment, folder)} "Not bad at all."\n'
        f'  {apps} generation predict {_run_of(generation, folder)} "Onion" --stream\n'
        f"Serve the exported model:\n"
        f"  {apps} serve {folder / 'export'}"
    )


def _translation(folder: Path, app: Any) -> None:
    print("Translation: English to French, trained on the included phrasebook", flush=True)
    run, summary = _train(folder, app)
    test = summary["scores"]["test"]
    print(
        f"  test scores: BLEU {test['bleu']:.1f}, chrF {test['chrf']:.1f}, "
        f"perplexity {test['perplexity']:.2f} on {test['sentences']} sentences\n"
        f"  sacreBLEU signature: {summary['signature']['bleu']}"
    )
    for sentence, row in zip(SENTENCES, app.predict(run, SENTENCES), strict=True):
        print(f"  {sentence}\n    -> {row['translation']}")


def _sentiment(folder: Path, app: Any) -> None:
    print("Sentiment: positive, negative or mixed, trained on the included reviews", flush=True)
    run, summary = _train(folder, app)
    test = summary["scores"]["test"]
    print(
        f"  test scores: accuracy {test['accuracy']:.3f}, macro-F1 {test['macro_f1']:.3f}, "
        f"calibration error {test['calibration_error']:.3f} on {test['texts']} reviews"
    )
    for review, row in zip(REVIEWS, app.predict(run, REVIEWS), strict=True):
        print(f"  {review}\n    -> {row['label']} (probability {row['probability']:.2f})")


def _generation(folder: Path, app: Any) -> None:
    print("Generation: prose in four styles, trained on the included tales", flush=True)
    run, summary = _train(folder, app)
    test, baseline = (
        summary["scores"]["test"],
        summary["baselines"]["test"]["token_frequencies"]["loss"],
    )
    print(
        f"  test scores: loss {test['loss']:.2f} nats per token, perplexity "
        f"{test['perplexity']:.1f}; loss of word frequencies alone: {baseline:.2f}"
    )
    for prompt, row in zip(PROMPTS, app.predict(run, PROMPTS, max_tokens=60), strict=True):
        lines = [line for line in row["text"].splitlines() if line.strip()]
        print(f"  {prompt}", *(f"    | {line}" for line in lines), sep="\n")


def _export(folder: Path, app: Any) -> None:
    print(
        "Export: the sentiment model as SavedModel and .tflite, both compared with the trained "
        "model",
        flush=True,
    )
    output = folder / "export" / app.APP.default_recipe
    formats = ("saved_model", "tflite")
    artefacts = app.export(folder / app.APP.default_recipe, output, formats=formats)
    saved_model, tflite = artefacts["saved_model"], artefacts["tflite"]
    for name, path, artefact in (
        ("SavedModel", saved_model["folder"], saved_model),
        (".tflite", tflite["file"], tflite),
    ):
        print(
            f"  {name}, {artefact['bytes'] / 1e6:.2f} MB: {artefact['num_equal']['probabilities']} "
            f"reviews have equal predictions\n    {path}"
        )
        row = next(iter(app.predict(path, REVIEWS[:1])))
        print(f"  {REVIEWS[0]}\n    -> {row['label']} (probability {row['probability']:.2f})")


def _train(folder: Path, app: Any) -> tuple[str, dict[str, Any]]:
    """Trains or resumes the default recipe of an app; returns run folder and summary."""
    run = _run_of(app, folder)
    train: Callable[..., dict[str, Any]] = app.train
    summary = train(app.APP.default_recipe, run_dir=str(run), resume=run.is_dir())
    print(
        f"  trained {summary['parameters']:,} parameters in {summary['train_seconds']:,.0f} s "
        f"at {summary['tokens_per_second']:,.0f} tokens/s"
    )
    return str(run), summary


def _run_of(app: Any, folder: Path) -> Path:
    """Returns the run folder of an app."""
    recipe: str = app.APP.default_recipe
    return folder / recipe


def _python() -> str:
    """Returns the path of this Python, relative to the current folder if it is below it."""
    path = os.path.relpath(sys.executable)
    return sys.executable if path.startswith("..") else path


if __name__ == "__main__":
    sys.exit(main())
