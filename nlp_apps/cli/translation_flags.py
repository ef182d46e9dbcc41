"""Flags of `translation predict` and `translation explain`."""

import argparse
from typing import Any


def add_language(flag: str, parser: argparse.ArgumentParser) -> None:
    """Adds the flag of the target language."""
    parser.add_argument(
        flag,
        dest="to",
        metavar="LANGUAGE",
        help="target language, of a model that has several: fr, de, ...",
    )


def add_predict_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of the target language and of the glossary."""
    add_language("--to", parser)
    parser.add_argument(
        "--glossary",
        metavar="FILE",
        help="terms and the translations that they must have, one pair a line, with a tab or => "
        "between them",
    )


def predict_kwargs(options: argparse.Namespace) -> dict[str, Any]:
    """Returns the keyword arguments of `translation.predict`: the language, the terms if any.

    Raises:
        UsageError: the file has a fault.
    """
    if options.glossary is None:
        return {"to": options.to}
    from nlp_apps.text.glossary import read_glossary

    return {"to": options.to, "glossary": read_glossary(options.glossary).terms}
