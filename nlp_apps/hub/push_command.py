"""The command `nlp-apps push FOLDER OWNER/NAME`: uploads a model folder to the Hugging Face Hub."""

from collections.abc import Sequence

from nlp_apps.cli.guard import run_program
from nlp_apps.cli.parser import Parser, add_debug

EPILOG = """\
examples:
  nlp-apps push saved_models/mine/hub me/mine --private
  nlp-apps push saved_models/mine/hub me/mine@v2 --message "more text"

Log in once with `hf auth login`, or set HF_TOKEN. Read the model card, README.md, before that."""


def main(argv: Sequence[str] | None = None) -> int:
    """Uploads a folder and prints the address of the commit; see `run_program`."""
    return run_program(_run, argv)


def _run(words: list[str]) -> None:
    options = make_parser().parse_args(words)
    from nlp_apps.hub.push import push

    address = push(
        options.folder, options.repository, private=options.private, message=options.message
    )
    print(address)


def make_parser() -> Parser:
    """Returns the parser."""
    parser = Parser(
        prog="nlp-apps push",
        description="Uploads a model folder to the Hugging Face Hub, as one commit.",
        epilog=EPILOG,
    )
    parser.add_argument("folder", metavar="FOLDER", help="folder that export --format hub wrote")
    parser.add_argument(
        "repository",
        metavar="OWNER/NAME[@BRANCH]",
        help="repository; it and the branch are created if they do not exist",
    )
    parser.add_argument(
        "--private",
        action="store_true",
        help="create a private repository; never upload to a public one",
    )
    parser.add_argument("--message", metavar="TEXT", help="title of the commit")
    add_debug(parser)
    return parser
