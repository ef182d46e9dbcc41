"""The tour, `python -m nlp_apps.demo`: trains the three default recipes, answers, exports one."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.cli.guard import guarded
from nlp_apps.cli.parser import Parser, add_debug, add_output

SENTENCES = (
    "My parents have been waiting for three hours.",
    "We would like a table for two, please.",
    "My mother has been working here for three years.",
    "The hotel that we found is very expensive.",
    "Did you forget your umbrella?",
)
"""What the tour translates."""

REVIEWS = (
    "The screen is superb, but the battery is empty by noon.",
    "What a delight to wait two hours for cold soup.",
    "Not a single dull moment.",
)
"""What the tour judges."""

PROMPTS = ("Dear Nell,", "The goat")
"""What the tour continues."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the tour.

    Args:
        argv: The arguments. Default: those of the process.

    Returns:
        The exit code, as in `guarded`.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: _run(words), debug="--debug" in words)


def _run(words: list[str]) -> None:
    """Parses the arguments and runs the tour."""
    parser = Parser(
        prog="nlp-apps demo",
        description="Trains the three default recipes on the embedded corpora: translates, tells "
        "moods, writes. Exports one of them.",
    )
    add_output(
        parser,
        "folder to write; runs in it are resumed (default: runs/demo)",
        "DIR",
        "--run-dir",
        default="runs/demo",
    )
    add_debug(parser)
    tour(Path(parser.parse_args(words).output))


def tour(folder: Path) -> None:
    """Trains, scores and answers with every app; exports one model.

    Args:
        folder: where the run folders go.
    """
    from nlp_apps import generation, sentiment, translation

    started = time.perf_counter()
    _translate(folder, translation)
    _judge(folder, sentiment)
    _write(folder, generation)
    _export(folder, sentiment)
    print(
        f"done in {time.perf_counter() - started:,.0f} s. Try your own:\n"
        f'  {_command("translation", folder)} "I have two brothers."\n'
        f'  {_command("sentiment", folder)} "Not bad at all."\n'
        f'  {_command("generation", folder)} "Onion" --stream\n'
        f"  {_python()} -m nlp_apps.serve {folder / 'export'}"
    )


def _translate(folder: Path, app: Any) -> None:
    print("Translation: English to French, from the embedded phrasebook", flush=True)
    run, summary = _train(folder, app)
    test = summary["scores"]["test"]
    print(
        f"  test: BLEU {test['bleu']:.1f}, chrF {test['chrf']:.1f}, "
        f"perplexity {test['perplexity']:.2f} on {test['sentences']} sentences\n"
        f"  {summary['signature']['bleu']}"
    )
    for sentence, answer in zip(SENTENCES, app.predict(run, SENTENCES), strict=True):
        print(f"  {sentence}\n    -> {answer['translation']}")


def _judge(folder: Path, app: Any) -> None:
    print("Sentiment: the mood of reviews, from the embedded reviews", flush=True)
    run, summary = _train(folder, app)
    test = summary["scores"]["test"]
    print(
        f"  test: accuracy {test['accuracy']:.3f}, macro-F1 {test['macro_f1']:.3f}, "
        f"calibration error {test['calibration_error']:.3f} on {test['texts']} reviews"
    )
    for review, answer in zip(REVIEWS, app.predict(run, REVIEWS), strict=True):
        print(f"  {review}\n    -> {answer['label']} ({answer['probability']:.2f})")


def _write(folder: Path, app: Any) -> None:
    print("Generation: prose in four voices, from the embedded tales", flush=True)
    run, summary = _train(folder, app)
    test, baseline = summary["scores"]["test"], summary["baselines"]["test"]["unigram_loss"]
    print(
        f"  test: {test['loss']:.2f} nats a token, perplexity {test['perplexity']:.1f}; word "
        f"frequencies alone: {baseline:.2f} nats"
    )
    for answer in app.predict(run, PROMPTS, max_tokens=60):
        lines = [line for line in answer["text"].splitlines() if line.strip()]
        print("\n".join(f"  | {line}" for line in lines))


def _export(folder: Path, app: Any) -> None:
    print(
        "Export: the judge for servers and for phones, once both are proven to answer alike",
        flush=True,
    )
    to = folder / "export" / app.APP.default_recipe
    written = app.export(folder / app.APP.default_recipe, to, formats=("saved_model", "tflite"))
    served, small = written["saved_model"], written["tflite"]
    for kind, path, told in (
        ("SavedModel", served["folder"], served),
        (".tflite", small["file"], small),
    ):
        print(
            f"  {kind}, {told['bytes'] / 1e6:.2f} MB: {told['num_equal']['probabilities']} reviews "
            f"with the run's answer\n    {path}"
        )
        answer = next(iter(app.predict(path, REVIEWS[:1])))
        print(f"    {REVIEWS[0]}\n    -> {answer['label']} ({answer['probability']:.2f})")


def _train(folder: Path, app: Any) -> tuple[str, dict[str, Any]]:
    """Trains an app's default recipe, or goes on with it; says how long that took."""
    recipe: str = app.APP.default_recipe
    run = folder / recipe
    train: Callable[..., dict[str, Any]] = app.train
    summary = train(recipe, run_dir=str(run), resume=run.is_dir())
    print(
        f"  trained {summary['parameters']:,} parameters in {summary['train_seconds']:,.0f} s "
        f"at {summary['tokens_per_second']:,.0f} tokens/s"
    )
    return str(run), summary


def _python() -> str:
    """This Python, as one types it here."""
    path = os.path.relpath(sys.executable)
    return sys.executable if path.startswith("..") else path


def _command(app: str, folder: Path) -> str:
    from importlib import import_module

    recipe = import_module(f"nlp_apps.{app}").APP.default_recipe
    return f"{_python()} -m nlp_apps.{app} predict {folder / recipe}"


if __name__ == "__main__":
    sys.exit(main())
