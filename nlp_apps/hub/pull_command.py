"""The command `nlp-apps pull OWNER/NAME FOLDER`: downloads a model from the Hugging Face Hub."""

from collections.abc import Sequence

from nlp_apps.cli.guard import run_program
from nlp_apps.cli.parser import Parser, add_debug

EPILOG = """\
examples:
  nlp-apps pull me/mine mine && nlp-apps sentiment predict mine "A text."
  nlp-apps pull me/mine@v2 mine-v2

`nlp-apps APP predict hf://OWNER/NAME` needs no pull: it keeps the model in the hub's cache."""


def main(argv: Sequence[str] | None = None) -> int:
    """Downloads a model and prints its folder; see `run_program`."""
    return run_program(_run, argv)


def _run(words: list[str]) -> None:
    options = make_parser().parse_args(words)
    from nlp_apps.hub.pull import pull

    print(pull(options.repository, options.folder))


def make_parser() -> Parser:
    """Returns the parser."""
    parser = Parser(
        prog="nlp-apps pull",
        description="Downloads a model from the Hugging Face Hub into a folder.",
        epilog=EPILOG,
    )
    parser.add_argument("repository", metavar="OWNER/NAME[@REVISION]", help="repository")
    parser.add_argument("folder", metavar="FOLDER", help="folder to write; it must not exist")
    add_debug(parser)
    return parser
