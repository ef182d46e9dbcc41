"""The tour, `python -m nlp_apps.demo`: trains the default recipe, scores it, translates."""

import argparse
import sys
import time
from pathlib import Path

from nlp_apps import cli

SENTENCES = (
    "My parents have been waiting for three hours.",
    "We would like a table for two, please.",
    "My mother has been working here for three years.",
    "The hotel that we found is very expensive.",
    "Did you forget your umbrella?",
)
"""What the demo translates."""


def main() -> int:
    """Runs the tour.

    Returns:
        The exit code, as `cli.main`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m nlp_apps.demo",
        description="Trains the default recipe on the embedded phrasebook, scores it, and "
        "translates five sentences.",
    )
    parser.add_argument(
        "--run-dir",
        metavar="DIR",
        default="runs/demo",
        help="where to write; a run that is there goes on (default: runs/demo)",
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args()
    return cli.guarded(lambda: tour(Path(options.run_dir)), debug=options.debug)


def tour(folder: Path) -> None:
    """Trains, scores and translates.

    Args:
        folder: where the run folders go.
    """
    from nlp_apps import translation

    started = time.perf_counter()
    run = folder / "translation-phrasebook"
    print("English to French, from the embedded phrasebook", flush=True)
    summary = translation.train(
        translation.APP.default_recipe, run_dir=str(run), resume=run.is_dir()
    )
    print(
        f"  trained {summary['parameters']:,} parameters in {summary['train_seconds']:,.0f} s "
        f"at {summary['tokens_per_second']:,.0f} tokens/s"
    )
    test = summary["scores"]["test"]
    print(
        f"  test: BLEU {test['bleu']:.1f}, chrF {test['chrf']:.1f}, "
        f"perplexity {test['perplexity']:.2f} on {test['sentences']} sentences\n"
        f"  {summary['signature']['bleu']}"
    )
    for sentence, answer in zip(SENTENCES, translation.predict(str(run), SENTENCES), strict=True):
        print(f"  {sentence}\n    -> {answer['translation']}")
    print(
        f"done in {time.perf_counter() - started:,.0f} s. Try your own:\n"
        f'  python -m nlp_apps.translation predict {run} "I have two brothers."'
    )


if __name__ == "__main__":
    sys.exit(main())
