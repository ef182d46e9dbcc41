"""The command line that every app has: `train`, `evaluate`, `predict`.

An app describes itself as an `App`; `main(app)` parses, calls one of its functions, and prints.
Only the command line prints, and it imports nothing heavy, so that `--help` answers at once.
"""

import argparse
import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

from nlp_apps import __version__
from nlp_apps.cli.text_io import NOTHING, answer_lines, asked_texts, to_json, to_table
from nlp_apps.errors import NlpAppsError, UsageError, first_line
from nlp_apps.io import quiet_tensorflow, stdout

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


@dataclass(frozen=True)
class App:
    """What the command line must know about an app.

    The functions import TensorFlow and its like themselves, when they are called.

    Attributes:
        name: As in `nlp-apps NAME train`.
        default_recipe: Name of the recipe that `train` takes when none is given.
        default_model: Name of the shipped model that `predict` asks when none is given.
        description: One sentence for `--help`.
        train: `train(recipe_path, data_dir, run_dir, overrides, resume)` trains and returns the
            summary of the run. `recipe_path` is a path or the name of a recipe.
        told: What `train` prints of each split's scores; all else is in `summary.json`.
        evaluate: `evaluate(run, split, data_dir)` returns the scores of one split.
        predict: `predict(model, texts)` gives one mapping for each text, in order, and may read the
            texts as slowly as it needs them. No text is blank.
        answer: Key of those mappings that holds the answer itself. Empty: the app's name.
        line: Makes the line that is printed for such a mapping, or None where it was printed
            already. None: the answer itself.
        show: Makes what `evaluate` prints of its scores. None: a table.
        predict_flags: Adds the app's own flags to `predict`; they reach the function by keyword.
        blank_is_text: Whether a blank text is answered like any other, and none at all like one.
        verbs: What the app can do beside the three verbs that every app has.
    """

    name: str
    default_recipe: str
    default_model: str
    description: str
    train: Callable[[str, str | None, str | None, Sequence[str], bool], Mapping[str, Any]]
    told: tuple[str, ...]
    evaluate: Callable[[str, str, str | None], Mapping[str, Any]]
    predict: Callable[..., Iterable[Mapping[str, Any]]]
    answer: str = ""
    line: Callable[[Mapping[str, Any]], str | None] | None = None
    show: Callable[[Mapping[str, Any]], str] | None = None
    predict_flags: Callable[[argparse.ArgumentParser], None] | None = None
    blank_is_text: bool = False
    verbs: tuple["Verb", ...] = ()


@dataclass(frozen=True)
class Verb:
    """A verb that only some apps have.

    Attributes:
        name: As in `nlp-apps APP NAME`.
        summary: What it does, for `--help`.
        example: Words after the name, for `--help`.
        arguments: Adds its arguments to a parser.
        run: Does it, and prints.
    """

    name: str
    summary: str
    example: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is two lines: what is wrong, and where to read more."""

    def error(self, message: str) -> NoReturn:
        """Complains, and ends with the exit code of a wrong command."""
        print(f"nlp-apps: error: {message}\nSee {self.prog} --help", file=sys.stderr)
        raise SystemExit(UsageError.exit_code)


def main(app: App, argv: Sequence[str] | None = None) -> int:
    """Runs one command of an app.

    Args:
        app: The app.
        argv: The words after the app's name; None: those of the process.

    Returns:
        The exit code: 0 done, 1 the work could not be done, 2 the command or recipe is wrong, 130
        interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: _run(app, words), debug="--debug" in words)


def guarded(work: Callable[[], None], *, debug: bool = False) -> int:
    """Runs `work` and turns whatever it raises into one or two lines on stderr and an exit code.

    Args:
        work: What to do; it may print.
        debug: Show tracebacks, and TensorFlow's own messages.

    Returns:
        The exit code, as `main`.
    """
    if not debug:
        quiet_tensorflow.install()
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    _log_to_stderr()
    try:
        with stdout.named_errors():
            work()
    except BrokenPipeError:  # `| head` has what it wants.
        stdout.discard()
        return 1
    except KeyboardInterrupt:
        _complain("interrupted", debug=debug)
        return EXIT_INTERRUPTED
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except NlpAppsError as error:
        _complain(f"error: {error}", debug=debug)
        return error.exit_code
    except OSError as error:
        if error.filename == stdout.NAME:
            stdout.discard()
        where = f"{error.filename}: " if error.filename is not None else ""
        _complain(f"error: {where}{error.strerror or first_line(error)}", debug=debug)
        return 1
    except Exception as error:
        name = f"{type(error).__name__}: {first_line(error)}"
        _complain(
            f"unexpected error: {name}; run again with --debug for the traceback", debug=debug
        )
        return 1
    return 0


def _run(app: App, words: list[str]) -> None:
    """Parses the words and runs the verb."""
    parser, verbs = _parsers(app)
    verb = next((word for word in words if not word.startswith("-")), None)
    if verb not in verbs:
        parser.parse_args(words)  # Prints the help or the complaint, and exits.
        parser.error(f"choose a verb: {', '.join(verbs)}")
    words.remove(verb)
    # Intermixed: `predict RUN --json TEXT` is as good as `predict RUN TEXT --json`.
    options = verbs[verb].parse_intermixed_args(words)
    for own in app.verbs:
        if own.name == verb:
            own.run(options)
            return
    {"train": _train, "evaluate": _evaluate, "predict": _predict}[verb](app, options)


def _parsers(app: App) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The parser of the app, for its help, and one for each verb."""
    parser = Parser(prog=f"nlp-apps {app.name}", description=app.description, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"nlp-apps {__version__}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks and library messages")
    group = parser.add_subparsers(metavar="VERB", title="verbs")
    run = f"runs/{app.default_recipe}"
    verbs = {
        "train": _verb(group, "train", "train a model from a recipe", "train"),
        "evaluate": _verb(group, "evaluate", "score a trained model", f"evaluate {run}"),
        "predict": _verb(group, "predict", "answer texts", f"predict {run} --input lines.txt"),
    }

    train = verbs["train"]
    train.add_argument(
        "recipe",
        metavar="RECIPE",
        nargs="?",
        help=f"TOML file, or the name of a recipe that is shipped (default: {app.default_recipe})",
    )
    train.add_argument(
        "--data-dir", metavar="DIR", help="where to look for the recipe's files first"
    )
    train.add_argument("--run-dir", metavar="DIR", help="where to write (default: runs/NAME)")
    train.add_argument(
        "--set",
        dest="overrides",
        metavar="SECTION.KEY=VALUE",
        action="append",
        default=[],
        help="replace a key of the recipe, for instance model.units=512; may be repeated",
    )
    train.add_argument("--resume", action="store_true", help="go on where a stopped run was")

    evaluate = verbs["evaluate"]
    evaluate.add_argument("run", metavar="RUN", help="folder that train wrote")
    evaluate.add_argument(
        "--split",
        choices=("train", "validation", "test"),
        default="test",
        help="which text to score (default: test)",
    )
    evaluate.add_argument("--data-dir", metavar="DIR", help="where to look for the text first")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object, on one line")

    predict = verbs["predict"]
    predict.add_argument(
        "model",
        metavar="RUN_OR_ARTEFACT",
        nargs="?",
        help="folder that train wrote, or what export made of it "
        f"(default: {app.default_model}, which ships)",
    )
    predict.add_argument(
        "texts", metavar="TEXT", nargs="*", help="texts to answer, one answer each"
    )
    predict.add_argument("--input", metavar="FILE", help="answer each line of FILE; - reads stdin")
    predict.add_argument(
        "--output", metavar="FILE", help="write the answers to FILE, all or nothing"
    )
    predict.add_argument("--json", action="store_true", help="one JSON object a line, with scores")
    if app.predict_flags:
        app.predict_flags(predict)
    for own in app.verbs:
        verbs[own.name] = _verb(group, own.name, own.summary, f"{own.name} {own.example}")
        own.arguments(verbs[own.name])
    return parser, verbs


def _verb(group: Any, name: str, summary: str, example: str) -> argparse.ArgumentParser:
    """One verb's parser, with what all verbs share."""
    parser: argparse.ArgumentParser = group.add_parser(
        name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.", allow_abbrev=False
    )
    parser.epilog = f"Example: {parser.prog.removesuffix(name)}{example}"
    parser.add_argument("--debug", action="store_true", help="show tracebacks and library messages")
    return parser


def _train(app: App, options: argparse.Namespace) -> None:
    recipe = options.recipe
    if recipe is None and options.resume and options.run_dir is not None:
        # The run knows its recipe; the default one would be another model.
        recipe = os.path.join(options.run_dir, "recipe.toml")
        if not os.path.isfile(recipe):
            raise UsageError(
                f"{options.run_dir}: no run there to go on with (no recipe.toml in it). Give the "
                "folder that train wrote, or a RECIPE to begin with."
            )
    summary = app.train(
        recipe or app.default_recipe,
        options.data_dir,
        options.run_dir,
        tuple(options.overrides),
        options.resume,
    )
    print(
        to_table(
            {
                **{key: summary[key] for key in ("run", "train_seconds", "tokens_per_second")},
                **{
                    split: {key: scores[key] for key in app.told}
                    for split, scores in summary["scores"].items()
                },
            }
        )
    )


def _evaluate(app: App, options: argparse.Namespace) -> None:
    result = app.evaluate(options.run, options.split, options.data_dir)
    print(to_json(result) if options.json else (app.show or to_table)(result))


def _predict(app: App, options: argparse.Namespace) -> None:
    flags = {
        name: value
        for name, value in vars(options).items()
        if name not in ("model", "texts", "input", "output", "json", "debug")
    }
    if flags.get("stream") and (options.json or options.output not in (None, "-")):
        raise UsageError("--stream prints the text as it grows: leave --json and --output out.")
    model = _model(app, options)
    if app.blank_is_text and not options.texts and options.input is None:
        options.texts = [""]
    with contextlib.ExitStack() as files:
        texts = asked_texts(options.texts, options.input, files)
        lines = answer_lines(
            lambda real: app.predict(model, real, **flags),
            texts,
            key=app.answer or app.name,
            as_json=options.json,
            line=app.line,
            blank_is_text=app.blank_is_text,
        )
        if options.output in (None, "-"):
            for line in lines:
                print(line, flush=True)
            return
        from nlp_apps.io.atomic_files import atomic_write

        with (
            atomic_write(options.output) as path,
            open(path, "w", encoding="utf-8", newline="") as out,
        ):
            out.writelines(f"{line}\n" for line in lines)


def _model(app: App, options: argparse.Namespace) -> str:
    """The path of the model: what the first word names, else the one that ships.

    What names nothing is a text where it has several words, or is all there is.
    """
    first: str | None = options.model
    if first is not None:
        is_all = not options.texts and options.input is None
        is_text = len(first.split()) != 1 or is_all and not _looks_like_a_path(first)
        if os.path.exists(first) or not is_text:
            return first
        options.texts.insert(0, first)
    if not options.texts and options.input is None and not app.blank_is_text:
        raise UsageError(NOTHING)
    from nlp_apps.resources import shipped_model

    logging.getLogger(__name__).info("no model named: asking %s, which ships", app.default_model)
    return str(shipped_model(app.default_model))


def _looks_like_a_path(word: str) -> bool:
    return os.sep in word or word.endswith(".tflite")


def _log_to_stderr() -> None:
    """Shows what the library logs: progress as it is, warnings marked as such."""
    logger = logging.getLogger("nlp_apps")
    for old in [handler for handler in logger.handlers if isinstance(handler, _ToStderr)]:
        logger.removeHandler(old)
    logger.addHandler(_ToStderr())
    logger.setLevel(logging.INFO)
    logger.propagate = False


class _ToStderr(logging.Handler):
    """Writes to whatever `sys.stderr` is at the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        mark = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        print(f"nlp-apps: {mark}{record.getMessage()}", file=sys.stderr, flush=True)


def _complain(message: str, *, debug: bool) -> None:
    """Tells the user on stderr, after the traceback when that was asked for."""
    stream: TextIO = sys.stderr
    with contextlib.suppress(BrokenPipeError):
        if debug:
            traceback.print_exc(file=stream)
        print(f"nlp-apps: {message}", file=stream, flush=True)
