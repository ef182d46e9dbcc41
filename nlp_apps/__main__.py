"""`nlp-apps APP VERB ...`: the same as `python -m nlp_apps.APP VERB ...`."""

import importlib
import sys
from collections.abc import Sequence

from nlp_apps import __version__
from nlp_apps.cli import command_line
from nlp_apps.errors import UsageError

# Each app's module has an `APP`; only the one that is asked for is imported.
APPS = {
    "translation": "a translator from your own sentence pairs",
    "sentiment": "a classifier from your own labelled texts",
    "generation": "a writer from your own prose",
}

USAGE = f"""usage: nlp-apps APP VERB ...

apps:
{chr(10).join(f"  {name:<12} {summary}" for name, summary in APPS.items())}

verbs: train, evaluate, predict, export, explain; generation also score
Try `nlp-apps translation train`: it trains the default recipe on the embedded phrasebook.
More: nlp-apps APP --help, nlp-apps APP VERB --help, nlp-apps --version"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command of the app that the first word names.

    Args:
        argv: The words of the command; None: those of the process.

    Returns:
        The exit code, as `cli.main`.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    name = words[0] if words else None
    if name in APPS:
        return command_line.main(importlib.import_module(f"nlp_apps.{name}").APP, words[1:])
    if name in ("-h", "--help"):
        print(USAGE)
        return 0
    if name == "--version":
        print(f"nlp-apps {__version__}")
        return 0
    problem = "choose an app" if name is None else f"unknown app {name!r}"
    print(f"nlp-apps: error: {problem}: {', '.join(APPS)}\nSee nlp-apps --help", file=sys.stderr)
    return UsageError.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
