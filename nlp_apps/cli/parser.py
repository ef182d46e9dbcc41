"""Argument parsers: two-line errors, flags between texts, hidden and renamed flags."""

import argparse
import contextlib
import difflib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from nlp_apps.errors import UsageError


class _HelpFormatter(argparse.HelpFormatter):
    """A formatter that wraps a paragraph and keeps text of several lines."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """A parser whose error is two lines: the problem, and the command that prints the help."""

    def __init__(self, **kwargs: Any):
        ours: dict[str, Any] = {"allow_abbrev": False, "formatter_class": _HelpFormatter}
        super().__init__(**ours, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Prints the error and exits with the code of a wrong command."""
        with contextlib.suppress(OSError):  # Standard error is full or a closed pipe.
            print(
                f"nlp-apps: error: {message}\nSee {self.prog} --help", file=sys.stderr, flush=True
            )
        raise SystemExit(UsageError.exit_code)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Checks a choice; the error of a misspelled one names the nearest."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            if hint := did_you_mean(str(value), map(str, action.choices or ())):
                error.message = f"invalid choice: {value!r}.{hint}"
            raise

    def _print_message(self, message: str, file: Any = None) -> None:
        """Prints help and version; argparse's own method ignores a failed write."""
        print(message, end="", file=file or sys.stderr)


class VerbParser(Parser):
    """The parser of a verb. Flags may be placed between texts: `predict RUN --json TEXT`.

    Attributes:
        words: The arguments of the last call, as they were typed.
    """

    _is_intermixed = False
    words: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses intermixed arguments; the error of an unknown argument names the verb's help."""
        if self._is_intermixed:  # argparse's own call
            return super().parse_known_args(args, namespace)
        self._is_intermixed, self.words = True, tuple(args or ())
        try:
            namespace, unknown = self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_intermixed = False
        if unknown:
            hint = did_you_mean(unknown[0].partition("=")[0], self._shown_flags())
            stop = "." if hint else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{stop}{hint}")
        return namespace, unknown

    def _shown_flags(self) -> list[str]:
        """Returns the flags that `--help` prints."""
        shown = [action for action in self._actions if action.help != argparse.SUPPRESS]
        return [flag for action in shown for flag in action.option_strings]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Returns ` Did you mean WORD?` with the most similar known word; empty if none is similar."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""


class _Renamed(argparse.Action):
    """A flag of an earlier version: an error that names the new flag, its `metavar`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        parser.error(f"{option_string} is now {self.metavar}.")


def add_verb(
    verbs: Any,
    name: str,
    summary: str,
    command: Callable[[argparse.Namespace], None],
    examples: Sequence[str],
) -> VerbParser:
    """Adds the parser of a verb.

    Args:
        verbs: Return value of `add_subparsers`.
        name: The verb.
        summary: One line for `--help`.
        command: Runs the verb with the parsed arguments.
        examples: Arguments after the verb, for `--help`.

    Returns:
        The parser, with `--debug`.
    """
    parser: VerbParser = verbs.add_parser(
        name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}."
    )
    lines = [f"  {parser.prog} {words}".rstrip() for words in examples]
    parser.epilog = "\n".join(["examples:" if len(lines) > 1 else "example:", *lines])
    parser.set_defaults(command=command)
    add_debug(parser, default=argparse.SUPPRESS)  # `--debug` before the verb counts too
    return parser


def add_debug(parser: argparse.ArgumentParser, default: Any = False) -> None:
    """Adds `--debug`."""
    parser.add_argument(
        "--debug", action="store_true", default=default, help="print tracebacks and library logs"
    )


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """Adds `--data-dir`."""
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        help="folder to search before the recipe's folder and data/",
    )


def add_overrides(parser: argparse.ArgumentParser, example: str) -> None:
    """Adds `--set SECTION.KEY=VALUE`, whose values are `overrides`; `example` is one of them."""
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="SECTION.KEY=VALUE",
        action="append",
        default=[],
        help=f"override a key of the recipe, for example {example}; may be repeated",
    )


def add_output(
    parser: argparse.ArgumentParser,
    help: str,
    metavar: str,
    *synonyms: str,
    default: str | None = None,
) -> None:
    """Adds `--output` and its hidden synonyms, the names of earlier versions."""
    parser.add_argument("--output", metavar=metavar, default=default, help=help)
    for synonym in synonyms:
        parser.add_argument(
            synonym,
            dest="output",
            metavar=metavar,
            default=argparse.SUPPRESS,
            help=argparse.SUPPRESS,
        )


def add_renamed(parser: argparse.ArgumentParser, old: str, new: str) -> None:
    """Makes a flag of an earlier version an error that names the new flag."""
    parser.add_argument(old, action=_Renamed, nargs="?", metavar=new, help=argparse.SUPPRESS)


def name_and_json(word: str) -> tuple[str, Any]:
    """Returns name and value of a word `NAME=JSON` of `--set`.

    Raises:
        UsageError: the word has another form.
    """
    name, _, value = word.partition("=")
    try:
        return name, json.loads(value)
    except ValueError as error:
        raise UsageError(f"--set {word}: must be NAME=JSON, for instance seed=1.") from error
