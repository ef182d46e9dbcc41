"""Completion of commands in the shell, with argcomplete.

The shell runs `nlp-apps` on TAB with the line in its environment. Only the parser of the app or
program on that line is made, without TensorFlow, so that the words appear at once.
"""

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from nlp_apps.cli.parser import VerbParser
from nlp_apps.resources import recipe_names, shipped_model_names

MAX_FOLDERS = 200
"""Number of folders in which runs are searched."""

MakeParser = Callable[[str], argparse.ArgumentParser | None]


def is_completing() -> bool:
    """Checks whether the shell, not the user, runs this process."""
    return "_ARGCOMPLETE" in os.environ


def complete(parser: argparse.ArgumentParser, make_parser: MakeParser) -> None:
    """Prints the words that complete the line of the shell, and exits.

    Args:
        parser: The parser of the first argument.
        make_parser: Returns the parser of an app or a program, None for another word.
    """
    from argcomplete.completers import SuppressCompleter
    from argcomplete.finders import CompletionFinder
    from argcomplete.lexers import split_line

    words = split_line(os.environ["COMP_LINE"], int(os.environ["COMP_POINT"]))[3]
    start = 0  # of the command on the line; `launch` has another one behind `--`
    if words[1:2] == ["launch"] and "--" in words:
        start = words.index("--")
    found = make_parser(words[start + 1]) if len(words) > start + 1 else None
    if found is not None:
        parser, start = found, start + 1
        VerbParser._is_intermixed = True  # argcomplete follows the plain order only
        add_completers(parser)
    os.environ["_ARGCOMPLETE"] = str(start + 1)
    # Without a completer, the shell itself completes names of files.
    CompletionFinder()(parser, always_complete_options=False, default_completer=SuppressCompleter())


def add_completers(parser: argparse.ArgumentParser) -> None:
    """Sets the completer of each argument by its metavar, in sub-parsers too."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                add_completers(verb)
        elif completer := COMPLETERS.get(str(action.metavar)):
            action.completer = completer  # type: ignore[attr-defined]


def recipes(prefix: str, parser: argparse.ArgumentParser, **_: object) -> list[str]:
    """Returns the names of shipped recipes of the app, and files and folders."""
    return [*_of_app(recipe_names(), parser), *files(prefix)]


def models(prefix: str, parser: argparse.ArgumentParser, **_: object) -> list[str]:
    """Returns the names of shipped models of the app, runs, and files and folders."""
    return [*_of_app(shipped_model_names(), parser), *runs(prefix), *files(prefix)]


def runs(prefix: str, **_: object) -> list[str]:
    """Returns the run folders below `runs/`, or folders once a path is typed."""
    if prefix and not "runs/".startswith(prefix) and not prefix.startswith("runs/"):
        return folders(prefix)
    found, waiting, seen = [], [Path("runs")], 0
    while waiting and seen < MAX_FOLDERS:
        folder, seen = waiting.pop(0), seen + 1
        if (folder / "recipe.toml").is_file():
            found.append(str(folder))
        else:
            waiting += _folders_in(folder)
    return found


def folders(prefix: str, **_: object) -> list[str]:
    """Returns the folders whose path begins with a prefix."""
    return [path for path in files(prefix) if path.endswith(os.sep)]


def files(prefix: str, **_: object) -> list[str]:
    """Returns the files and folders whose path begins with a prefix; a folder ends with `/`."""
    parent, slash, start = prefix.rpartition(os.sep)
    try:
        entries = sorted(os.scandir(os.path.expanduser(parent + slash) or "."), key=_name)
        return [
            parent + slash + entry.name + (os.sep if entry.is_dir() else "")
            for entry in entries
            if entry.name.startswith(start) and (start or not entry.name.startswith("."))
        ]
    except OSError:
        return []


COMPLETERS: dict[str, Callable[..., Iterable[str]]] = {
    "RECIPE": recipes,
    "MODEL": models,
    "RUN": runs,
    "DIR": folders,
    "FILE": files,
    "INPUT": files,
    "OUTPUT": folders,
    "DATA_OR_RECIPE": recipes,
}
"""Completers by metavar."""


def _of_app(names: Iterable[str], parser: argparse.ArgumentParser) -> list[str]:
    """Returns the names of the app of a parser; of a program, which has no own, all names."""
    names, beginning = list(names), f"{parser.prog.split()[1]}-"
    return [name for name in names if name.startswith(beginning)] or names


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
